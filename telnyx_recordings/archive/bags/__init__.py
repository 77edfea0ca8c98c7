"""What an export consists of: a bag, its lists of recordings, and conversations as vCon."""
