"""Link ministry identities to accounts: one administrator proposes whose identity it is, another
one confirms.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.ministry import mapping
from accounts.ministry.tokens import Identity
from accounts.models import MinistryIdentity, MinistryRequest, User
from accounts.notices import notify
from accounts.people import invitations, lifecycle
from accounts.permissions import Permission
from accounts.queries import (
    account_named,
    administrators_over,
    confirmers,
    governs,
    has_factor,
    is_linked,
    require,
    require_governs,
    require_independent,
    tied_to,
    unit_path_of,
)
from accounts.second_factors import recovery
from accounts.services import end_sessions
from audit.services import record
from core.errors import NotAllowed, Refused
from core.reasons import require_reason

ROWS = 1000  # open requests; further people are refused until some are decided
REQUEST_LIFETIME = timedelta(days=14)
PROPOSAL_LIFETIME = timedelta(days=7)
REFUSED_LIFETIME = timedelta(days=30)
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # no letters that look alike, such as I and 1


def identity_of(person: Identity) -> MinistryIdentity | None:
    """Find the account by issuer and subject. Names and addresses in claims decide nothing."""
    rows = MinistryIdentity.objects.select_related("user")
    return rows.filter(issuer=person.issuer, subject=person.subject).first()


def request_link(person: Identity, *, now: datetime) -> MinistryRequest:
    """Request that administrators link this identity, or refresh the request that waits. Raise
    Refused.
    """
    unit, role = mapping.meaning_of(person.units, person.roles)
    unit = unit or mapping.ministry_unit()
    known = MinistryRequest.objects.filter(issuer=person.issuer, subject=person.subject)
    claims = {"name": person.name, "units": person.units, "roles": person.roles}
    with transaction.atomic():
        # What an administrator has looked at does not change under the second one's eyes.
        known.filter(refused_at=None, expires_at__lte=now).delete()
        known.filter(user=None, refused_at=None).update(unit=unit, role=role, **claims)
        if row := known.first():
            return row
        if MinistryRequest.objects.count() >= ROWS:
            raise Refused(
                _(
                    "Too many requests wait at present. Ask your unit's administrator to "
                    "work through them."
                )
            )
        row, made = MinistryRequest.objects.get_or_create(
            issuer=person.issuer,
            subject=person.subject,
            defaults={
                **claims,
                "code": "-".join(
                    "".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(2)
                ),
                "unit": unit,
                "role": role,
                "asked_at": now,
                "expires_at": now + REQUEST_LIFETIME,
            },
        )
        if made:
            record("sign_in.unlinked", row, by=None)
            address = reverse("accounts:ministry_request", args=[row.public_id])
            facts: dict[str, Any] = {"code": row.code, "unit": unit}
            notify(
                confirmers(unit, besides=()),
                "ministry_unlinked",
                address=address,
                mail=False,
                **facts,
            )
    return row


def _lock(row: MinistryRequest, *, now: datetime) -> MinistryRequest:
    rows = (
        MinistryRequest.objects.open(now)
        .select_for_update(of=("self",))
        .select_related("unit", "user")
    )
    if (locked := rows.filter(pk=row.pk).first()) is None:
        raise Refused(_("This request was decided meanwhile, or its time is over."))
    return locked


@transaction.atomic
def propose(row: MinistryRequest, person: User, *, by: User, now: datetime) -> None:
    """Propose that this identity is ``person``'s; notify the person and the administrators who may
    confirm it.
    """
    row = _lock(row, now=now)
    require(by, Permission.ACCOUNT_MANAGE, unit=row.unit)
    authority = require_governs(by, person)
    if row.user_id:
        raise Refused(_("Another administrator proposed an account for this request already."))
    if not person.is_active:
        raise Refused(_("This account is disabled. Enable it first."))
    if is_linked(person):
        raise Refused(_("This account is linked to another ministry account. End that link first."))
    others = [
        administrator for administrator in administrators_over(person) if administrator.pk != by.pk
    ]
    if not others:
        raise Refused(_("No second administrator can confirm this. Ask the system operator."))
    row.user, row.proposed_by, row.proposed_at, row.expires_at = (
        person,
        by,
        now,
        now + PROPOSAL_LIFETIME,
    )
    try:
        with transaction.atomic():
            row.save(update_fields=["user", "proposed_by", "proposed_at", "expires_at"])
    except IntegrityError as twice:
        raise Refused(_("Another request is proposed for this account already.")) from twice
    _record("account.link_proposed", person, by=by, position=authority.position, code=row.code)
    address = reverse("accounts:ministry_request", args=[row.public_id])
    notify(others, "ministry_link_to_confirm", address=address, by=by, name=person, code=row.code)
    notify([person], "ministry_link_proposed", address=reverse("accounts:me"), by=by)


def propose_account(row: MinistryRequest, name: str, *, by: User, now: datetime) -> User:
    """Propose the account that ``by`` names by user name or e-mail, if it is one of theirs to
    manage.
    """
    person = account_named(name)
    if person is None or not User.objects.visible_to(by).filter(pk=person.pk).exists():
        raise Refused(_("There is no such account in your area."))
    propose(row, person, by=by, now=now)
    return person


@transaction.atomic
def propose_new(row: MinistryRequest, *, by: User, now: datetime, **facts: Any) -> User:
    """Make an account with an appointment, as an invitation does, and propose it."""
    person = invitations.invite(by=by, **facts)
    propose(row, person, by=by, now=now)
    return person


def may_confirm(row: MinistryRequest, user: User) -> bool:
    """Check whether ``user`` may be the second administrator of this proposal."""
    return (
        row.user is not None
        and row.proposed_by is not None
        and row.proposed_by_id != user.pk
        and not tied_to(user, [row.proposed_by])
        and governs(user, row.user) is not None
    )


@transaction.atomic
def confirm(row: MinistryRequest, *, by: User, now: datetime) -> MinistryIdentity:
    """Link the identity, as the second administrator.

    Where the person has a second factor here, the ministry's replaces it only after the delay of a
    recovery: the person has been told, and two administrators could otherwise take an account over
    at once.
    """
    row = _lock(row, now=now)
    proposer = row.proposed_by
    if not row.user_id or proposer is None:
        raise Refused(_("Nobody proposed an account for this request yet."))
    person = User.objects.select_for_update().get(pk=row.user_id)
    authority = require_governs(by, person)
    if row.proposed_by_id == by.pk:
        raise NotAllowed(_("Another administrator has to confirm what you asked for."))
    require_independent(by, proposer)
    if not proposer.is_active or not governs(proposer, person):
        raise Refused(
            _("Who proposed this no longer has the right to. Refuse it and propose it yourself.")
        )
    if not person.is_active:
        raise Refused(_("This account is disabled. Enable it first."))
    try:
        with transaction.atomic():
            linked = MinistryIdentity.objects.create(
                user=person,
                issuer=row.issuer,
                subject=row.subject,
                proposed_by=proposer,
                confirmed_by=by,
                linked_at=now,
                factor_from=now + recovery.reset_delay() if has_factor(person) else now,
            )
    except IntegrityError as twice:
        raise Refused(
            _("This account is linked to another ministry account. End that link first.")
        ) from twice
    row.delete()
    _record(
        "account.linked",
        person,
        by=by,
        position=authority.position,
        code=row.code,
        asked_by=linked.proposed_by_id,
    )
    notify(
        [person],
        "ministry_linked",
        address=reverse("accounts:me"),
        by=by,
        asked_by=linked.proposed_by,
    )
    return linked


@transaction.atomic
def withdraw(row: MinistryRequest, *, by: User, now: datetime) -> None:
    """Take back one's own proposal; the request waits again."""
    row = _lock(row, now=now)
    person = row.user
    if person is None or row.proposed_by_id != by.pk:
        raise NotAllowed(_("Only who proposed this takes it back. You can refuse it."))
    row.user = row.proposed_by = row.proposed_at = None
    row.save(update_fields=["user", "proposed_by", "proposed_at"])
    _record("account.link_withdrawn", person, by=by, code=row.code)


@transaction.atomic
def refuse(row: MinistryRequest, *, by: User, reason: str, now: datetime) -> None:
    """Refuse a request, or another administrator's proposal; it does not come again for a month."""
    row = _lock(row, now=now)
    require(by, Permission.ACCOUNT_MANAGE, unit=row.unit)
    if row.user_id and not may_confirm(row, by):
        raise NotAllowed(_("Another administrator has to decide about this."))
    reason = require_reason(reason, _("Please write why."))
    proposed_by, person = row.proposed_by, row.user
    row.user = row.proposed_by = row.proposed_at = None
    row.refused_by, row.refused_at, row.reason = by, now, reason
    row.expires_at = now + REFUSED_LIFETIME
    row.save()
    record("sign_in.link_refused", row, by=by, reason=row.reason)
    if proposed_by:
        address = reverse("accounts:ministry_request", args=[row.public_id])
        notify(
            [proposed_by],
            "ministry_link_refused",
            address=address,
            by=by,
            name=person,
            reason=row.reason,
        )


@transaction.atomic
def end(person: User, *, by: User, reason: str) -> None:
    """End the link of an account and its sessions. One administrator is enough: it only takes a
    right away.
    """
    authority = require_governs(by, person)
    reason = require_reason(reason, _("Please write why."))
    if not lifecycle.remove_ministry_link(
        person, by=by, position=authority.position, reason=reason
    ):
        raise Refused(_("This account is not linked to a ministry account."))
    end_sessions(person)
    notify([person], "ministry_unlinked_from", address=reverse("accounts:me"), by=by)


def record_use(linked: MinistryIdentity, *, now: datetime) -> None:
    MinistryIdentity.objects.filter(pk=linked.pk).update(used_at=now)


def _record(action: str, person: User, **facts: object) -> None:
    record(action, person, unit_path=unit_path_of(person), **facts)
