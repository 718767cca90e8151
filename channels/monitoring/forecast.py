"""Channels that will not carry tomorrow's posts, and warnings of connections and packages that end,
while there is time."""

import math
from collections.abc import Container, Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple, cast

from django.conf import settings
from django.core.cache import cache
from django.db import models, transaction
from django.db.models import Case, Count, Q, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.notices import notify
from channels import signals
from channels.models import Channel, ChannelQuerySet, PlatformAllowance
from channels.queries import address_of, facts_of, find_keepers, find_province_keepers, is_set_up
from channels.states import Health, Kind, Lifecycle

# Days before its end from which a connection is announced, once from each.
_DAYS = (14, 7, 1)
# So many units are named in the province's notice; the page shows them all.
_NAMED = 10
# A renewal that failed once or twice is a blip.
_FAILURES = 3
# How long the channels with too many posts planned are kept.
_OVERBOOKED_SECONDS = 60


class Risk(models.TextChoices):
    """The reason for which a channel would fail, the worst first."""

    TAKEN_OVER = "taken_over", _("in other hands")
    LOST = "lost", _("connection lost")
    FROZEN = "frozen", _("renamed, to be confirmed")
    UNCONFIRMED = "unconfirmed", _("newly connected, to be confirmed")
    NOT_SET_UP = "not_set_up", _("platform not set up")
    NOT_ALLOWED = "not_allowed", _("platform not allowed")
    UNIT_CLOSED = "unit_closed", _("its unit is closed")
    EXPIRING = "expiring", _("connection ends")
    PACKAGE = "package", _("package ends")
    RENEWAL = "renewal", _("renewal fails")
    QUOTA = "quota", _("more posts than the platform takes")
    # Carries posts, but not all that the portal could do there.
    RIGHTS = "rights", _("a right is missing")


FAILING = [risk for risk in Risk if risk != Risk.RIGHTS]
# What nobody in the unit can mend comes before what its head can.
_WORST_FIRST = (
    Risk.TAKEN_OVER,
    Risk.NOT_SET_UP,
    Risk.NOT_ALLOWED,
    Risk.LOST,
    Risk.FROZEN,
    Risk.UNCONFIRMED,
    Risk.UNIT_CLOSED,
    Risk.EXPIRING,
    Risk.PACKAGE,
    Risk.RENEWAL,
    Risk.QUOTA,
    Risk.RIGHTS,
)


class _RiskField(models.Field):
    """A risk as a number in the database: the lower, the worse."""

    def from_db_value(self, value: int | None, *_: object) -> Risk | None:
        return None if value is None else _WORST_FIRST[value]

    def get_prep_value(self, value: Any) -> Any:
        return _WORST_FIRST.index(Risk(value)) if isinstance(value, str) else value


def find_at_risk(
    channels: ChannelQuerySet, *, now: datetime, days: int = 1, risks: Container[Risk] = Risk
) -> ChannelQuerySet:
    """Return those of ``channels`` that would not carry all posts of the next ``days`` for one of
    ``risks``, with the worst of them as ``risk``; ordered by it, the worst come first."""
    cases = _risk_conditions(now, now + timedelta(days=days), _find_overbooked(now, days))
    # Written into the statement each time that it is named: names and weights apart made it 200 kB.
    whens = (
        When(q, then=Value(n))
        for n, risk in enumerate(_WORST_FIRST)
        if risk in risks and (q := cases[risk])
    )
    used = channels.usable().exclude(lifecycle__in=[Lifecycle.PAUSED, Lifecycle.RETIRED])
    risk = Case(*whens, default=None, output_field=_RiskField())
    return used.annotate(risk=risk).filter(risk__isnull=False)


def _find_overbooked(now: datetime, days: int) -> list[int]:
    """Return the nation's channels with more posts planned than their platform takes, as they were
    within the last minute: the search reads all that is planned, and each Today asks for it.
    """

    def search() -> list[int]:
        answers = signals.overbooked.send(Channel, now=now, days=days)
        return sorted({pk for _receiver, keys in answers for pk in cast("Iterable[int]", keys)})

    return cache.get_or_set(f"overbooked:{days}", search, _OVERBOOKED_SECONDS) or []


def count_by_risk(at_risk: ChannelQuerySet) -> dict[str, int]:
    """Count the channels by risk, in the order of `Risk`."""
    by_risk = at_risk.order_by().values_list("risk")  # type: ignore[misc] # by `find_at_risk`
    numbers = dict(by_risk.annotate(n=Count("pk")))
    return {risk.value: numbers[risk] for risk in Risk if risk in numbers}


def _risk_conditions(now: datetime, until: datetime, overbooked: list[int]) -> dict[str, Q]:
    ours = Q(health__in=[Health.CONNECTED, Health.LOST])
    working = Q(health=Health.CONNECTED)
    not_allowed = Q(pk__in=[])
    for kind in Kind.values:
        if facts_of(kind).off_by_default:
            # Read once; asked of each channel, it was half of the statement's time.
            units = PlatformAllowance.objects.filter(platform=kind).values("unit")
            not_allowed |= Q(~Q(unit__in=units), ~Q(unit__parent__in=units), platform=kind)
    partly = Q(pk__in=[])
    for kind in Kind.values:
        if rights := list(facts_of(kind).rights):
            partly |= Q(~Q(scopes=rights), ~Q(scopes=[]), platform=kind)
    return {
        Risk.TAKEN_OVER: Q(lifecycle=Lifecycle.TAKEN_OVER),
        Risk.NOT_SET_UP: Q(
            ours, platform__in=[kind for kind in settings.PLATFORMS if not is_set_up(kind)]
        ),
        Risk.NOT_ALLOWED: not_allowed,
        Risk.LOST: Q(health=Health.LOST),
        Risk.FROZEN: Q(lifecycle=Lifecycle.FROZEN),
        Risk.UNCONFIRMED: Q(working, confirmed_at__isnull=True),
        Risk.UNIT_CLOSED: Q(unit__valid_to__lte=timezone.localdate(now)),
        Risk.EXPIRING: Q(working, expires_at__lte=until),
        Risk.PACKAGE: Q(working, package_ends_at__lte=until),
        Risk.RENEWAL: Q(working, refresh_failures__gte=_FAILURES),
        Risk.QUOTA: Q(pk__among=overbooked),
        Risk.RIGHTS: Q(working, partly),
    }


class _End(NamedTuple):
    """The end of a channel's connection or of its package, told by two notices: to its keepers,
    and to the province, of all such ends together.
    """

    channel: Channel
    day: date
    risk: Risk

    @property
    def notices(self) -> tuple[str, str]:
        return _NOTICES[self.risk]


_NOTICES = {
    Risk.EXPIRING: ("channel_expiring", "channels_expiring"),
    Risk.PACKAGE: ("package_expiring", "packages_expiring"),
}


def warn_of_ends(*, now: datetime) -> int:
    """Warn of connections and packages that have come within 14, 7 or 1 days of their end since the
    last warning: the unit of each, and its province once for all of a kind. A day without a run
    delays a warning and loses none. Return how many ends were warned of."""
    today = timezone.localtime(now).date()
    soon = (now, now + timedelta(days=_DAYS[0] + 2))
    with transaction.atomic():
        due = Channel.objects.select_for_update(of=("self",)).filter(
            Q(expires_at__range=soon) | Q(package_ends_at__range=soon), health=Health.CONNECTED
        )
        ends = [
            end
            for channel in due.select_related("unit__parent")
            for end in _ends_of(channel, now=now)
            if _needs_warning(end, today)
        ]
        Channel.objects.filter(pk__in=[end.channel.pk for end in ends]).update(warned_on=today)
        for end in ends:
            notify(
                find_keepers(end.channel),
                end.notices[0],
                address=address_of(end.channel),
                joined_address=reverse("channels:forecast"),
                channel=end.channel,
                date=end.day.strftime("%d/%m/%Y"),
            )
        for _province_and_risk, group in groupby(sorted(ends, key=_watch), key=_watch):
            _notify_province(list(group))
    return len(ends)


def _ends_of(channel: Channel, *, now: datetime) -> Iterator[_End]:
    moments = {Risk.EXPIRING: channel.expires_at, Risk.PACKAGE: channel.package_ends_at}
    for risk, moment in moments.items():
        if moment and moment > now:
            yield _End(channel, timezone.localtime(moment).date(), risk)


def _needs_warning(end: _End, today: date) -> bool:
    """Tell whether the end has come within one of the days since the last warning; an end that
    moved away is a new one."""
    last = end.channel.warned_on
    warned = (end.day - last).days if last else math.inf
    return any((end.day - today).days <= days < warned for days in _DAYS)


def _watch(end: _End) -> tuple[str, Risk]:
    """Return the path of the unit whose people watch over the channel: its province; for a
    province's own channels, the ministry. One notice goes there for each kind of end."""
    unit = end.channel.unit
    own = unit.path == unit.province_path
    return unit.path.split("/")[0] if own else unit.province_path, end.risk


def _notify_province(ends: list[_End]) -> None:
    ends = sorted(ends, key=lambda end: (end.day, end.channel.unit.search))
    named = [
        f"{end.channel.unit} ({end.channel.get_platform_display()}, {end.day:%d/%m})"
        for end in ends[:_NAMED]
    ]
    units = "; ".join(named) + ("; …" if len(ends) > _NAMED else "")
    first = ends[0]
    address = f"{reverse('channels:forecast')}?risk={first.risk}&days={_DAYS[0]}"
    people = find_province_keepers(first.channel.unit)
    notify(people, first.notices[1], address=address, n=len(ends), units=units)
