"""Queue each picture and film for the scanners as soon as its row exists, whoever makes it."""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from media.models import Media
from media.scanners import services, tasks


@receiver(post_save, sender=Media, dispatch_uid="media.scanners.queue")
def queue_new(instance: Media, created: bool, raw: bool = False, **_: Any) -> None:
    if created and not raw:
        services.queue(instance)


@receiver(services.queued, dispatch_uid="media.scanners.tell_workers")
def notify_workers(media: int, **_: Any) -> None:
    """Send the workers a message. One that is lost does no harm: the tick finds the row."""
    tasks.scan_media.delay(media=media)
