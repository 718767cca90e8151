"""Acts on one's own account and sessions, and the day from which everybody needs a second
factor.
"""

from collections.abc import Iterable
from datetime import date
from typing import cast

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import FactorDate, Notice, Session, User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import require, unit_path_of
from accounts.sign_in.record import record_action
from accounts.sign_in.session_store import hash_key
from audit.services import record
from core.errors import Refused
from core.folds import NAMES
from units.models import Level, Unit

MOST_VIEWS = 20  # that one person saves, of all lists together
LONGEST_QUERY = 500  # of a saved view: each page reads the whole account


def end_sessions(person: User) -> int:
    return Session.objects.filter(user=person).delete()[0]


@transaction.atomic
def end_own_sessions(request: HttpRequest, *, key_hash: str = "") -> int:
    """End the person's session of that hash, or all but this one. Return how many; each is over at
    its next request.
    """
    person = cast("User", request.user)
    ending = Session.objects.filter(user=person).exclude(
        pk=hash_key(request.session.session_key or "")
    )
    if key_hash:
        ending = ending.filter(pk=key_hash)
    ended = ending.delete()[0]
    if ended:
        record_action("sign_in.sessions_ended", person, request, by=person, count=ended)
    return ended


@transaction.atomic
def notify_of_factor(person: User, step: str) -> None:
    """Notify somebody of a change to their own factors: added, removed, renewed or code_used (a
    recovery code).

    The library sends its own letter of all but the last.
    """
    if step == "code_used":
        record("account.factor_code_used", person, by=person, unit_path=unit_path_of(person))
    notify([person], f"factor_{step}", address=reverse("accounts:me"), mail=step == "code_used")


@transaction.atomic
def set_factor_day(day: date, *, by: User) -> FactorDate:
    """Decide from which day everybody needs a second factor: the ministry's administrator, for the
    whole country.
    """
    ministry = Unit.objects.get(level=Level.MINISTRY)
    authority = require(by, Permission.ACCOUNT_MANAGE, unit=ministry)
    if day <= timezone.localdate():
        raise Refused(_("Choose a day after today, so that people can prepare."))
    decided = FactorDate.objects.create(day=day, set_by=by, set_at=timezone.now())
    record(
        "account.factor_day_set",
        ministry,
        by=by,
        position=authority.position,
        day=day.isoformat(),
    )
    return decided


def remember_fold(person: User, name: str, *, is_open: bool) -> None:
    """Store that the person opened or closed one of `core.folds.NAMES`; names that are none any
    more go.
    """
    with transaction.atomic():
        row = User.objects.select_for_update().only("open_folds").get(pk=person.pk)
        others = NAMES.intersection(row.open_folds) - {name}
        opened = sorted(others | {name}) if is_open else sorted(others)
        User.objects.filter(pk=person.pk).update(open_folds=opened)


@transaction.atomic
def save_view(person: User, *, page: str, name: str, query: str) -> None:
    """Save the filters of a list under a name. Raise Refused beyond `MOST_VIEWS`, or for
    more than `LONGEST_QUERY` characters of filters.
    """
    if len(query) > LONGEST_QUERY:
        raise Refused(_("These are too many filters to save; choose fewer."))
    row = User.objects.select_for_update().only("saved_views").get(pk=person.pk)
    of_page = row.saved_views.setdefault(page, {})
    if name not in of_page and sum(map(len, row.saved_views.values())) >= MOST_VIEWS:
        raise Refused(
            _("You have %(n)s saved views already; delete one first.") % {"n": MOST_VIEWS}
        )
    of_page[name] = query
    row.save(update_fields=["saved_views"])


@transaction.atomic
def delete_view(person: User, *, page: str, name: str) -> None:
    row = User.objects.select_for_update().only("saved_views").get(pk=person.pk)
    row.saved_views.get(page, {}).pop(name, None)
    row.save(update_fields=["saved_views"])


def choose_language(person: User, language: str) -> None:
    if language in dict(settings.LANGUAGES):
        User.objects.filter(pk=person.pk).update(language=language)


def read_notice(notice: Notice) -> None:
    Notice.objects.filter(pk=notice.pk, read_at=None).update(read_at=timezone.now())


def mark_notices_done(people: Iterable[int], kind: str, *, address: str) -> None:
    """Mark as read what asked people, named by their keys, for an act at ``address`` that somebody
    has done since.
    """
    asked = Notice.objects.filter(user__in=people, kind=kind, address=address, read_at=None)
    asked.update(read_at=timezone.now())


def read_all_notices(person: User, kinds: Iterable[str] | None = None) -> int:
    """Mark the person's notices as read, or those of ``kinds``; return how many were unread."""
    unread = person.notices.filter(read_at=None)
    if kinds is not None:
        unread = unread.filter(kind__in=kinds)
    return unread.update(read_at=timezone.now())
