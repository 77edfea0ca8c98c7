"""The enums of a recording, for the models written by hand."""

from enum import StrEnum


class Channels(StrEnum):
    """The channels of a recording."""

    SINGLE = "single"
    DUAL = "dual"


class Source(StrEnum):
    """The source of a recording."""

    CONFERENCE = "conference"
    CALL = "call"


class Status(StrEnum):
    """The status of a recording."""

    COMPLETED = "completed"


class RecordType(StrEnum):
    """The type of the object."""

    RECORDING = "recording"
