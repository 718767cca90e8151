from typing import Any

from django.dispatch import receiver

from media.editing import films, tasks


@receiver(films.queued, dispatch_uid="media.editing.tell_workers")
def notify_workers(**_: Any) -> None:
    """Send the workers a message. One that is lost does no harm: the tick finds the row."""
    tasks.make_films.delay()
