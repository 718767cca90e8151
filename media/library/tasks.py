from celery import shared_task

from media.library import entries


@shared_task(ignore_result=True)
def fill_looks(**_: object) -> None:
    """Compute for some older pictures by what they are found again."""
    entries.compute_dhashes()
