"""`make generate`: the same each time, nothing stale or half done, mistakes named in one line."""

import os
import shutil
from pathlib import Path

import pytest

import generate
from generated_project import Project

FOLDERS = generate.folders(generate.PACKAGE)


def test_a_run_gives_the_same_bytes_anywhere_and_leaves_nothing_stale(tmp_path: Path) -> None:
    here, there = Project(tmp_path / "here"), Project(tmp_path / "some where else")
    first = here.generate(LC_ALL="C.UTF-8", TZ="UTC", PYTHONHASHSEED="1")
    for folder in FOLDERS:
        (there.folder / folder).mkdir(parents=True)
        (there.folder / folder / "stale.py").touch()
    second = there.generate(LC_ALL="C", TZ="Asia/Kathmandu", PYTHONHASHSEED="2", HOME=os.devnull)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert here.files() == there.files()
    assert {each.name for each in (there.folder / generate.PACKAGE).iterdir()} == {"api", "models"}


def test_check_shows_what_the_contract_changes_and_changes_nothing(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.copy(*FOLDERS)
    before = project.files()
    with project.contract() as contract:
        enum = contract["components"]["schemas"]["TranscriptionStatusEnum"]
        enum["enum"].append("lost")
        enum["x-enum-varnames"].append("LOST")
    run = project.generate("--check")
    assert run.returncode == 1
    assert "+++ b/telnyx_recordings/models/transcription_status_enum.py\n" in run.stdout
    assert '+    LOST = "lost"\n' in run.stdout
    assert "+| LOST | `lost` |  |\n" in run.stdout
    assert run.stdout.endswith("run `make generate`\n")
    assert project.files() == before


def test_an_invalid_contract_is_refused_in_one_line(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.copy(*FOLDERS)
    before = project.files()
    with project.contract() as contract:
        contract["paths"]["/recordings"]["get"] = ["not an operation"]
    run = project.generate()
    assert run.returncode == 1
    why = "paths./recordings.get has to be an object, and is a list"
    assert run.stderr == f"generate: openapi.yaml: {why}\n"
    assert project.files() == before


def test_a_slightly_wrong_contract_is_read_with_a_warning(tmp_path: Path) -> None:
    project = Project(tmp_path)
    with project.contract() as contract:
        del contract["info"]["version"]
        contract["paths"]["/recordings"]["get"]["title"] = "a key of other objects"
    run = project.generate()
    assert run.returncode == 0, run.stderr
    place, key = "paths./recordings.get", "has a key that OpenAPI does not have: title"
    assert run.stderr.splitlines() == [
        f"generate: warning: openapi.yaml: {place}: {key}",
        "generate: warning: openapi.yaml: info: has no `version`",
    ]


def test_folders_are_replaced_together_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, root = tmp_path / "made", tmp_path / "root"
    for base, text in ((made, "new"), (root, "old")):
        for folder in FOLDERS:
            (base / folder).mkdir(parents=True)
            (base / folder / "file").write_text(text)
    moved: list[Path] = []
    rename = Path.rename

    def fail_at_the_fourth(path: Path, target: Path) -> Path:
        moved.append(path)
        if len(moved) == 4:
            raise KeyboardInterrupt
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", fail_at_the_fourth)
        with pytest.raises(KeyboardInterrupt):
            generate.install(made, root, FOLDERS)
    assert {(root / folder / "file").read_text() for folder in FOLDERS} == {"old"}
    generate.install(made, root, FOLDERS)
    assert {(root / folder / "file").read_text() for folder in FOLDERS} == {"new"}
    assert {each.name for each in (root / generate.PACKAGE).iterdir()} == {"api", "models"}


def test_differences_ignore_what_python_compiled(tmp_path: Path) -> None:
    for folder in FOLDERS:
        (tmp_path / folder / "__pycache__").mkdir(parents=True)
        (tmp_path / folder / "__pycache__" / "x.pyc").write_bytes(b"\xff\0")
    assert list(generate.differences(tmp_path, tmp_path / "nothing", generate.PACKAGE)) == []
    shutil.copy(Path(__file__), tmp_path / FOLDERS[0] / "x.py")
    diff = list(generate.differences(tmp_path, tmp_path / "nothing", generate.PACKAGE))
    assert diff[:2] == [
        "--- a/telnyx_recordings/models/x.py\n",
        "+++ b/telnyx_recordings/models/x.py\n",
    ]
