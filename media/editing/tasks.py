from celery import shared_task

from media.editing import films


@shared_task(ignore_result=True)
def make_films(**_: object) -> None:
    """Make the films that wait. A doubled, false or late message does no harm."""
    films.make_waiting_films()
