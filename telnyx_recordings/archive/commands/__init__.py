"""The commands of an archive: archive, verify, repair and purge."""
