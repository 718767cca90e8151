"""Notices: rows that name a kind and facts. Each reader gets the sentence in their own language.

The app that sends a kind of notice registers its sentence when it starts.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext, ngettext

from accounts.models import Notice, User
from core.outbox import Mail
from core.tasks import send_mails

# Message ids by kind.
SENTENCES: dict[str, str] = {}
# What people typed: shown in the portal alone, for mails pass through servers of others.
_NOT_BY_MAIL = frozenset({"title", "campaign", "reason"})


def register(sentences: Mapping[str, str]) -> None:
    """Add the message ids of an app's kinds of notices."""
    if known := SENTENCES.keys() & sentences.keys():
        raise ValueError(f"registered twice: {', '.join(sorted(known))}")
    SENTENCES.update(sentences)


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
