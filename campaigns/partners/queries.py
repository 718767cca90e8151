"""Find partners, and open their contact data for the unit that keeps them."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import can
from campaigns.partners.models import Contact, Partner, PartnerQuerySet, Place
from core import sealing
from units.models import Unit

LIST_STATES = ("current", "ending", "over")


def make_seal_context(partner: Partner) -> str:
    """Return what the sealed contact is bound to."""
    return f"partner:{partner.public_id}"


def seal_contact(contact: Contact, partner: Partner) -> bytes:
    return sealing.seal(asdict(contact), row=make_seal_context(partner))


def open_contact(partner: Partner, user: User) -> Contact | None:
    """Return the contact for somebody who keeps the unit's register; None for everybody else, and
    once the agreement is ended. Never log or render it elsewhere.
    """
    if partner.sealed is None or not can(user, Permission.PARTNER_WRITE, unit=partner.unit):
        return None
    return Contact(**sealing.unseal(partner.sealed, row=make_seal_context(partner)))


def name_partners(partners: Iterable[Partner], user: User) -> dict[int, str]:
    """Return by key what each partner is called on the pages of ``user``: a person by name where
    the user keeps the register, else by the document.
    """
    names = {}
    for partner in partners:
        contact = open_contact(partner, user) if partner.is_person else None
        names[partner.pk] = contact.name if contact else str(partner)
    return names


def find_partners(user: User, unit: Unit, *, deep: bool) -> PartnerQuerySet:
    """Return the partners for a position at ``unit``: its own and, for a deep role, those below."""
    seen = Partner.objects.visible_to(user).select_related("unit")
    if deep:
        return seen.filter(unit__path__startswith=unit.path)
    return seen.filter(unit=unit)


def filter_by_state(partners: PartnerQuerySet, state: str, *, on: date) -> PartnerQuerySet:
    match state:
        case "current":
            return partners.current(on)
        case "ending":
            return partners.ending(on)
        case "over":
            return partners.over(on)
    return partners


def list_pages(partner: Partner) -> list[str]:
    return [row.address for row in partner.places.all() if row.kind == Place.PAGE]
