"""The post or delivery that an address names, and the place to which its pages lead back."""

import uuid

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.permissions import Permission
from accounts.queries import can
from channels.models import Channel
from posts.models import Post
from posts.states import PostState
from publishing.models import Delivery
from publishing.scheduling import scheduling

_RELATED = (
    "unit",
    "corrects",
    "author",
    "last_editor",
    "topic",
    "campaign",
    "current_revision",
    "approved_revision",
)


def post_of(
    request: HttpRequest, public_id: uuid.UUID, permission: Permission | None = None
) -> Post:
    """Return the post, of those the person may see; 403 when they may not act on it."""
    post = get_object_or_404(
        Post.objects.visible_to(request.user).select_related(*_RELATED), public_id=public_id
    )
    if permission and not can(request.user, permission, unit=post.unit):
        raise PermissionDenied
    return post


def delivery_of(request: HttpRequest, public_id: uuid.UUID, permission: Permission) -> Delivery:
    """Return the delivery, of those the person may see; 403 when they may not act on it."""
    deliveries = Delivery.objects.visible_to(request.user).select_related(
        "channel", "unit", "post", "revision"
    )
    delivery = get_object_or_404(deliveries, public_id=public_id)
    if not can(request.user, permission, unit=delivery.unit):
        raise PermissionDenied
    return delivery


def address_of(post: Post, delivery: Delivery | None = None) -> str:
    """Return the address of the post's page, at the place of one delivery."""
    address = reverse("publishing:post", args=[post.public_id])
    return f"{address}#delivery-{delivery.public_id}" if delivery else address


def open_channels(post: Post, live: set[int]) -> list[Channel]:
    """Return the approved revision's channels on which the post neither is live nor is on its
    way.
    """
    if post.state != PostState.APPROVED:
        return []
    return [
        channel
        for channel in scheduling.channels_of(post.approved_revision)
        if channel.pk not in live
    ]
