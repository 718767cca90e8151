"""Find the post or the unit that a request names, within what the person may see and do."""

import uuid

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from accounts.context import current_position
from accounts.models import User
from accounts.permissions import GRANTS, Permission
from accounts.queries import can
from core.text import parse_uuid
from posts.models import Post
from units.models import Unit

_RELATED = (
    "unit__parent",
    "unit__facts",
    "corrects",
    "author",
    "last_editor",
    "topic",
    "campaign",
    "current_revision",
)
# Most posts come of no kit: to join its three tables to each took longer to plan than to read.
_OF_KIT = ("adoption__kit", "adoption__version")


def units_to_write_in(user: User) -> list[Unit]:
    """Return the units in which the person holds a position that writes posts."""
    held = (a.unit for a in user.current_appointments if Permission.POST_WRITE in GRANTS[a.role])
    return list({unit.pk: unit for unit in held}.values())


def unit_to_write_in(request: HttpRequest) -> Unit:
    """Return the unit that ``unit`` names in the address, else that of the current position, else
    the first; of those in which the person writes posts (else 403, or 404 for another one).
    """
    units = units_to_write_in(request.user)
    if not units:
        raise PermissionDenied
    by_key = {unit.key: unit for unit in units}
    if key := request.GET.get("unit"):
        if key not in by_key:
            raise Http404
        return by_key[key]
    position = current_position(request)
    return by_key.get(position.unit.key, units[0]) if position else units[0]


def named_draft(request: HttpRequest) -> Post | None:
    """Return the post that ``post`` names in the address, as `post_to_write` does; None where it
    names none.
    """
    key = parse_uuid(request.GET.get("post", ""))
    return post_to_write(request, key) if key else None


def unit_begun_in(request: HttpRequest) -> Unit | None:
    """Return the unit in which the composer begins a post that led to a page of the shelf; None on
    other ways there, and for users who write in no unit.
    """
    named = request.GET.get("unit") and units_to_write_in(request.user)
    return unit_to_write_in(request) if named else None


def post_to_write(request: HttpRequest, public_id: uuid.UUID) -> Post:
    """Return the post, of those the person may see (else 404), if they may also write it (else
    403).
    """
    seen = Post.objects.visible_to(request.user)
    posts = seen.select_related(*_RELATED).prefetch_related(*_OF_KIT)
    post = get_object_or_404(posts, public_id=public_id)
    if not can(request.user, Permission.POST_WRITE, unit=post.unit):
        raise PermissionDenied
    return post
