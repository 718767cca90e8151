"""Partners: organisations, and persons who agreed in writing, that pass a unit's posts on under
their own name, openly; see ADR 47.

A row says that a consent exists, and no more: nothing here could hold a score, a number of
followers or a rank, and a test reads the fields.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from core.models import PublicIdModel
from core.scope import ScopedQuerySet
from core.text import fold
from units.models import Unit

LONGEST_NAME, LONGEST_NUMBER, LONGEST_TITLE, LONGEST_PLACE = 120, 80, 200, 200  # characters
LONGEST_PERSON, LONGEST_PHONE, LONGEST_EMAIL, LONGEST_ADDRESS = 100, 20, 254, 300
LONGEST_SEARCH = LONGEST_NAME + LONGEST_NUMBER + 1
SOON = timedelta(days=14)  # before its end, the unit hears of it


class Kind(models.TextChoices):
    YOUTH_UNION = "youth_union", _("Youth Union")
    WOMENS_UNION = "womens_union", _("Women's Union")
    FATHERLAND_FRONT = "fatherland", _("Fatherland Front")
    VETERANS = "veterans", _("Veterans' association")
    FARMERS = "farmers", _("Farmers' association")
    SCHOOL = "school", _("School")
    AGENCY = "agency", _("Agency or public service")
    COMPANY = "company", _("Company or cooperative")
    OTHER = "other", _("Other organisation")
    PERSON = "person", _("Person who agreed in writing")


class Place(models.TextChoices):
    """Places where the document lets the partner pass posts on."""

    PAGE = "page", _("own page")
    NOTICE_BOARD = "notice_board", _("notice board")
    LOUDSPEAKER = "loudspeaker", _("loudspeaker")


@dataclass(frozen=True, slots=True)
class Contact:
    """Hold whom to call, and who signed: sealed while the agreement lasts, deleted at its end.

    Of a person who agreed, their name stands here alone.
    """

    name: str
    phone: str
    email: str
    signed_for_partner: str
    signed_for_unit: str


class PartnerQuerySet(ScopedQuerySet):
    permission = Permission.CAMPAIGN_VIEW

    def current(self, on: date) -> Self:
        """Filter by agreements that hold on that day."""
        return self.filter(ended_at=None, starts_on__lte=on, ends_on__gte=on)

    def over(self, on: date) -> Self:
        """Filter by agreements that have ended, though the nightly run may not have been there."""
        return self.filter(Q(ended_at__isnull=False) | Q(ends_on__lt=on))

    def ending(self, on: date) -> Self:
        """Filter by agreements that end within days and that no newer document follows."""
        soon = self.current(on).filter(ends_on__lte=on + SOON)
        return soon.filter(renewals__isnull=True)

    def search(self, query: str) -> Self:
        """Find by the name of an organisation and the document's number; persons by that alone."""
        rows = self
        for word in fold(query).split():
            rows = rows.filter(search__contains=word)
        return rows


class Partner(PublicIdModel):
    """A partner by one document of consent. A new document is a new row."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    kind = models.CharField(_("kind"), max_length=15, choices=Kind)
    name = models.CharField(_("name"), max_length=LONGEST_NAME, blank=True)  # empty: a person
    document_number = models.CharField(_("number of the document"), max_length=LONGEST_NUMBER)
    document_title = models.CharField(
        _("title of the document"), max_length=LONGEST_TITLE, blank=True
    )
    document_date = models.DateField(_("date of the document"))
    filed_at = models.CharField(_("where it is filed"), max_length=LONGEST_PLACE, blank=True)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    sealed = models.BinaryField(null=True)  # a `Contact`; see core/sealing.py
    renews = models.ForeignKey("self", models.PROTECT, null=True, related_name="renewals")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    warned_at = models.DateTimeField(null=True)  # when the unit heard that it ends soon
    ended_at = models.DateTimeField(null=True)
    # By hand; nobody, where it ended by its date.
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    end_reason = models.CharField(max_length=500, blank=True)
    search = models.CharField(max_length=LONGEST_SEARCH, editable=False)

    objects = PartnerQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["unit", "-created_at", "-id"], name="partners_of_unit"),
            models.Index(
                fields=["ends_on"], condition=Q(ended_at=None), name="partner_agreement_ends"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(document_number__regex=r"^\s*$"), name="partner_has_a_document"
            ),
            models.CheckConstraint(
                condition=Q(document_date__lte=F("starts_on"), ends_on__gte=F("starts_on")),
                name="partner_consents_before_and_until",
            ),
            models.CheckConstraint(
                condition=Q(kind="person", name="") | (~Q(kind="person") & ~Q(name="")),
                name="only_organisations_bear_a_name",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, sealed__isnull=False, ended_by__isnull=True)
                | Q(
                    ended_at__isnull=False,
                    sealed__isnull=True,
                    document_title="",
                    filed_at="",
                ),
                name="an_ended_partner_has_no_contact",
            ),
            models.CheckConstraint(
                condition=Q(ended_by__isnull=True) | ~Q(end_reason=""),
                name="a_partner_is_ended_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.document_number

    def save(self, **kwargs: Any) -> None:
        # Cut, for some letters fold to three: "ﬃ".
        self.search = fold(f"{self.name} {self.document_number}")[:LONGEST_SEARCH]
        super().save(**kwargs)

    @property
    def is_person(self) -> bool:
        return self.kind == Kind.PERSON

    def is_over(self, on: date) -> bool:
        return self.ended_at is not None or self.ends_on < on

    def holds(self, on: date) -> bool:
        """Check whether the agreement is in force on that day."""
        return self.ended_at is None and self.starts_on <= on <= self.ends_on


class PartnerPlace(models.Model):
    """A place that the document names, such as the partner's own page."""

    partner = models.ForeignKey(Partner, models.CASCADE, related_name="places")
    kind = models.CharField(max_length=15, choices=Place)
    address = models.URLField(max_length=LONGEST_ADDRESS, blank=True)  # of a page

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "kind", "address"], name="a_place_once_a_partner"
            ),
            models.CheckConstraint(
                condition=(Q(kind="page") & ~Q(address="")) | (~Q(kind="page") & Q(address="")),
                name="a_partners_page_has_an_address",
            ),
        ]

    def __str__(self) -> str:
        return self.address or self.get_kind_display()
