"""What a channel's life, its risks and the posts that are not ours mean to those who must do something about it."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.forecast import Risk
from channels.models import Channel
from channels.states import Life, Verdict

LIFE_LOOKS = {
    Life.ACTIVE: ("green", "circle-check"),
    Life.PAUSED: ("yellow", "player-pause"),
    Life.FROZEN: ("red", "eye-check"),
    Life.TAKEN_OVER: ("red", "shield-exclamation"),
    Life.RETIRED: ("grey", "archive"),
}
RISK_LOOKS = {
    Risk.TAKEN_OVER: ("red", "shield-exclamation"),
    Risk.LOST: ("red", "plug-connected-x"),
    Risk.FROZEN: ("red", "eye-check"),
    Risk.NOT_SET_UP: ("red", "ban"),
    Risk.NOT_ALLOWED: ("red", "ban"),
    Risk.UNIT_CLOSED: ("red", "building-community"),
    Risk.EXPIRING: ("yellow", "clock-exclamation"),
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
        "Win the page back with the platform's help, change all passwords, then open the channel and use it again."
    ),
    Risk.LOST: gettext_lazy("The head of the unit opens the channel and connects it again."),
    Risk.FROZEN: gettext_lazy("The head of the unit opens the page, looks, and confirms that it is the unit's."),
    Risk.NOT_SET_UP: gettext_lazy("The system administrator sets the platform up. Until then, post by hand."),
    Risk.NOT_ALLOWED: gettext_lazy("The province decides on the platform; nothing goes out there before that."),
    Risk.UNIT_CLOSED: gettext_lazy("The administrator of the province hands the channel over to the successor."),
    Risk.RENEWAL: gettext_lazy(
        "The platform does not renew the connection. The portal tries again every few minutes; if it still fails in an "
        "hour, connect the channel again."
    ),
    Risk.QUOTA: gettext_lazy(
        "More is scheduled for one day than the platform takes. Move some posts to another day, or leave some out."
    ),
    Risk.RIGHTS: gettext_lazy(
        "Posts go out. Connect again and allow everything that is asked for to get the rest back."
    ),
}


def to_do(channel: Channel) -> str:
    """For a channel from `forecast.at_risk`: what somebody has to do, and until when where that is known."""
    if channel.risk == Risk.EXPIRING:
        when = timezone.localtime(channel.expires_at).strftime("%H:%M %d/%m/%Y")
        return _("Connect it again before %(when)s; until then it works.") % {"when": when}
    return str(_TO_DO[Risk(channel.risk)])
