"""Map values of the ministry's claims: one of the ministry's administrators proposes, another
confirms.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import ClaimMapping, User
from accounts.permissions import Permission, Role
from accounts.queries import require
from audit.services import record
from core.errors import NotAllowed, Refused
from units.models import Level, Unit
from units.queries import find_unit

LINES = 500  # of one form
ROWS = 20_000


def ministry_unit() -> Unit:
    return Unit.objects.get(level=Level.MINISTRY)


def meaning_of(units: Iterable[str], roles: Iterable[str]) -> tuple[Unit | None, str]:
    """Return the unit and the role that the confirmed mapping gives for values of the claims; None
    and "" if none.
    """
    known = ClaimMapping.objects.exclude(confirmed_by=None).select_related("unit")
    place = known.filter(kind=ClaimMapping.UNIT, value__in=list(units)).first()
    post = known.filter(kind=ClaimMapping.ROLE, value__in=list(roles)).first()
    unit = place.unit if place and place.unit and place.unit.is_current else None
    return unit, post.role if post else ""


def parse_meanings(kind: str, text: str) -> list[tuple[str, Any]]:
    """Read lines of ``value = unit`` or ``value = role``. Raise Refused, which names the line."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not 0 < len(lines) <= LINES:
        raise Refused(_("Write between one and %(n)s lines.") % {"n": LINES})
    meanings: dict[str, Any] = {}
    for line in lines:
        value, equals, meaning = (part.strip() for part in line.rpartition("="))
        if kind == ClaimMapping.ROLE:
            target: Any = _find_role(meaning)
        else:
            target = find_unit(meaning, Unit.objects.filter(valid_to=None)).unit
        if not (equals and 0 < len(value) <= 200 and target) or value in meanings:
            raise Refused(
                _("This line is not clear, or stands there twice: “%(line)s”")
                % {"line": line[:250]}
            )
        meanings[value] = target
    return list(meanings.items())


def _find_role(meaning: str) -> str:
    return next(
        (
            role.value
            for role in Role
            if meaning.casefold() in {role.value, str(role.label).casefold()}
        ),
        "",
    )


@transaction.atomic
def propose(kind: str, text: str, *, by: User, now: datetime) -> int:
    """Propose what values mean, for another administrator to confirm; return how many."""
    top = ministry_unit()
    authority = require(by, Permission.ACCOUNT_MANAGE, unit=top)
    if ClaimMapping.objects.count() + LINES > ROWS:
        raise Refused(_("The mapping is full. Remove what is no longer used."))
    rows = [
        ClaimMapping(
            kind=kind,
            value=value,
            unit=target if kind == ClaimMapping.UNIT else None,
            role=target if kind == ClaimMapping.ROLE else "",
            proposed_by=by,
            proposed_at=now,
        )
        for value, target in parse_meanings(kind, text)
    ]
    try:
        with transaction.atomic():
            ClaimMapping.objects.bulk_create(rows)
    except IntegrityError as known:
        raise Refused(_("One of these values has a meaning already. Remove that first.")) from known
    record(
        "account.claims_proposed",
        top,
        by=by,
        position=authority.position,
        kind=kind,
        count=len(rows),
    )
    return len(rows)


@transaction.atomic
def confirm(chosen: Iterable[str], *, by: User, now: datetime) -> int:
    """Confirm what another administrator proposed; return how many. Skip what
    one proposed oneself.
    """
    top = ministry_unit()
    authority = require(by, Permission.ACCOUNT_MANAGE, unit=top)
    rows = ClaimMapping.objects.filter(public_id__in=list(chosen), confirmed_by=None).exclude(
        proposed_by=by
    )
    count = rows.update(confirmed_by=by, confirmed_at=now)
    if not count:
        raise NotAllowed(_("Another administrator has to confirm what you asked for."))
    record("account.claims_confirmed", top, by=by, position=authority.position, count=count)
    return count


@transaction.atomic
def remove(chosen: Iterable[str], *, by: User) -> int:
    """Remove meanings; accounts and appointments that were given by them stay. Return how many."""
    top = ministry_unit()
    authority = require(by, Permission.ACCOUNT_MANAGE, unit=top)
    count = ClaimMapping.objects.filter(public_id__in=list(chosen)).delete()[0]
    record("account.claims_removed", top, by=by, position=authority.position, count=count)
    return count
