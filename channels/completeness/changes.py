"""Texts of a page that the unit wants to change at its platform: proposed by one person, approved
by another, for exactly these texts.
"""

from collections.abc import Mapping

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Authority, User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import appointed_by, holders, require
from audit.services import record
from channels.completeness.queries import changes_of, digest_of, writable_lengths
from channels.models import Channel, PageChange, PageCheck
from channels.states import OPEN_CHANGES, ChangeState
from core import jobs
from core.errors import NotAllowed, Refused
from core.leaks import require_storable
from core.reasons import require_reason
from core.secrecy import require_no_secrecy_mark
from core.text import normalise
from platforms import hours
from units.models import UnitFacts


@transaction.atomic
def propose(channel: Channel, *, by: User, texts: Mapping[str, str]) -> PageChange:
    """Propose texts of the page, by field; those that it has already are left out. Raise Refused
    for what does not fit there or may not be published."""
    authority = require(by, Permission.POST_WRITE, unit=channel.unit)
    Channel.objects.select_for_update(of=("self",)).get(pk=channel.pk)
    check = PageCheck.objects.filter(channel=channel).first()
    now = check.texts if check else {}
    wanted = {name: normalise(text).strip() for name, text in texts.items()}
    wanted = {name: text for name, text in wanted.items() if text and text != now.get(name, "")}
    if not wanted:
        raise Refused(_("Nothing would change: the page says this already."))
    _require_fitting(channel, wanted)
    if changes_of(channel).filter(state__in=OPEN_CHANGES).exists():
        raise Refused(_("Words for this page wait already. Decide on them first."))
    change = PageChange.objects.create(
        channel=channel,
        unit=channel.unit,
        texts=wanted,
        before={name: now.get(name, "") for name in wanted},
        content_sha256=digest_of(channel, wanted),
        proposed_by=by,
        proposed_at=timezone.now(),
    )
    _record("proposed", change, by=by, authority=authority)
    people = holders(Permission.POST_APPROVE, unit=channel.unit, besides={by.pk})
    _notify(people, "page_change_proposed", change, by=by)
    return change


def _require_fitting(channel: Channel, texts: Mapping[str, str]) -> None:
    limits = writable_lengths(channel)
    for name, text in texts.items():
        if len(text) > limits.get(name, 0):
            message = _("The platform takes at most %(n)s characters here; these are %(long)s.")
            raise Refused(message % {"n": limits.get(name, 0), "long": len(text)})
    if "hours" in texts and not _is_valid_hours(texts["hours"]):
        raise Refused(_("Write hours as 07:30-11:30, 13:30-17:00, at most two spans a day."))
    if {"<", ">"} & set("".join(texts.values())):
        raise Refused(_("Leave out the characters < and >."))
    if "phone" in texts and texts["phone"] not in public_numbers(channel):
        raise Refused(_("Choose a number that the unit has among its own facts."))
    require_no_secrecy_mark(texts.values())
    require_storable([texts.get("description", "")], channel.unit)


def _is_valid_hours(text: str) -> bool:
    """Check that a text names hours in the one way in which they are written."""
    try:
        return hours.write_week(hours.read_week(text)) == text
    except ValueError:
        return False


def public_numbers(channel: Channel) -> dict[str, str]:
    """Return the numbers that the unit tells residents, with what each is."""
    facts = UnitFacts.objects.filter(unit=channel.unit).first()
    if facts is None:
        return {}
    numbers = {facts.duty_phone: _("officer on duty")} if facts.duty_phone else {}
    return numbers | {number["number"]: number.get("label", "") for number in facts.public_numbers}


@transaction.atomic
def approve(change: PageChange, *, by: User, content_sha256: str) -> None:
    """Approve exactly the texts that the person has read. Their proposer may not."""
    authority = require(by, Permission.POST_APPROVE, unit=change.unit)
    change = _lock_waiting(change)
    if change.proposed_by_id == by.pk:
        raise NotAllowed(_("Who proposed the words may not approve them. Another leader has to."))
    if appointed_by(by, people=[change.proposed_by]):
        raise NotAllowed(
            _("You gave the colleague who wrote this their right. Another leader has to approve.")
        )
    whole = digest_of(change.channel, change.texts)
    if not content_sha256 == change.content_sha256 == whole:
        raise Refused(_("This is not what you have read any more. Please read the page anew."))
    _require_fitting(change.channel, change.texts)
    now = timezone.now()
    job = jobs.enqueue("page_change")
    _set_state(change, ChangeState.APPROVED, decided_by=by, decided_at=now, job=job)
    _record("approved", change, by=by, authority=authority)


@transaction.atomic
def refuse(change: PageChange, *, by: User, reason: str) -> None:
    """Send the proposal back for a reason, which the proposer reads."""
    authority = require(by, Permission.POST_APPROVE, unit=change.unit)
    change = _lock_waiting(change)
    if change.proposed_by_id == by.pk:
        raise NotAllowed(_("Your own proposal is withdrawn, not refused."))
    reason = require_reason(reason, _("Say why the words are not approved."))
    now = timezone.now()
    _set_state(
        change, ChangeState.REFUSED, decided_by=by, decided_at=now, ended_at=now, reason=reason
    )
    _record("refused", change, by=by, authority=authority, reason=reason)
    _notify([change.proposed_by], "page_change_refused", change, by=by)


@transaction.atomic
def withdraw(change: PageChange, *, by: User) -> None:
    """Take one's own proposal back before anybody has decided."""
    authority = require(by, Permission.POST_WRITE, unit=change.unit)
    change = _lock_waiting(change)
    if change.proposed_by_id != by.pk:
        raise NotAllowed(_("Only who proposed the words withdraws them."))
    _set_state(change, ChangeState.WITHDRAWN, ended_at=timezone.now())
    _record("withdrawn", change, by=by, authority=authority)


def _lock_waiting(change: PageChange) -> PageChange:
    """Return the row, locked; Refused once somebody has decided."""
    rows = PageChange.objects.select_for_update(of=("self",))
    row = rows.select_related("channel__unit", "unit", "proposed_by").get(pk=change.pk)
    if row.state != ChangeState.PROPOSED:
        raise Refused(_("Somebody has decided this meanwhile. Reload the page."))
    return row


def _set_state(change: PageChange, to: ChangeState, **fields: object) -> None:
    """Write the state of a row that is locked."""
    PageChange.objects.filter(pk=change.pk).update(state=to, **fields)
    change.refresh_from_db(fields=["state", *fields])


def _record(
    what: str, change: PageChange, *, by: User, authority: Authority, reason: str = ""
) -> None:
    record(
        f"channel.change_{what}",
        change.channel,
        by=by,
        position=authority.position,
        reason=reason,
        fields=sorted(change.texts),
        sha256=change.content_sha256,
    )


def _notify(people: list[User], kind: str, change: PageChange, *, by: User) -> None:
    address = reverse("channels:change", args=[change.public_id])
    notify(people, kind, address=address, channel=change.channel, by=by)
