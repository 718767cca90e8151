from collections.abc import Iterable

from core import outbox
from core.jobs.tasks import run_job as run_job
from core.jobs.tasks import run_waiting_jobs as run_waiting_jobs


def send_mail(*, to: Iterable[str], subject: str, text: str) -> None:
    """Write a letter in the caller's transaction and have it sent once that commits."""
    send_mails([{"to": to, "subject": subject, "text": text}])


def send_mails(messages: Iterable[outbox.Mail]) -> None:
    """Do as `send_mail`, for many at once."""
    outbox.write_letters(messages)
