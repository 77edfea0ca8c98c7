"""Local web pages of `telnyx-recordings browse`, to search, view and play an archive."""
