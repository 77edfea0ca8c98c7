"""The parts of an export: a bag, its lists of recordings, and conversations as vCon."""
