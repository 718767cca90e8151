"""Letters wait in the database until they are sent: a message names a letter and carries nothing of
it, so that whoever reads the broker learns no secret and whoever writes to it sends no mail in the
portal's name.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TypedDict

from django.core.mail import send_mail
from django.db.models import F

from core.models import Letter

log = logging.getLogger(__name__)

# Longer than the mail server's timeout of 15 seconds: a worker that died in the middle is given up
# after it.
_LEASE = timedelta(minutes=5)
# With waits that double from a minute to an hour, twelve tries bear with a mail server that is away
# for six hours.
MOST_TRIES, _WAIT, _LONGEST_WAIT = 12, timedelta(minutes=1), timedelta(hours=1)
KEPT = timedelta(days=7)
_BATCH = 200


class Mail(TypedDict):
    to: Iterable[str]
    subject: str
    text: str


def write_letters(letters: Iterable[Mail], *, now: datetime) -> list[Letter]:
    """Store one letter an address, so that no recipient sees the others' addresses."""
    return Letter.objects.bulk_create(
        Letter(
            to=address,
            subject=" ".join(each["subject"].split())[:200],
            text=each["text"],
            try_at=now,
        )
        for each in letters
        for address in each["to"]
    )


def send_letter(pk: int, *, now: datetime) -> bool:
    """Send a letter that is due; return whether it was sent. Of two processes that try at once, one
    sends it.
    """
    due = Letter.objects.filter(pk=pk, ended_at=None, try_at__lte=now)
    if not due.update(try_at=now + _LEASE, tries=F("tries") + 1):
        return False
    letter = Letter.objects.get(pk=pk)
    try:
        send_mail(letter.subject, letter.text, None, [letter.to])
    except Exception as error:
        # Its words may repeat the address.
        log.warning("letter %s was not sent: %s", pk, type(error).__name__)
        if letter.tries >= MOST_TRIES:
            _empty_letter(letter, "given_up", now)
        else:
            wait = min(_WAIT * 2 ** (letter.tries - 1), _LONGEST_WAIT)
            Letter.objects.filter(pk=pk, tries=letter.tries).update(try_at=now + wait)
        return False
    _empty_letter(letter, "sent", now)
    return True


def _empty_letter(letter: Letter, outcome: str, now: datetime) -> None:
    """Erase everything of a letter but the fact that it existed."""
    Letter.objects.filter(pk=letter.pk).update(
        to="", subject="", text="", outcome=outcome, ended_at=now
    )


def send_due_letters(*, now: datetime) -> int:
    """Send the letters that are due, such as those whose message was lost; return how many were
    sent.
    """
    waiting = Letter.objects.filter(ended_at=None, try_at__lte=now).order_by("try_at")
    return sum(send_letter(pk, now=now) for pk in waiting.values_list("pk", flat=True)[:_BATCH])
