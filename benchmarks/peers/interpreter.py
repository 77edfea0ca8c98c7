"""Python alone: the part of a start-up that no package can avoid."""

NAME = "Python alone"
NEEDS: tuple[str, ...] = ()
OWN = ""


def nothing() -> None:
    """Do nothing."""
