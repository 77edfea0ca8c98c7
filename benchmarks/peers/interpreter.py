"""Python alone: the start-up of every program."""

NAME = "Python alone"
NEEDS: tuple[str, ...] = ()
OWN = ""


def nothing() -> None:
    """Do nothing."""
