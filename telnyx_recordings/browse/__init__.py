"""Local pages to search, see and hear an archive: what `telnyx-recordings browse` serves."""
