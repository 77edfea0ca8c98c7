"""Where an archive is stored: a folder or a bucket."""
