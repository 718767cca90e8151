"""Facts that a unit tells residents about itself: its leader keeps them, on the record."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core import phones
from core.errors import NotAllowed, Refused
from core.permissions import Permission
from core.secrecy import require_no_secrecy_mark
from core.text import normalise
from units.models import Unit, UnitFacts
from units.queries import FACTS_CHANGED
from units.services import Administrator

MOST_NUMBERS = 20
LONGEST_LABEL = 60


class PublicNumber(NamedTuple):
    """A number that posts of the unit may name, and whose it is."""

    number: str
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The facts as a person wrote them; numbers may be grouped in any way."""

    address: str = ""
    duty_phone: str = ""
    opening_hours: str = ""
    public_numbers: Sequence[PublicNumber] = field(default_factory=tuple)
    leader_phone: str = ""  # for those who oversee the unit alone


@transaction.atomic
def change_facts(unit: Unit, facts: Facts, *, by: Administrator) -> UnitFacts:
    """Store what the unit tells residents about itself. Raise NotAllowed, Refused. Saving what is
    stored already changes neither the row nor the record.
    """
    authority = by.authority(Permission.UNIT_FACTS, unit=unit)
    if authority is None:
        raise NotAllowed(_("Only the leader of the unit changes this."))
    if not unit.is_current:
        raise Refused(_("%(unit)s is closed already.") % {"unit": unit.name})
    new = _clean_facts(facts)
    require_no_secrecy_mark(
        [facts.address, facts.opening_hours, *(n.label for n in facts.public_numbers)]
    )
    # The unit is locked, not its facts: the first time there is no row of them.
    Unit.objects.select_for_update(of=("self",)).get(pk=unit.pk)
    row = UnitFacts.objects.filter(unit=unit).first() or UnitFacts(unit=unit)
    changed = sorted(name for name, value in new.items() if getattr(row, name) != value)
    if not changed:
        return row
    for name, value in new.items():
        setattr(row, name, value)
    row.changed_at = timezone.now()
    row.save()
    record(FACTS_CHANGED, unit, by=by, position=authority.position, fields=changed)
    return row


def _clean_facts(facts: Facts) -> dict[str, object]:
    numbers = {}
    if len(facts.public_numbers) > MOST_NUMBERS:
        raise Refused(_("At most %(n)s numbers, please.") % {"n": MOST_NUMBERS})
    for number in facts.public_numbers:
        numbers[_keep_digits(number.number)] = normalise(number.label).strip()[:LONGEST_LABEL]
    return {
        "address": normalise(facts.address).strip(),
        "duty_phone": _keep_digits(facts.duty_phone) if facts.duty_phone.strip() else "",
        "leader_phone": _keep_digits(facts.leader_phone) if facts.leader_phone.strip() else "",
        "opening_hours": normalise(facts.opening_hours).strip(),
        "public_numbers": [{"number": n, "label": label} for n, label in numbers.items()],
    }


def _keep_digits(typed: str) -> str:
    if number := phones.parse_digits(typed):
        return number
    raise Refused(
        _(
            "“%(typed)s” is no Vietnamese telephone number. Write it with its area code, such as "
            "0236 3822 300, or a short number such as 113."
        )
        % {"typed": typed[:40]}
    )
