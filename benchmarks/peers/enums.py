"""The enums of a recording, for the models written by hand."""

from enum import StrEnum


class Channels(StrEnum):
    """How the voices are spread over tracks."""

    SINGLE = "single"
    DUAL = "dual"


class Source(StrEnum):
    """What was recorded."""

    CONFERENCE = "conference"
    CALL = "call"


class Status(StrEnum):
    """How far it is."""

    COMPLETED = "completed"


class RecordType(StrEnum):
    """What kind of object it is."""

    RECORDING = "recording"
