"""The post's page, and the address of each of its deliveries."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from accounts.permissions import Permission
from accounts.queries import can
from posts.canonical import content
from posts.models import Post
from posts.origins.shown import origin_of
from posts.queries import revisions_of
from posts.review.four_eyes import deciding_right
from posts.scanned import cards_of_content
from posts.states import EDITABLE, PostState
from posts.states import NEXT as POST_NEXT
from publishing.deliveries.queries import deliveries_of
from publishing.models import Delivery, Pauses, Recall
from publishing.pauses.context import pauses_of
from publishing.post_page.cards import channel_cards, left_out_channels, overridden_warnings_card
from publishing.post_page.queries import record_of, stop_reason
from publishing.post_page.views.lookups import address_of, open_channels, post_of
from publishing.presenters.post import next_step, post_status
from publishing.presenters.record import record_line
from publishing.states import ENDED, State

NAMED_RIGHTS = {
    "write": Permission.POST_WRITE,
    "approve": Permission.POST_APPROVE,
    "schedule": Permission.POST_SCHEDULE,
    "withdraw": Permission.POST_WITHDRAW,
    "figures": Permission.FIGURES_VIEW,
}


@require_GET
@vary_on_headers("HX-Request")
def page(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show the post's lifecycle on one page.

    For HTMX only the part that changes by itself, or 204 when it has not changed.
    """
    post = post_of(request, public_id)
    deliveries = deliveries_of(post)
    stamp = _change_stamp(post, deliveries, pauses_of(request))
    if request.htmx and request.GET.get("seen") == stamp:
        return HttpResponse(status=204)
    context = {"post": post, "stamp": stamp, **_moving_context(request, post, deliveries)}
    if request.htmx:
        return render(request, "publishing/post.html#post", context)
    context |= _static_context(request, post, deliveries, context["content"])
    return render(request, "publishing/post.html", context)


def _change_stamp(post: Post, deliveries: list[Delivery], pauses: Pauses) -> str:
    """Return a text that changes with all that changes by itself on the page."""
    parts = [f"{post.version}"]
    for row in deliveries:
        parts.append(f"{row.pk}{row.state}{row.attempt}.{row.fire_at:%d%H%M%S}")
        parts += [f"b{broadcast.pk}{broadcast.state}" for broadcast in row.broadcasts.all()]
    parts += [f"p{pause.pk}" for pause in pauses.active]
    return "-".join(parts)


def _moving_context(request: HttpRequest, post: Post, deliveries: list[Delivery]) -> dict[str, Any]:
    """Return the state of the post and of its deliveries, and what may be done about each."""
    now = timezone.now()
    rights = {
        name: can(request.user, right, unit=post.unit) for name, right in NAMED_RIGHTS.items()
    }
    if post.endorsed_revision_id:
        rights["approve"] = can(request.user, deciding_right(post), unit=post.unit)
    live = {row.channel_id for row in deliveries if row.state not in ENDED}
    pauses = pauses_of(request)
    own_recalls = Recall.objects.visible_to(request.user).filter(deliveries__post=post)
    recalls = {recall.pk: recall for recall in own_recalls}
    revision = None if post.state in EDITABLE else post.current_revision
    content_shown = revision.content if revision else content.compose(post)
    channels = channel_cards(
        post, deliveries, content_shown, rights=rights, pauses=pauses, recalls=recalls
    )
    cards = [
        card
        for channel in channels
        for card in (channel.newest, *channel.earlier)
        if card is not None
    ]
    is_due_soon = any(
        row.state == State.SCHEDULED and (row.fire_at - now).total_seconds() < 60
        for row in deliveries
    )
    return {
        "content": content_shown,
        "channels": channels,
        "left_out": left_out_channels(post),
        "is_scheduled": bool(cards),
        "badge": post_status(post, deliveries, pauses),
        "next_step": next_step(post, deliveries, now=now, reason=stop_reason(post), pauses=pauses),
        "moving": is_due_soon or any(card.is_moving for card in cards),
        "rights": rights,
        "open_channels": open_channels(post, live) if rights["schedule"] else [],
        "movable": sum(card.can_be_moved for card in cards),
        "task": next((card.delivery for card in cards if card.can_be_posted_manually), None),
        "to_decide": next((card.delivery for card in cards if card.can_be_decided), None),
        "live": sum(row.state == State.PUBLISHED for row in deliveries),
        "editable": post.state in EDITABLE,
        "withdrawable": PostState.WITHDRAWN in POST_NEXT[post.state],
        "is_own": bool(post.current_revision) and post.current_revision.is_by(request.user),
    }


def _static_context(
    request: HttpRequest, post: Post, deliveries: list[Delivery], content_shown: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what stays while somebody looks: what was found in it, its versions, its record."""
    revision = None if post.state in EDITABLE else post.current_revision
    return {
        "origin": origin_of(post, request.user),
        "overridden": overridden_warnings_card(post, revision) if revision else None,
        "scans": [card for card in cards_of_content(content_shown) if card.has_news],
        "revisions": revisions_of(post),
        "corrections": post.corrections.exclude(state=PostState.ARCHIVED)
        .annotate(
            is_out=Exists(Delivery.objects.filter(post=OuterRef("pk"), state=State.PUBLISHED))
        )
        .order_by("created_at"),
        "was_seen": any(row.published_at for row in deliveries),
        "record": [
            record_line(entry, channel)
            for entry, channel in record_of(post, deliveries, request.user)
        ],
    }


@require_GET
def delivery(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Redirect a delivery's id to its place on the page of its post: every id has an address."""
    row = get_object_or_404(
        Delivery.objects.visible_to(request.user).select_related("post"), public_id=public_id
    )
    return redirect(address_of(row.post, row))
