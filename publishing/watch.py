"""Watches for lateness, and not only for death: what is late or stuck, and which queue nobody answers.

`look` measures, in a constant number of queries. `signs` says what of it is wrong. `watch` keeps the alarms by that and
tells people. It runs as a task, and from another machine as ``manage.py watch``, for the day on which no task runs.
"""

import logging
import math
import shutil
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from celery import current_app
from django.conf import settings
from django.core.mail import send_mail
from django.db import connection, transaction
from django.db.models import Aggregate, Case, Count, F, FloatField, Min, Q, Value, When
from django.db.models.functions import Coalesce, Extract
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders
from audit.models import Entry
from channels.models import Channel
from channels.queries import is_set_up
from channels.states import Health, Kind
from core.clock import database_now
from publishing import alarms, freezing
from publishing.models import Alarm, Delivery, Freeze, Gate, Pulse
from publishing.states import ENDED, IN_HAND, State

log = logging.getLogger(__name__)

# Residents are promised the second; a minute is what an officer at the page would notice.
LATE = timedelta(seconds=60)
# The platform asks us to wait, or a gate holds the post back: no fault of ours, but by now somebody should know.
DELAYED = timedelta(minutes=10)
# The queues that carry posts are rung each second or two; in the others, rung each 10 s, a long task may hold all
# threads for a while.
SILENT, SILENT_BEHIND = timedelta(seconds=30), timedelta(minutes=5)
# One write a queue and process in so many seconds is enough to tell.
_PULSE_SECONDS = 5
# A lease that ran out is taken over by settling within seconds.
STUCK = timedelta(minutes=2)
# A doubt is settled at its first or third look, which come within five minutes.
VERIFYING = timedelta(minutes=15)
# A wrong post stands in public all this time.
RECALLING = timedelta(minutes=5)
# An officer is asked once; a day later the officer has forgotten, or is away.
NEEDS_PERSON = timedelta(days=1)
CLOCKS_APART = timedelta(seconds=30)
# A campaign's pictures of all communes are some gigabytes.
DISK_FREE_SHARE, DISK_FREE_BYTES = 0.05, 2 * 1024**3
# Tokens die one by one; when so many die within hours, the platform or our application there has a problem.
WAVE, WAVE_SHARE, WAVE_WITHIN = 10, 0.1, timedelta(hours=6)
# The breaker tries again after five minutes at the longest.
BREAKER = timedelta(minutes=5)

# An alarm is told when its sign is there at a second watch, and over when the sign stayed away for so long.
TELL_AFTER, OVER_AFTER = timedelta(seconds=25), timedelta(minutes=2)
# Who tells has so long; if it dies meanwhile, another watch tells.
_TELLING = timedelta(minutes=2)
# How an alarm is marked whose mail did not go out: due to be told since it began.
_UNTOLD = Q(tell_at__lte=F("opened_at"))


@dataclass(frozen=True, slots=True)
class Sign:
    """Something is wrong: which kind, of which platform or queue, since when, and how many."""

    kind: str
    key: str = ""
    since: datetime | None = None
    n: int = 0

    @property
    def by_people(self) -> bool:
        """People are late, and the machine does its work: no reason to call the portal unready."""
        return alarms.KINDS[self.kind].by_people


@dataclass(slots=True)
class Platform:
    """How things stand on one platform. ``…_since`` is the oldest of them."""

    key: str
    late: int = 0
    late_since: datetime | None = None
    delayed: int = 0
    delayed_since: datetime | None = None
    in_hand: int = 0
    stuck: int = 0
    stuck_since: datetime | None = None
    verifying: int = 0
    verifying_since: datetime | None = None
    processing: int = 0
    processing_since: datetime | None = None
    recalling: int = 0
    recalling_since: datetime | None = None
    needs_person: int = 0
    needs_person_since: datetime | None = None
    by_hand: int = 0
    overdue: int = 0
    overdue_since: datetime | None = None
    channels: int = 0
    lost: int = 0
    newly_lost: int = 0
    breaker_until: datetime | None = None


@dataclass(slots=True)
class Facts:
    now: datetime
    platforms: dict[str, Platform]
    queues: dict[str, datetime | None]
    freeze: Freeze
    clocks_apart: timedelta
    disk_free: int
    disk_size: int
    broker_answers: bool | None  # None: not asked
    mail_waits_since: datetime | None
    signs: list[Sign] = field(default_factory=list)


# --- the bells --------------------------------------------------------------------------------------------------------


_pulses: dict[str, float] = {}


def pulse(queue: str) -> None:
    """The bell of this queue was heard."""
    heard = time.monotonic()
    if queue not in settings.CELERY_TASK_QUEUES or heard - _pulses.get(queue, -_PULSE_SECONDS) < _PULSE_SECONDS:
        return
    row = Pulse(queue=queue, rung_at=database_now())
    Pulse.objects.bulk_create([row], update_conflicts=True, unique_fields=["queue"], update_fields=["rung_at"])
    _pulses[queue] = heard


# --- looking ----------------------------------------------------------------------------------------------------------


def look(*, ask_broker: bool = False) -> Facts:
    """Measures, and says what is wrong. The same few queries, whatever there is, over rows that are open and due."""
    freeze = freezing.check()  # first: its identity is compared with that of the database
    now = database_now()
    facts = Facts(
        now=now,
        platforms={kind: Platform(kind) for kind in Kind.values},
        queues={**dict.fromkeys(_queues()), **dict(Pulse.objects.values_list("queue", "rung_at"))},
        freeze=freeze,
        clocks_apart=abs(timezone.now() - now),
        broker_answers=broker_answers() if ask_broker else None,
        mail_waits_since=Alarm.objects.filter(_UNTOLD).aggregate(at=Min("opened_at"))["at"],
        **_disk(),
    )
    _look_at_deliveries(facts)
    for platform, opens_at in Gate.objects.filter(key="", failures__gt=0).values_list("platform", "opens_at"):
        facts.platforms[platform].breaker_until = opens_at
    _look_at_channels(facts)
    facts.signs = signs(facts)
    return facts


def _look_at_channels(facts: Facts) -> None:
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
        platform = facts.platforms[row.pop("platform")]
        for name, value in row.items():
            setattr(platform, name, value)


def _look_at_deliveries(facts: Facts) -> None:
    now = facts.now
    # Written as the index ``delivery_open`` is, so that it serves.
    due = Delivery.objects.exclude(state__in=sorted({*ENDED, State.PUBLISHED})).filter(due_at__lte=now).order_by()
    held_back = Q(late_since(now), state__in=[State.CLAIMED, State.STAGED])
    stuck = Q(state__in=IN_HAND, lease_until__lt=now - STUCK)
    # A doubt of a recalled post counts with the recall: the post may stand there.
    taken_back = Q(recall__isnull=False, state__in=[State.RECALLING, State.VERIFYING])
    by_hand = Q(state=State.BY_HAND) | Q(state=State.NEEDS_PERSON, hand_until__isnull=False)
    overdue = by_hand & Q(hand_until__lt=now)
    since = Coalesce("committing_at", "due_at")
    for row in due.values("platform").annotate(
        in_hand=Count("pk", filter=Q(state__in=IN_HAND)),
        late=Count("pk", filter=held_back),
        late_since=Min("fire_at", filter=held_back),
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
        by_hand=Count("pk", filter=by_hand),
        overdue=Count("pk", filter=overdue),
        overdue_since=Min("hand_until", filter=overdue),
    ):
        platform = facts.platforms[row.pop("platform")]
        for name, value in row.items():
            setattr(platform, name, value)
    # What may be sent and is not: neither paused nor frozen, nor waiting for a lost channel.
    unsent = Delivery.objects.filter(state=State.SCHEDULED, due_at__lt=now - LATE).sendable(now).order_by()
    ours = late_since(now)
    theirs = Q(fire_at__gte=now - LATE, due_at__lt=now - DELAYED)
    for row in unsent.values("platform").annotate(
        n=Count("pk", filter=ours),
        since=Min("fire_at", filter=ours),
        delayed=Count("pk", filter=theirs),
        delayed_since=Min("due_at", filter=theirs),
    ):
        platform = facts.platforms[row["platform"]]
        platform.late += row["n"]
        platform.late_since = min((t for t in (platform.late_since, row["since"]) if t), default=None)
        platform.delayed, platform.delayed_since = row["delayed"], row["delayed_since"]


def late_since(now: datetime) -> Q:
    """Should have gone out by now. One whose video is still to be uploaded, because it was scheduled for now, is given
    the time that uploads ahead are given."""
    whole = Q(prepare_at__isnull=True) | Q(~Q(draft_ref=""), draft_partial=False)
    patient = timedelta(seconds=settings.PUBLISHING["prepare_ahead_seconds"])
    return Q(whole, fire_at__lt=now - LATE) | Q(fire_at__lt=now - patient)


def _disk() -> dict[str, int]:
    folder = settings.MEDIA_ROOT
    while not folder.exists():
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    return {"disk_free": usage.free, "disk_size": usage.total}


def broker_answers() -> bool:
    try:
        with current_app.connection_for_write() as broker:
            broker.connect()
    except Exception as error:  # each transport has errors of its own
        log.warning("the broker does not answer: %s", type(error).__name__)
        return False
    return True


def _queues() -> list[str]:
    """Those that somebody should answer: a platform without an application of ours has nothing to publish."""
    idle = {f"publish.{platform}" for platform in Kind.values if not is_set_up(platform)}
    return [queue for queue in settings.CELERY_TASK_QUEUES if queue not in idle]


def silent_after(queue: str) -> timedelta:
    return SILENT if queue.startswith("publish.") or queue in {"recall", "settle"} else SILENT_BEHIND


def signs(facts: Facts) -> list[Sign]:
    """What is wrong, the worst first."""
    now = facts.now
    found = []
    if facts.freeze.frozen_at:
        found.append(Sign("frozen", facts.freeze.reason, facts.freeze.frozen_at))
    if facts.broker_answers is False:
        found.append(Sign("broker"))
    for queue, rung_at in facts.queues.items():
        if queue in _queues() and (rung_at is None or now - rung_at > silent_after(queue)):
            found.append(Sign("silent", queue, rung_at))
    for p in facts.platforms.values():
        wrong = {
            "late": (p.late, p.late_since, LATE),
            "recalling": (p.recalling, p.recalling_since, RECALLING),
            "stuck": (p.stuck, p.stuck_since, STUCK),
            "verifying": (p.verifying, p.verifying_since, VERIFYING),
            "delayed": (p.delayed, p.delayed_since, DELAYED),
            "needs_person": (p.needs_person, p.needs_person_since, NEEDS_PERSON),
            "overdue": (p.overdue, p.overdue_since, timedelta()),
        }
        found += [Sign(kind, p.key, since, n) for kind, (n, since, most) in wrong.items() if n and now - since > most]
        if p.breaker_until and p.breaker_until > now - BREAKER:
            found.append(Sign("breaker", p.key))
        if p.newly_lost >= max(WAVE, p.channels * WAVE_SHARE):
            found.append(Sign("wave", p.key, None, p.newly_lost))
    if facts.clocks_apart > CLOCKS_APART:
        found.append(Sign("clocks", n=int(facts.clocks_apart.total_seconds())))
    if facts.disk_free < min(DISK_FREE_BYTES, facts.disk_size * DISK_FREE_SHARE):
        found.append(Sign("disk"))
    if facts.mail_waits_since:
        found.append(Sign("mail", since=facts.mail_waits_since))
    order = list(alarms.KINDS)
    return sorted(found, key=lambda sign: order.index(sign.kind))


# --- alarms -----------------------------------------------------------------------------------------------------------


def watch() -> Facts:
    """Opens and closes alarms by what it sees, and tells people. Any number of watches at once tell once."""
    facts = look(ask_broker=True)
    _keep(facts.signs, facts.now)
    _tell(facts.now)
    return facts


@transaction.atomic
def _keep(found: list[Sign], now: datetime) -> None:
    seen = {(s.kind, s.key): s for s in found}
    opened = {(a.kind, a.key): a for a in Alarm.objects.filter(closed_at=None)}
    Alarm.objects.bulk_create(
        [
            Alarm(kind=s.kind, key=s.key, facts=_facts(s), opened_at=now, seen_at=now, tell_at=now + TELL_AFTER)
            for name, s in seen.items()
            if name not in opened
        ],
        ignore_conflicts=True,  # another watch was first
    )
    for name, alarm in opened.items():
        if name in seen:
            Alarm.objects.filter(pk=alarm.pk, closed_at=None).update(seen_at=now, facts=_facts(seen[name]))
    # What was never told needs no mail that it is over.
    over = Alarm.objects.filter(closed_at=None, seen_at__lt=now - OVER_AFTER)
    over.update(closed_at=now, tell_at=Case(When(tells__gt=0, then=Value(now)), default=None), tells=0)


def _facts(sign: Sign) -> dict[str, object]:
    return {"since": sign.since.isoformat() if sign.since else None, "n": sign.n}


def _tell(now: datetime) -> None:
    """One mail for all that is to be told now. Sent from here, for the queue of letters may be what is dead."""
    # What is not there at this very look may be over: then it is not told yet.
    due = Alarm.objects.filter(Q(closed_at__isnull=False) | Q(seen_at__gte=now), tell_at__lte=now)
    mine = [alarm for alarm in due.order_by("pk") if _claim(alarm, now)]
    if not mine or not _mail(mine):
        Alarm.objects.filter(pk__in=[a.pk for a in mine]).update(tell_at=F("opened_at"))
        return
    for alarm in mine:
        again = None if alarm.closed_at else now + alarms.KINDS[alarm.kind].again_after
        # An alarm that ended while its beginning was told is left as it is: its end is to be told as well.
        Alarm.objects.filter(pk=alarm.pk, closed_at=alarm.closed_at).update(tell_at=again)


@transaction.atomic
def _claim(alarm: Alarm, now: datetime) -> bool:
    """Whether it is ours to tell. The notices in the portal go with it, once for the beginning and once for the end."""
    row = Alarm.objects.filter(pk=alarm.pk, tell_at=alarm.tell_at, closed_at=alarm.closed_at)
    if not row.update(tell_at=now + _TELLING, tells=F("tells") + 1):
        return False
    if alarm.tells == 0:
        kind = "alarm_over" if alarm.closed_at else "alarm_begun"
        for language, _name in settings.LANGUAGES:
            readers = [p for p in holders(Permission.SYSTEM_WATCH, unit=freezing.top()) if p.language == language]
            with translation.override(language):
                title = alarms.title(alarm.kind, alarm.key)
            notify(readers, kind, address=f"{reverse('publishing:status')}#{alarm.kind}", mail=False, what=title)
    return True


def _mail(told: list[Alarm]) -> bool:
    """Whether the mail went out."""
    with translation.override(settings.LANGUAGE_CODE):
        begun = [alarm for alarm in told if alarm.closed_at is None]
        over = [alarm for alarm in told if alarm.closed_at]
        first = (begun or over)[0]
        title = subject(alarms.title(first.kind, first.key), over=not begun)
        if more := len(told) - 1:
            title += " " + ngettext("and %(n)s more", "and %(n)s more", more) % {"n": more}
        return post(title, "\n\n".join([*map(alarms.letter, begun), *map(alarms.letter_over, over)]))


def subject(title: str, *, over: bool = False) -> str:
    return (_("Over: %(what)s") if over else _("Alarm: %(what)s")) % {"what": title}


def post(subject: str, text: str) -> bool:
    """A mail to those who answer for the installation, past every queue. Nobody to write to, as in a try-out, counts as
    told."""
    if not settings.ALARM_EMAILS:
        return True
    foot = f"{settings.PORTAL_URL}{reverse('publishing:status')}\n\n{settings.PRODUCT_NAME}"
    try:
        send_mail(subject, f"{text}\n\n{foot}", None, settings.ALARM_EMAILS)
    except Exception:  # whatever a mail server or network answers: the next watch tries again
        log.exception("an alarm could not be mailed")
        return False
    return True


# --- how well it went -------------------------------------------------------------------------------------------------


def last_day(now: datetime) -> dict[str, float]:
    """How late the portal published within the last 24 hours: in seconds, and in shares of a hundred that are never
    rounded up. Whether any post came to stand twice cannot be told from here, so nothing is said about it."""
    done = Delivery.objects.filter(state=State.PUBLISHED, published_at__gt=now - timedelta(days=1), hand_until=None)
    if connection.vendor == "postgresql":
        late = Extract(F("published_at") - F("due_at"), "epoch")
        row = done.order_by().aggregate(
            published=Count("pk"),
            second=Count("pk", filter=Q(published_at__lte=F("due_at") + timedelta(seconds=1))),
            minute=Count("pk", filter=Q(published_at__lte=F("due_at") + timedelta(seconds=60))),
            p50=_Percentile(late, share=0.5),
            p99=_Percentile(late, share=0.99),
        )
    else:
        pairs = done.values_list("published_at", "due_at")
        seconds = sorted((published - due).total_seconds() for published, due in pairs)
        row = {
            "published": len(seconds),
            "second": sum(s <= 1 for s in seconds),
            "minute": sum(s <= 60 for s in seconds),
            "p50": _percentile(seconds, 0.5),
            "p99": _percentile(seconds, 0.99),
        }
    n = row["published"] or 1
    return {
        "published": row["published"],
        "within_second": math.floor(1000 * row["second"] / n) / 10,
        "within_minute": math.floor(1000 * row["minute"] / n) / 10,
        "p50": max(0.0, row["p50"] or 0.0),
        "p99": max(0.0, row["p99"] or 0.0),
    }


class _Percentile(Aggregate):
    template = "PERCENTILE_CONT(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


def _percentile(ordered: list[float], share: float) -> float:
    """As PERCENTILE_CONT reckons: between the two nearest."""
    if not ordered:
        return 0.0
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])
