"""Enter partners by their document of consent, keep their contact data, end agreements."""

from collections import Counter
from collections.abc import Collection
from dataclasses import astuple, dataclass, fields
from datetime import date
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders, require
from audit.services import make_entry, record, record_entries
from campaigns.partners.models import (
    LONGEST_ADDRESS,
    LONGEST_EMAIL,
    LONGEST_NAME,
    LONGEST_NUMBER,
    LONGEST_PERSON,
    LONGEST_PLACE,
    LONGEST_TITLE,
    Contact,
    Kind,
    Partner,
    PartnerPlace,
    Place,
)
from campaigns.partners.queries import make_seal_context, open_contact, seal_contact
from campaigns.partners.signals import agreements_ended
from core import phones, quotas
from core.errors import Refused
from core.leaks import require_recordable, require_storable
from core.reasons import require_reason
from core.sealing import Unsealable, is_newest, seal, unseal
from core.secrecy import require_no_secrecy_mark
from core.text import normalise
from platforms.registry import CONNECTORS
from units.models import Unit

MOST_PARTNERS, MOST_PAGES = 200, 5  # agreements of a unit in force, pages of a partner
LONGEST_YEARS = 5  # an agreement is looked at again by then
MOST_WARNED = 1000  # in one run


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Hold the words of the document, as they were typed."""

    kind: str
    document_number: str
    document_title: str
    document_date: date
    starts_on: date
    ends_on: date
    filed_at: str
    name: str = ""  # of the organisation
    pages: Collection[str] = ()
    notice_board: bool = False
    loudspeaker: bool = False


def register_partner(
    *, unit: Unit, agreement: Agreement, contact: Contact, by: User, renews: Partner | None = None
) -> Partner:
    """Enter a partner, or the newer document of one. Raise NotAllowed, Refused, SecrecyRefused,
    QuotaExceeded.
    """
    authority = require(by, Permission.PARTNER_WRITE, unit=unit)
    if renews and renews.unit_id != unit.pk:
        raise Refused(_("This partner is another unit's."))
    texts = {
        "name": _trim(agreement.name, LONGEST_NAME),
        "document_number": _trim(agreement.document_number, LONGEST_NUMBER),
        "document_title": _trim(agreement.document_title, LONGEST_TITLE),
        "filed_at": _trim(agreement.filed_at, LONGEST_PLACE),
    }
    _check_texts(agreement.kind, texts, unit)
    _check_days(agreement)
    contact = _clean_contact(contact)
    places = _list_places(agreement)
    _require_room(unit)
    quotas.use("partner", by=by)
    with transaction.atomic():
        Unit.objects.select_for_update(of=("self",)).get(pk=unit.pk)  # one entry after the other
        _require_new(unit, agreement, texts)
        row = Partner(
            unit=unit,
            kind=agreement.kind,
            **texts,
            document_date=agreement.document_date,
            starts_on=agreement.starts_on,
            ends_on=agreement.ends_on,
            renews=renews,
            created_by=by,
            created_at=timezone.now(),
        )
        row.sealed = seal_contact(contact, row)
        row.save()
        PartnerPlace.objects.bulk_create(
            PartnerPlace(partner=row, kind=kind, address=address) for kind, address in places
        )
        record(
            "partner.renewed" if renews else "partner.entered",
            row,
            by=by,
            position=authority.position,
            document=row.document_number,
            starts_on=row.starts_on.isoformat(),
            ends_on=row.ends_on.isoformat(),
        )
    return row


def _require_room(unit: Unit) -> None:
    if Partner.objects.filter(unit=unit, ended_at=None).count() >= MOST_PARTNERS:
        raise Refused(
            _("The unit has %(n)s agreements in force. End one first.") % {"n": MOST_PARTNERS}
        )


def _require_new(unit: Unit, agreement: Agreement, texts: dict[str, str]) -> None:
    in_force = Partner.objects.filter(unit=unit, ended_at=None, kind=agreement.kind)
    same = in_force.filter(
        name=texts["name"],
        document_number=texts["document_number"],
        document_date=agreement.document_date,
    )
    if same.exists():
        raise Refused(_("The register has this partner with this document already."))


def change_contact(partner: Partner, *, contact: Contact, filed_at: str, by: User) -> Partner:
    """Save whom the unit calls and where the paper is filed. What the document says changes by a
    new document alone.
    """
    authority = require(by, Permission.PARTNER_WRITE, unit=partner.unit)
    contact, filed_at = _clean_contact(contact), _trim(filed_at, LONGEST_PLACE)
    require_storable([filed_at], partner.unit)
    if not filed_at:
        raise Refused(_("Please write where the document is filed."))
    quotas.use("partner", by=by)
    with transaction.atomic():
        row = _lock_partner(partner)
        if (open_contact(row, by), row.filed_at) == (contact, filed_at):
            return row
        row.sealed, row.filed_at = seal_contact(contact, row), filed_at
        row.save(update_fields=["sealed", "filed_at", "search"])
        record("partner.contact_changed", row, by=by, position=authority.position)
    return row


@transaction.atomic
def end_agreement(partner: Partner, reason: str, *, by: User) -> Partner:
    """End an agreement now: contact data is deleted and what was shared with the partner closes."""
    authority = require(by, Permission.PARTNER_WRITE, unit=partner.unit)
    reason = require_reason(reason, _("Please write why the agreement ends."))
    row = _lock_partner(partner)
    _delete_contact_data([row.pk], ended_by=by, end_reason=reason)
    record("partner.ended", row, by=by, position=authority.position, reason=reason)
    return row


def end_due_agreements(rows: QuerySet) -> int:
    """Lock and end those of ``rows`` whose last day is over; return how many."""
    due = rows.select_for_update(of=("self",), skip_locked=True).select_related("unit")
    partners = list(due)
    _delete_contact_data([row.pk for row in partners])
    record_entries(make_entry("partner.ran_out", row) for row in partners)
    return len(partners)


def _delete_contact_data(keys: Collection[int], **how: object) -> None:
    """Keep of the agreements who and by which document, and delete the rest."""
    Partner.objects.filter(pk__in=keys).update(
        ended_at=timezone.now(), sealed=None, document_title="", filed_at="", **how
    )
    PartnerPlace.objects.filter(partner__in=keys).delete()
    agreements_ended.send(Partner, partners=list(keys))


def warn_of_ends(*, on: date) -> int:
    """Notify each unit once of an agreement that ends within two weeks; return how many."""
    due = Partner.objects.ending(on).filter(warned_at=None).select_related("unit")
    partners = list(due.order_by("ends_on", "pk")[:MOST_WARNED])
    for partner in partners:
        with transaction.atomic():
            if not Partner.objects.filter(pk=partner.pk, warned_at=None).update(
                warned_at=timezone.now()
            ):
                continue
            notify(
                holders(Permission.PARTNER_WRITE, unit=partner.unit),
                "partner_ending",
                address=reverse("partners:partner", args=[partner.public_id]),
                title=partner,
                day=f"{partner.ends_on:%d/%m/%Y}",
            )
    return len(partners)


def _lock_partner(partner: Partner) -> Partner:
    rows = Partner.objects.select_for_update(of=("self",)).select_related("unit")
    row = rows.get(pk=partner.pk)
    if row.ended_at:
        raise Refused(_("This agreement is ended already."))
    return row


def _trim(text: str, most: int) -> str:
    return normalise(text).strip()[:most]


def _check_texts(kind: str, texts: dict[str, str], unit: Unit) -> None:
    if kind not in Kind:
        raise Refused(_("Please choose what kind of partner it is."))
    if (kind == Kind.PERSON) == bool(texts["name"]):
        raise Refused(_("Please enter the name."))
    for name, missing in {
        "document_number": _("Please enter the number of the document of consent."),
        "document_title": _("Please enter the title of the document of consent."),
        "filed_at": _("Please write where the document is filed."),
    }.items():
        if not texts[name]:
            raise Refused(missing)
    require_no_secrecy_mark(texts.values())
    require_storable(texts.values(), unit)
    require_recordable(texts["document_number"])


def _check_days(agreement: Agreement) -> None:
    if agreement.document_date > timezone.localdate():
        raise Refused(_("The document is dated in the future. Enter it once it is signed."))
    if agreement.document_date > agreement.starts_on:
        raise Refused(_("The agreement begins before the document was signed."))
    if agreement.ends_on < agreement.starts_on:
        raise Refused(_("The last day must not be before the first day."))
    if agreement.ends_on < timezone.localdate():
        raise Refused(_("This agreement is over already."))
    if (agreement.ends_on - agreement.starts_on).days > LONGEST_YEARS * 366:
        raise Refused(
            _("An agreement lasts at most %(n)s years; then it is signed anew.")
            % {"n": LONGEST_YEARS}
        )


def _clean_contact(contact: Contact) -> Contact:
    texts = {
        field.name: _trim(text, LONGEST_EMAIL if field.name == "email" else LONGEST_PERSON)
        for field, text in zip(fields(contact), astuple(contact), strict=True)
    }
    if not texts["name"]:
        raise Refused(_("Please enter the name of whom the unit calls."))
    if not (texts["signed_for_partner"] and texts["signed_for_unit"]):
        raise Refused(_("Please enter who signed for both sides."))
    if texts["phone"]:
        phone = phones.parse_digits(texts["phone"])
        if phone is None:
            raise Refused(_("This is no telephone number of Viet Nam."))
        texts["phone"] = phone
    if not (texts["phone"] or texts["email"]):
        raise Refused(_("Please enter a telephone number or an e-mail address."))
    require_no_secrecy_mark(texts.values())
    return Contact(**texts)


def _list_places(agreement: Agreement) -> list[tuple[Place, str]]:
    pages = list(dict.fromkeys(filter(None, (page.strip() for page in agreement.pages))))
    if len(pages) > MOST_PAGES:
        raise Refused(_("Enter at most %(n)s pages.") % {"n": MOST_PAGES})
    for page in pages:
        if not is_known_page(page):
            raise Refused(
                _(
                    "%(page)s is no page on a known platform. Copy its address from https:// on, "
                    "such as https://www.facebook.com/…"
                )
                % {"page": page[:80]}
            )
    places = [(Place.PAGE, page) for page in pages]
    if agreement.notice_board:
        places.append((Place.NOTICE_BOARD, ""))
    if agreement.loudspeaker:
        places.append((Place.LOUDSPEAKER, ""))
    if not places:
        raise Refused(_("Please enter where the document lets the partner pass posts on."))
    return places


def is_known_page(address: str) -> bool:
    """Check whether the address is a plain https one of a page on a platform that we know."""
    if len(address) > LONGEST_ADDRESS or any(ord(letter) <= 32 for letter in address):
        return False
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return False
    hosts = {host for connector in CONNECTORS.values() for host in connector.facts.hosts}
    host = parts.hostname or ""
    is_known = any(host == own or host.endswith(f".{own}") for own in hosts)
    plain = parts.scheme == "https" and not parts.username and port in (None, 443)
    return is_known and plain and bool(parts.path.strip("/") or parts.query)


def reseal_contacts() -> Counter[str]:
    """Seal what an older key sealed with the newest one. Count ``current``, ``resealed`` and
    ``no_key`` partners.
    """
    counts: Counter[str] = Counter()
    keys = Partner.objects.exclude(sealed=None).order_by("pk").values_list("pk", flat=True)
    for pk in keys.iterator(chunk_size=500):
        counts[_reseal(pk)] += 1
    return counts


@transaction.atomic
def _reseal(pk: int) -> str:
    row = Partner.objects.select_for_update().get(pk=pk)
    if row.sealed is None or is_newest(row.sealed, row=make_seal_context(row)):
        return "current"
    try:
        contact = unseal(row.sealed, row=make_seal_context(row))
    except Unsealable:
        return "no_key"
    Partner.objects.filter(pk=pk).update(sealed=seal(contact, row=make_seal_context(row)))
    return "resealed"
