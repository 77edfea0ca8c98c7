"""The peers of the comparison: one module per peer, which imports its library only when measured.

Each has a `NAME`, lists in `NEEDS` the distributions that it needs, names in `OWN` a package of its
own that is in none of them, and has those of these functions that it can perform:

- `use_model()`: import, and build one recording's model;
- `first_record(base_url)`: import, create a client, and return the first recording of a list;
- `decoder()`: return the function that decodes a page;
- `to_dicts(rows)`: convert its recordings to plain dicts, where they have no `to_dict()`;
- `to_json(page)`: convert a page to JSON;
- `listing(base_url)`: iterate over all recordings, and return how many there were;
- `caller(base_url)`: return the function that fetches one recording.
"""

KEY = "KEY0123456789"
"""The API key; the loopback server does not check it."""

PAGE_SIZE = 250
"""Rows per page, the maximum of Telnyx."""

RECORDING_ID = "892f902b-d23f-0824-128b-2f330c5c7fd0"
"""The id of the first recording of `benchmarks.rows`. A response with another id logs a warning."""

ONE = {
    "id": RECORDING_ID,
    "channels": "dual",
    "source": "call",
    "status": "completed",
    "duration_millis": 92_480,
    "created_at": "2026-05-08T09:41:17.208Z",
}
"""A small recording, for a single model."""
