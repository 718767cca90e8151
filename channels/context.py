"""Find what a request names, within what the person may see and do: else a 404, or a 403."""

import uuid

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from accounts.context import current_position
from accounts.permissions import DEEP, Permission
from accounts.queries import can
from channels.models import Channel
from channels.states import Kind
from core.scope import Reach


def platform_or_404(platform: str) -> str:
    """Return the name of a platform as it came in an address; 404 where there is no such
    platform.
    """
    if platform not in Kind.values:
        raise Http404
    return platform


def channel_or_404(
    request: HttpRequest, public_id: uuid.UUID, permission: Permission | None = None
) -> Channel:
    """Return the channel, of those the person may see (else 404); 403 when they may not act on
    it.
    """
    seen = Channel.objects.visible_to(request.user).select_related(
        "unit__parent", "connected_by", "confirmed_by", "successor__unit"
    )
    channel = get_object_or_404(seen, public_id=public_id)
    if permission and not can(request.user, permission, unit=channel.unit):
        raise PermissionDenied
    return channel


def channels_in_scope(request: HttpRequest) -> QuerySet[Channel]:
    """Return the channels that the person sees from their current position. Raises PermissionDenied
    (403) without the right to see any."""
    reach = request.user.reach(Permission.CHANNEL_VIEW)
    if not reach:
        raise PermissionDenied
    position = current_position(request)
    here = [Reach(position.unit.path, position.role in DEEP)]
    seen = Channel.objects.visible_to(request.user)
    return seen if reach == here else seen.within(here)
