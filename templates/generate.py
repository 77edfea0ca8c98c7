"""Write models, api and docs/reference from the contract, or check that they are up to date.

With `--spec`, `--out` and `--package`, a whole package from another contract is written instead.

The generator and ruff work in a temporary folder. Only when both are done are the generated
folders replaced, each as a whole: stale files vanish, and no run leaves a folder half written.
"""

from __future__ import annotations

import argparse
import difflib
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from openapi_spec_validator import (
    OpenAPIV30SpecValidator,
    OpenAPIV31SpecValidator,
    OpenAPIV32SpecValidator,
)
from referencing.exceptions import Unresolvable

from contract.api import Api
from contract.build import build
from contract.bundle import read_file
from contract.check import version_error
from contract.paging import found_pages
from contract.references import ContractError
from contract.render import documents
from generator import (
    ROOT,
    GenerateError,
    Job,
    generated,
    sorted_imports,
    tidied,
    write_documents,
)
from package import MARK, OWN, assemble, contract_module, name_error

PACKAGE = OWN
_SHOWN = 3
_VALIDATORS = {
    "3.0": OpenAPIV30SpecValidator,
    "3.1": OpenAPIV31SpecValidator,
    "3.2": OpenAPIV32SpecValidator,
}

# Beside the folders of a package in a temporary folder; no package is called like these.
DOCUMENT, GENERATED = ".openapi", ".generated"


def main() -> int:
    """Generate, or check; return the exit code."""
    parser = argparse.ArgumentParser(description="Write what follows from openapi.yaml.")
    parser.add_argument("--check", action="store_true", help="show what would change, and fail")
    parser.add_argument("--strict", action="store_true", help="refuse a contract with mistakes")
    for name, text in (
        ("spec", "the contract, OpenAPI 3.0 to 3.2 in YAML or JSON"),
        ("out", "the folder to write it to"),
        ("package", "the name that programs import it by"),
    ):
        parser.add_argument(f"--{name}", help=f"for a package of its own: {text}")
    arguments = parser.parse_args()
    own = arguments.spec, arguments.out, arguments.package
    try:
        with tempfile.TemporaryDirectory(prefix="generate-") as temporary:
            made = Path(temporary)
            if any(own):
                generate_package(*own, made, strict=arguments.strict)
                return 0
            generate(ROOT / "openapi.yaml", made, PACKAGE, strict=arguments.strict)
            if not arguments.check:
                install(made, ROOT, folders(PACKAGE))
                return 0
            lines = list(differences(ROOT, made, PACKAGE))
    except GenerateError as error:
        print(f"generate: {error}", file=sys.stderr)
        return 1
    print("".join(lines), end="")
    if lines:
        print("generate: these files are not what openapi.yaml gives: run `make generate`")
    return 1 if lines else 0


def folders(package: str) -> tuple[str, ...]:
    """Return the folders, below a root, that hold generated files and nothing else."""
    return (f"{package}/models", f"{package}/api", "docs/reference")


def generate_package(
    spec: str | None, out: str | None, package: str | None, made: Path, *, strict: bool = False
) -> None:
    """Write a whole package for another contract; strict refuses one with mistakes.

    Raises:
        GenerateError: something is missing, or cannot be used; the message says what.
    """
    if not spec or not out or not package:
        raise GenerateError("another contract takes all three: SPEC=path OUT=path PACKAGE=name")
    if why := name_error(package):
        raise GenerateError(why)
    target = Path(out).expanduser().resolve()
    stale = _written_before(target)
    api = generate(Path(spec).expanduser().resolve(), made, package, strict=strict)
    assemble(api, made, package)
    sorted_imports(made / package, package)
    try:
        target.mkdir(parents=True, exist_ok=True)
        install(made, target, (package, "docs/reference", "README.md", "pyproject.toml"))
    except OSError as error:
        raise GenerateError(f"OUT={target} cannot be written to: {error.strerror}") from error
    for line in found_pages(api):
        print(f"generate: {line}")
    if stale != package and stale:
        shutil.rmtree(target / stale, ignore_errors=True)


def _written_before(target: Path) -> str:
    """Return the name of the package that an earlier run wrote here; empty where there is none.

    Raises:
        GenerateError: the folder holds something else, which is not ours to replace.
    """
    if not target.exists():
        return ""
    if not target.is_dir():
        raise GenerateError(f"OUT={target} is not a folder")
    project = target / "pyproject.toml"
    if project.is_file() and (text := project.read_text("utf-8", "replace")).startswith(MARK):
        found = re.search(r'^packages = \["(\w+)"\]$', text, re.MULTILINE)
        return found[1] if found else ""
    if any(target.iterdir()):
        raise GenerateError(f"OUT={target} is not empty, and `make generate` did not write it")
    return ""


def generate(spec: Path, into: Path, package: str, *, strict: bool = False) -> Api:
    """Write the generated folders for a contract below `into`, and return its `Api`.

    Raises:
        GenerateError: the contract is not valid, or a template is not.
    """
    api = read_api(spec, strict=strict)
    job = Job(into / DOCUMENT, into / GENERATED, package)
    write_documents(*documents(api, package), job)
    print("generate: openapi-generator", flush=True)
    generated([job])
    placed(api, into, package)
    print("generate: ruff", flush=True)
    models, resources, docs = (into / folder for folder in folders(package))
    tidied([models], [resources], [docs], package)
    return api


def read_api(spec: Path, *, strict: bool = False) -> Api:
    """Return the `Api` of the contract in a file; strict refuses a contract with mistakes.

    Raises:
        GenerateError: it cannot be read, is no OpenAPI, or contradicts itself.
    """
    try:
        contract = read_file(spec)
    except OSError as error:
        raise GenerateError(f"{spec} cannot be read: {error.strerror}") from error
    except (UnicodeError, yaml.YAMLError) as error:
        why = " ".join(str(error).replace('in "<unicode string>", ', "at ").split())
        raise GenerateError(f"{spec.name} cannot be read: {why}") from error
    except ContractError as error:
        raise GenerateError(f"{spec.name} cannot be read: {error}") from error
    if why := version_error(contract):
        raise GenerateError(f"{spec.name} {why}")
    try:
        api = build(contract)
    except ContractError as error:
        raise GenerateError(f"{spec.name}: {error}") from error
    if strict and (mistakes := [*api.warnings] or [*_mistakes(contract)]):
        raise GenerateError(f"{spec.name} is not valid: {'; '.join(mistakes[:_SHOWN])}")
    for each in api.warnings:
        print(f"generate: warning: {spec.name}: {each}", file=sys.stderr)
    return api


def _mistakes(contract: dict[str, Any]) -> Iterator[str]:
    """Yield what the specification's own schema does not allow, each with its place."""
    validator = _VALIDATORS[str(contract["openapi"])[:3]](contract)
    try:
        for error in validator.iter_errors():
            where = ".".join(str(step) for step in error.absolute_path)
            message = " ".join(error.message.split())
            yield f"{where or 'the contract'}: {message}"[:300]
    except (RecursionError, Unresolvable) as error:  # it cannot follow some valid references
        why = f"openapi-spec-validator ended with {type(error).__name__}"
        print(f"generate: warning: the contract was only checked in part: {why}", file=sys.stderr)


def placed(api: Api, into: Path, package: str, runtime: str | None = None) -> None:
    """Move generated files into place, and add those that the generator does not write.

    Raises:
        GenerateError: a folder is missing.
    """
    (into / "docs").mkdir()
    for found, folder in zip((*folders(package)[:2], "docs"), folders(package), strict=True):
        if not (into / GENERATED / found).is_dir():
            raise GenerateError(f"the contract gives nothing for {folder}")
        (into / folder).parent.mkdir(exist_ok=True)
        (into / GENERATED / found).rename(into / folder)
    prefix = "TELNYX" if package == OWN else package.upper()
    module = contract_module(api, runtime or package, prefix)
    (into / folders(package)[1] / "contract.py").write_text(module, encoding="utf-8")


def install(made: Path, root: Path, names: Sequence[str]) -> None:
    """Replace the folders below root with the generated ones, all or none."""
    swaps: list[tuple[Path, Path, Path]] = []
    try:
        for name in names:
            target = root / name
            new, old = (target.with_name(f".{target.name}.{age}") for age in ("new", "old"))
            for leftover in (new, old):
                _remove(leftover)
            target.parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (made / name).is_dir() else shutil.copy
            copy(made / name, new)
            swaps.append((target, new, old))
        for target, new, old in swaps:
            if target.exists():
                target.rename(old)
            new.rename(target)
    except BaseException:
        for target, _, old in swaps:
            if old.exists():
                _remove(target)
                old.rename(target)
        raise
    finally:
        for _, new, old in swaps:
            _remove(new)
            _remove(old)
    print(f"generate: wrote {', '.join(names)}")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def differences(root: Path, made: Path, package: str) -> Iterator[str]:
    """Yield the lines of a unified diff, from the files below root to the generated ones."""
    for folder in folders(package):
        names = {
            path.relative_to(base)
            for base in (root, made)
            for path in (base / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        for name in sorted(names):
            before, after = (
                path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
                for path in (root / name, made / name)
            )
            yield from difflib.unified_diff(before, after, f"a/{name}", f"b/{name}")


if __name__ == "__main__":
    sys.exit(main())
