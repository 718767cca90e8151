"""Answers to questions of the apps below."""

from typing import Any

from django.dispatch import receiver
from django.urls import reverse

from accounts.models import User
from engagement.examples.models import Example, ExampleUse
from posts.models import Post
from posts.origins.shown import Origin
from posts.signals import origin_asked


@receiver(origin_asked, sender=Post)
def origin(post: Post, user: User, **_kwargs: Any) -> Origin | None:
    """Return the example from which the draft of ``post`` began; without its name and its page
    where the person may not see it any more.
    """
    uses = ExampleUse.objects.filter(post=post.pk).select_related("example__unit")
    if (use := uses.first()) is None:
        return None
    row = use.example
    if not Example.objects.visible_to(user).filter(pk=row.pk).exists():
        return Origin("example", "", row.unit.name)
    address = reverse("engagement:example", args=[row.public_id])
    return Origin("example", row.name, row.unit.name, address)
