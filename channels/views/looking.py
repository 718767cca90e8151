"""Lists of channels, and the page of one."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.context import desk_of
from accounts.permissions import DEEP, Permission
from accounts.queries import can
from audit.models import Entry
from channels import connecting, forecast, services
from channels.forecast import Risk
from channels.forms import ChannelFilter, ForecastFilter, ForeignFilter
from channels.life_wording import LIFE_LOOKS, RISK_LOOKS, VERDICT_LOOKS, to_do
from channels.models import Channel, ForeignPost
from channels.queries import facts_of, is_permitted, is_set_up
from channels.states import Health, Life, Verdict
from channels.wording import LOOKS, lacking, limits
from core.scope import Reach
from core.text import fold

PAGE = 25
# So much of a channel's history, and of what is not ours, stands on its page.
HISTORY, FOREIGN = 15, 10


@require_GET
@vary_on_headers("HX-Request")
def channel_list(request: HttpRequest) -> HttpResponse:
    at_desk = _at_desk(request)
    desk = desk_of(request)
    deep = desk.role in DEEP
    form = ChannelFilter(request.GET or None)
    wanted = form.cleaned_data if form.is_valid() else {}
    page = Paginator(_narrowed(at_desk, wanted), PAGE).get_page(request.GET.get("page"))
    for channel in page:
        _dress(channel)
    context = {
        "page_obj": page,
        "form": form,
        "deep": deep,
        "filtered": any(wanted.values()),
        "counts": _counts(at_desk, now=timezone.now()),
        "may_manage": can(request.user, Permission.CHANNEL_MANAGE, unit=desk.unit),
        "may_allow": bool(request.user.reach(Permission.PLATFORM_ALLOW)),
    }
    return render(request, _part(request, "channels/list.html"), context)


def _counts(channels: QuerySet[Channel], *, now: datetime) -> dict[str, int]:
    """What the list's head warns of."""
    failing = forecast.at_risk(channels, now=now).exclude(risk=Risk.RIGHTS)
    return {
        **channels.aggregate(lost=Count("pk", filter=Q(health=Health.LOST))),
        "failing": failing.count(),
        "foreign": ForeignPost.objects.open().filter(channel__in=channels).count(),
    }


def _dress(channel: Channel) -> None:
    """How its state is shown: what keeps posts back comes before the state of the connection."""
    channel.label, (channel.tone, channel.symbol) = channel.get_health_display(), LOOKS[Health(channel.health)]
    if channel.life != Life.ACTIVE:
        channel.label, (channel.tone, channel.symbol) = channel.get_life_display(), LIFE_LOOKS[Life(channel.life)]


def _narrowed(channels: QuerySet[Channel], wanted: dict[str, str]) -> QuerySet[Channel]:
    health, life = wanted.get("health", ""), wanted.get("life", "")
    if life:
        channels = channels.filter(life=life)
    elif health:
        channels = channels.filter(health=health)
    else:
        channels = channels.usable()
    if platform := wanted.get("platform"):
        channels = channels.filter(platform=platform)
    return _named(channels, wanted.get("q", "")).order_by("unit__search", "platform", "name")


def _named(channels: QuerySet[Channel], words: str) -> QuerySet[Channel]:
    for word in words.split():
        channels = channels.filter(
            Q(unit__search__contains=fold(word))
            | Q(name__icontains=word)
            | Q(handle__icontains=word)
            | Q(external_id=word)
        )
    return channels.select_related("unit__parent").defer("sealed")


def shown(request: HttpRequest, public_id: uuid.UUID, permission: Permission | None = None) -> Channel:
    """The channel, of those the person may see; 403 when they may not act on it."""
    seen = Channel.objects.visible_to(request.user).select_related("unit__parent", "connected_by", "successor__unit")
    channel = get_object_or_404(seen, public_id=public_id)
    if permission and not can(request.user, permission, unit=channel.unit):
        raise PermissionDenied
    return channel


@require_GET
def channel(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    channel = shown(request, public_id)
    facts = facts_of(channel.platform)
    _dress(channel)
    decided = channel.foreign_posts.select_related("decided_by", "decided_for")
    posts = list(decided.order_by("verdict", "-published_at")[: FOREIGN + 1])
    _dress_foreign(posts, request.user)
    unit, user = channel.unit, request.user
    may_manage = can(user, Permission.CHANNEL_MANAGE, unit=unit)
    permitted, set_up = is_permitted(channel.platform, unit=unit), is_set_up(channel.platform)
    context = {
        "channel": channel,
        "limits": limits(facts, by_hand=channel.health == Health.BY_HAND),
        "granted": lacking(right for right in facts.rights if right in channel.scopes),
        "lacking": lacking(right for right in facts.rights if right not in channel.scopes) if channel.scopes else [],
        "may_manage": may_manage,
        "may_connect": may_manage and permitted and set_up and connecting.may_return(channel),
        "may_stop": may_manage or can(user, Permission.PUBLISHING_PAUSE, unit=unit),
        "may_hand_over": may_manage and reaches_beyond(user, channel),
        "permitted": permitted,
        "set_up": set_up,
        "may_see_posts": any(part.covers(unit.path) for part in user.reach(Permission.POST_VIEW)),
        "watched": channel.health == Health.CONNECTED and facts.lists_posts,
        "foreign": posts[:FOREIGN],
        "more_foreign": len(posts) > FOREIGN,
        "history": _history(request, channel),
    }
    return render(request, "channels/channel.html", context)


def _dress_foreign(posts: Iterable[ForeignPost], reader: Any) -> None:
    """How they are shown. Who decided, and the words to it, are for who sees the unit that decided: a page that was
    handed over brings no other unit's along."""
    reach = reader.reach(Permission.CHANNEL_VIEW)
    for post in posts:
        post.tone, post.symbol = VERDICT_LOOKS[Verdict(post.verdict)]
        post.tells_who = post.decided_for and any(part.covers(post.decided_for.path) for part in reach)


def _history(request: HttpRequest, channel: Channel) -> list[Entry]:
    """What was done with the channel, as far as it was done on the reader's own ground: a page that was handed over
    brings no other unit's record along."""
    entries = Entry.objects.within(request.user.reach(Permission.CHANNEL_VIEW))
    return list(entries.filter(object_type=Channel._meta.label_lower, object_id=str(channel.public_id))[:HISTORY])


def reaches_beyond(user: Any, channel: Channel) -> bool:
    """Whether they manage other units' channels too, so that they could hand this one over."""
    return any(part.deep and part.covers(channel.unit.path) for part in user.reach(Permission.CHANNEL_MANAGE))


@require_POST
def check(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    channel = shown(request, public_id, Permission.CHANNEL_MANAGE)
    if channel.health == Health.DISCONNECTED:
        messages.error(request, _("This channel is disconnected."))
    elif channel.health == Health.BY_HAND:
        messages.error(request, _("This page is posted to by hand; there is no connection to check."))
    elif not services.check([channel], now=timezone.now()):
        messages.error(request, _("The platform does not answer now. The state of the channel stays as it is."))
    else:
        channel.refresh_from_db()
        if channel.health == Health.CONNECTED:
            messages.success(request, _("The connection works."))
        else:
            messages.error(request, _("The connection no longer works: connect the channel again."))
    return redirect("channels:channel", channel.public_id)


@require_GET
@vary_on_headers("HX-Request")
def failing(request: HttpRequest) -> HttpResponse:
    """Channels that would not carry tomorrow's posts, with what somebody has to do about each."""
    at_desk = _at_desk(request)
    form = ForecastFilter(request.GET or None)
    wanted = form.cleaned_data if form.is_valid() else {}
    risky = forecast.at_risk(_named(at_desk, wanted.get("q", "")), now=timezone.now(), days=wanted.get("days") or 1)
    if platform := wanted.get("platform"):
        risky = risky.filter(platform=platform)
    counts = forecast.counted(risky)
    asked = wanted.get("risk", "")
    rows = risky.filter(risk=asked) if asked else risky.exclude(risk=Risk.RIGHTS)
    page = Paginator(rows.order_by("weight", "unit__search", "platform"), PAGE).get_page(request.GET.get("page"))
    for channel in page:
        channel.label = Risk(channel.risk).label
        channel.tone, channel.symbol = RISK_LOOKS[Risk(channel.risk)]
        channel.to_do = to_do(channel)
        channel.lacking = lacking(right for right in facts_of(channel.platform).rights if right not in channel.scopes)
    tiles = [(Risk(name), n, *RISK_LOOKS[Risk(name)]) for name, n in counts.items()]
    context = {"page_obj": page, "form": form, "tiles": tiles, "asked": asked, "filtered": any(wanted.values())}
    context["deep"] = desk_of(request).role in DEEP
    return render(request, _part(request, "channels/forecast.html"), context)


@require_GET
@vary_on_headers("HX-Request")
def foreign_posts(request: HttpRequest) -> HttpResponse:
    """Posts on the pages that the portal did not make."""
    at_desk = _at_desk(request)
    form = ForeignFilter(request.GET or None)
    wanted = form.cleaned_data if form.is_valid() else {}
    posts = ForeignPost.objects.filter(channel__in=_named(at_desk, wanted.get("q", "")))
    if verdict := wanted.get("verdict"):
        posts = posts.filter(verdict="" if verdict == "open" else verdict)
    rows = posts.select_related("channel__unit__parent", "decided_by", "decided_for")
    page = Paginator(rows.order_by("verdict", "-published_at", "-pk"), PAGE).get_page(request.GET.get("page"))
    _dress_foreign(page, request.user)
    for post in page:
        post.may_decide = not post.verdict and can(request.user, Permission.CHANNEL_MANAGE, unit=post.channel.unit)
    context = {"page_obj": page, "form": form, "filtered": any(wanted.values()), "deep": desk_of(request).role in DEEP}
    return render(request, _part(request, "channels/foreign.html"), context)


def _at_desk(request: HttpRequest) -> QuerySet[Channel]:
    """The channels that the person sees from the desk at which they sit. 403 without the right to see any."""
    if not request.user.reach(Permission.CHANNEL_VIEW):
        raise PermissionDenied
    desk = desk_of(request)
    return Channel.objects.visible_to(request.user).within([Reach(desk.unit.path, desk.role in DEEP)])


def _part(request: HttpRequest, template: str) -> str:
    return f"{template}#rows" if request.htmx and not request.htmx.boosted else template
