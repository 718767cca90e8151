"""Notices: rows that name a kind and facts. Each reader gets the sentence in their own language.

The app that sends a kind of notice registers its sentence when it starts.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import translation
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
# What people typed: shown in the portal alone, for mails pass through servers of others.
_NOT_BY_MAIL = frozenset({"title", "campaign", "reason"})


def register(
    sentences: Mapping[str, str], *, urgent: Set[str] = frozenset(), later: Set[str] = frozenset()
) -> None:
    """Add the message ids of an app's kinds of notices: those that cannot wait an hour, those that
    ask for nothing, and all others, which are done within the day.
    """
    if known := SENTENCES.keys() & sentences.keys():
        raise ValueError(f"registered twice: {', '.join(sorted(known))}")
    if unknown := (urgent | later) - sentences.keys() or urgent & later:
        raise ValueError(f"of no weight or of two: {', '.join(sorted(unknown))}")
    SENTENCES.update(sentences)
    _WEIGHTS.update(dict.fromkeys(urgent, Weight.URGENT) | dict.fromkeys(later, Weight.LATER))


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
    return gettext(SENTENCES[notice.kind]) % defaultdict(lambda: "–", notice.facts)


def notify(
    people: Iterable[User], kind: str, *, address: str, mail: bool = True, **facts: Any
) -> None:
    """Send a notice in the portal and, by default, a mail to each of ``people`` when the
    transaction commits. A mail names no post and quotes nobody: it passes through servers that are
    not ours.

    ``facts`` fill the sentence of ``kind``; ``address`` is a path in the portal. Never a post's
    text.
    """
    sentence = SENTENCES[kind]
    people = list({person.pk: person for person in people}.values())
    facts = {name: str(value) for name, value in facts.items()}
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
            letters.append(
                {
                    "to": [person.email],
                    "subject": text[:150],
                    "text": f"{text}\n\n{settings.PORTAL_URL}{address}\n\n{settings.PRODUCT_NAME}",
                }
            )
    send_mails(letters)
