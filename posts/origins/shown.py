"""The origin of a post as people read it: the kit or the example from which its draft began, and
how that was repeated.
"""

from datetime import datetime
from typing import NamedTuple, cast

from django.urls import reverse

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import can
from campaigns.kits.queries import find_readable_kits
from posts.models import Post
from posts.signals import origin_asked, rhythm_asked


class Origin(NamedTuple):
    """The origin of a draft: its kind and its name in words, its unit, and its ``address`` where
    the person may open it.
    """

    kind: str  # "kit" or "example"
    name: str
    unit: str
    address: str = ""


class Suggestion(NamedTuple):
    """The rule by which the origin of a draft went out again and again: what the form of a new
    series begins with, and the sentence that says so.
    """

    rhythm: str  # as of a series
    step: int
    first: datetime | None
    said: str


def origin_of(post: Post, user: User) -> Origin | None:
    """Return from what the draft of ``post`` began; None for an empty one, a copy, or one of a
    template. At most two queries.
    """
    if post.adoption:
        return _origin_of_kit(post, user)
    answers = (answer for _receiver, answer in origin_asked.send(Post, post=post, user=user))
    return next((cast("Origin", answer) for answer in answers if answer), None)


def suggestion_for(post: Post) -> Suggestion | None:
    """Return how the origin of ``post`` was repeated; None where it was not, or has none."""
    answers = (answer for _receiver, answer in rhythm_asked.send(Post, post=post))
    return next((cast("Suggestion", answer) for answer in answers if answer), None)


def _origin_of_kit(post: Post, user: User) -> Origin:
    """Return the kit with the page where the unit adopts it; for overseers, with the page
    where kits are written.
    """
    assert post.adoption
    kit, address = post.adoption.kit, ""
    if can(user, Permission.POST_WRITE, unit=post.unit):
        address = f"{reverse('posts:kit', args=[kit.public_id])}?unit={post.unit.key}"
    elif find_readable_kits(user).filter(pk=kit.pk).exists():
        address = reverse("kits:kit", args=[kit.public_id])
    return Origin("kit", kit.name, kit.unit.name, address)
