"""Say what a channel's risk means and what somebody has to do about it; how decisions on
unrecognised posts look.
"""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import Permission
from channels.models import Channel, UnrecognisedPost
from channels.monitoring.forecast import Risk
from channels.states import Verdict
from core.clock import format_local_time

RISK_LOOKS = {
    Risk.TAKEN_OVER: ("red", "shield-exclamation"),
    Risk.LOST: ("red", "plug-connected-x"),
    Risk.FROZEN: ("red", "eye-check"),
    Risk.UNCONFIRMED: ("red", "eye-check"),
    Risk.NOT_SET_UP: ("red", "ban"),
    Risk.NOT_ALLOWED: ("red", "ban"),
    Risk.UNIT_CLOSED: ("red", "building-community"),
    Risk.EXPIRING: ("yellow", "clock-exclamation"),
    Risk.PACKAGE: ("yellow", "clock-exclamation"),
    Risk.RENEWAL: ("yellow", "refresh-alert"),
    Risk.QUOTA: ("yellow", "calendar-time"),
    Risk.RIGHTS: ("yellow", "key"),
}
VERDICT_LOOKS = {
    Verdict.OPEN: ("yellow", "eye-check"),
    Verdict.OURS: ("green", "circle-check"),
    Verdict.NOT_OURS: ("red", "shield-exclamation"),
}
_TO_DO = {
    Risk.TAKEN_OVER: gettext_lazy(
        "Win the page back with the platform's help, change all passwords, then open the "
        "channel and use it again."
    ),
    Risk.LOST: gettext_lazy("The head of the unit opens the channel and connects it again."),
    Risk.FROZEN: gettext_lazy(
        "The head of the unit opens the page, looks, and confirms that it is the unit's."
    ),
    Risk.UNCONFIRMED: gettext_lazy(
        "A second person (a leader of the unit or the administrator above) opens the channel, "
        "compares the page with the unit, and confirms it."
    ),
    Risk.NOT_SET_UP: gettext_lazy(
        "The system administrator sets the platform up. Until then, post by hand."
    ),
    Risk.NOT_ALLOWED: gettext_lazy(
        "The province decides on the platform; nothing goes out there before that."
    ),
    Risk.UNIT_CLOSED: gettext_lazy(
        "The administrator of the province hands the channel over to the successor."
    ),
    Risk.RENEWAL: gettext_lazy(
        "The platform does not renew the connection. The portal tries again every few minutes; if "
        "it still fails in an hour, connect the channel again."
    ),
    Risk.QUOTA: gettext_lazy(
        "More is scheduled for one day than the platform takes. Move some posts to "
        "another day, or leave some out."
    ),
    Risk.RIGHTS: gettext_lazy(
        "Posts go out. Connect again and allow everything that is asked for to get the rest back."
    ),
}


def describe_remedy(channel: Channel) -> str:
    """Say what somebody has to do about a channel from `forecast.find_at_risk`, and until when
    where that is known."""
    if channel.risk == Risk.EXPIRING:
        when = format_local_time(channel.expires_at)
        return _("Connect it again before %(when)s; until then it works.") % {"when": when}
    if channel.risk == Risk.PACKAGE:
        day = date_format(timezone.localtime(channel.package_ends_at), "SHORT_DATE_FORMAT")
        return _(
            "The package of the account is paid until %(day)s. The unit has it extended at the "
            "platform; without it the platform takes no posts."
        ) % {"day": day}
    return str(_TO_DO[channel.risk])


def describe_decisions(posts: Iterable[UnrecognisedPost], *, reader: Any) -> None:
    """Set how the posts are shown. Only readers who see the unit that decided are told who decided,
    and why: a page that was handed over brings no other unit's words along."""
    reach = reader.reach(Permission.CHANNEL_VIEW)
    for post in posts:
        post.tone, post.symbol = VERDICT_LOOKS[Verdict(post.verdict)]
        post.names_decider = post.decided_for and any(
            part.covers(post.decided_for.path) for part in reach
        )
