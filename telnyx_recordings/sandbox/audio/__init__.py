"""Playable audio files that are computed on demand."""
