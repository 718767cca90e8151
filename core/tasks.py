from collections.abc import Iterable

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from core import letters
from core.jobs.tasks import run_job as run_job
from core.jobs.tasks import run_waiting_jobs as run_waiting_jobs


def send_mail(*, to: Iterable[str], subject: str, text: str) -> None:
    """Write a letter in the caller's transaction and have it sent once that commits."""
    send_mails([{"to": to, "subject": subject, "text": text}])


def send_mails(messages: Iterable[letters.Mail]) -> None:
    """Do as `send_mail`, for many at once."""
    written = letters.write_letters(messages, now=timezone.now())

    def queue() -> None:
        for letter in written:
            send_letter.delay(letter=letter.pk)

    transaction.on_commit(queue, robust=True)


@shared_task(ignore_result=True)
def send_letter(*, letter: int, **_: object) -> None:
    """Send a letter from the database. A false, doubled or late message does no harm."""
    letters.send_letter(letter, now=timezone.now())


@shared_task(ignore_result=True)
def send_letters(**_: object) -> None:
    """Send letters whose message was lost, and those due for a retry."""
    letters.send_due_letters(now=timezone.now())
