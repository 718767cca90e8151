"""Times, page names and reasons in the portal's own words."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.models import Channel
from platforms.registry import CONNECTORS

# Whole sentences a day, because Vietnamese writes "thứ Hai" in a sentence and the library's
# calendars say "Thứ 2".
_DAYS = (
    gettext_lazy("%(time)s Monday %(date)s"),
    gettext_lazy("%(time)s Tuesday %(date)s"),
    gettext_lazy("%(time)s Wednesday %(date)s"),
    gettext_lazy("%(time)s Thursday %(date)s"),
    gettext_lazy("%(time)s Friday %(date)s"),
    gettext_lazy("%(time)s Saturday %(date)s"),
    gettext_lazy("%(time)s Sunday %(date)s"),
)


def format_moment(when: datetime) -> str:
    """Write '07:00 thứ Hai 30/11/2026', in the portal's time zone."""
    here = timezone.localtime(when)
    return str(_DAYS[here.weekday()]) % {
        "time": here.strftime("%H:%M"),
        "date": here.strftime("%d/%m/%Y"),
    }


def short_time(when: datetime, *, beside: datetime) -> str:
    """Write '07:15', with the date where it is not the day of the other time."""
    here = timezone.localtime(when)
    same_day = here.date() == timezone.localdate(beside)
    return here.strftime("%H:%M" if same_day else "%H:%M %d/%m/%Y")


def page_name(channel: Channel) -> str:
    return _(CONNECTORS[channel.platform].words.page) % {"name": channel.name}


def as_sentence(reason: str) -> str:
    reason = reason.strip() or _("no reason given")
    return reason if reason[-1] in ".!?…" else f"{reason}."


def time_left(until: datetime, now: datetime) -> str:
    """Say how much time is left for a task, in words that count down."""
    minutes = int((until - now).total_seconds() // 60)
    if minutes < 1:
        return _("less than a minute left") if until > now else _("the deadline has passed")
    hours, minutes = divmod(minutes, 60)
    if hours and minutes:
        return _("%(hours)s h %(minutes)s min left") % {"hours": hours, "minutes": minutes}
    if hours:
        return _("%(hours)s h left") % {"hours": hours}
    return _("%(minutes)s min left") % {"minutes": minutes}
