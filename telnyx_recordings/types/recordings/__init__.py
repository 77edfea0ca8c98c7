"""The types of operations on many recordings."""

from telnyx_recordings.models import ActionDeleteResponse as ActionDeleteResponse
from telnyx_recordings.types.recordings.action_delete_params import (
    ActionDeleteParams as ActionDeleteParams,
)
