"""Letters wait in the database until they are sent: a message names a job and carries nothing of
the letter, so that whoever reads the broker learns no secret and whoever writes to it sends no mail
in the portal's name.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import TypedDict

from django.core.mail import send_mail
from django.db import transaction

from core import jobs
from core.models import Letter

# Longer than the mail server's timeout of 15 seconds: a worker that died in the middle is given up
# after it.
_LEASE = timedelta(minutes=5)
# With waits that double from a minute to an hour, twelve tries bear with a mail server that is away
# for six hours.
MOST_TRIES, _WAIT, _LONGEST_WAIT = 12, timedelta(minutes=1), timedelta(hours=1)
KEPT = timedelta(days=7)


class Mail(TypedDict):
    to: Iterable[str]
    subject: str
    text: str


@transaction.atomic
def write_letters(letters: Iterable[Mail]) -> list[Letter]:
    """Store one letter an address, so that no recipient sees the others' addresses. They are sent
    once the caller's transaction commits.
    """
    mails = [(address, letter) for letter in letters for address in letter["to"]]
    queued = jobs.enqueue_many("letter", len(mails))
    return Letter.objects.bulk_create(
        Letter(
            job=job,
            to=address,
            subject=" ".join(mail["subject"].split())[:200],
            text=mail["text"],
        )
        for job, (address, mail) in zip(queued, mails, strict=True)
    )


def send_letter(claim: jobs.Claim) -> None:
    """Send a letter, and erase everything of it but the fact that it existed."""
    letter: Letter = claim.row
    send_mail(letter.subject, letter.text, None, [letter.to])
    with transaction.atomic():
        claim.finish()
        empty_letter(letter)


def empty_letter(letter: Letter) -> None:
    """Erase address and words of a letter that is sent or given up."""
    Letter.objects.filter(pk=letter.pk).update(to="", subject="", text="")


def wait_longer(attempts: int) -> timedelta:
    """Return how long a letter waits after so many attempts."""
    return min(_WAIT * 2 ** (attempts - 1), _LONGEST_WAIT)


jobs.register(
    "letter",
    queue="mail",
    rows=Letter.objects.all(),
    run=send_letter,
    on_failure=empty_letter,
    lease=_LEASE,
    most_attempts=MOST_TRIES,
    backoff=wait_longer,
    most_a_run=200,
)
