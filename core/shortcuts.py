"""Keys that work on the portal's pages: each app registers those of its scripts when it starts."""

from itertools import groupby
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

EVERY_PAGE = _("On every page")


class Shortcut(NamedTuple):
    """A key or a combination, named as static/js/lib/keys.js names it, and what it does.

    ``script`` is the module in static/js that listens for it.
    """

    keys: str
    does: str | Promise
    page: str | Promise
    place: int
    script: str

    @property
    def parts(self) -> list[str]:
        """Return the keys to press together, each as it is printed on the keyboard."""
        return self.keys.split("+")


SHORTCUTS: list[Shortcut] = []


def register(*shortcuts: Shortcut) -> None:
    """Add keys to the list of keys, sorted by their ``place``."""
    SHORTCUTS.extend(shortcuts)
    SHORTCUTS.sort(key=lambda shortcut: shortcut.place)


def group_by_page() -> list[tuple[str | Promise, list[Shortcut]]]:
    """Return the keys of each page under its name."""
    return [(page, list(rows)) for page, rows in groupby(SHORTCUTS, lambda row: row.page)]


register(
    Shortcut(
        "Ctrl+K", _("Find a page, a post, a person, a unit"), EVERY_PAGE, 10, "frame/palette.js"
    ),
    Shortcut("?", _("Show these keys"), EVERY_PAGE, 11, "frame/palette.js"),
    Shortcut(
        "↑ ↓", _("In what was found: the one above or below"), EVERY_PAGE, 12, "frame/palette.js"
    ),
    Shortcut("Enter", _("Open what was found"), EVERY_PAGE, 13, "frame/palette.js"),
    Shortcut("Esc", _("Close the help"), EVERY_PAGE, 15, "frame/help.js"),
    Shortcut(
        "Esc",
        _("Close what is open, and go back to where you were"),
        EVERY_PAGE,
        14,
        "frame/palette.js",
    ),
)
