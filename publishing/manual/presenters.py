"""Time that is left for a task, in words."""

from datetime import datetime

from django.utils.translation import gettext as _


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
