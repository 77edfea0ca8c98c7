"""Splits a recording with two channels into one file per leg, losslessly."""

from __future__ import annotations

import os
from os import PathLike
from pathlib import Path
from typing import IO, NamedTuple

from telnyx_recordings.disk.files import Files
from telnyx_recordings.errors import MediaIntegrityError, MediaStorageError, MediaUnavailableError
from telnyx_recordings.media import wav
from telnyx_recordings.media.digests import HEAD
from telnyx_recordings.media.part_file import Part
from telnyx_recordings.media.wav import Wav

_LEGS = ("a", "b")
_FRAMES = 65_536
"""Frames that are split at a time."""


class Legs(NamedTuple):
    """The files of the two legs: `a` has channel A, the first leg; `b` has all others."""

    a: Path
    b: Path


def split_channels(path: str | PathLike[str], folder: str | PathLike[str] | None = None) -> Legs:
    """Split a WAV file with two channels into ``<name>.a.wav`` and ``<name>.b.wav``.

    Samples are copied, never converted: PCM of any width, floating point, and G.711 (A-law and
    µ-law). The files appear only when they are complete and on disk. Only their owner can read
    them, and existing files are never overwritten. Memory use does not depend on the size of the
    file.

    Args:
        path: the WAV file of a recording whose ``channels`` are ``dual``.
        folder: for the two files; by default that of the WAV file.

    Raises:
        MediaUnavailableError: the file does not have two channels, or its samples are compressed.
        MediaIntegrityError: the file is not a WAV file, or is incomplete.
        MediaStorageError: a file cannot be read or written.
        Conflict: another file has one of the names.
    """
    source = Path(path)
    beside = source.parent if folder is None else Path(folder)
    legs = Legs(*(beside / f"{source.stem}.{leg}.wav" for leg in _LEGS))
    files = Files()
    parts = [Part(each, files) for each in legs]
    try:
        real = Path(os.path.realpath(source))
        with os.fdopen(files.open_existing(real), "rb") as file:
            _split(file, parts)
    except (MediaIntegrityError, MediaUnavailableError) as error:
        raise type(error)(f"{source}: {error}") from error
    except OSError as error:
        raise MediaStorageError(
            f"{source} cannot be read: {error.strerror or error}", errno=error.errno
        ) from error
    finally:
        for part in parts:
            part.close()
    return legs


def _split(file: IO[bytes], parts: list[Part]) -> None:
    scan = wav.Scan()
    while not scan.is_over and (block := file.read(HEAD)):
        scan.add(block)
    size = os.fstat(file.fileno()).st_size
    found = scan.result(size)
    length = found.bytes_in(size)
    _refuse(found, length)
    for part in parts:
        part.begin()
        part.restart(part.version)
        part.write((wav.header(found, length // len(_LEGS)),))
    try:
        _copy(file, found, length, parts)
        for part in parts:
            part.compare()
    except BaseException:
        for part in parts:
            part.discard()
        raise
    for part in parts:
        part.publish()


def _copy(file: IO[bytes], found: Wav, length: int, parts: list[Part]) -> None:
    width = found.frame // found.channels
    file.seek(found.start)
    left = length
    while left:
        block = file.read(min(left, _FRAMES * found.frame))
        if not block or len(block) % found.frame:
            raise MediaIntegrityError("the WAV file became shorter during the split")
        left -= len(block)
        for leg, part in enumerate(parts):
            samples = bytearray(len(block) // found.channels)
            for byte in range(width):
                samples[byte::width] = block[leg * width + byte :: found.frame]
            part.write((bytes(samples),))
    if (length // found.channels) % 2:
        for part in parts:
            part.write((b"\0",))  # chunks are padded to an even length


def _refuse(found: Wav, length: int) -> None:
    if found.channels != len(_LEGS):
        count = f"{found.channels} channel{'' if found.channels == 1 else 's'}"
        raise MediaUnavailableError(
            f"the file has {count}: only files with two channels can be split"
        )
    if not found.is_sampled:
        raise MediaUnavailableError(
            f"the file's samples are compressed (codec {found.codec}): convert it to PCM"
        )
    if length % found.frame:
        raise MediaIntegrityError("the WAV file ends within a sample")
