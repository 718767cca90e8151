"""Pages as tests read them: without the line breaks that are only the layout of a template."""

import re


def one_line(html: str) -> str:
    """Return a page with each run of white space as one space, and none before the end of a tag."""
    return re.sub(r" (?=/?>)", "", " ".join(html.split()))
