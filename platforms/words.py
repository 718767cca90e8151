"""Describe a platform in words that people read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


def gettext_noop(message: str) -> str:
    """Mark a message id for the catalogue. Django's own asks the settings, which are being made out
    of the connectors when these are loaded.
    """
    return message


class Term(NamedTuple):
    """Name a format or an option and, where the name does not say it, explain it, as message
    ids.
    """

    label: str
    help: str = ""
    choices: Mapping[str, str] = {}  # an option's, by value


@dataclass(frozen=True, slots=True)
class Words:
    """Hold what people read of a platform. All but the names of the platform are message ids:
    whoever shows them translates them. What two platforms call by the same name in ``formats``,
    ``options`` and ``rights`` means the same."""

    label: str
    page: str  # "Facebook page %(name)s"
    icon: str  # its drawing in the sprite
    formats: Mapping[str, Term]
    reasons: Mapping[str, str]  # by the error's code: what it means to an officer, and what to do
    # Of these, what passes with time: the post need not be revised.
    transient: frozenset[str] = frozenset()
    short: str = ""  # beside the icon; empty: the label
    options: Mapping[str, Term] = field(default_factory=dict)
    rights: Mapping[str, str] = field(
        default_factory=dict
    )  # what each is for: without it, that does not work
    consent_items: Sequence[str] = ()  # what the dialog asks for; empty: the rights
    connect_steps: Sequence[
        str
    ] = ()  # how to connect a page, step by step; empty: as with most dialogs
    dialog_of: str = ""  # another platform, whose dialog it is
    no_page_offered: str = ""  # why a dialog that was agreed to opened no page; empty: as mostly
    how_to_revoke: str = ""  # where people end the portal's access themselves


@dataclass(frozen=True, slots=True)
class Field:
    """Describe a field of the form that connects a page where there is no dialog. Its words are
    message ids.
    """

    label: str
    help: str
    missing: str
    wrong: str
    clean: Callable[[str], str]  # returns what was typed as it is stored; empty: it is wrong
    longest: int
    example: str = ""
    secret: bool = False  # never shown again; the other fields name the page
