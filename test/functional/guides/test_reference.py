"""Every program in the reference runs as it stands, against the sandbox."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fences import PAGES, PROGRAM, of_page
from telnyx_recordings import Client
from telnyx_recordings.sandbox import Sandbox

EXAMPLE = "b1f0c2de-5a37-4c8e-9d14-6e2a7f30c951"
"""What the contract's examples call a recording, for programs that are made of these."""
CALL = "v3:kT0vYq2nWc8LrXe5BzUoHd71mJfAs9GpNiQy4ECxlZ36bMRtVDhSgw"

PAGES_OF_PROGRAMS = {
    Path(page).stem: found
    for page in PAGES
    if page.startswith("docs/reference/") and (found := of_page(page, PROGRAM))
}
PROGRAMS = [
    pytest.param(program.code, id=f"{name}-{program.line}")
    for name, found in PAGES_OF_PROGRAMS.items()
    for program in found
]


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Sandbox]:
    """A local Telnyx that a `Client()` finds by itself."""
    with Sandbox(recordings=25) as box:
        box.add_recording(id=EXAMPLE)
        box.add_phone_number("4051829364027715538")
        box.add_outbound_voice_profile("5172830461928374650")
        box.start_call(call_control_id=CALL)
        box.start_conference("daily-standup")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("TELNYX_API_KEY", "KEY_REFERENCE")
        monkeypatch.setenv("TELNYX_BASE_URL", box.base_url)
        yield box


def run(program: str) -> None:
    exec(compile(program, "<reference>", "exec"), {"__name__": "__main__"})  # noqa: S102 - our own


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_of_the_reference_runs(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(program)
    assert capsys.readouterr().out.strip()


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize("name", [name for name, found in PAGES_OF_PROGRAMS.items() if found[1:]])
def test_the_programs_of_a_page_run_in_order(name: str) -> None:
    for program in PAGES_OF_PROGRAMS[name]:
        run(program.code)


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize("method", ["retrieve", "update", "delete"])
def test_a_program_about_storage_also_runs_where_there_is_some(
    method: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with Client() as client:
        connection_id = client.recordings.list(page_size=1).data[0].connection_id
        assert connection_id
        client.custom_storage_credentials.create(
            connection_id,
            backend="gcs",
            configuration={"backend": "gcs", "bucket": "audio", "credentials": "none"},
        )
    [program] = (
        each.code
        for each in PAGES_OF_PROGRAMS["CustomStorageCredentials"]
        if f"credentials.{method}(" in each.code
    )
    run(program)
    assert {
        "retrieve": "recordings go to gcs\n",
        "update": "recordings go to s3\n",
        "delete": "new recordings stay with Telnyx\n",
    }[method] == capsys.readouterr().out
