"""The register of partners: nobody without a document, nothing of people after the end."""

from dataclasses import fields, replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, models, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from campaigns.partners import agreements
from campaigns.partners.models import Contact, Partner, PartnerPlace
from campaigns.partners.queries import open_contact
from core.errors import NotAllowed, Refused
from retention.services import apply_rules
from tests import factories

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
DAY = timedelta(days=1)
PEOPLE = ("Lê Thị Hoa", "0905123456", "doan@phuong.example", "Trần Văn Bình", "Phạm Văn Chính")


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit, language="en")


def agreement(**changes):
    values = {
        "kind": "school",
        "name": "Trường THCS Nguyễn Huệ",
        "document_number": "07/TTPH",
        "document_title": "Thỏa thuận phối hợp",
        "document_date": TODAY,
        "starts_on": TODAY,
        "ends_on": TODAY + 100 * DAY,
        "filed_at": "Tủ 2",
        "pages": ["https://www.facebook.com/thcsnguyenhue"],
    }
    return agreements.Agreement(**{**values, **changes})


def enter(unit, by, contact=factories.CONTACT, **changes):
    return agreements.register_partner(
        unit=unit, agreement=agreement(**changes), contact=contact, by=by
    )


def everything_stored(*besides):
    """Return in one text what all rows of the apps say, but those of ``besides``."""
    rows = [*Partner.objects.all(), *PartnerPlace.objects.all(), *Entry.objects.all()]
    rows += Notice.objects.all()
    return "\n".join(
        str({f.name: f.value_from_object(row) for f in row._meta.concrete_fields})
        for row in rows
        if row not in besides
    )


def test_a_partner_has_no_field_for_a_number_a_judgement_or_a_list():
    allowed = (
        models.BigAutoField,
        models.CharField,
        models.DateField,
        models.DateTimeField,
        models.ForeignKey,
        models.URLField,
        models.UUIDField,
    )
    sealed = {field.name: field.type for field in fields(Contact)}
    columns = [
        *Partner._meta.concrete_fields,
        *PartnerPlace._meta.concrete_fields,
    ]

    assert [f.name for f in columns if type(f) not in allowed] == ["sealed"]
    assert not Partner._meta.many_to_many
    assert sealed == {
        "name": str,
        "phone": str,
        "email": str,
        "signed_for_partner": str,
        "signed_for_unit": str,
    }
    words = ("score", "rank", "follower", "reach", "influence", "rating", "note", "level")
    assert not [f.name for f in columns if any(word in f.name for word in words)]


@pytest.mark.parametrize(
    ("broken", "constraint"),
    [
        ({"document_number": "  "}, "partner_has_a_document"),
        ({"document_date": TODAY + DAY, "starts_on": TODAY}, "partner_consents_before_and_until"),
        ({"starts_on": TODAY, "ends_on": TODAY - DAY}, "partner_consents_before_and_until"),
        ({"kind": "person"}, "only_organisations_bear_a_name"),
        ({"name": ""}, "only_organisations_bear_a_name"),
        ({"sealed": None}, "an_ended_partner_has_no_contact"),
        ({"ended_at": timezone.now()}, "an_ended_partner_has_no_contact"),
    ],
)
def test_the_database_refuses_a_partner_without_consent(unit, broken, constraint):
    row = factories.partner(unit)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Partner.objects.filter(pk=row.pk).update(**broken)


def test_an_officer_enters_a_partner_whose_contact_is_sealed(unit, officer):
    row = enter(unit, officer)

    assert open_contact(row, officer) == factories.CONTACT
    assert [str(place) for place in row.places.all()] == ["https://www.facebook.com/thcsnguyenhue"]
    assert not any(words in everything_stored() for words in PEOPLE)
    with pytest.raises(Refused):  # pressed twice
        enter(unit, officer)
    entry = Entry.objects.get(action="partner.entered")
    assert (entry.object_label, entry.data["document"]) == ("Trường THCS Nguyễn Huệ", "07/TTPH")


@pytest.mark.parametrize(
    "changes",
    [
        {"document_number": " "},
        {"document_title": ""},
        {"filed_at": ""},
        {"document_date": TODAY + DAY},
        {"starts_on": TODAY - DAY},
        {"ends_on": TODAY + timedelta(days=6 * 366)},
        {"name": ""},
        {"kind": "person"},
        {"pages": []},
        {"pages": ["http://www.facebook.com/a"]},
        {"pages": ["https://facebook.com.example/a"]},
        {"pages": ["https://www.facebook.com/"]},
        {"pages": [f"https://www.facebook.com/{n}" for n in range(6)]},
    ],
)
def test_what_the_document_lacks_is_refused(unit, officer, changes):
    with pytest.raises(Refused):
        enter(unit, officer, **changes)

    assert not Partner.objects.exists()


def test_contacts_need_a_way_to_reach_them_and_only_own_officers_enter(unit, officer):
    with pytest.raises(Refused):
        enter(unit, officer, contact=replace(factories.CONTACT, phone="", email=""))
    with pytest.raises(Refused):
        enter(unit, officer, contact=replace(factories.CONTACT, phone="12"))
    for role in (Role.SUPERVISOR, Role.ADMINISTRATOR):
        with pytest.raises(NotAllowed):
            enter(unit, factories.person(role, unit.parent))
    with pytest.raises(NotAllowed):
        enter(unit, factories.person(Role.OFFICER, factories.UnitFactory(parent=unit.parent)))


def test_of_a_person_only_the_document_is_known_outside_the_unit(client, unit, officer):
    person = {"kind": "person", "name": "", "pages": ["https://www.tiktok.com/@hoa"]}
    row = enter(unit, officer, **person)
    above = factories.person(Role.SUPERVISOR, unit.parent, language="en")
    pages = {}
    for who in (officer, above):
        client.force_login(who)
        pages[who] = [
            client.get(reverse("partners:list")).text,
            client.get(reverse("partners:partner", args=[row.public_id])).text,
        ]

    assert all("Lê Thị Hoa" in page for page in pages[officer])
    assert all("07/TTPH" in page for page in pages[above])
    hidden = (*PEOPLE, "tiktok.com/@hoa", "Tủ 2")
    assert not [word for word in hidden for page in pages[above] if word in page]
    found = client.get(reverse("partners:list"), {"q": "hoa"}).text
    assert "No partner matches" in found


def test_the_end_by_hand_forgets_people_and_keeps_the_document(client, unit, officer):
    row = factories.partner(unit)
    client.force_login(officer)
    address = reverse("partners:end", args=[row.public_id])

    assert client.post(address, {"reason": ""}).status_code == 422
    client.post(address, {"reason": "Hai bên dừng phối hợp"})

    row.refresh_from_db()
    assert (row.name, row.document_number) == ("Đoàn Thanh niên phường", "05/TTPH-CA-ĐTN")
    assert (row.sealed, row.document_title, row.filed_at) == (None, "", "")
    assert not row.places.exists()
    assert open_contact(row, officer) is None
    stored = everything_stored()
    assert not [words for words in (*PEOPLE, "doanphuong", "Tủ 2") if words in stored]
    assert Entry.objects.get(action="partner.ended").reason == "Hai bên dừng phối hợp"
    with pytest.raises(Refused):
        agreements.end_agreement(row, "Lần nữa", by=officer)
    assert client.get(reverse("partners:edit", args=[row.public_id])).status_code == 200
    with pytest.raises(Refused):
        agreements.change_contact(row, contact=factories.CONTACT, filed_at="Tủ 3", by=officer)


def test_the_night_ends_what_is_over_and_warns_once_before(unit, officer):
    over = factories.partner(unit, ends_on=TODAY - DAY)
    soon = factories.partner(unit, ends_on=TODAY + 14 * DAY, document_number="06/TTPH")
    renewed = factories.partner(unit, ends_on=TODAY + 14 * DAY, document_number="08/TTPH")
    factories.partner(unit, document_number="09/TTPH", renews=renewed)

    apply_rules(["partners"])
    warned = [agreements.warn_of_ends(on=TODAY), agreements.warn_of_ends(on=TODAY)]

    for row in (over, soon):
        row.refresh_from_db()
    assert (over.sealed, over.ended_by, over.end_reason) == (None, None, "")
    assert Entry.objects.get(action="partner.ran_out").object_id == str(over.public_id)
    assert soon.sealed
    assert warned == [1, 0]
    notice = Notice.objects.get(user=officer)
    assert (notice.kind, notice.address) == ("partner_ending", f"/partners/{soon.public_id}/")


def test_a_form_that_lacks_something_says_so_and_keeps_what_was_typed(client, unit, officer):
    client.force_login(officer)
    sent = {
        "kind": "school",
        "name": "Trường Tiểu học Kim Đồng",
        "document_number": "11/TT",
        "document_title": "Thỏa thuận",
        "document_date": f"{TODAY:%d/%m/%Y}",
        "starts_on": f"{TODAY:%d/%m/%Y}",
        "ends_on": f"{TODAY + DAY:%d/%m/%Y}",
        "notice_board": "on",
        "contact_name": "Cô Mai",
        "signed_for_partner": "Hiệu trưởng",
        "signed_for_unit": "Trưởng Công an phường",
        "filed_at": "Tủ 1",
    }

    refused = client.post(reverse("partners:new"), sent)
    done = client.post(reverse("partners:new"), sent | {"phone": "0236 3822 300"})
    row = Partner.objects.get()
    renewal = client.get(reverse("partners:renew", args=[row.public_id]))

    assert refused.status_code == 422
    assert "Trường Tiểu học Kim Đồng" in refused.text
    assert "(optional)" not in refused.text  # of each pair of fields one is needed
    assert "Please enter a telephone number" in refused.text
    assert done.status_code == 302
    assert open_contact(row, officer).phone == "02363822300"
    assert "Cô Mai" in renewal.text
    assert "11/TT" not in renewal.text


def test_the_list_costs_the_same_with_more_rows(
    client, unit, officer, django_assert_max_num_queries
):
    client.force_login(officer)
    for number in range(3):
        factories.partner(unit, document_number=f"{number}/TT")
    with django_assert_max_num_queries(20):
        page = client.get(reverse("partners:list")).text

    assert page.count("/TT") == 3
