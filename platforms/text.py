"""Compare texts with what a platform made of them."""


def collapse_spaces(text: str) -> str:
    """Replace each run of white space by one space, and trim the ends."""
    return " ".join(text.split())
