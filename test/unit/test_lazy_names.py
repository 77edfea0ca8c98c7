"""Packages that load their names when they are first used: none is missing, none is made up."""

from importlib.util import find_spec, module_from_spec
from types import ModuleType

import pytest

from telnyx_recordings import models

PACKAGES = ("telnyx_recordings", "telnyx_recordings.archive", "telnyx_recordings.media")


def fresh(name: str) -> ModuleType:
    """A package that was just imported."""
    spec = find_spec(name)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", PACKAGES)
def test_every_public_name_can_be_used(name: str) -> None:
    package = fresh(name)
    names = dir(package)
    assert names == sorted(names)
    public = [each for each in names if not each.startswith("_")]
    assert len(public) > 5
    for each in public:
        found = getattr(package, each)
        assert found is not None
        assert getattr(package, each) is found


@pytest.mark.parametrize("name", PACKAGES)
def test_unknown_names_are_attribute_errors(name: str) -> None:
    with pytest.raises(AttributeError, match=f"^module '{name}' has no attribute 'nothing'$"):
        _ = fresh(name).nothing


def test_dicts_with_known_keys_are_dicts_at_run_time() -> None:
    assert models.RecordingListFilterDict is dict
    with pytest.raises(AttributeError, match="no attribute 'NothingDict'"):
        _ = fresh("telnyx_recordings.models").NothingDict


def test_all_names_can_be_imported_at_once() -> None:
    names: dict[str, object] = {}
    exec("from telnyx_recordings import *", names)  # noqa: S102 - allowed at a module's top only
    wanted = {"Client", "AsyncClient", "RecordingResponseData", "NotFoundError", "archive"}
    assert names.keys() >= wanted
    assert "annotations" not in names
