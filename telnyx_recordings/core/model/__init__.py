"""JSON ⇄ typed objects, without loss: what generated models import."""

from typing import Any, Final

from msgspec import UNSET
from msgspec import field as field

from telnyx_recordings.core.model.base import Model as Model
from telnyx_recordings.core.model.enums import OpenEnum as OpenEnum
from telnyx_recordings.core.model.enums import OpenIntEnum as OpenIntEnum
from telnyx_recordings.core.model.shape import DateTime as DateTime
from telnyx_recordings.core.model.shape import Secret as Secret

ABSENT: Final[Any] = UNSET
"""The default of a field that responses always have and requests need not."""
