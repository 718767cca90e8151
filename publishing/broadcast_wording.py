"""What a broadcast's state means, in the words of the person who has to do something about it."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from channels.reasons import in_words
from publishing.models import Broadcast
from publishing.states import BroadcastState
from publishing.wording import Told, moment, page_name

B = BroadcastState


def told(row: Broadcast) -> Told:
    """Needs ``channel`` and ``asked_by`` loaded."""
    page = {"page": page_name(row.channel)}
    match BroadcastState(row.state):
        case B.PLANNED:
            words = _("%(who)s wants to send it to the followers of %(page)s. A second person has to confirm it.")
            return Told(_("Waits for a second person"), "yellow", "hourglass", words % {**page, "who": row.asked_by})
        case B.CONFIRMED:
            words = _("It goes to the followers of %(page)s at %(when)s.")
            return Told(_("Confirmed"), "yellow", "clock", words % {**page, "when": moment(row.send_at)})
        case B.SENDING:
            words = _("It is being sent to the followers of %(page)s now.") % page
            return Told(_("Being sent"), "blue", "send", words)
        case B.SENT if not row.number:
            words = _("Sent to the followers of %(page)s, as a colleague has seen there.") % page
            return Told(_("Sent to the followers"), "green", "speakerphone", words)
        case B.SENT:
            words = _(
                "%(page)s took it for its followers at %(when)s. Zalo looks at it before it goes out and does not tell "
                "how many received it."
            )
            return Told(
                _("Sent to the followers"), "green", "speakerphone", words % {**page, "when": moment(row.ended_at)}
            )
        case B.UNKNOWN:
            words = _(
                "Nobody can tell from here whether the followers of %(page)s received it, and the portal will not send "
                "it again. Open OA Manager, look among the broadcasts, then say here what stands there."
            )
            return Told(_("Please look"), "red", "eye-check", words % page)
        case B.FAILED:
            return Told(_("Not sent to the followers"), "red", "send-off", _failure(row, page))
        case B.CANCELLED:
            words = {
                "unconfirmed": _("Nobody confirmed it in time, so it was not sent to the followers of %(page)s."),
                "restored": _(
                    "The portal's database was restored and may be older than what was sent. Look in OA Manager before "
                    "you ask for it again."
                ),
            }.get(row.error_code, _("Called off; it was not sent to the followers of %(page)s."))
            return Told(_("Called off"), "grey", "ban", words % page)


def _failure(row: Broadcast, page: dict[str, str]) -> str:
    reason = in_words(row.channel.platform, row.platform_code, row.error_detail)
    match row.error_code:
        case "too_late":
            words = _("It could not go out in time, so nobody was sent it on %(page)s. Ask for it again.")
        case "not_standing":
            words = _("The post no longer stands on %(page)s as it was approved, so nobody was sent it.")
        case "not_there":
            words = _("A colleague looked: the followers of %(page)s were not sent it.")
        case _other:
            words = _("%(page)s did not take it: %(reason)s. Nobody was sent it.")
    return words % {**page, "reason": reason}


def reach(followers: int | None) -> str:
    """To how many people it goes."""
    if followers is None:
        return _("How many people follow the page is not known at the moment.")
    n = number_format(followers, force_grouping=True)
    return ngettext("%(n)s person follows the page.", "%(n)s people follow the page.", followers) % {"n": n}
