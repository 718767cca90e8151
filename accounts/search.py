"""Find accounts for the search: people, and the pages and actions that a person's rights
open.
"""

from collections.abc import Iterable, Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.context import granted_permissions
from accounts.models import User
from core import navigation
from core.search import MOST_MATCHES, Kind, Match, register


def find_pages(user: User, query: str) -> Iterator[Match]:
    return _find_entries(user, query, navigation.SIDEBAR)


def find_actions(user: User, query: str) -> Iterator[Match]:
    return _find_entries(user, query, [navigation.ACTIONS])


def _find_entries(user: User, query: str, parts: Iterable[str]) -> Iterator[Match]:
    for entry in navigation.find_entries(query, parts, granted_permissions(user)):
        yield Match(str(entry.label), reverse(entry.view), entry.symbol)


def find_people(user: User, query: str) -> Iterator[Match]:
    users = User.objects.visible_to(user).search(query).order_by("search", "pk")
    for person in users.only("public_id", "full_name", "username")[:MOST_MATCHES]:
        page = reverse("accounts:person", args=[person.public_id])
        yield Match(str(person), page, "user", person.username)


register(
    Kind(_("Things to do"), 10, find_actions, lists_all=True),
    Kind(_("Pages of the portal"), 20, find_pages, lists_all=True),
    Kind(_("People"), 40, find_people),
)
