"""Queue each picture and film for the scanners as soon as its row exists, whoever makes it."""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from media.models import Media
from media.scanners import services


@receiver(post_save, sender=Media, dispatch_uid="media.scanners.queue")
def queue_new(instance: Media, created: bool, raw: bool = False, **_: Any) -> None:
    if created and not raw:
        services.queue(instance)
