"""Contact data of partners: changed by the unit alone, sealed under the newest key, in no log."""

import base64
import os
from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from campaigns.partners import agreements
from campaigns.partners.agreements import reseal_contacts
from campaigns.partners.models import Partner
from campaigns.partners.queries import open_contact
from campaigns.partners.tasks import warn_of_ends
from core.errors import NotAllowed, Refused
from tests import factories

pytestmark = pytest.mark.django_db
OTHER = replace(factories.CONTACT, name="Trần Thị Lan", phone="0236 3822 300")


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit)


@pytest.fixture
def partner(unit):
    return factories.partner(unit)


def change(partner, by, contact=OTHER, filed_at="Tủ 3"):
    return agreements.change_contact(partner, contact=contact, filed_at=filed_at, by=by)


def test_a_changed_contact_opens_for_the_unit_and_its_words_are_in_no_record(partner, officer):
    change(partner, officer)

    row = Partner.objects.get()
    contact = open_contact(row, officer)
    assert (contact.name, contact.phone, row.filed_at) == ("Trần Thị Lan", "02363822300", "Tủ 3")
    entry = Entry.objects.get(action="partner.contact_changed")
    stored = str({field.name: field.value_from_object(entry) for field in entry._meta.fields})
    assert not [word for word in ("Lan", "02363822300", "Tủ 3") if word in stored]


def test_saving_a_contact_without_a_change_leaves_no_record(partner, officer):
    sealed = bytes(partner.sealed)

    change(partner, officer, factories.CONTACT, partner.filed_at)

    assert not Entry.objects.filter(action="partner.contact_changed").exists()
    assert bytes(Partner.objects.get().sealed) == sealed


@pytest.mark.parametrize(
    ("contact", "filed_at"),
    [
        (replace(OTHER, name=" "), "Tủ 3"),
        (replace(OTHER, signed_for_partner=""), "Tủ 3"),
        (replace(OTHER, signed_for_unit=""), "Tủ 3"),
        (replace(OTHER, phone="12"), "Tủ 3"),
        (replace(OTHER, phone="", email=""), "Tủ 3"),
        (OTHER, "  "),
        (OTHER, "CCCD 048085000123"),
    ],
)
def test_a_contact_that_lacks_something_changes_nothing(partner, officer, contact, filed_at):
    with pytest.raises(Refused):
        change(partner, officer, contact, filed_at)

    assert open_contact(Partner.objects.get(), officer) == factories.CONTACT


def test_nobody_outside_the_unit_opens_or_changes_a_contact(partner, unit):
    for person in (
        factories.person(Role.SUPERVISOR, unit.parent),
        factories.person(Role.OFFICER, factories.UnitFactory(parent=unit.parent)),
        factories.person(Role.ADMINISTRATOR, unit.parent),
    ):
        assert open_contact(partner, person) is None
        with pytest.raises(NotAllowed):
            change(partner, person)


def test_a_document_of_one_unit_is_not_renewed_by_another(partner, unit):
    neighbour = factories.UnitFactory(parent=unit.parent)
    officer = factories.person(Role.OFFICER, neighbour)
    agreement = agreements.Agreement(
        kind="school",
        name="Trường Kim Đồng",
        document_number="11/TT",
        document_title="Thỏa thuận",
        document_date=timezone.localdate(),
        starts_on=timezone.localdate(),
        ends_on=timezone.localdate() + timedelta(days=9),
        filed_at="Tủ 1",
        loudspeaker=True,
    )

    with pytest.raises(Refused):
        agreements.register_partner(
            unit=neighbour,
            agreement=agreement,
            contact=factories.CONTACT,
            by=officer,
            renews=partner,
        )

    assert Partner.objects.get() == partner


def test_a_unit_has_so_many_agreements_in_force(client, partner, officer, monkeypatch):
    monkeypatch.setattr(agreements, "MOST_PARTNERS", 1)
    client.force_login(officer)
    day = f"{timezone.localdate():%d/%m/%Y}"
    form = {
        "kind": "school",
        "name": "Trường Kim Đồng",
        "document_number": "11/TT",
        "document_title": "Thỏa thuận",
        "document_date": day,
        "starts_on": day,
        "ends_on": day,
        "loudspeaker": "on",
        "contact_name": "Cô Mai",
        "email": "mai@truong.example",
        "signed_for_partner": "Hiệu trưởng",
        "signed_for_unit": "Trưởng Công an phường",
        "filed_at": "Tủ 1",
    }

    assert client.post(reverse("partners:new"), form).status_code == 409
    agreements.end_agreement(partner, "Dừng", by=officer)

    assert client.post(reverse("partners:new"), form).status_code == 302


def test_contacts_are_sealed_anew_under_the_newest_key_and_still_open(partner, officer, settings):
    older = settings.CREDENTIAL_KEYS
    settings.CREDENTIAL_KEYS = [base64.b64encode(os.urandom(32)).decode(), *older]
    ended = factories.partner(partner.unit, document_number="06/TT")
    agreements.end_agreement(ended, "Dừng", by=officer)

    assert reseal_contacts() == {"resealed": 1}
    assert reseal_contacts() == {"current": 1}

    settings.CREDENTIAL_KEYS = settings.CREDENTIAL_KEYS[:1]
    assert open_contact(Partner.objects.get(pk=partner.pk), officer) == factories.CONTACT


def test_the_task_warns_of_what_ends_within_two_weeks_once(unit, officer):
    today = timezone.localdate()
    soon = factories.partner(unit, ends_on=today + timedelta(days=14))
    factories.partner(unit, ends_on=today + timedelta(days=15), document_number="06/TT")

    warn_of_ends()
    warn_of_ends()

    (notice,) = Notice.objects.filter(user=officer)
    assert notice.address == reverse("partners:partner", args=[soon.public_id])
