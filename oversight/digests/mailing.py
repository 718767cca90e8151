"""The weekly mail to those who oversee: how many units need help, which most, and what changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Appointment, User
from accounts.permissions import GRANTS, Permission
from core.outbox import Mail
from core.tasks import send_mails
from oversight.issues import UnitIssues, count_units_by_kind, find_issues, list_worst
from oversight.kinds import KINDS, Kind
from oversight.matters.models import Matter
from oversight.models import Digest, NoDigest
from units.models import Level, Unit

MOST_UNITS = 10
LATE_MATTERS = "late_matters"


@dataclass(frozen=True, slots=True)
class Summary:
    """The issues of a place in numbers. ``counts``: units by kind, and matters that are late."""

    place: Unit
    counts: Mapping[str, int]
    worst: list[UnitIssues]
    total: int

    @property
    def is_empty(self) -> bool:
        return not any(self.counts.values())

    @property
    def late_matters(self) -> int:
        return self.counts[LATE_MATTERS]

    def list_lines(self, before: Mapping[str, int] | None) -> list[tuple[Kind, int, int | None]]:
        """List each kind with its number of units and how many more there are than ``before``;
        None where there was no mail before. Kinds that are gone are listed with 0.
        """
        old = before or {}
        return [
            (kind, self.counts[key], self.counts[key] - old.get(key, 0) if before else None)
            for key, kind in KINDS.items()
            if self.counts[key] or old.get(key)
        ]


def find_monday(now: datetime) -> date:
    """Return the Monday of the week, on the station's clock."""
    today = timezone.localdate(now)
    return today - timedelta(days=today.weekday())


def summarise(place: Unit, *, now: datetime) -> Summary:
    """Sum up the units of a place. Ten queries, however many units."""
    rows = find_issues(place, now=now)
    counted = count_units_by_kind(rows)
    counts = {key: counted[key] for key in KINDS}
    late = Matter.objects.late(timezone.localdate(now)).filter(unit__path__startswith=place.path)
    counts[LATE_MATTERS] = late.count()
    return Summary(place, counts, list_worst(rows, MOST_UNITS), len(rows))


def send_due(*, now: datetime) -> int:
    """Mail this week's digest to each who oversees a province or the nation, wants it and has not
    got it; return to how many. Nothing to tell: no mail.
    """
    week, sent = find_monday(now), 0
    summaries: dict[int, Summary] = {}
    for user, place in _find_readers(week, now=now):
        if place.pk not in summaries:
            summaries[place.pk] = summarise(place, now=now)
        if not summaries[place.pk].is_empty:
            sent += _send_once(user, summaries[place.pk], week=week, now=now)
    return sent


def _find_readers(week: date, *, now: datetime) -> list[tuple[User, Unit]]:
    """Find who gets the mail, each with the highest place that they oversee."""
    roles = [role for role, granted in GRANTS.items() if Permission.OVERSIGHT_VIEW in granted]
    posts = (
        Appointment.objects.in_force(timezone.localdate(now))
        .filter(role__in=roles, user__is_active=True, unit__valid_to=None)
        .exclude(unit__level=Level.COMMUNE)
        .exclude(user__in=NoDigest.objects.values("user"))
        .exclude(user__in=Digest.objects.filter(week=week).values("user"))
        .select_related("user", "unit")
    )
    highest: dict[int, Appointment] = {}
    for post in posts.order_by("user", "unit__path"):
        known = highest.setdefault(post.user_id, post)
        if len(post.unit.path) < len(known.unit.path):
            highest[post.user_id] = post
    return [(post.user, post.unit) for post in highest.values()]


@transaction.atomic
def _send_once(user: User, summary: Summary, *, week: date, now: datetime) -> bool:
    """Note and write one mail; of two runs at once, one does."""
    before = find_previous_counts(user, summary.place, week)
    _row, is_new = Digest.objects.get_or_create(
        user=user,
        week=week,
        defaults={"unit": summary.place, "counts": dict(summary.counts), "sent_at": now},
    )
    if is_new:
        send_mails([_write_mail(user, summary, before)])
    return is_new


def find_previous_counts(user: User, place: Unit, week: date) -> Mapping[str, int] | None:
    """Return the counts in the last mail before ``week`` if that was of this place: who moved to
    another province, or to the ministry, would read the difference of two places.
    """
    row = Digest.objects.filter(user=user, week__lt=week).order_by("-week").first()
    if row is not None and row.unit_id != place.pk:
        return None
    return row.counts if row else None


def _write_mail(user: User, summary: Summary, before: Mapping[str, int] | None) -> Mail:
    """Write the mail: counts and the names of units, for it passes through servers of others."""
    with translation.override(user.language):
        facts = {
            "summary": summary,
            "lines": summary.list_lines(before),
            "portal": settings.PORTAL_URL,
            "product": settings.PRODUCT_NAME,
        }
        subject = _("Units that need help: %(place)s") % {"place": summary.place.name}
        text = render_to_string("oversight/digest.txt", facts)
    return {"to": [user.email], "subject": subject, "text": text}


def set_wanted(user: User, *, wanted: bool) -> None:
    """Store whether the person wants the weekly mail."""
    if wanted:
        NoDigest.objects.filter(user=user).delete()
    else:
        NoDigest.objects.get_or_create(user=user, defaults={"since": timezone.now()})
