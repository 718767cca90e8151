"""What platforms tell by themselves. A call is proven, stored without people, and answered at once. What follows is
done afterwards, and is never more than looking: a hint may come twice, late, or in the wrong order."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from channels import foreign, services, signals
from channels.connectors import CONNECTORS
from channels.connectors.base import Account, Connector, ConnectorError, Event, Forged, Hook, Standing
from channels.models import Channel, HookEvent
from channels.network import ask_each
from channels.queries import account_of, facts_of
from channels.states import Health, Kind
from channels.vault import Unsealable

# Platforms repeat what was not answered for up to three days.
_KEEP = timedelta(days=7)
_BATCH = 500
_TRY_AGAIN = timedelta(hours=6)


def challenge(platform: str, query: Mapping[str, str]) -> str:
    """What to answer a platform that asks whether the webhook is ours. Raises Forged."""
    asked = CONNECTORS[platform].hook_challenge(settings.PLATFORMS[platform], query)
    if asked.page and not Channel.objects.with_api().filter(platform=platform, external_id=asked.page).exists():
        raise Forged("no channel of ours")
    return asked.answer


def take(platform: str, headers: Mapping[str, str], raw: bytes, *, now: datetime) -> int:
    """Stores the news in a call; how many pieces. Raises Forged, and ValueError for what nobody can read."""
    try:
        told = CONNECTORS[platform].hook_events(settings.PLATFORMS[platform], headers, raw)
    except (AttributeError, KeyError, TypeError) as error:  # signed, but in another shape than the platform describes
        raise ValueError(type(error).__name__) from None
    pages = {event.page for event in told}
    own = Channel.objects.with_api().filter(platform=platform, external_id__in=pages)
    own = set(own.values_list("external_id", flat=True))
    rows = [_row(platform, event, now) for event in told if event.page in own]
    HookEvent.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _row(platform: str, event: Event, now: datetime) -> HookEvent:
    told = f"{platform}\n{event.kind}\n{event.page}\n{event.key}"
    at = event.at if event.at is None or event.at.tzinfo else event.at.replace(tzinfo=UTC)
    return HookEvent(
        platform=platform,
        key=hashlib.sha256(told.encode()).hexdigest(),
        kind=event.kind,
        page=event.page,
        object_id=event.object_id[:200],
        told_at=at,
        received_at=now,
    )


def hear(*, now: datetime) -> int:
    """Does what follows from the news that has come in; how many pieces."""
    with transaction.atomic():
        skip = {"skip_locked": True} if connection.features.has_select_for_update_skip_locked else {}
        rows = list(HookEvent.objects.select_for_update(**skip).filter(handled_at__isnull=True)[:_BATCH])
        pages = {row.page for row in rows}
        own = Channel.objects.with_api().filter(external_id__in=pages).select_related("unit")
        channels = {(channel.platform, channel.external_id): channel for channel in own}
        changed: dict[str, dict[int, Channel]] = {}
        for row in rows:
            channel = channels.get((row.platform, row.page))
            if channel is not None and _follow(row, channel, now=now):
                changed.setdefault(channel.platform, {})[channel.pk] = channel
        HookEvent.objects.filter(pk__in=[row.pk for row in rows]).update(handled_at=now)
    for asked in changed.values():
        services.check(list(asked.values()), now=now)
    return len(rows)


def _follow(row: HookEvent, channel: Channel, *, now: datetime) -> bool:
    """What a piece of news leads to. True where the page has to be asked who it is."""
    match row.kind:
        case Hook.CHANGED:
            return True
        case Hook.UNLINKED if row.told_at is None or row.told_at >= channel.connected_at:
            # What was told before the page was connected again says nothing of the new connection.
            services.lose(channel, _("The page took the portal's rights back."), "unlinked")
        case Hook.POSTED if facts_of(channel.platform).lists_posts:
            foreign.look_soon(channel, now=now)
        case Hook.POSTED:
            foreign.note({channel: [_told(row, channel, now)]}, now=now)
    signals.told.send(Channel, channel=channel, kind=row.kind, object_id=row.object_id, now=now)
    return False


def _told(row: HookEvent, channel: Channel, now: datetime) -> Standing:
    """A post known from its news alone, where the platform lists none: only what we did not send there is told."""
    link = f"{channel.address}/{row.object_id}" if channel.address else ""
    return Standing(row.object_id, link, row.told_at or now, ours=False)


def forget(*, now: datetime) -> int:
    return HookEvent.objects.filter(received_at__lt=now - _KEEP, handled_at__isnull=False).delete()[0]


def subscribe_due(*, now: datetime) -> int:
    """Asks the platforms to tell the news of channels that are new, or whose subscription ends; how many did agree.
    They can reach only an installation with a public address; the simulator, one on its own machine."""
    if not (settings.PORTAL_URL.startswith("https://") or settings.TRY_OUT):
        return 0
    done = 0
    for platform in Kind.values:
        due = Channel.objects.filter(platform=platform, health=Health.CONNECTED, subscribe_at__lte=now)
        batch = list(due.select_related("unit").order_by("subscribe_at")[:_BATCH])
        done += _subscribe(platform, batch, now=now)
    return done


def _subscribe(platform: str, batch: list[Channel], *, now: datetime) -> int:
    callback = settings.PORTAL_URL + reverse("hook", args=[platform])
    calls, done = {}, 0
    for channel in batch:
        try:
            calls[channel] = _subscribing(account_of(channel), callback)
        except Unsealable:
            continue
    for channel, answer in ask_each(platform, calls):
        match answer:
            case ConnectorError():
                again: datetime | None = now + _TRY_AGAIN  # posts are noticed without it, only later
            case None:
                again = None
            case _:
                again, done = now + answer / 2, done + 1
        Channel.objects.filter(pk=channel.pk, subscribe_at=channel.subscribe_at).update(subscribe_at=again)
    return done


def _subscribing(account: Account, callback: str) -> Callable[[Connector], Awaitable[timedelta | None]]:
    return lambda connector: connector.subscribe(account, callback)
