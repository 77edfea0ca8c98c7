"""What belongs here: everything that works without I/O - models, operations, retries, pages."""
