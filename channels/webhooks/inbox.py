"""The webhook inbox. A call is proven, stored without people, and answered at once. What follows is
done afterwards, and is never more than checking: a hint may come twice, late, or in the wrong
order."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from channels import signals
from channels.connection.health import check, mark_lost_for_good
from channels.models import Channel, HookEvent
from channels.monitoring import unrecognised
from channels.queries import account_of, facts_of
from channels.states import Health, Kind
from core.sealing import Unsealable
from platforms import client
from platforms.connector import Connector
from platforms.errors import ConnectorError
from platforms.messages import Account, LivePost
from platforms.registry import CONNECTORS
from platforms.webhooks import Event, EventKind, ForgedWebhook

# Platforms repeat what was not answered for up to three days.
KEPT = timedelta(days=7)
_BATCH = 500
_TRY_AGAIN = timedelta(hours=6)


def challenge(platform: str, query: Mapping[str, str]) -> str:
    """Return what to answer a platform that asks whether the webhook is ours. Raises
    ForgedWebhook.
    """
    asked = CONNECTORS[platform].answer_webhook_challenge(settings.PLATFORMS[platform], query)
    if (
        asked.page
        and not Channel.objects.with_api()
        .filter(platform=platform, external_id=asked.page)
        .exists()
    ):
        raise ForgedWebhook("no channel of ours")
    return asked.answer


def store_events(platform: str, headers: Mapping[str, str], raw: bytes, *, now: datetime) -> int:
    """Store the events of a call, and return how many. Raises ForgedWebhook, and ValueError for
    what nobody can read.
    """
    try:
        events = CONNECTORS[platform].parse_webhook(settings.PLATFORMS[platform], headers, raw)
    except (AttributeError, KeyError, TypeError, RecursionError) as error:
        # signed, but in another shape than the platform describes
        raise ValueError(type(error).__name__) from None
    pages = {event.page for event in events}
    channels = Channel.objects.with_api().filter(platform=platform, external_id__in=pages)
    own = set(channels.values_list("external_id", flat=True))
    rows = [_build_event(platform, event, now) for event in events if event.page in own]
    HookEvent.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _build_event(platform: str, event: Event, now: datetime) -> HookEvent:
    identity = f"{platform}\n{event.kind}\n{event.page}\n{event.key}"
    at = event.at if event.at is None or event.at.tzinfo else event.at.replace(tzinfo=UTC)
    return HookEvent(
        platform=platform,
        key=hashlib.sha256(identity.encode()).hexdigest(),
        kind=event.kind,
        page=event.page,
        object_id=event.object_id[:200],
        reported_at=at,
        received_at=now,
    )


def process_events(*, now: datetime) -> int:
    """Do what follows from the events that have come in, and return how many there were."""
    with transaction.atomic():
        skip = connection.features.has_select_for_update_skip_locked
        rows = list(
            HookEvent.objects.select_for_update(skip_locked=skip).filter(handled_at__isnull=True)[
                :_BATCH
            ]
        )
        pages = {row.page for row in rows}
        own = Channel.objects.with_api().filter(external_id__in=pages).select_related("unit")
        channels = {(channel.platform, channel.external_id): channel for channel in own}
        changed: dict[str, dict[int, Channel]] = {}
        for row in rows:
            channel = channels.get((row.platform, row.page))
            if channel is not None and _act_on_event(row, channel, now=now):
                changed.setdefault(channel.platform, {})[channel.pk] = channel
        HookEvent.objects.filter(pk__in=[row.pk for row in rows]).update(handled_at=now)
    for asked in changed.values():
        check(list(asked.values()), now=now)
    return len(rows)


def _act_on_event(row: HookEvent, channel: Channel, *, now: datetime) -> bool:
    """Do what follows from one event. Return True where the page has to be asked who it is."""
    match row.kind:
        case EventKind.CHANGED:
            return True
        case EventKind.UNLINKED if (
            row.reported_at is None or row.reported_at >= channel.connected_at
        ):
            # What was told before the page was connected again says nothing of the new connection.
            mark_lost_for_good(channel, _("The page took the portal's rights back."), "unlinked")
        case EventKind.POSTED if facts_of(channel.platform).lists_posts:
            unrecognised.check_soon(channel, now=now)
        case EventKind.POSTED:
            # Known from its event alone: the platform lists none, and reports only what we did
            # not send there.
            link = f"{channel.address}/{row.object_id}" if channel.address else ""
            unrecognised.store_unrecognised(
                {channel: [LivePost(row.object_id, link, row.reported_at or now, ours=False)]},
                now=now,
            )
    signals.webhook_reported.send(
        Channel, channel=channel, kind=row.kind, object_id=row.object_id, now=now
    )
    return False


def subscribe_due(*, now: datetime) -> int:
    """Ask the platforms to send the news of channels that are new, or whose subscription ends, and
    return how many agreed. They can reach only an installation with a public address; the
    simulator, one on its own machine."""
    if not (settings.PORTAL_URL.startswith("https://") or settings.TRY_OUT or settings.TRAINING):
        return 0
    done = 0
    for platform in Kind.values:
        due = Channel.objects.filter(
            platform=platform, health=Health.CONNECTED, subscribe_at__lte=now
        )
        batch = list(due.select_related("unit").order_by("subscribe_at")[:_BATCH])
        done += _subscribe(platform, batch, now=now)
    return done


def _subscribe(platform: str, batch: list[Channel], *, now: datetime) -> int:
    callback = settings.PORTAL_URL + reverse("hook", args=[platform])
    calls, done = {}, 0
    for channel in batch:
        try:
            calls[channel] = _subscribe_call(account_of(channel), callback)
        except Unsealable:
            continue
    for channel, answer in client.call_many(platform, calls, writes=False):
        match answer:
            case ConnectorError():
                again: datetime | None = (
                    now + _TRY_AGAIN
                )  # posts are noticed without it, only later
            case None:
                again = None
            case _:
                again, done = now + answer / 2, done + 1
        Channel.objects.filter(pk=channel.pk, subscribe_at=channel.subscribe_at).update(
            subscribe_at=again
        )
    return done


def _subscribe_call(
    account: Account, callback: str
) -> Callable[[Connector], Awaitable[timedelta | None]]:
    return lambda connector: connector.subscribe_webhook(account, callback)
