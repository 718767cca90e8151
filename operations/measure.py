"""Measurement of what is late or stuck, in a constant number of queries."""

import logging
import shutil
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.conf import settings
from django.db.models import Count, Min, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from audit.models import Entry
from channels.models import Channel
from channels.states import Health, Kind
from core.clock import database_now
from engagement.counting import names
from operations.figures import Facts, Platform
from operations.models import NOT_REPORTED, Alarm
from operations.rules import (
    DELAYED,
    LATE,
    STUCK,
    WAVE_WITHIN,
    WENT_OUT,
    find_warning_signs,
    list_served_queues,
)
from publishing.deliveries.queries import find_refused, find_unrecorded
from publishing.freeze import freezing
from publishing.models import Broadcast, Delivery, Heartbeat, RateLimit
from publishing.states import (
    CONCLUDED,
    IN_HAND,
    IN_PREPARATION,
    RECALL_PENDING,
    BroadcastReason,
    BroadcastState,
    State,
)

log = logging.getLogger(__name__)


def take_measurement(*, ask_broker: bool = False) -> Facts:
    """Measure, and say what is wrong.

    The same few queries, whatever there is, over rows that are open and due.
    """
    freeze = freezing.check_database()  # first: its identity is compared with that of the database
    now = database_now()
    disk_free, disk_size = _measure_disk()
    times = _read_times()
    heartbeats = list(Heartbeat.objects.all())
    unproved = _count_unproved(now)
    facts = Facts(
        now=now,
        platforms={kind: Platform(kind) for kind in Kind.values},
        queues={
            **dict.fromkeys(list_served_queues()),
            **{row.queue: row.last_seen_at for row in heartbeats},
        },
        starts={row.queue: row for row in heartbeats if row.started_at},
        freeze=freeze,
        clocks_apart=abs(timezone.now() - now),
        broker_answers=does_broker_answer() if ask_broker else None,
        mail_waits_since=min((at for _kind, at in times["alarm"]), default=None),
        unapproved=unproved["unapproved"],
        unrecorded=unproved["unrecorded"],
        disk_free=disk_free,
        disk_size=disk_size,
    )
    _measure_deliveries(facts)
    for platform, opens_at in times["breaker"]:
        facts.platforms[platform].breaker_until = opens_at
    _measure_channels(facts)
    for row in names.find_lost_names(now=now):
        facts.platforms[row.platform].lost_names.append(row)
    facts.signs = find_warning_signs(facts)
    return facts


def _read_times() -> Mapping[str, list[tuple[str, datetime]]]:
    """Read when open breakers let calls pass again, and when alarms were raised of which nobody has
    been told. One query for two small tables.
    """
    breakers = RateLimit.objects.filter(key="", failures__gt=0).annotate(of=Value("breaker"))
    alarms = Alarm.objects.filter(NOT_REPORTED).annotate(of=Value("alarm"))
    times = defaultdict(list)
    for of, key, at in breakers.values_list("of", "platform", "opens_at").union(
        alarms.order_by().values_list("of", "kind", "opened_at"),
        all=True,
    ):
        times[of].append((key, at))
    return times


def _count_unproved(now: datetime) -> dict[str, int]:
    """Count what was refused within the last day because nobody approved or scheduled it, and what
    is due, or went out just now, of which the record knows nothing. One query for all.
    """
    since = now - timedelta(days=1)
    broadcasts = Broadcast.objects.filter(
        state=BroadcastState.FAILED, error_code=BroadcastReason.NOT_APPROVED, ended_at__gt=since
    )
    due = ~Q(state__in=sorted(CONCLUDED)) & Q(due_at__lte=now)
    went_out = Q(state=State.PUBLISHED, published_at__gt=now - WENT_OUT)
    kinds = {
        "unapproved": (find_refused(since), broadcasts),
        "unrecorded": [find_unrecorded(Delivery.objects.filter(rows)) for rows in (due, went_out)],
    }
    labels, *others = [
        rows.order_by().annotate(of=Value(kind)).values_list("of")
        for kind, querysets in kinds.items()
        for rows in querysets
    ]
    counted = Counter(of for (of,) in labels.union(*others, all=True).order_by())
    return {kind: counted[kind] for kind in kinds}


def _measure_channels(facts: Facts) -> None:
    lately = Entry.objects.filter(action="channel.lost", at__gt=facts.now - WAVE_WITHIN)
    ids = list(lately.values_list("object_id", flat=True)[:5000])
    lost = Q(health=Health.LOST)
    for row in (
        Channel.objects.usable()
        .order_by()
        .values("platform")
        .annotate(
            channels=Count("pk"),
            lost=Count("pk", filter=lost),
            newly_lost=Count("pk", filter=lost & Q(public_id__in=ids)),
        )
    ):
        _store_figures(facts, row)


def _store_figures(facts: Facts, row: Mapping[str, Any]) -> None:
    """Store the figures of a platform under the names that the query gave them."""
    for name, value in row.items():
        if name != "platform":
            setattr(facts.platforms[row["platform"]], name, value)


def _measure_deliveries(facts: Facts) -> None:
    now = facts.now
    # Written as the index ``delivery_open`` is, so that it serves.
    due = Delivery.objects.exclude(state__in=sorted(CONCLUDED)).filter(due_at__lte=now).order_by()
    not_begun = Q(is_late_since(now), state__in=IN_PREPARATION)
    stuck = Q(state__in=IN_HAND, lease_until__lt=now - STUCK)
    # An unknown outcome of a recalled post counts with the recall: the post may be live.
    taken_back = Q(recall__isnull=False, state__in=RECALL_PENDING)
    manual = Q(state=State.MANUAL) | Q(state=State.NEEDS_PERSON, manual_deadline__isnull=False)
    overdue = manual & Q(manual_deadline__lt=now)
    since = Coalesce("committing_at", "due_at")
    for row in due.values("platform").annotate(
        in_hand=Count("pk", filter=Q(state__in=IN_HAND)),
        late=Count("pk", filter=not_begun),
        late_since=Min("fire_at", filter=not_begun),
        stuck=Count("pk", filter=stuck),
        stuck_since=Min("lease_until", filter=stuck),
        verifying=Count("pk", filter=Q(state=State.VERIFYING)),
        verifying_since=Min(since, filter=Q(state=State.VERIFYING)),
        processing=Count("pk", filter=Q(state=State.PROCESSING)),
        processing_since=Min(since, filter=Q(state=State.PROCESSING)),
        recalling=Count("pk", filter=taken_back),
        recalling_since=Min("recall__started_at", filter=taken_back),
        needs_person=Count("pk", filter=Q(state=State.NEEDS_PERSON)),
        needs_person_since=Min(since, filter=Q(state=State.NEEDS_PERSON)),
        manual=Count("pk", filter=manual),
        overdue=Count("pk", filter=overdue),
        overdue_since=Min("manual_deadline", filter=overdue),
    ):
        _store_figures(facts, row)
    # What may be sent and is not: neither paused nor frozen, nor waiting for a lost channel.
    unsent = (
        Delivery.objects.filter(state=State.SCHEDULED, due_at__lt=now - LATE)
        .sendable(now)
        .order_by()
    )
    ours = is_late_since(now)
    theirs = Q(fire_at__gte=now - LATE, due_at__lt=now - DELAYED)
    for waits in unsent.values("platform").annotate(
        n=Count("pk", filter=ours),
        since=Min("fire_at", filter=ours),
        delayed=Count("pk", filter=theirs),
        delayed_since=Min("due_at", filter=theirs),
    ):
        platform = facts.platforms[waits["platform"]]
        platform.late += waits["n"]
        platform.late_since = min(
            (t for t in (platform.late_since, waits["since"]) if t), default=None
        )
        platform.delayed, platform.delayed_since = waits["delayed"], waits["delayed_since"]


def is_late_since(now: datetime) -> Q:
    """Return the condition that a delivery should have gone out by ``now``.

    One whose video is still to be uploaded, because it was scheduled for now, is given the time
    that uploads ahead are given.
    """
    whole = Q(prepare_at__isnull=True) | Q(~Q(draft_ref=""), draft_partial=False)
    patient = timedelta(seconds=settings.PUBLISHING["prepare_ahead_seconds"])
    return Q(whole, fire_at__lt=now - LATE) | Q(fire_at__lt=now - patient)


def _measure_disk() -> tuple[int, int]:
    """Return the free and the total bytes of the disk that holds the media."""
    folder = settings.MEDIA_ROOT
    while not folder.exists():
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    return usage.free, usage.total


def does_broker_answer() -> bool:
    try:
        with current_app.connection_for_write() as broker:
            broker.connect()
    except Exception as error:  # each transport has errors of its own
        log.warning("the broker does not answer: %s", type(error).__name__)
        return False
    return True
