"""Typed models of JSON without loss: what generated models import."""

from telnyx_recordings.core.model.base import DateTime as DateTime
from telnyx_recordings.core.model.base import Model as Model
from telnyx_recordings.core.model.base import OpenEnum as OpenEnum
from telnyx_recordings.core.model.base import OpenIntEnum as OpenIntEnum
from telnyx_recordings.core.model.base import Secret as Secret
from telnyx_recordings.core.model.base import field as field
