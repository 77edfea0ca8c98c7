"""What an archive knows: its manifest."""
