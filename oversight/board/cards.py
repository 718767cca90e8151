"""Describe what a unit needs help with, thing by thing, for its page."""

from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from channels.models import Channel, UnrecognisedPost
from core.clock import format_local_time
from oversight import kinds
from oversight.issues import (
    SILENT_DAYS,
    explain_silence,
    find_blocked_or_late,
    find_pages,
    find_unadopted_kits,
)
from oversight.kinds import KINDS, Kind
from oversight.matters.models import Matter
from oversight.matters.states import Subject
from oversight.models import Reminder
from publishing.models import Delivery
from publishing.presenters.delivery import delivery_status
from publishing.states import Reason
from units.models import Unit

# Things of a kind that are named; the pages behind them list all.
SHOWN = 5
_MOST = 50
_SUBJECTS = {
    kinds.DEAD: Subject.PAGE,
    kinds.DYING: Subject.PAGE,
    kinds.UNRECOGNISED: Subject.PAGE,
    kinds.BLOCKED: Subject.FINDING,
    kinds.LATE: Subject.POST,
    kinds.KIT: Subject.KIT,
}


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing that needs help, with its page."""

    label: str
    address: str
    detail: str = ""
    public_id: str = ""


@dataclass(frozen=True, slots=True)
class Issue:
    """A kind of issue of a unit, with its things; ``reminded``: today already."""

    kind: Kind
    n: int
    things: list[Thing] = field(default_factory=list)
    reminded: bool = False

    @property
    def more(self) -> int:
        return max(self.n - len(self.things), 0) if self.things else 0

    @property
    def is_of_posts(self) -> bool:
        return self.kind.key in {kinds.BLOCKED, kinds.LATE}

    @property
    def question(self) -> str:
        """Return the query of the page on which a matter about this is opened; it names the thing
        where there is but one.
        """
        about = self.things[0].public_id if len(self.things) == 1 else ""
        return urlencode({"subject": _SUBJECTS.get(self.kind.key, Subject.OTHER), "about": about})

    @property
    def may_need_a_pause(self) -> bool:
        return self.kind.key in {kinds.DEAD, kinds.UNRECOGNISED, kinds.BLOCKED}


def describe_issues(
    unit: Unit, *, last_post: datetime | None, now: datetime, silent_days: int = SILENT_DAYS
) -> list[Issue]:
    """Return what ``unit`` needs, thing by thing, the most urgent first. Seven queries."""
    things_by_kind: dict[str, list[Thing]] = {key: [] for key in KINDS}
    pages = list(find_pages(unit, now=now))
    for page in pages:
        if page.issue:
            things_by_kind[page.issue].append(_describe_page(page))
    strange = UnrecognisedPost.objects.open().filter(channel__unit=unit)
    for post in strange.select_related("channel").order_by("-published_at", "-pk")[:_MOST]:
        things_by_kind[kinds.UNRECOGNISED].append(_describe_unrecognised_post(post))
    for delivery in find_blocked_or_late(unit, now=now)[:_MOST]:
        is_leak = delivery.error_code == Reason.LEAK
        things_by_kind[kinds.BLOCKED if is_leak else kinds.LATE].append(
            _describe_delivery(delivery)
        )
    for matter in Matter.objects.late(timezone.localdate(now)).filter(unit=unit)[:_MOST]:
        page = reverse("oversight:matter", args=[matter.public_id])
        last = _("answer by %(day)s") % {"day": f"{matter.deadline:%d/%m/%Y}"}
        things_by_kind[kinds.MATTER].append(Thing(matter.text[:100], page, last))
    for kit in find_unadopted_kits(unit, now=now).get(unit.pk, []):
        page = reverse("oversight:adoption", args=[kit.public_id])
        until = kit.current.window_until if kit.current else None
        last = _("until %(day)s") % {"day": f"{until:%d/%m/%Y}"} if until else ""
        things_by_kind[kinds.KIT].append(Thing(str(kit), page, last, str(kit.public_id)))
    reminders = Reminder.objects.filter(unit=unit, day=timezone.localdate(now))
    reminded = set(reminders.values_list("kind", flat=True))
    counts = {key: len(things) for key, things in things_by_kind.items()}
    if kind := explain_silence(len(pages), last_post, now=now, days=silent_days):
        counts[kind] = 1
    return [
        Issue(kind, counts[key], things_by_kind[key][:SHOWN], key in reminded)
        for key, kind in KINDS.items()
        if counts[key]
    ]


def _describe_page(page: Channel) -> Thing:
    address = reverse("channels:channel", args=[page.public_id])
    if page.ends_at and not page.why_lost:
        detail = _("ends %(day)s") % {"day": f"{timezone.localtime(page.ends_at):%d/%m/%Y}"}
    else:
        detail = page.why_lost or str(page.get_lifecycle_display())
    return Thing(str(page), address, detail, str(page.public_id))


def _describe_unrecognised_post(post: UnrecognisedPost) -> Thing:
    address = reverse("channels:channel", args=[post.channel.public_id])
    when = format_local_time(post.published_at)
    return Thing(str(post.channel), f"{address}#foreign", when, str(post.channel.public_id))


def _describe_delivery(delivery: Delivery) -> Thing:
    address = reverse("publishing:post", args=[delivery.post.public_id])
    status = delivery_status(delivery)
    detail = f"{delivery.channel.get_platform_display()}: {status.label}"
    return Thing(str(delivery.post), address, detail, str(delivery.post.public_id))
