"""What a call is to send: the operation and its path, query, headers and body."""
