"""Lists of channels, and the page of one."""

import uuid
from datetime import datetime

from django import forms
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.context import current_position
from accounts.permissions import DEEP, Permission
from accounts.queries import can
from audit.models import Entry
from channels.completeness import presenters as completeness
from channels.connection import attempts, health
from channels.context import channel_or_404, channels_in_scope
from channels.models import Channel, UnrecognisedPost
from channels.monitoring import forecast
from channels.monitoring.forecast import FAILING, Risk
from channels.monitoring.presenters import RISK_LOOKS, describe_decisions
from channels.presenters import (
    LIFECYCLE_LOOKS,
    LOOKS,
    describe_disconnecting,
    describe_limits,
    describe_rights,
)
from channels.queries import facts_of, is_permitted, is_set_up, manages_other_units, search_channels
from channels.states import Health, Kind, Lifecycle
from core.lists import FilterForm, SearchField, get_page, render_page

SHOWN_HEALTH = [(health, health.label) for health in (Health.CONNECTED, Health.LOST, Health.MANUAL)]


class ChannelFilter(FilterForm):
    q = SearchField(gettext_lazy("Search channels"), gettext_lazy("Unit, channel name or address"))
    platform = forms.ChoiceField(
        label=gettext_lazy("Platform"),
        choices=[("", gettext_lazy("All")), *Kind.choices],
        required=False,
    )
    health = forms.ChoiceField(
        label=gettext_lazy("Connection"),
        choices=[
            ("", gettext_lazy("In use")),
            *SHOWN_HEALTH,
            (Health.DISCONNECTED, Health.DISCONNECTED.label),
        ],
        required=False,
    )
    lifecycle = forms.ChoiceField(
        label=gettext_lazy("Use"),
        choices=[
            ("", gettext_lazy("All")),
            *(
                (lifecycle, lifecycle.label)
                for lifecycle in Lifecycle
                if lifecycle != Lifecycle.ACTIVE
            ),
        ],
        required=False,
    )


# So much of a channel's history, and of what is not ours, stands on its page.
HISTORY, UNRECOGNISED = 15, 10


@require_GET
def channel_list(request: HttpRequest) -> HttpResponse:
    channels = channels_in_scope(request)
    position = current_position(request)
    form = ChannelFilter(request.GET)
    chosen = form.chosen
    page = get_page(request, _filter_channels(channels, chosen))
    for channel in page:
        _set_shown_state(channel)
    context = {
        "page_obj": page,
        "form": form,
        "deep": position.role in DEEP,
        "counts": _count_warnings(channels, now=timezone.now()),
        "may_manage": can(request.user, Permission.CHANNEL_MANAGE, unit=position.unit),
        "may_allow": bool(request.user.reach(Permission.PLATFORM_ALLOW)),
    }
    return render_page(request, "channels/list.html", context)


def _count_warnings(channels: QuerySet[Channel], *, now: datetime) -> dict[str, int]:
    """Count what the list's head warns of."""
    failing = forecast.find_at_risk(channels, now=now, risks=FAILING)
    return {
        **channels.aggregate(
            lost=Count("pk", filter=Q(health=Health.LOST)),
            unconfirmed=Count("pk", filter=Q(health=Health.CONNECTED, confirmed_at__isnull=True)),
        ),
        "failing": failing.count(),
        "unrecognised": UnrecognisedPost.objects.open().filter(channel__in=channels).count(),
    }


def _set_shown_state(channel: Channel) -> None:
    """Set how the channel's state is shown: what holds posts back comes before the state of the
    connection."""
    channel.label, (channel.tone, channel.symbol) = (
        channel.get_health_display(),
        LOOKS[Health(channel.health)],
    )
    if channel.awaits_confirmation:
        channel.label, (channel.tone, channel.symbol) = (
            _("to be confirmed"),
            RISK_LOOKS[Risk.UNCONFIRMED],
        )
    if channel.lifecycle != Lifecycle.ACTIVE:
        channel.label, (channel.tone, channel.symbol) = (
            channel.get_lifecycle_display(),
            LIFECYCLE_LOOKS[Lifecycle(channel.lifecycle)],
        )


def _filter_channels(channels: QuerySet[Channel], chosen: dict[str, str]) -> QuerySet[Channel]:
    health, lifecycle = chosen.get("health", ""), chosen.get("lifecycle", "")
    if lifecycle:
        channels = channels.filter(lifecycle=lifecycle)
    elif health:
        channels = channels.filter(health=health)
    else:
        channels = channels.usable()
    if platform := chosen.get("platform"):
        channels = channels.filter(platform=platform)
    return search_channels(channels, chosen.get("q", "")).order_by(
        "unit__search", "platform", "name"
    )


@require_GET
def channel(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    channel = channel_or_404(request, public_id)
    facts = facts_of(channel.platform)
    _set_shown_state(channel)
    decided = channel.unrecognised_posts.select_related("decided_by", "decided_for")
    posts = list(decided.order_by("verdict", "-published_at")[: UNRECOGNISED + 1])
    describe_decisions(posts, reader=request.user)
    unit, user = channel.unit, request.user
    may_manage = can(user, Permission.CHANNEL_MANAGE, unit=unit)
    permitted, set_up = is_permitted(channel.platform, unit=unit), is_set_up(channel.platform)
    context = {
        "channel": channel,
        "limits": describe_limits(facts, manual=channel.health == Health.MANUAL),
        "granted": describe_rights(right for right in facts.rights if right in channel.scopes),
        "missing_rights": describe_rights(
            right for right in facts.rights if right not in channel.scopes
        )
        if channel.scopes
        else [],
        "may_manage": may_manage,
        "may_connect": may_manage and permitted and set_up and attempts.may_return(channel),
        "may_stop": may_manage or can(user, Permission.PUBLISHING_PAUSE, unit=unit),
        "may_transfer": may_manage and manages_other_units(user, channel),
        "permitted": permitted,
        "set_up": set_up,
        "may_see_posts": any(part.covers(unit.path) for part in user.reach(Permission.POST_VIEW)),
        "way_out": describe_disconnecting(channel.platform),
        "watched": channel.health == Health.CONNECTED and facts.lists_posts,
        "unrecognised": posts[:UNRECOGNISED],
        "more_unrecognised": len(posts) > UNRECOGNISED,
        "history": _history(request, channel),
        **_completeness_card(channel),
    }
    return render(request, "channels/channel.html", context)


def _completeness_card(channel: Channel) -> dict[str, object]:
    """Return what the card of the page's own profile shows."""
    check = completeness.check_of(channel)
    items = completeness.describe_items(channel, check, now=timezone.now())
    missing = [item for item in items if not item.there]
    there = len(items) - len(missing)
    return {
        "items": items,
        "missing": missing if check else [],
        "score": completeness.score_of(there, len(items), known=check is not None),
    }


def _history(request: HttpRequest, channel: Channel) -> list[Entry]:
    """Return what was done with the channel, as far as it was done within the reader's own scope: a
    page that was handed over brings no other unit's record along."""
    entries = Entry.objects.within(request.user.reach(Permission.CHANNEL_VIEW))
    return list(
        entries.filter(object_type=Channel._meta.label_lower, object_id=str(channel.public_id))[
            :HISTORY
        ]
    )


@require_POST
def check(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    channel = channel_or_404(request, public_id, Permission.CHANNEL_MANAGE)
    if channel.health == Health.DISCONNECTED:
        messages.error(request, _("This channel is disconnected."))
    elif channel.health == Health.MANUAL:
        messages.error(
            request, _("This page is posted to by hand; there is no connection to check.")
        )
    elif not health.check([channel], now=timezone.now()):
        messages.error(
            request, _("The platform does not answer now. The state of the channel stays as it is.")
        )
    else:
        channel.refresh_from_db()
        if channel.health == Health.CONNECTED:
            messages.success(request, _("The connection works."))
        else:
            messages.error(request, _("The connection no longer works: connect the channel again."))
    return redirect("channels:channel", channel.public_id)
