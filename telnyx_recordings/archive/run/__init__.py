"""The phases of `archive`, in their order."""
