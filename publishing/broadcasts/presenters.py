"""The meaning of a broadcast's state, in the words of the person who has to act on it."""

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from channels.reasons import describe_reason
from publishing.models import Broadcast
from publishing.presenters.status import ByReason, Case, StatusText, StatusView, pick
from publishing.states import BroadcastReason, BroadcastState


def _platform_words(row: Broadcast) -> str:
    return describe_reason(row.channel.platform, row.platform_code, row.error_detail)


_SENT = (_("Sent to the followers"), "green", "speakerphone")
_FAILED = (_("Not sent to the followers"), "red", "send-off")
_CANCELLED = (_("Called off"), "grey", "ban")

# What is asked of a row before its reason.
_CASES: dict[BroadcastState, tuple[Case, ...]] = {
    BroadcastState.CONFIRMED: (
        Case(
            lambda row: row.channel.awaits_confirmation,
            StatusText(
                _("Channel to be confirmed"),
                "red",
                "eye-check",
                _(
                    "A second person has to confirm under Channels that %(page)s is the unit's. It "
                    "goes to the followers by itself if that is done before %(when)s."
                ),
                "not_after",
            ),
        ),
    ),
    BroadcastState.SENT: (
        Case(
            lambda row: not row.number,
            StatusText(
                *_SENT, _("Sent to the followers of %(page)s, as a colleague has seen there.")
            ),
        ),
    ),
}

_BY_REASON: dict[BroadcastState, ByReason] = {
    BroadcastState.PLANNED: {
        None: StatusText(
            _("Waits for a second person"),
            "yellow",
            "hourglass",
            _(
                "%(who)s wants to send it to the followers of %(page)s. A second person "
                "has to confirm it."
            ),
        ),
    },
    BroadcastState.CONFIRMED: {
        None: StatusText(
            _("Confirmed"),
            "yellow",
            "clock",
            _("It goes to the followers of %(page)s at %(when)s."),
            "send_at",
        ),
    },
    BroadcastState.SENDING: {
        None: StatusText(
            _("Being sent"), "blue", "send", _("It is being sent to the followers of %(page)s now.")
        ),
    },
    BroadcastState.SENT: {
        None: StatusText(
            *_SENT,
            _(
                "%(page)s took it for its followers at %(when)s. Zalo looks at it before it goes "
                "out and does not tell how many received it."
            ),
            "ended_at",
        ),
    },
    BroadcastState.UNKNOWN: {
        None: StatusText(
            _("Please look"),
            "red",
            "eye-check",
            _(
                "Nobody can tell from here whether the followers of %(page)s received it, and the "
                "portal will not send it again. Open OA Manager, look among the broadcasts, then "
                "say here what stands there."
            ),
        ),
    },
    BroadcastState.FAILED: {
        BroadcastReason.TOO_LATE: StatusText(
            *_FAILED,
            _("It could not go out in time, so nobody was sent it on %(page)s. Ask for it again."),
        ),
        BroadcastReason.NOT_LIVE: StatusText(
            *_FAILED,
            _("The post no longer stands on %(page)s as it was approved, so nobody was sent it."),
        ),
        BroadcastReason.NOT_APPROVED: StatusText(
            *_FAILED,
            _(
                "Nothing proves that it was confirmed or that its post was approved, so nobody was "
                "sent it on %(page)s. Report this to the system administrator at once."
            ),
        ),
        BroadcastReason.NOT_THERE: StatusText(
            *_FAILED, _("A colleague looked: the followers of %(page)s were not sent it.")
        ),
        None: StatusText(
            *_FAILED,
            _("%(page)s did not take it: %(reason)s. Nobody was sent it."),
            reason=_platform_words,
        ),
    },
    BroadcastState.CANCELLED: {
        BroadcastReason.UNCONFIRMED: StatusText(
            *_CANCELLED,
            _("Nobody confirmed it in time, so it was not sent to the followers of %(page)s."),
        ),
        BroadcastReason.RESTORED: StatusText(
            *_CANCELLED,
            _(
                "The portal's database was restored and may be older than what was sent. Look in "
                "OA Manager before you ask for it again."
            ),
        ),
        None: StatusText(
            *_CANCELLED, _("Called off; it was not sent to the followers of %(page)s.")
        ),
    },
}


def broadcast_status(row: Broadcast) -> StatusView:
    """Describe the broadcast's state as a badge and a sentence.

    Needs ``channel`` and ``asked_by`` loaded.
    """
    state = BroadcastState(row.state)
    return pick(row, _CASES.get(state, ()), _BY_REASON[state]).of(row, who=row.asked_by)


def follower_sentence(followers: int | None) -> str:
    """Say how many people follow the page, and so receive the broadcast."""
    if followers is None:
        return gettext("How many people follow the page is not known at the moment.")
    n = number_format(followers, force_grouping=True)
    return ngettext(
        "%(n)s person follows the page.", "%(n)s people follow the page.", followers
    ) % {"n": n}
