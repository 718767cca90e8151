from collections.abc import Iterable

from core import letters
from core.jobs.tasks import run_job as run_job
from core.jobs.tasks import run_waiting_jobs as run_waiting_jobs


def send_mail(*, to: Iterable[str], subject: str, text: str) -> None:
    """Write a letter in the caller's transaction and have it sent once that commits."""
    send_mails([{"to": to, "subject": subject, "text": text}])


def send_mails(messages: Iterable[letters.Mail]) -> None:
    """Do as `send_mail`, for many at once."""
    letters.write_letters(messages)
