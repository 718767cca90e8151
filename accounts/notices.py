"""Notices: rows that name a kind and facts. Each reader gets the sentence in their own language.

The app that sends a kind of notice registers its sentence when it starts.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Notice, User
from core.outbox import Mail
from core.tasks import send_mails


class Weight(models.TextChoices):
    """Say how soon a notice asks something of its reader."""

    URGENT = "urgent", _("Urgent")
    TODAY = "today", _("Today")
    LATER = "later", _("For information")


# Message ids by kind.
SENTENCES: dict[str, str] = {}
_WEIGHTS: dict[str, Weight] = {}  # of kinds that are not for today
# Kinds that one cause makes many of, and the facts in which these differ: twelve pages lose one
# application's access, 170 units send one week's report.
JOINED: dict[str, tuple[str, ...]] = {}
# What comes later has another cause; of what is not urgent, one notice a day is enough.
_JOINED_WITHIN = {Weight.URGENT: timedelta(hours=1)}
_NAMED = 5  # values of a fact in a sentence; of more it says how many
# What people typed: shown in the portal alone, for mails pass through servers of others.
_NOT_BY_MAIL = frozenset({"title", "campaign", "reason"})


def register(
    sentences: Mapping[str, str],
    *,
    urgent: Set[str] = frozenset(),
    later: Set[str] = frozenset(),
    joined: Mapping[str, tuple[str, ...]] | None = None,
) -> None:
    """Add the message ids of an app's kinds of notices: those that cannot wait an hour, those that
    ask for nothing, and all others, which are done within the day. ``joined``: kinds of which a
    person gets one notice a cause, with the facts that it lists.
    """
    joined = joined or {}
    if known := SENTENCES.keys() & sentences.keys():
        raise ValueError(f"registered twice: {', '.join(sorted(known))}")
    if unknown := (urgent | later) - sentences.keys() or urgent & later:
        raise ValueError(f"of no weight or of two: {', '.join(sorted(unknown))}")
    for kind, names in joined.items():
        if missing := [name for name in names if f"%({name})s" not in sentences.get(kind, "")]:
            raise ValueError(f"not in the sentence of {kind}: {', '.join(missing)}")
    SENTENCES.update(sentences)
    _WEIGHTS.update(dict.fromkeys(urgent, Weight.URGENT) | dict.fromkeys(later, Weight.LATER))
    JOINED.update(joined)


def get_weight(kind: str) -> Weight:
    return _WEIGHTS.get(kind, Weight.TODAY)


def list_kinds(weight: Weight) -> list[str]:
    """Return the kinds of notices of one weight."""
    return [kind for kind in SENTENCES if get_weight(kind) == weight]


def count_reminded_units(n: int) -> str:
    """Say to whoever reminded units of how many there were."""
    return ngettext("%(n)s unit was reminded.", "%(n)s units were reminded.", n) % {"n": n}


def describe(notice: Notice) -> str:
    """Describe the notice in the active language."""
    # A sentence may have got a fact since the notice was sent.
    facts = {name: _list_values(name, value) for name, value in notice.facts.items()}
    return gettext(SENTENCES[notice.kind]) % defaultdict(lambda: "–", facts)


def _list_values(name: str, value: str | list[str]) -> str:
    if isinstance(value, str):
        return value
    more = [f"… (+{len(value) - _NAMED})"] if len(value) > _NAMED else []
    # Sentences put a title into quotation marks.
    return ("”, “" if name == "title" else ", ").join(value[:_NAMED] + more)


@transaction.atomic
def notify(
    people: Iterable[User],
    kind: str,
    *,
    address: str,
    joined_address: str = "",
    mail: bool = True,
    **facts: Any,
) -> None:
    """Send a notice in the portal and, by default, a mail to each of ``people`` when the
    transaction commits. A mail names no post and quotes nobody: it passes through servers that are
    not ours.

    ``facts`` fill the sentence of ``kind``; ``address`` is a path in the portal. Never a post's
    text. Where somebody has not read a notice of the same cause yet, it takes up these facts, and
    leads to ``joined_address`` once it is about more than one page.
    """
    sentence = SENTENCES[kind]
    facts = {name: str(value) for name, value in facts.items()}
    by_pk = {person.pk: person for person in people}
    joined = _join_unread(by_pk, kind, facts, address, joined_address)
    people = [person for pk, person in by_pk.items() if pk not in joined]
    Notice.objects.bulk_create(
        Notice(user=p, kind=kind, address=address, facts=facts) for p in people
    )
    if not mail:
        return
    letters: list[Mail] = []
    for person in people:
        with translation.override(person.language):
            hidden = {name: gettext("(see the portal)") for name in _NOT_BY_MAIL & facts.keys()}
            text = gettext(sentence) % {**facts, **hidden}
            body = text
            if kind in JOINED:
                body += "\n\n" + gettext("If there is more of this kind, the portal lists it.")
            letters.append(
                {
                    "to": [person.email],
                    "subject": text[:150],
                    "text": f"{body}\n\n{settings.PORTAL_URL}{address}\n\n{settings.PRODUCT_NAME}",
                }
            )
    send_mails(letters)


def _join_unread(
    users: Iterable[int], kind: str, facts: dict[str, str], address: str, joined_address: str
) -> set[int]:
    """Add the facts to the unread notices of the same cause; return whose these are."""
    names = JOINED.get(kind)
    if not names:
        return set()
    same = {name: value for name, value in facts.items() if name not in names}
    within = _JOINED_WITHIN.get(get_weight(kind), timedelta(days=1))
    # A notice that another transaction is adding to is passed over: no state of a post shall wait
    # for it, or end in a deadlock. Its reader gets a second one.
    rows = Notice.objects.select_for_update(skip_locked=True).filter(
        user__in=users,
        kind=kind,
        read_at=None,
        created_at__gte=timezone.now() - within,
        facts__contains=same,
    )
    # The same once more is a reminder, not another part of a burst.
    rows = rows.exclude(facts=facts)
    newest = {row.user_id: row for row in rows.order_by("created_at", "pk")}
    for row in newest.values():
        for name in names:
            values = row.facts[name]
            values = [values] if isinstance(values, str) else values
            if facts[name] not in values:
                row.facts[name] = [*values, facts[name]]
        if row.address != address:
            row.address = joined_address or row.address
    Notice.objects.bulk_update(newest.values(), ["facts", "address"])
    return set(newest)
