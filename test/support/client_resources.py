"""The resources of a client, however deep they are."""


def resources_of(*roots: object) -> dict[str, object]:
    """Return all resources below some, by the names of their classes."""
    found: dict[str, object] = {}
    for root in roots:
        for name in dir(type(root)):
            if name.startswith(("_", "with_")) or not isinstance(
                getattr(type(root), name), property
            ):
                continue
            each = getattr(root, name)
            if type(each).__module__.partition(".api.")[1]:
                found |= {type(each).__name__: each, **resources_of(each)}
    return found
