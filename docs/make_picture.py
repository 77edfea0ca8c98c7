"""Record the commands of a first session in docs/images/terminal.svg: what `make picture` runs.

The commands run in a terminal of 96 columns, against a sandbox with a fixed seed, so the picture
shows real output and is the same on every machine.
"""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from telnyx_recordings.sandbox import Sandbox

PICTURE = Path(__file__).resolve().parent / "images/terminal.svg"
COMMANDS = (
    "telnyx-recordings list --limit 4 --since 2026-02-25",
    "telnyx-recordings archive calls --since 2026-02-25",
    "telnyx-recordings verify calls",
)
_COLUMNS = 96
# A web font would be loaded from another host.
_FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)


def main() -> None:
    """Write the picture."""
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(picture(), encoding="utf-8")


def picture() -> str:
    """Run the commands and return the picture, as SVG."""
    console = Console(
        width=_COLUMNS, record=True, file=io.StringIO(), force_terminal=True, legacy_windows=False
    )
    with tempfile.TemporaryDirectory() as folder, Sandbox(500, 7, at="2026-03-01T12:00:00Z") as box:
        environment = {
            **{name: value for name, value in os.environ.items() if name != "NO_COLOR"},
            "TELNYX_API_KEY": box.api_key,
            "TELNYX_BASE_URL": box.base_url,
            "COLUMNS": str(_COLUMNS),
            "TERM": "xterm-256color",
            "TZ": "UTC",
        }
        for command in COMMANDS:
            console.print(Text(f"$ {command}", style="bold"))
            console.print(Text.from_ansi(_run(command, folder, environment)))
            console.print()
    svg = console.export_svg(title="", code_format=_FORMAT, unique_id="terminal")
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def _run(command: str, folder: str, environment: dict[str, str]) -> str:
    """Run a command in a terminal and return what is on the screen in the end."""
    ours, theirs = pty.openpty()
    scripts = sysconfig.get_path("scripts")
    program, *arguments = command.split()
    with subprocess.Popen(
        [f"{scripts}/{program}", *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        written = bytearray()
        while chunk := _read(ours):
            written += chunk
    os.close(ours)
    if process.returncode != 0:
        sys.exit(f"picture: {command} failed: {written.decode()}")
    return _screen(written.decode()).replace(f"{folder}/", "")


def _read(terminal: int) -> bytes:
    """Return what was written to a terminal; nothing when its last writer has closed it."""
    try:
        return os.read(terminal, 65536)
    except OSError:  # EIO: how Linux reports the end
        return b""


def _screen(written: str) -> str:
    """Return what remains of output that moves up and clears lines, as a progress bar does."""
    lines: list[str] = [""]
    for part in re.split(r"(\r?\n|\r|\x1b\[\d*A|\x1b\[2K|\x1b\[\?25[lh])", written):
        if part in ("\n", "\r\n"):
            lines.append("")
        elif part.endswith("A") and part.startswith("\x1b["):
            del lines[max(1, len(lines) - int(part[2:-1] or 1)) :]
        elif part == "\x1b[2K":
            lines[-1] = ""
        elif part != "\r" and not part.startswith("\x1b[?"):
            lines[-1] += part
    return "\n".join(lines).rstrip()


if __name__ == "__main__":
    main()
