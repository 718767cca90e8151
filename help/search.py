"""Find guides for the search from every page, by their titles."""

from collections.abc import Iterator
from itertools import islice

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.search import MOST_MATCHES, Kind, Match, register
from core.text import begins_words
from help.guides import find_readers, list_guides


def find_guides(user: User, query: str) -> Iterator[Match]:
    found = (guide for guide in list_guides(find_readers(user)) if begins_words(query, guide.title))
    for guide in islice(found, MOST_MATCHES):
        yield Match(guide.title, reverse("help:guide", args=[guide.slug]), "help")


register(Kind(_("Help"), 60, find_guides))
