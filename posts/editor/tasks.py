from contextlib import suppress
from typing import Any

from celery import shared_task
from django.db import transaction
from django.dispatch import receiver

from core.errors import Refused
from posts.editor import unit_cards
from posts.models import Post
from posts.signals import kit_adopted


@shared_task(ignore_result=True)
def draw_unit_cards(*, post: int, **_: object) -> None:
    """Draw the cards of a kit with the name of the unit that took it up. A doubled or false message
    does no harm; one that is lost neither, for the composer draws them when they are asked for.
    """
    row = Post.objects.select_related("unit", "author", "adoption__version").filter(pk=post).first()
    if row is not None:
        with suppress(Refused):  # the composer says why when somebody asks for them
            unit_cards.draw_unit_cards(row, by=row.author)


@receiver(kit_adopted, dispatch_uid="posts.editor.draw_unit_cards")
def queue_unit_cards(post: Post, **_: Any) -> None:
    transaction.on_commit(lambda: draw_unit_cards.delay(post=post.pk), robust=True)
