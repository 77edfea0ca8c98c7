"""Files for a package index: a wheel and an sdist, both readable and reproducible."""

import os
import re
import shutil
import sys
import tarfile
from datetime import date
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.metadata import Metadata
from packaging.version import Version
from readme_renderer import markdown

import telnyx_recordings
from builds import ROOT, build, committed, run

MACHINES = {
    "here": {"LC_ALL": "C", "TZ": "UTC", "PYTHONHASHSEED": "1"},
    "elsewhere": {"LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "2"},
}
"""Two machines that have nothing in common."""

pytestmark = pytest.mark.xdist_group("release")  # one process, so that each is built once


def _checkout(folder: Path, *, mode: int, modified: float) -> Path:
    """Return a copy of what is committed, with its own permissions and times."""
    for name in committed():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, path)
        path.chmod(mode)
        os.utime(path, (modified, modified))
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """The wheel and the sdist, each built on two machines."""
    folder = tmp_path_factory.mktemp("release")
    sources = {
        "here": _checkout(folder / "here", mode=0o644, modified=1e9),
        "elsewhere": _checkout(folder / "a folder called é", mode=0o600, modified=1.7e9),
    }
    return {
        kind: [
            build(kind, sources[name], folder / f"{kind} {name}", MACHINES[name])
            for name in MACHINES
        ]
        for kind in ("wheel", "sdist")
    }


@pytest.fixture(scope="module")
def wheel(built: dict[str, list[Path]]) -> Path:
    return built["wheel"][0]


@pytest.fixture(scope="module")
def sdist(built: dict[str, list[Path]]) -> Path:
    return built["sdist"][0]


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Metadata:
    """The metadata of the wheel; an invalid field is an error."""
    with ZipFile(wheel) as archive:
        name = next(each for each in archive.namelist() if each.endswith("/METADATA"))
        return Metadata.from_email(archive.read(name), validate=True)


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_builds_are_reproducible(built: dict[str, list[Path]], kind: str) -> None:
    first, second = (path.read_bytes() for path in built[kind])
    assert first == second
    assert [path.name for path in built[kind]] == [built[kind][0].name] * 2


def test_make_build_ignores_source_date_epoch(built: dict[str, list[Path]], tmp_path: Path) -> None:
    folder = _checkout(tmp_path / "project", mode=0o644, modified=1.6e9)
    stamps = [f"--old-file={sys.prefix}/{kind}.stamp" for kind in ("demo", "dev")]
    command = ("make", "--silent", "build", f"VENV={sys.prefix}", *stamps)
    run(*command, cwd=folder, environment={"SOURCE_DATE_EPOCH": "1700000000"})
    for first, _ in built.values():
        assert (folder / "dist" / first.name).read_bytes() == first.read_bytes()


def test_the_sdist_builds_the_same_wheel_and_sdist(
    wheel: Path, sdist: Path, tmp_path: Path
) -> None:
    unpacked = tmp_path / "sdist"
    with tarfile.open(sdist) as archive:
        for member in archive:
            path = unpacked / member.name
            path.parent.mkdir(parents=True, exist_ok=True)
            content = archive.extractfile(member)
            assert content is not None
            path.write_bytes(content.read())
    for kind, first in (("wheel", wheel), ("sdist", sdist)):
        again = build(kind, next(unpacked.iterdir()), tmp_path / kind)
        assert first.read_bytes() == again.read_bytes()


def test_the_sdist_contains_all_committed_files(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        members = archive.getmembers()
    assert {(each.uid, each.gid, each.uname, each.gname) for each in members} == {(0, 0, "", "")}
    names = [each.name.partition("/")[2] for each in members]
    assert sorted(names) == sorted([*committed(), "PKG-INFO"])


def test_the_metadata_is_complete_and_valid(metadata: Metadata) -> None:
    assert metadata.name == "telnyx-recordings"
    assert metadata.version == Version(telnyx_recordings.__version__)
    assert metadata.license_expression == "MIT"
    assert metadata.license_files == ["LICENSE"]
    assert set(metadata.provides_extra or ()) == {
        *("archive", "async", "browse", "cli", "dask", "sandbox", "webhooks")
    }
    lower = min(
        Version(each.rpartition(" :: ")[2])
        for each in metadata.classifiers or ()
        if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", each)
    )
    assert str(metadata.requires_python) == f">={lower}"


def test_the_readme_renders_on_a_package_index(metadata: Metadata) -> None:
    assert metadata.description_content_type == "text/markdown"
    page = markdown.render(metadata.description or "")
    assert page is not None
    assert re.search("<h1[^>]*>telnyx-recordings", page)
    links = re.findall(r'(?:href|src)="([^"]+)"', page)
    assert [link for link in links if not link.startswith(("https://", "#"))] == []
    assert "](" not in page


def test_the_version_stands_in_one_place_and_in_the_changelog() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    releases = re.findall(r"^## \[(\d.*?)\] - (\S+)$", text, re.MULTILINE)
    versions = [Version(version) for version, _ in releases]
    assert versions[0] == Version(telnyx_recordings.__version__)
    assert versions == sorted(versions, reverse=True)
    assert all(date.fromisoformat(day) for _, day in releases)
    other = set(re.findall(r"^## (.+)$", text, re.MULTILINE)) - {
        f"[{version}] - {day}" for version, day in releases
    }
    assert other <= {"[Unreleased]"}
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.+)$", text, re.MULTILINE)) <= kinds
    stated = f'"{telnyx_recordings.__version__}"'
    python = [name for name in committed() if name.startswith("telnyx_recordings/")]
    assert [n for n in python if stated in (ROOT / n).read_text("utf-8")] == [
        "telnyx_recordings/_version.py"
    ]
