"""Benchmarks: one module per subject, measured with its peers in one run (`make bench`)."""
