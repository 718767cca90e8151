"""The reply desk: comments under a published post, shown as the platform tells them now, answered
or hidden.

Nothing of a comment is kept, neither its words nor who wrote them: what stays is how many were
answered, how many were not, and how many are hidden. An answer is a public word of the unit, with
two people behind it (see `wording`), never given during a pause, and it bears no secrecy mark.

What is to be answered or hidden is named by a ticket, which only a comment that was shown has got.
By its bare number, any object of the page could be named: another post, or this very one. A ticket
is sealed: a form that waits for a proof of a factor lies in the session with it.
"""

import base64
import secrets
from datetime import datetime, timedelta

from django.core import signing
from django.db import transaction
from django.db.models import Case, F, IntegerField, QuerySet, When
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from channels.connection.health import mark_lost
from channels.queries import account_of, facts_of
from channels.reasons import describe_reason
from channels.states import Health, Kind, Lifecycle
from core.errors import NotAllowed, Refused
from core.sealing import Unsealable, seal, unseal
from engagement.counting.schedule import reports_figures
from engagement.models import CommentCount, ReplyAllowance, SpentTicket
from engagement.replies import wording
from platforms import client
from platforms.errors import AccessLost, ConnectorError, OutcomeUnknown, TryLater
from platforms.messages import Comment
from publishing.freeze import freezing
from publishing.models import Delivery
from publishing.states import ReceiptSource, State
from units.models import Level, Unit

# A post older than this is answered on the page itself.
SHOWN_FOR = timedelta(days=60)
# A form that is older is not sent any more.
TICKET_LASTS = timedelta(days=1)


class UnknownAnswer(Refused):
    """The answer may have come through: it must not be given again before somebody has looked."""


# --- whether there is a desk ----------------------------------------------------------------------


def has_allowance(*units: Unit) -> bool:
    """Check whether the province of one of these allows its units to answer from here."""
    return ReplyAllowance.objects.filter(
        unit__path__in={unit.province_path for unit in units}
    ).exists()


def explain_refusal(delivery: Delivery, *, opened: bool | None = None) -> str:
    """Explain why the comments of a publication cannot be shown, in the officer's words; empty when
    they can. ``opened``, where the caller knows whether the unit's reply desk is open, saves a
    query a publication.
    """
    if not (has_allowance(delivery.unit) if opened is None else opened):
        return _(
            "The provincial police have not opened the reply desk. Answer on the page "
            "itself, or ask them to."
        )
    if not facts_of(delivery.platform).comments:
        return _("This platform lets no portal read comments. Answer in its own app.")
    if delivery.state != State.PUBLISHED or not reports_figures(
        delivery.platform, delivery.receipt_source
    ):
        return _(
            "Comments are shown of posts that the portal published and that stand on the page."
        )
    if delivery.channel.health != Health.CONNECTED or delivery.channel.unit_id != delivery.unit_id:
        return _("The channel is not connected now.")
    if delivery.unit.valid_to and delivery.unit.valid_to <= timezone.localdate():
        return _(
            "This unit is no longer in being, so nothing is said in its name. Under Channels, the "
            "page is handed over to the unit that took its place."
        )
    match delivery.channel.lifecycle:
        case Lifecycle.FROZEN:
            return _(
                "The page is no longer called what it was, so nothing goes out there. The head of "
                "the unit opens Channels and confirms that the page is still the unit's."
            )
        case Lifecycle.TAKEN_OVER:
            return _(
                "The page is in other hands, so nothing goes out there. Once the unit has it back, "
                "the head of the unit says so under Channels."
            )
    return ""


def explain_silence(delivery: Delivery) -> str:
    """Explain why the unit cannot answer now, where comments can be shown; empty when it can.
    Hiding does not call this: it publishes nothing, and an insult or a fraud must not stay visible
    because the unit's page rests or a restored database is being compared. A page that may no
    longer be the unit's has no reply desk at all.
    """
    if delivery.channel.lifecycle == Lifecycle.PAUSED:
        return _(
            "The unit lets this page rest, so nothing goes out there and comments can "
            "only be hidden. To answer them, "
            "the head of the unit opens Channels and puts the page to use again."
        )
    if delivery.channel.awaits_confirmation:
        return _(
            "A second person has not yet confirmed under Channels that the page is the unit's. "
            "Until then comments can only be hidden."
        )
    if not freezing.may_publish():
        return _(
            "Publishing is frozen. No answers until the administrators of the ministry "
            "have released it."
        )
    if Delivery.objects.filter(pk=delivery.pk).under_pause(timezone.now()).exists():
        return _("Publishing is paused. No answers while the pause lasts.")
    return ""


def find_desk_deliveries(user: User, *, now: datetime) -> QuerySet[Delivery]:
    """List the publications whose comments may be shown to ``user``."""
    platforms = [kind for kind in Kind.values if facts_of(kind).comments]
    return Delivery.objects.within(user.reach(Permission.POST_SCHEDULE)).filter(
        state=State.PUBLISHED,
        receipt_source=ReceiptSource.PLATFORM,
        platform__in=platforms,
        published_at__gt=now - SHOWN_FOR,
        channel__health=Health.CONNECTED,
        channel__lifecycle__in=[Lifecycle.ACTIVE, Lifecycle.PAUSED],
        channel__unit=F("unit"),  # not handed over to another unit since
        unit__in=Unit.objects.current(timezone.localdate(now)),
    )


def count_waiting(deliveries: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """Add to each publication how many comments ``wait`` there, as far as is known without asking
    the platform: those unanswered when somebody last looked, or as many as have come since.
    """
    seen, counted = "comment_count", F("measurement__comments")
    come_since = counted - F(f"{seen}__answered") - F(f"{seen}__hidden")
    return deliveries.annotate(
        waiting=Case(
            When(**{f"{seen}__isnull": True}, then=Coalesce(counted, 0)),
            default=Greatest(F(f"{seen}__unanswered"), Coalesce(come_since, 0)),
            output_field=IntegerField(),
        )
    )


@transaction.atomic
def allow_replies(province: Unit, *, by: User, reason: str) -> None:
    authority = _require_decider(province, by=by, reason=reason)
    _row, created = ReplyAllowance.objects.get_or_create(
        unit=province, defaults={"allowed_by": by, "reason": reason.strip()}
    )
    if not created:
        raise Refused(_("The reply desk is open already."))
    record("desk.opened", province, by=by, position=authority.position, reason=reason.strip())


@transaction.atomic
def forbid_replies(province: Unit, *, by: User, reason: str) -> None:
    authority = _require_decider(province, by=by, reason=reason)
    if not ReplyAllowance.objects.filter(unit=province).delete()[0]:
        raise Refused(_("The reply desk is closed anyway."))
    record("desk.closed", province, by=by, position=authority.position, reason=reason.strip())


def _require_decider(province: Unit, *, by: User, reason: str):
    authority = require(by, Permission.PLATFORM_ALLOW, unit=province)
    if province.level != Level.PROVINCE:
        raise Refused(_("Only a province decides on its units' reply desk."))
    if not reason.strip():
        raise Refused(_("Give the reason for this decision."))
    return authority


# --- the desk -------------------------------------------------------------------------------------


def read_comments(delivery: Delivery, *, by: User) -> list[Comment]:
    """Fetch the comments from the platform, up to ``MOST_COMMENTS``; store only their numbers.
    Raise Refused when the platform does not deliver them.
    """
    require(by, Permission.POST_SCHEDULE, unit=delivery.unit)
    _require_open(delivery)
    comments = _call_platform(
        delivery, lambda connector, account: connector.list_comments(account, delivery.remote_id)
    )
    CommentCount.objects.update_or_create(
        delivery=delivery, defaults={**count_comments(comments), "taken_at": timezone.now()}
    )
    return comments


def count_comments(comments: list[Comment]) -> dict[str, int]:
    """Count what is answered, unanswered and hidden: all that is kept of comments."""
    visible = [comment for comment in comments if not comment.hidden]
    return {
        "answered": sum(comment.answered for comment in visible),
        "unanswered": sum(not comment.answered for comment in visible),
        "hidden": len(comments) - len(visible),
    }


def sign_ticket(delivery: Delivery, comment: Comment) -> str:
    """Return the token of a comment's form: the proof that it was shown under this publication. The
    platform's list cannot prove it: it may end before this one, and residents write on while an
    officer thinks.
    """
    salt = _get_salt(delivery)
    sealed = seal({"comment": comment.external_id, "key": secrets.token_hex(8)}, row=salt)
    return signing.TimestampSigner(salt=salt).sign(base64.urlsafe_b64encode(sealed).decode())


def find_comment_of_ticket(delivery: Delivery, ticket: str) -> str:
    """Return the comment that a form was shown with, however long ago; empty: none of this
    publication.
    """
    return _open_ticket(delivery, ticket)[0]


def _open_ticket(
    delivery: Delivery, ticket: str, *, max_age: timedelta | None = None
) -> tuple[str, str]:
    """Return a ticket's comment and key."""
    salt = _get_salt(delivery)
    try:
        sealed = signing.TimestampSigner(salt=salt).unsign(ticket, max_age=max_age)
        content = unseal(base64.urlsafe_b64decode(sealed), row=salt)
    except (signing.BadSignature, Unsealable):
        return "", ""
    return content["comment"], content["key"]


def _get_salt(delivery: Delivery) -> str:
    return f"engagement.desk.{delivery.public_id}"


def _use_ticket(delivery: Delivery, ticket: str) -> str:
    """Use up a ticket and return its comment: of two taps at the same time, or of a form that is
    sent again while the platform is slow, one gets it.
    """
    now = timezone.now()
    comment, key = _open_ticket(delivery, ticket, max_age=TICKET_LASTS)
    if not comment:
        raise Refused(
            _(
                "This form is more than a day old, or of another post. Look at the "
                "comments as they stand now."
            )
        )
    _row, created = SpentTicket.objects.get_or_create(key=key, defaults={"spent_at": now})
    if not created:
        raise Refused(
            _("This was sent already. Look below whether it came through before you send it again.")
        )
    return comment


def answer_comment(delivery: Delivery, ticket: str, text: str, *, by: User) -> None:
    """Reply in the page's name. Raise Doubtful when nobody knows whether the
    answer came through.
    """
    authority = require(by, Permission.POST_SCHEDULE, unit=delivery.unit)
    _require_open(delivery)
    text = wording.clean_answer(text, unit=delivery.unit)
    is_own = wording.require_may_say(text, unit=delivery.unit, by=by)
    if reason := explain_silence(delivery):
        raise Refused(reason)
    comment = _use_ticket(delivery, ticket)
    _call_platform(
        delivery,
        lambda connector, account: connector.reply_to_comment(account, comment, text),
        writes=True,
    )
    # Which comment is not on record: its number would lead to whoever wrote it.
    data = {} if is_own else {"method": "phrase"}
    record("desk.answered", delivery, by=by, position=authority.position, **data)
    wording.count_for_leaders("own" if is_own else "answered", delivery, by=by)


def hide_comment(delivery: Delivery, ticket: str, *, by: User, hidden: bool) -> None:
    authority = require(by, Permission.POST_SCHEDULE, unit=delivery.unit)
    _require_open(delivery)
    comment = _use_ticket(delivery, ticket)
    _call_platform(
        delivery, lambda connector, account: connector.hide_comment(account, comment, hidden=hidden)
    )
    record("desk.hid" if hidden else "desk.showed", delivery, by=by, position=authority.position)
    wording.count_for_leaders("hidden" if hidden else "shown", delivery, by=by)


def _require_open(delivery: Delivery) -> None:
    if reason := explain_refusal(delivery):
        raise NotAllowed(reason) if not has_allowance(delivery.unit) else Refused(reason)


def _call_platform(delivery: Delivery, call, *, writes: bool = False):
    """Return the platform's answer, or raise Refused in the officer's words. Never call it inside a
    transaction.
    """
    try:
        account = account_of(delivery.channel)
    except Unsealable:
        raise Refused(_("The stored credentials cannot be opened.")) from None
    try:
        return client.call(
            delivery.platform, lambda connector: call(connector, account), writes=writes
        )
    except AccessLost as error:
        mark_lost(delivery.channel, code=error.code)
        raise Refused(describe_reason(delivery.platform, error.code, error.detail)) from None
    except OutcomeUnknown:
        if writes:
            message = _(
                "Nobody knows whether the answer came through. Look on the page before "
                "you send it again."
            )
            raise UnknownAnswer(message) from None
        raise Refused(_("The platform did not answer. Try again in a moment.")) from None
    except TryLater:
        raise Refused(_("The platform did not answer. Try again in a moment.")) from None
    except ConnectorError as error:
        raise Refused(describe_reason(delivery.platform, error.code, error.detail)) from None
