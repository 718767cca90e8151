from celery import shared_task
from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

from audit import checkpoints


@shared_task(ignore_result=True)
def make_checkpoint(**_: object) -> None:
    """Sign the ends of the record, into a file and by mail to a place outside this installation."""
    path = checkpoints.make_checkpoint(now=timezone.now())
    for address in settings.AUDIT_CHECKPOINT_EMAILS:
        EmailMessage(
            f"Checkpoint {path.stem}", path.read_text(encoding="utf-8"), None, [address]
        ).send()
