"""Python alone: what every program takes before it does anything."""

NAME = "Python alone"
NEEDS: tuple[str, ...] = ()
OWN = ""


def nothing() -> None:
    """Do nothing."""
