"""The saves of one page in a browser, told from those of other people.

An answer can be lost on its way: then the page saves again from the copy that it knew before, and
its own save would look like a colleague's.
"""

from typing import NamedTuple

from django.http import QueryDict

from core.text import parse_whole_number
from posts.models import Post

LONGEST_PAGE = 36  # a UUID


class PageSave(NamedTuple):
    """A save as its page sent it: ``page`` names one page as it was loaded, ``number`` rises with
    each thing it sends; of a page without scripts it stays 0.
    """

    page: str
    number: int


def read_page_save(data: QueryDict) -> PageSave | None:
    """Read from a composer's form which page sent it."""
    page = data.get("page", "")
    if not page or len(page) > LONGEST_PAGE:
        return None
    return PageSave(page, parse_whole_number(data.get("number", "")) or 0)


def note_page_save(post: Post, sent: PageSave | None) -> None:
    """Note on the post, before it is stored, what makes its version."""
    post.last_save = sent and [*sent, post.version]


def made_version(post: Post, sent: PageSave | None) -> bool:
    """Check whether the stored version came from this save or an earlier one of the same page. One
    that a later save of its page has overtaken did not make it.
    """
    if sent is None or post.last_save is None:
        return False
    page, number, version = post.last_save
    return (page, version) == (sent.page, post.version) and number <= sent.number
