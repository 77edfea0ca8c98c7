"""One call: sending it, retries, rate limits, and its result."""
