"""A calendar as calendar programs read it (RFC 5545).

It lies on other people's servers: of what nobody has approved it says only that there is a draft.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from channels.models import Channel
from core import training
from posts.models import Post
from publishing.calendar_links.queries import Planned
from publishing.models import CalendarLink, Delivery, Pauses
from publishing.presenters.delivery import delivery_status
from publishing.presenters.post import post_status, summarise

LASTS = timedelta(minutes=15)  # a moment is drawn as nothing by some programs
REFRESH = timedelta(hours=1)


def render_icalendar(
    link: CalendarLink, planned: Planned, *, pauses: Pauses, now: datetime
) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", f"-//{settings.PRODUCT_NAME}//Outreach Portal//VI")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", training.mark(_("Posts of %(unit)s") % {"unit": link.unit}))
    calendar.add("x-wr-timezone", settings.TIME_ZONE)
    calendar.add("refresh-interval", REFRESH, {"value": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for group in planned.groups:
        calendar.add_component(_delivery_event(link, group, planned, pauses=pauses, now=now))
    for post in planned.posts:
        calendar.add_component(_post_event(link, post, planned, now=now))
    if planned.more:
        calendar.add_component(_truncation_event(link, now))
    return calendar.to_ical()


def _delivery_event(
    link: CalendarLink, group: list[Delivery], planned: Planned, *, pauses: Pauses, now: datetime
) -> Event:
    first = min(group, key=lambda row: row.pk)  # keeps its name when the others part from it
    post = first.post
    approved = post.approved_revision_id == first.revision_id or first.published_at
    title = planned.titles[first.revision_id] if approved else ""
    return _build_event(
        uid=str(first.public_id),
        sequence=post.version + sum(planned.moves[str(row.public_id)] for row in group),
        at=first.due_at,
        now=now,
        title=title,
        address=reverse("publishing:post", args=[post.public_id]),
        facts=_fact_lines(
            link,
            post,
            channels=[row.channel for row in group],
            state=summarise(delivery_status(row, pauses) for row in group).label,
        ),
    )


def _post_event(link: CalendarLink, post: Post, planned: Planned, *, now: datetime) -> Event:
    assert post.requested_time is not None
    return _build_event(
        uid=str(post.public_id),
        sequence=post.version,
        at=post.requested_time,
        now=now,
        title=planned.titles.get(post.approved_revision_id or 0, ""),
        address=reverse("publishing:post", args=[post.public_id]),
        facts=_fact_lines(
            link,
            post,
            channels=[target.channel for target in post.targets.all()],
            state=post_status(post, ()).label,
        ),
    )


def _fact_lines(
    link: CalendarLink, post: Post, *, channels: Iterable[Channel], state: str
) -> list[str]:
    names = ", ".join(sorted({channel.get_platform_display() for channel in channels}))
    facts = [_("State: %(state)s") % {"state": state}]
    if names:
        facts.append(_("Channels: %(names)s") % {"names": names})
    if post.unit_id != link.unit_id:
        facts.append(_("Unit: %(unit)s") % {"unit": post.unit})
    return facts


def _build_event(
    *,
    uid: str,
    sequence: int,
    at: datetime,
    now: datetime,
    title: str,
    address: str,
    facts: list[str],
) -> Event:
    event = Event()
    event.add("uid", _event_uid(uid))
    event.add("sequence", sequence)
    event.add("dtstamp", _to_utc(now))
    event.add("dtstart", _to_utc(at))
    event.add("duration", LASTS)
    event.add("summary", training.mark(title or _("Draft")))
    event.add("description", "\n".join(facts))
    event.add("url", f"{settings.PORTAL_URL}{address}")
    event.add("status", "CONFIRMED" if title else "TENTATIVE")
    event.add("transp", "TRANSPARENT")
    return event


def _truncation_event(link: CalendarLink, now: datetime) -> Event:
    event = Event()
    event.add("uid", _event_uid(f"{link.public_id}-more"))
    event.add("dtstamp", _to_utc(now))
    event.add("dtstart", timezone.localdate(now))
    more = _("There is more than this calendar holds: open the portal.")
    event.add("summary", training.mark(more))
    event.add("url", f"{settings.PORTAL_URL}{reverse('publishing:calendar')}")
    event.add("transp", "TRANSPARENT")
    return event


def _event_uid(name: str) -> str:
    return f"{name}@{urlsplit(settings.PORTAL_URL).hostname}"


def _to_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
