"""Durable files, for audio and archives."""
