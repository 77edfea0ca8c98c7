"""The only code that opens sockets: the sync and async drivers of calls and downloads."""

from __future__ import annotations

import random
import time
from uuid import uuid4

from telnyx_recordings.core.call.flow import Environment

ENVIRONMENT = Environment(clock=time.monotonic, wall=time.time, chance=random.random, new_id=uuid4)
"""The clocks and the randomness of this machine."""
