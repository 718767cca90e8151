from celery import shared_task
from django.core.mail import send_mail as deliver


@shared_task(autoretry_for=(OSError,), retry_backoff=30, max_retries=8, ignore_result=True)
def send_mail(*, to: list[str], subject: str, text: str, **_: object) -> None:
    """One mail to each address by itself, so that nobody reads the others' addresses."""
    for address in to:
        deliver(subject, text, None, [address])
