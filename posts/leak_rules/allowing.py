"""Numbers, accounts and hosts that a unit may publish: entered by one person, public by the word of
a second one, and ended by either.
"""

import re

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import can, holders, require, second_approvers
from audit.services import record
from core import phones
from core.errors import NotAllowed, Refused
from core.reasons import require_reason
from core.secrecy import require_no_secrecy_mark
from core.text import normalise
from posts.leak_rules.enforcement import require_no_leak
from posts.leak_rules.models import LONGEST_VALUE, AllowedItem
from units.models import Unit

Kind = AllowedItem.Kind
MOST_ITEMS = 200  # open ones of a unit
_ACCOUNT = re.compile(r"\d{6,19}")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,5}[a-z]{2,20}")


def may_enter(user: User, unit: Unit) -> bool:
    """Check whether the person may enter what posts of ``unit`` may name."""
    return can(user, Permission.POST_WRITE, unit=unit) or may_confirm(user, unit)


def may_confirm(user: User, unit: Unit) -> bool:
    """Check whether the person confirms it: as the unit's leader, or for the province."""
    either = (Permission.POST_APPROVE, Permission.POST_APPROVE_SECOND)
    return any(can(user, right, unit=unit) for right in either)


def _position(user: User, unit: Unit, *rights: Permission) -> str:
    """Return the position in which the person acts, by the first of ``rights`` that they hold.
    Raise NotAllowed.
    """
    held = next((right for right in rights if can(user, right, unit=unit)), rights[0])
    return require(user, held, unit=unit).position


@transaction.atomic
def enter(*, unit: Unit, kind: str, value: str, label: str, by: User) -> AllowedItem:
    """Enter a number, an account or a host, and ask for the second person. Raise NotAllowed,
    Refused.
    """
    rights = (Permission.POST_WRITE, Permission.POST_APPROVE, Permission.POST_APPROVE_SECOND)
    position = _position(by, unit, *rights)
    label = normalise(label).strip()[:LONGEST_VALUE]
    if not label:
        raise Refused(_("Say whose it is, such as “Duty desk of the ward's police”."))
    require_no_secrecy_mark([label])
    require_no_leak(label)
    Unit.objects.select_for_update(of=("self",)).get(pk=unit.pk)
    if AllowedItem.objects.filter(unit=unit, ended_at=None).count() >= MOST_ITEMS:
        raise Refused(
            _("At most %(n)s, please. End what is not used any more.") % {"n": MOST_ITEMS}
        )
    item = AllowedItem(
        unit=unit,
        kind=Kind(kind),
        value=_checked_value(kind, value),
        label=label,
        entered_by=by,
        entered_at=timezone.now(),
    )
    try:
        with transaction.atomic():
            item.save()
    except IntegrityError:
        raise Refused(_("This stands in the list already.")) from None
    record("allowed.entered", item, by=by, position=position)
    people = {p.pk: p for p in holders(Permission.POST_APPROVE, unit=unit, besides={by.pk})}
    if not people:
        people = {p.pk: p for p in second_approvers(unit, besides={by.pk})}
    notify(
        people.values(),
        "allowed_entered",
        address=f"{reverse('posts:allowed')}?unit={unit.key}",
        by=by,
        title=item,
        unit=unit,
    )
    return item


@transaction.atomic
def confirm(item: AllowedItem, *, by: User) -> None:
    """Make public what somebody else entered: from now on posts may name it."""
    position = _position(by, item.unit, Permission.POST_APPROVE, Permission.POST_APPROVE_SECOND)
    if item.entered_by_id == by.pk:
        raise NotAllowed(_("You entered it yourself. Somebody else confirms it."))
    row = AllowedItem.objects.filter(pk=item.pk, confirmed_at=None, ended_at=None)
    if not row.update(confirmed_by=by, confirmed_at=timezone.now()):
        raise Refused(_("It was confirmed or ended meanwhile."))
    record("allowed.confirmed", item, by=by, position=position)


@transaction.atomic
def end(item: AllowedItem, *, by: User, reason: str) -> None:
    """End it: what is scheduled and names it is checked again."""
    rights = (Permission.POST_APPROVE, Permission.POST_APPROVE_SECOND, Permission.POST_WRITE)
    position = _position(by, item.unit, *rights)
    reason = require_reason(reason, _("Please write why it is ended."))
    require_no_leak(reason)
    if not AllowedItem.objects.filter(pk=item.pk, ended_at=None).update(ended_at=timezone.now()):
        raise Refused(_("It is ended already."))
    record("allowed.ended", item, by=by, position=position, reason=reason)


def _checked_value(kind: str, typed: str) -> str:
    """Return a number, an account or a host as the leak check compares it. Raise Refused."""
    typed = normalise(typed).strip()
    match kind:
        case Kind.PHONE:
            if number := phones.parse_digits(typed):
                return number
            message = _("This is no Vietnamese telephone number. Write it with its area code.")
        case Kind.ACCOUNT:
            bare = re.sub(r"[\s.-]+", "", typed)
            if _ACCOUNT.fullmatch(bare):
                return bare
            message = _("This is no account: write its 6 to 19 digits.")
        case _:
            host = re.sub(r"^https?://|[/?#].*$", "", typed.casefold()).removeprefix("www.")
            if _HOST.fullmatch(host):
                return host
            message = _("This is no website. Write its address, such as mttqdanang.org.vn.")
    raise Refused(message)
