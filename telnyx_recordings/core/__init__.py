"""Everything that needs no I/O: models, operations, encoding, retries, rate limits, pages."""
