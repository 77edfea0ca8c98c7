"""Writes a BagIt bag (RFC 8493), as a folder or a zip file, that appears only when it is complete.

A bag is a folder `data` with the payload, and lists of SHA-256 sums that `sha256sum -c` checks.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
import zipfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from telnyx_recordings.archive.stores.store import as_destination_error
from telnyx_recordings.disk.files import Files
from telnyx_recordings.errors import DestinationError

ZIP = ".zip"
_PART = ".part"
_DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_MODE = 0o600


class _Folder:
    """A folder that becomes a bag."""

    def __init__(self, root: Path) -> None:
        root.mkdir(mode=0o700)
        self._root = root
        self._folders = {root}

    def open(self, name: str) -> IO[bytes]:
        path = self._root / name
        Files().make_folder(path.parent)
        self._folders.add(path.parent)
        return os.fdopen(Files().open_new(path), "wb")

    def close(self) -> None:
        for folder in self._folders:
            Files().sync_folder(folder)

    def abandon(self) -> None:
        """Do nothing: no file is open."""


class _Zip:
    """A zip file that becomes a bag, in one folder."""

    def __init__(self, path: Path, folder: str) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, _MODE)
        self._file = os.fdopen(descriptor, "w+b")
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._folder = folder

    def open(self, name: str) -> IO[bytes]:
        entry = zipfile.ZipInfo(f"{self._folder}/{name}", time.localtime()[:6])
        entry.external_attr = _MODE << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        return self._zip.open(entry, "w", force_zip64=True)

    def close(self) -> None:
        self._zip.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def abandon(self) -> None:
        with suppress(OSError, ValueError):  # the disk may be full
            self._zip.close()
        with suppress(OSError):
            self._file.close()


class Bag:
    """A bag that is being written; `writing` yields one.

    Attributes:
        files: number of files in the payload.
        bytes: their size in total.
    """

    def __init__(self, container: _Folder | _Zip) -> None:
        """Take the container."""
        self.files: int = 0
        self.bytes: int = 0
        self._container = container
        self._payload: dict[str, str] = {}
        self._tags: dict[str, str] = {}

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        """Add a file to the payload.

        Raises:
            DestinationError: it cannot be written.
        """
        path = f"data/{name}"
        size, self._payload[path] = self._write(path, chunks)
        self.files += 1
        self.bytes += size

    def seal(self, about: dict[str, str]) -> str:
        """Write the lists of sums and the description; return the SHA-256 of the payload's list."""
        information = {
            "Bag-Software-Agent": "telnyx-recordings",
            **about,
            "Payload-Oxum": f"{self.bytes}.{self.files}",
        }
        described = "".join(f"{name}: {value}\n" for name, value in information.items())
        self._tag("bagit.txt", _DECLARATION)
        self._tag("bag-info.txt", described)
        self._tag("manifest-sha256.txt", _listed(self._payload))
        sealed = self._tags["manifest-sha256.txt"]
        self._tag("tagmanifest-sha256.txt", _listed(self._tags))
        self._container.close()
        return sealed

    def _tag(self, path: str, text: str) -> None:
        _, self._tags[path] = self._write(path, (text.encode(),))

    def _write(self, path: str, chunks: Iterable[bytes]) -> tuple[int, str]:
        size, sha256 = 0, hashlib.sha256()
        with (
            as_destination_error("", f"{path} cannot be exported"),
            self._container.open(path) as file,
        ):
            for chunk in chunks:
                file.write(chunk)
                sha256.update(chunk)
                size += len(chunk)
            if isinstance(self._container, _Folder):
                file.flush()
                os.fsync(file.fileno())
        return size, sha256.hexdigest()


@contextmanager
def writing(out: Path) -> Generator[Bag]:
    """Yield a bag to fill and seal; it gets its name at the end, or nothing is left of it.

    Args:
        out: the folder to create, or a zip file if the name ends with ``.zip``.

    Raises:
        DestinationError: it exists already, or cannot be written.
    """
    if out.exists():
        raise DestinationError(f"{out} exists already: choose another name for the export")
    part = out.with_name(f".{out.name}{_PART}")
    with as_destination_error("", f"{out} cannot be written"):
        out.parent.mkdir(parents=True, exist_ok=True)
        _remove(part)  # of an export that was killed
        is_zip = out.name.lower().endswith(ZIP) and len(out.name) > len(ZIP)
        container = _Zip(part, out.name[: -len(ZIP)]) if is_zip else _Folder(part)
        try:
            yield Bag(container)
            part.rename(out)
            Files().sync_folder(out.parent)
        except BaseException:
            container.abandon()
            _remove(part)
            raise


def _remove(part: Path) -> None:
    if part.is_dir() and not part.is_symlink():
        shutil.rmtree(part)
    else:
        part.unlink(missing_ok=True)


def _listed(sums: dict[str, str]) -> str:
    return "".join(f"{sha256}  {path}\n" for path, sha256 in sums.items())
