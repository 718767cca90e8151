"""The tables of delivery_status: what is asked of a delivery, and the wording of each answer."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels.reasons import describe_reason, known_reason
from channels.states import Health, Lifecycle
from platforms.registry import CONNECTORS
from publishing.deliveries.limits import violation_sentence
from publishing.models import Delivery
from publishing.presenters.status import ByReason, Case, StatusText
from publishing.presenters.text import page_name
from publishing.states import RECALL_TASKS, Reason, ReceiptSource, State


def _is_elsewhere(row: Delivery) -> bool:
    return row.channel.unit_id != row.unit_id


def _is_out_of_use(row: Delivery) -> bool:
    return row.channel.lifecycle != Lifecycle.ACTIVE


def _is_disconnected(row: Delivery) -> bool:
    return row.channel.health != Health.CONNECTED or row.error_code == Reason.ACCESS


def _is_out_of_reach(row: Delivery) -> bool:
    return row.channel.health == Health.LOST or row.error_code == Reason.ACCESS


def _was_never_seen(row: Delivery) -> bool:
    return row.published_at is None


def _platform_words(row: Delivery) -> str:
    return describe_reason(row.platform, row.platform_code, row.error_detail)


def _limit_words(row: Delivery) -> str:
    return violation_sentence(row.error_detail, page=page_name(row.channel))


def _known_refusal(row: Delivery) -> str:
    return known_reason(row.platform, row.platform_code)


def _was_refused_for_a_while(row: Delivery) -> bool:
    is_transient = row.platform_code in CONNECTORS[row.platform].words.transient
    return row.error_code == Reason.REFUSED and is_transient


STOPPED_BY_A_RULE = _(
    "Not sent to %(page)s: since the approval, a rule against the leak of personal data and "
    "secrets became stricter. Open the post for editing; the composer shows what is to be changed."
)
_LOOK = (_("Please look"), "red", "eye-check")
_HELD_UP = (_("Kept back"), "red", "ban")
_FAILED = (_("Not published"), "red", "circle-x")
_CANCELLED = (_("Cancelled"), "grey", "ban")
_TAKEN_DOWN = (_("Taken down"), "grey", "arrow-back-up")
_PUBLISHED = (_("Published"), "green", "circle-check")
_PAUSED = (_("Paused"), "yellow", "player-pause")
_READY = StatusText(
    _("Going out"), "blue", "send", _("Ready to go out to %(page)s at %(when)s."), "fire_at"
)

# What is asked of a row before its reason, in this order.
CASES: dict[State, tuple[Case, ...]] = {
    State.SCHEDULED: (
        Case(
            lambda row: row.channel.health == Health.MANUAL,
            StatusText(
                _("Scheduled, by hand"),
                "yellow",
                "pencil",
                _("At %(when)s it becomes a task: an officer posts it by hand on %(page)s."),
                "due_at",
            ),
        ),
        Case(
            _is_elsewhere,
            StatusText(
                *_HELD_UP, _("%(page)s belongs to another unit now, so nothing goes out there.")
            ),
        ),
        Case(
            lambda row: row.channel.lifecycle == Lifecycle.FROZEN,
            StatusText(
                _("Waiting for the page"),
                "red",
                "eye-check",
                _(
                    "%(page)s is no longer called what it was, so nothing goes out there. The head "
                    "of the unit opens Channels and confirms that the page is still the unit's. "
                    "The post goes out by itself if that is done before %(when)s."
                ),
                "not_after",
            ),
        ),
        Case(
            lambda row: row.channel.lifecycle == Lifecycle.TAKEN_OVER,
            StatusText(*_HELD_UP, _("%(page)s is in other hands, so nothing goes out there.")),
        ),
        Case(
            _is_out_of_use,
            StatusText(
                _("Kept back"),
                "yellow",
                "player-pause",
                _("The unit does not use %(page)s at present, so nothing goes out there."),
            ),
        ),
        Case(
            _is_disconnected,
            StatusText(
                _("Connection lost"),
                "red",
                "plug-connected-x",
                _(
                    "The connection to %(page)s is lost. The head of the unit opens "
                    "Channels → Connect again. "
                    "The post goes out by itself if the connection is back before %(when)s."
                ),
                "not_after",
            ),
        ),
        Case(
            lambda row: row.channel.awaits_confirmation,
            StatusText(
                _("Channel to be confirmed"),
                "red",
                "eye-check",
                _(
                    "%(page)s is newly connected. A second person (a leader of the unit or the "
                    "administrator above) opens Channels and confirms that the page is the unit's. "
                    "The post goes out by itself if that is done before %(when)s."
                ),
                "not_after",
            ),
        ),
        Case(
            lambda row: row.error_code == Reason.LATER and row.fire_at > row.due_at,
            StatusText(
                _("Trying again"),
                "yellow",
                "refresh",
                _(
                    "%(page)s was not ready; the portal tries again at %(when)s. There "
                    "is nothing to do."
                ),
                "fire_at",
            ),
        ),
        Case(
            lambda row: row.fire_at <= timezone.now(),
            StatusText(_("Going out"), "blue", "send", _("It is time: it goes out to %(page)s.")),
        ),
    ),
    State.CLAIMED: (
        Case(
            lambda row: row.is_prepared_early,
            StatusText(
                _("Scheduled"),
                "yellow",
                "upload",
                _("Its video is being brought to %(page)s ahead of time; it goes out at %(when)s."),
                "fire_at",
            ),
        ),
    ),
    State.PROCESSING: (
        Case(
            lambda row: row.recall_id,
            StatusText(
                _("Being recalled"),
                "yellow",
                "arrow-back-up",
                _(
                    "%(page)s has taken the post and is still working on it. It is recalled, and "
                    "is taken down as soon as it stands there."
                ),
            ),
        ),
    ),
    State.NEEDS_PERSON: (
        Case(
            lambda row: (
                row.error_code in RECALL_TASKS and row.published_at is None and not row.draft_ref
            ),
            StatusText(
                *_LOOK,
                _(
                    "It was to be posted by hand and is recalled. Make sure that it is not on "
                    "%(page)s, then say so here."
                ),
            ),
        ),
        Case(
            lambda row: row.error_code == Reason.WITHDRAW_FAILED and _known_refusal(row),
            StatusText(
                *_LOOK,
                _(
                    "%(page)s did not let the portal take the post down: %(reason)s. Delete it on "
                    "the page, then confirm it here."
                ),
                reason=_known_refusal,
            ),
        ),
    ),
    State.MANUAL: (
        Case(
            lambda row: row.manual_deadline,
            StatusText(
                _("By hand"),
                "yellow",
                "pencil",
                _("Please post it by hand on %(page)s before %(when)s, then enter the link."),
                "manual_deadline",
            ),
        ),
    ),
    State.PUBLISHED: (
        Case(
            lambda row: row.receipt_source == ReceiptSource.POSTED,
            StatusText(*_PUBLISHED, _("Posted by hand on %(page)s at %(when)s."), "published_at"),
        ),
    ),
    State.RECALLING: (
        Case(
            _was_never_seen,
            StatusText(
                _("Being cancelled"),
                "yellow",
                "ban",
                _("Cancelled; the unpublished copy on %(page)s is being removed."),
            ),
        ),
        Case(
            _is_out_of_reach,
            StatusText(
                _("Waiting for the connection"),
                "red",
                "plug-connected-x",
                _(
                    "The connection to %(page)s is lost, so the post still stands there. It is "
                    "taken down by itself as soon as the channel is connected again."
                ),
            ),
        ),
    ),
    State.RECALLED: (
        Case(
            _was_never_seen,
            StatusText(*_CANCELLED, _("Cancelled before it was published on %(page)s.")),
        ),
    ),
    State.FAILED: (
        Case(
            _was_refused_for_a_while,
            StatusText(
                *_FAILED,
                _("%(page)s refused the post: %(reason)s. Choose a time some hours from now."),
                reason=_platform_words,
            ),
        ),
    ),
    State.EXPIRED: (
        Case(
            lambda row: row.awaits_decision,
            StatusText(
                _("Please decide"),
                "red",
                "player-pause",
                _("It fell due during a pause, so it was not published on %(page)s."),
            ),
        ),
        Case(
            lambda row: row.left_unpublished_at,
            StatusText(
                _("Left unpublished"),
                "grey",
                "player-pause",
                _("It fell due during a pause and was left unpublished on %(page)s."),
            ),
        ),
        Case(
            lambda row: row.manual_deadline,
            StatusText(
                _("No link entered"),
                "red",
                "clock-exclamation",
                _(
                    "The deadline for posting by hand on %(page)s passed without a link. "
                    "Does the post stand there? "
                    "Schedule it again at once and enter its link. Otherwise choose a new time."
                ),
            ),
        ),
    ),
}

BY_REASON: dict[State, ByReason] = {
    State.SCHEDULED: {
        None: StatusText(
            _("Scheduled"),
            "yellow",
            "clock",
            _("Will be published at %(when)s on %(page)s."),
            "fire_at",
        ),
    },
    State.CLAIMED: {None: _READY},
    State.STAGED: {None: _READY},
    State.COMMITTING: {
        None: StatusText(_("Going out"), "blue", "send", _("Being published on %(page)s now."))
    },
    State.PROCESSING: {
        Reason.IN_APP: StatusText(
            _("Finish in the app"),
            "yellow",
            "device-mobile",
            _(
                "The video waits in the app's inbox for %(page)s. Open the app, complete "
                "the post there and publish "
                "it. The portal notices by itself; residents do not see it before."
            ),
        ),
        None: StatusText(
            _("Being processed"),
            "blue",
            "progress",
            _(
                "%(page)s has taken the post and still works on it; residents do not see it yet. "
                "The portal asks until it stands there. There is nothing to do."
            ),
        ),
    },
    State.VERIFYING: {
        None: StatusText(
            _("Being verified"),
            "yellow",
            "zoom-check",
            _(
                "%(page)s gave no answer. The portal is looking whether the post stands there and "
                "will not send it twice. There is nothing to do."
            ),
        ),
    },
    State.NEEDS_PERSON: {
        Reason.PROCESSING: StatusText(
            *_LOOK,
            _(
                "%(page)s has worked on the post for more than a day without saying what became of "
                "it. Look at the page, then say here whether the post stands there."
            ),
        ),
        Reason.IN_APP: StatusText(
            *_LOOK,
            _(
                "The video has waited in the app's inbox for %(page)s for more than a day. Look "
                "whether it was published from there, then say so here."
            ),
        ),
        Reason.WITHDRAW_FAILED: StatusText(
            *_LOOK,
            _(
                "%(page)s did not let the portal take the post down. Delete it on the "
                "page, then confirm it here."
            ),
        ),
        Reason.MANUAL_WITHDRAWAL: StatusText(
            *_LOOK,
            _(
                "The portal cannot take the post down from %(page)s. Delete it on the "
                "page, then confirm it here."
            ),
        ),
        None: StatusText(
            *_LOOK,
            _(
                "The portal cannot tell whether the post stands on %(page)s. Look at the "
                "page, then say so here."
            ),
        ),
    },
    State.MANUAL: {
        None: StatusText(
            _("By hand"),
            "yellow",
            "pencil",
            _("Please post it by hand on %(page)s before %(when)s, then enter the link."),
            "not_after",
        ),
    },
    State.PUBLISHED: {
        None: StatusText(*_PUBLISHED, _("Published on %(page)s at %(when)s."), "published_at")
    },
    State.RECALLING: {
        None: StatusText(
            _("Being taken down"),
            "yellow",
            "arrow-back-up",
            _("Being taken down from %(page)s. The portal checks that it is gone."),
        ),
    },
    State.RECALLED: {
        Reason.HIDDEN: StatusText(
            _("Hidden"), "grey", "eye-off", _("Hidden on %(page)s: residents no longer see it.")
        ),
        Reason.MANUAL: StatusText(
            *_TAKEN_DOWN, _("Deleted by hand on %(page)s, as a colleague has confirmed.")
        ),
        None: StatusText(*_TAKEN_DOWN, _("Taken down from %(page)s.")),
    },
    State.FAILED: {
        Reason.REFUSED: StatusText(
            *_FAILED,
            _("%(page)s refused the post: %(reason)s. Revise the post, or schedule it again."),
            reason=_platform_words,
        ),
        Reason.DOES_NOT_FIT: StatusText(
            *_FAILED,
            _("Not sent to %(page)s, for it does not fit: %(reason)s Revise the post."),
            reason=_limit_words,
        ),
        Reason.TOO_MANY_TRIES: StatusText(
            *_FAILED,
            _(
                "%(page)s was not ready after several tries (%(reason)s). Schedule it "
                "again at another time."
            ),
            reason=_platform_words,
        ),
        Reason.NOT_THERE: StatusText(
            *_FAILED,
            _("A colleague looked: the post does not stand on %(page)s. Schedule it again."),
        ),
        Reason.CONTENT_CHANGED: StatusText(
            *_FAILED,
            _(
                "Not sent to %(page)s: the stored text or picture is no longer what was approved. "
                "Report this to the system administrator at once."
            ),
        ),
        Reason.NOT_APPROVED: StatusText(
            *_FAILED,
            _(
                "Not sent to %(page)s: nothing proves that it was approved. "
                "Report this to the system administrator at once."
            ),
        ),
        Reason.LEAK: StatusText(*_FAILED, STOPPED_BY_A_RULE),
        None: StatusText(
            *_FAILED,
            _("Not published on %(page)s: %(reason)s. Schedule it again."),
            reason=_platform_words,
        ),
    },
    State.EXPIRED: {
        None: StatusText(
            _("Too late"),
            "red",
            "clock-exclamation",
            _("Too late for %(page)s, so it was not published. Schedule it again at a new time."),
        ),
    },
    State.CANCELLED: {
        Reason.STOPPED: StatusText(
            *_CANCELLED, _("Stopped because the approval ended; nothing was published on %(page)s.")
        ),
        Reason.CHANNEL_LEFT: StatusText(
            *_CANCELLED,
            _("Nothing was published on %(page)s: the page was closed or handed to another unit."),
        ),
        Reason.KIT_WITHDRAWN: StatusText(
            *_CANCELLED,
            _(
                "Nothing was published on %(page)s: the kit from which the post came was withdrawn "
                "by those who wrote it."
            ),
        ),
        None: StatusText(*_CANCELLED, _("Cancelled before it was published on %(page)s.")),
    },
}

MANUAL_PAUSED = StatusText(
    *_PAUSED, _("Paused: %(reason)s Do not post it by hand on %(page)s while the pause lasts.")
)
PAUSED_TOO_LONG = StatusText(
    *_PAUSED,
    _(
        "Paused: %(reason)s It was due at %(when)s on %(page)s and will not be sent by itself any "
        "more. When the pause ends, decide: schedule it again or leave it."
    ),
    "fire_at",
)
PAUSE_PLANNED = StatusText(
    _("Pause planned"),
    "yellow",
    "clock-pause",
    _("A pause is planned from %(start)s: %(reason)s The time %(when)s on %(page)s falls into it."),
    "fire_at",
)
PAUSED_UNTIL = StatusText(
    *_PAUSED,
    _(
        "Paused until %(end)s: %(reason)s It is due at %(when)s on %(page)s and does not go out "
        "unless the pause ends sooner."
    ),
    "fire_at",
)
PAUSED_FOR_NOW = StatusText(
    *_PAUSED,
    _(
        "Paused: %(reason)s It is due at %(when)s on %(page)s and goes out only if the "
        "pause has ended by then."
    ),
    "fire_at",
)
