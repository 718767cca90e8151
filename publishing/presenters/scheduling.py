"""Sentences about a planned time, shown before it is decided."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.kits.models import Kit
from channels.models import Channel
from channels.presenters import format_name
from channels.states import Health
from core.clock import format_local_time
from posts.models import Post
from publishing.models import Delivery, Pauses
from publishing.presenters.text import as_sentence, format_moment, page_name
from publishing.scheduling.conflicts import FullDay, SameMinuteDelivery
from publishing.scheduling.scheduling import find_spread, spread_time


def planned_times_sentence(times: Iterable[datetime], *, now: datetime) -> str:
    """Write 'Sẽ đăng lúc … lên n kênh': said before the action and after it."""
    times = sorted(times)
    n = len(times)
    if not times:
        return ""
    if times[-1] <= now:
        return ngettext("Goes out now to %(n)s channel.", "Goes out now to %(n)s channels.", n) % {
            "n": n
        }
    if times[0] == times[-1]:
        return ngettext(
            "Will be published at %(when)s on %(n)s channel.",
            "Will be published at %(when)s on %(n)s channels.",
            n,
        ) % {"when": format_moment(times[0]), "n": n}
    return _("Will be published on %(n)s channels, from %(first)s to %(last)s.") % {
        "n": n,
        "first": format_moment(max(times[0], now)),
        "last": format_moment(times[-1]),
    }


def pause_warning(post: Post, times: Mapping[Channel, datetime], pauses: Pauses) -> str:
    """Say what a pause does to times that are about to be
    set, or have just been set; empty when nothing."""
    planned = [
        Delivery(post=post, unit=post.unit, channel=channel, fire_at=at)
        for channel, at in times.items()
    ]
    over = [pause for delivery in planned if (pause := pauses.over(delivery))]
    if not over:
        return ""
    facts = {
        "n": len(over),
        "all": len(planned),
        "reason": as_sentence(over[0].reason),
        "when": format_moment(min(times.values())),
    }
    if len(over) == len(planned):
        message = _(
            "Paused: %(reason)s Due at %(when)s, but it does not go out unless the pause "
            "has ended by then."
        )
    else:
        message = _(
            "Due at %(when)s, but paused on %(n)s of %(all)s channels: %(reason)s "
            "There it does not go out unless the pause has ended by then."
        )
    return message % facts


def manual_tasks_sentence(channels: Iterable[Channel]) -> str:
    """Say what people have to do themselves for a post that
    is being scheduled; empty when nothing."""
    pages = [page_name(channel) for channel in channels if channel.health == Health.MANUAL]
    if not pages:
        return ""
    return _("By hand: when it is due, your unit gets a task for %(pages)s.") % {
        "pages": ", ".join(pages)
    }


def same_minute_warnings(others: Iterable[SameMinuteDelivery]) -> list[str]:
    """Say what goes out in the same minute, before it is decided: one sentence for all pages of a
    post.
    """
    pages: dict[tuple[Post, str, bool], list[str]] = {}
    for other in others:
        key = (other.delivery.post, format_local_time(other.delivery.due_at), other.same_text)
        pages.setdefault(key, []).append(page_name(other.channel))
    warnings = []
    for (post, when, same_text), names in pages.items():
        facts = {"title": post, "page": ", ".join(names), "when": when}
        message = _(
            "Another post, “%(title)s”, goes out on %(page)s in the same minute (%(when)s)."
        )
        if same_text:
            message = _(
                "“%(title)s” shows the same text on %(page)s in the same minute (%(when)s)."
            )
        warnings.append(message % facts)
    return warnings


def close_by_warnings(others: Iterable[Delivery]) -> list[str]:
    """Say which other posts go out within some minutes: one short sentence for all pages of a
    post.
    """
    pages: dict[tuple[Post, str], list[str]] = {}
    for other in others:
        pages.setdefault((other.post, format_local_time(other.due_at)), []).append(
            page_name(other.channel)
        )
    sentences = []
    for (post, when), names in pages.items():
        page, n = names[0], len(names)
        if n > 1:
            page = ngettext("%(n)s of these channels", "%(n)s of these channels", n) % {"n": n}
        facts = {"title": post, "page": page, "when": when}
        sentences.append(_("Close by: “%(title)s” goes out on %(page)s at %(when)s.") % facts)
    return sentences


def full_day_warning(full: FullDay) -> str:
    """Say what it means to plan more for a day than the platform takes."""
    facts = {
        "platform": full.channel.get_platform_display(),
        "page": page_name(full.channel),
        "day": full.day.strftime("%d/%m/%Y"),
        "n": full.most,
    }
    if full.format:
        facts["format"] = format_name(full.format)
        message = _(
            "%(page)s takes %(n)s posts of the format “%(format)s” a day, and on %(day)s "
            "more are planned: what comes "
            "last waits or is too late. Choose another day or format if you can."
        )
    elif full.of_app:
        message = _(
            "%(platform)s has a limit of %(n)s a day for all units together, and on "
            "%(day)s more posts are planned: "
            "what comes last waits or is too late. Choose another day if you can."
        )
    else:
        message = _(
            "%(page)s has a limit of %(n)s a day, and on %(day)s more posts are planned: what "
            "comes last waits or is too late. Choose another day if you can."
        )
    return message % facts


def spread_sentence(post: Post, due_at: datetime, times: Iterable[datetime]) -> str:
    """Say why the time is not the one that was entered; empty when nothing is spread."""
    spread, at = find_spread(post), spread_time(post, due_at)
    if spread is None or at == due_at or at not in times:
        return ""
    source, minutes = spread
    if isinstance(source, Kit):
        message = _(
            "The kit “%(source)s” spreads its posts over %(n)s minutes so that the units do not "
            "all post at once: the turn of %(unit)s is %(time)s."
        )
    else:
        message = _(
            "The campaign “%(source)s” spreads its posts over %(n)s minutes so that the units do "
            "not all post at once: the turn of %(unit)s is %(time)s."
        )
    return message % {
        "source": source,
        "n": minutes,
        "unit": post.unit,
        "time": timezone.localtime(at).strftime("%H:%M:%S"),
    }


def second_step_sentence(post: Post) -> str:
    """Say what a post waits for that its unit has approved."""
    return _(
        "Approved by the unit. Its topic asks for a second approval: the province has until "
        "%(when)s. Not approved by then, the post comes back and is not published."
    ) % {"when": format_local_time(post.second_period[1])}
