"""Benchmarks: one module a subject, each measured beside the peers in one run (`make bench`)."""
