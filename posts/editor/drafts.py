"""A post that somebody has begun and not saved: its page has its address, and no row yet.

The page's addresses carry ``begun``, signed: whose post it is and in which unit. The first save
makes the row, so that looking at the empty page leaves none behind.
"""

import uuid
from contextlib import suppress
from typing import cast

from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest
from django.utils import timezone

from accounts.models import User
from campaigns.models import Campaign
from core.fields import MomentField
from core.text import parse_uuid
from posts.context import post_to_write, unit_to_write_in, units_to_write_in
from posts.models import Post
from units.models import Unit

_SALT = "posts.begun"


def build_new_post(request: HttpRequest) -> Post:
    """Return a post without a row, in the unit and campaign and for the time that the address
    names.
    """
    post = _build_unsaved_post(request, uuid.uuid4(), unit_to_write_in(request))
    with suppress(ValidationError):
        post.requested_time = MomentField(required=False).clean(request.GET.get("at"))
    if key := parse_uuid(request.GET.get("campaign", "")):
        running = Campaign.objects.open_to(post.unit).running(timezone.localdate())
        post.campaign = running.filter(public_id=key).first()
    return post


def get_or_build_post(request: HttpRequest, public_id: uuid.UUID) -> Post:
    """Return the post that the page is about, as ``post_to_write`` does, or one without a row that
    this person has begun.
    """
    unit_key = _unit_begun_in(request, public_id)
    try:
        return post_to_write(request, public_id)
    except Http404:
        if unit_key is None:
            raise
    if Post.objects.filter(public_id=public_id).exists():
        # Not this person's to see, or made by a save since the look above: of two requests that
        # the page sends at once, a picture's waits for no save.
        return post_to_write(request, public_id)
    units = {unit.pk: unit for unit in units_to_write_in(cast("User", request.user))}
    if unit_key not in units:
        raise PermissionDenied
    return _build_unsaved_post(request, public_id, units[unit_key])


def address_query(request: HttpRequest, post: Post) -> str:
    """Return what the addresses of the post's page carry as long as it has no row."""
    if not post._state.adding:
        return ""
    begun = [request.user.pk, str(post.public_id), post.unit.pk]
    return f"?begun={signing.dumps(begun, salt=_SALT)}"


def _build_unsaved_post(request: HttpRequest, public_id: uuid.UUID, unit: Unit) -> Post:
    user = cast("User", request.user)
    return Post(
        public_id=public_id, unit=unit, author=user, last_editor=user, changed_at=timezone.now()
    )


def _unit_begun_in(request: HttpRequest, public_id: uuid.UUID) -> int | None:
    try:
        user, post, unit = signing.loads(request.GET.get("begun", ""), salt=_SALT)
    except signing.BadSignature:
        return None
    return unit if (user, post) == (request.user.pk, str(public_id)) else None
