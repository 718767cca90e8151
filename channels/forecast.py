"""Which channels will not carry tomorrow's posts, and telling of connections that end, while there is time."""

import math
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import groupby

from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.notices import notify
from channels import signals
from channels.models import Channel, PlatformAllowance
from channels.queries import address_of, facts_of, is_set_up, keepers, province_keepers
from channels.states import Health, Kind, Life

# Days before its end from which a connection is announced, once from each.
_DAYS = (14, 7, 1)
# So many units are named in the province's notice; the page shows them all.
_NAMED = 10
# A renewal that failed once or twice is a blip.
_FAILURES = 3


class Risk(models.TextChoices):
    """Why a channel would fail, the worst first."""

    TAKEN_OVER = "taken_over", _("in other hands")
    LOST = "lost", _("connection lost")
    FROZEN = "frozen", _("renamed, to be confirmed")
    NOT_SET_UP = "not_set_up", _("platform not set up")
    NOT_ALLOWED = "not_allowed", _("platform not allowed")
    UNIT_CLOSED = "unit_closed", _("its unit is closed")
    EXPIRING = "expiring", _("connection ends")
    RENEWAL = "renewal", _("renewal fails")
    QUOTA = "quota", _("more posts than the platform takes")
    # Carries posts, but not all that the portal could do there.
    RIGHTS = "rights", _("a right is missing")


FAILING = [risk for risk in Risk if risk != Risk.RIGHTS]


def at_risk(channels: QuerySet[Channel], *, now: datetime, days: int = 1) -> QuerySet[Channel]:
    """Those of ``channels`` that would not carry all posts of the next ``days``, with ``risk`` and its ``weight``: the
    lower, the worse."""
    answers = signals.overbooked.send(Channel, now=now, days=days)
    overbooked = {pk for _receiver, found in answers for pk in found}
    cases = _cases(now, now + timedelta(days=days), overbooked)
    risk = Case(*(When(q, then=Value(name)) for name, q in cases.items()), default=Value(""))
    weight = Case(*(When(risk=name, then=Value(n)) for n, name in enumerate(cases)), default=Value(len(cases)))
    used = channels.usable().exclude(life__in=[Life.PAUSED, Life.RETIRED])
    return used.annotate(risk=risk).exclude(risk="").annotate(weight=weight)


def counted(at_risk: QuerySet[Channel]) -> dict[str, int]:
    """How many by risk, in the order of the words."""
    found = dict(at_risk.order_by().values_list("risk").annotate(n=Count("pk")))
    return {risk.value: found[risk] for risk in Risk if risk in found}


def _cases(now: datetime, until: datetime, overbooked: Iterable[int]) -> dict[str, Q]:
    ours = Q(health__in=[Health.CONNECTED, Health.LOST])
    working = Q(health=Health.CONNECTED)
    restricted = [kind for kind in Kind.values if facts_of(kind).off_by_default]
    allowance = PlatformAllowance.objects.filter(
        Q(unit=OuterRef("unit")) | Q(unit=OuterRef("unit__parent")), platform=OuterRef("platform")
    )
    partly = Q(pk__in=[])
    for kind in Kind.values:
        if rights := list(facts_of(kind).rights):
            partly |= Q(~Q(scopes=rights), ~Q(scopes=[]), platform=kind)
    return {
        Risk.TAKEN_OVER: Q(life=Life.TAKEN_OVER),
        Risk.NOT_SET_UP: Q(ours, platform__in=[kind for kind in settings.PLATFORMS if not is_set_up(kind)]),
        Risk.NOT_ALLOWED: Q(Q(platform__in=restricted), ~Exists(allowance)),
        Risk.LOST: Q(health=Health.LOST),
        Risk.FROZEN: Q(life=Life.FROZEN),
        Risk.UNIT_CLOSED: Q(unit__valid_to__lte=timezone.localdate(now)),
        Risk.EXPIRING: Q(working, expires_at__lte=until),
        Risk.RENEWAL: Q(working, refresh_failures__gte=_FAILURES),
        Risk.QUOTA: Q(pk__among=list(overbooked)),
        Risk.RIGHTS: Q(working, partly),
    }


def announce(*, now: datetime) -> int:
    """Tells of connections that have come within 14, 7 or 1 days of their end since they were told of last: the unit of
    each, and its province once for all of them. A day without a run delays a warning and loses none; how many were told
    of."""
    today = timezone.localtime(now).date()
    with transaction.atomic():
        due = Channel.objects.select_for_update(of=("self",)).filter(
            health=Health.CONNECTED, expires_at__gt=now, expires_at__lt=now + timedelta(days=_DAYS[0] + 2)
        )
        ending = [c for c in due.select_related("unit__parent") if _is_news(c, today)]
        Channel.objects.filter(pk__in=[channel.pk for channel in ending]).update(warned_on=today)
        for channel in ending:
            facts = {"channel": channel, "date": _last_day(channel).strftime("%d/%m/%Y")}
            notify(keepers(channel), "channel_expiring", address=address_of(channel), **facts)
        for _path, group in groupby(sorted(ending, key=_province), key=_province):
            _tell_province(list(group))
    return len(ending)


def _is_news(channel: Channel, today: date) -> bool:
    """Whether it has come within one of the days since it was told of; an end that moved away is a new one."""
    end = _last_day(channel)
    told = (end - channel.warned_on).days if channel.warned_on else math.inf
    return any((end - today).days <= days < told for days in _DAYS)


def _last_day(channel: Channel) -> date:
    return timezone.localtime(channel.expires_at).date()


def _province(channel: Channel) -> str:
    """Whom its province's people watch over; a province's own channels are watched over by the ministry."""
    own = channel.unit.path == channel.unit.province_path
    return channel.unit.path.split("/")[0] if own else channel.unit.province_path


def _tell_province(ending: Iterable[Channel]) -> None:
    ending = sorted(ending, key=lambda channel: (channel.expires_at, channel.unit.search))
    named = [f"{c.unit} ({c.get_platform_display()}, {_last_day(c).strftime('%d/%m')})" for c in ending[:_NAMED]]
    units = "; ".join(named) + ("; …" if len(ending) > _NAMED else "")
    address = f"{reverse('channels:forecast')}?risk={Risk.EXPIRING}&days={_DAYS[0]}"
    people = province_keepers(ending[0].unit)
    notify(people, "channels_expiring", address=address, n=len(ending), units=units)
