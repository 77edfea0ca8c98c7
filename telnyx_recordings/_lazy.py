"""Names of a package that are imported on first use, so that importing the package is cheap."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy(
    package: dict[str, Any], homes: Mapping[str, str], *, whole: tuple[str, ...] = ()
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` for a package.

    Args:
        package: its globals.
        homes: the module of each public name, relative to the package, such as ``.client``; for a
            name that is a module itself, that module.
        whole: modules, relative or not, all of whose public names are names of the package too.
    """
    name_of_package: str = package["__name__"]

    def public() -> list[str]:
        names = {*homes}
        for home in whole:
            names.update(import_module(home, name_of_package).__all__)
        return sorted(names)

    def get(name: str) -> object:
        if name == "__all__":  # for ``import *``
            return public()
        for home in (homes[name],) if name in homes else whole:
            module = import_module(home, name_of_package)
            if home == f".{name}":
                return module
            if name in homes or name in module.__all__:
                value: object = getattr(module, name)
                package[name] = value
                return value
        raise AttributeError(f"module {name_of_package!r} has no attribute {name!r}")

    return get, public
