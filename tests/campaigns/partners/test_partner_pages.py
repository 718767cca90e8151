"""Pages of the register: other units' partners, ended ones, filters, and many rows."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from campaigns.partners import agreements
from campaigns.partners.agreements import reseal_contacts
from campaigns.partners.models import Partner
from campaigns.partners.queries import open_contact
from tests import factories
from tests.rivals import each_at_once

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
TODAY = timezone.localdate


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(client, unit):
    officer = factories.person(Role.OFFICER, unit, language="en")
    client.force_login(officer)
    return officer


def page(name, row):
    return reverse(f"partners:{name}", args=[row.public_id])


def make_form(**changes):
    return {
        "kind": "school",
        "name": "Trường Kim Đồng",
        "document_number": "11/TT",
        "document_title": "Thỏa thuận",
        "document_date": f"{TODAY():%d/%m/%Y}",
        "starts_on": f"{TODAY():%d/%m/%Y}",
        "ends_on": f"{TODAY() + DAY:%d/%m/%Y}",
        "notice_board": "on",
        "contact_name": "Cô Mai",
        "phone": "0236 3822 300",
        "signed_for_partner": "Hiệu trưởng",
        "signed_for_unit": "Trưởng Công an phường",
        "filed_at": "Tủ 1",
        **changes,
    }


@pytest.mark.parametrize("act", ["partner", "edit", "renew", "end"])
def test_the_partner_of_a_neighbour_is_not_there(client, unit, officer, act):
    foreign = factories.partner(factories.UnitFactory(parent=unit.parent))

    assert client.get(page(act, foreign)).status_code == 404
    if act != "partner":
        sent = client.post(page(act, foreign), make_form(reason="Dừng"))
        assert sent.status_code == 404
    foreign.refresh_from_db()
    assert (foreign.ended_at, foreign.filed_at) == (None, "Tủ 2, cặp Phối hợp")
    assert Partner.objects.count() == 1


@pytest.mark.parametrize("act", ["edit", "renew", "end"])
def test_those_above_read_and_change_nothing(client, unit, act):
    row = factories.partner(unit)
    client.force_login(factories.person(Role.SUPERVISOR, unit.parent))

    assert client.get(page("partner", row)).status_code == 200
    assert client.post(page(act, row), make_form(reason="Dừng")).status_code in (403, 404)
    assert Partner.objects.get().ended_at is None


def test_what_the_unit_typed_of_an_ended_partner_stays_and_nothing_is_stored(client, unit, officer):
    row = factories.partner(unit)
    agreements.end_agreement(row, "Hết hạn", by=officer)
    forms = {
        "edit": make_form(contact_name="Cô Mai 4815"),
        "end": {"reason": "Dừng phối hợp 4815"},
    }

    for act, form in forms.items():
        answer = client.post(page(act, row), form)
        assert answer.status_code == 409
        assert "4815" in answer.text

    row.refresh_from_db()
    assert (row.sealed, row.filed_at, row.end_reason) == (None, "", "Hết hạn")


def test_an_ended_partner_is_renewed_by_a_new_document(client, unit, officer):
    row = factories.partner(unit)
    agreements.end_agreement(row, "Hết hạn", by=officer)
    form = client.get(page("renew", row))
    assert form.status_code == 200
    assert factories.CONTACT.name not in form.text

    client.post(page("renew", row), make_form())

    renewal = Partner.objects.get(renews=row)
    assert open_contact(renewal, officer).name == "Cô Mai"
    assert client.get(page("partner", row)).context["renewal"] == renewal
    assert Entry.objects.filter(action="partner.renewed").count() == 1


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"kind": ""}, 422),
        ({"document_date": "30/02/2026"}, 422),
        ({"ends_on": f"{timezone.localdate() - DAY:%d/%m/%Y}"}, 409),
        ({"phone": "12"}, 422),
        ({"email": "khong phai thu", "phone": ""}, 422),
        ({"pages": "https://facebook.com.example/truong", "notice_board": ""}, 422),
        ({"notice_board": ""}, 422),
        ({"name": ""}, 422),
    ],
)
def test_what_is_refused_stays_typed(client, officer, changes, status):  # any clock
    answer = client.post(reverse("partners:new"), make_form(**changes))

    assert answer.status_code == status
    assert "Cô Mai" in answer.text
    assert not Partner.objects.exists()


def test_filters_find_what_a_count_by_hand_finds(client, unit, officer):
    today = TODAY()
    spans = {
        "current": (today - 30 * DAY, today + 60 * DAY),
        "last day": (today - 30 * DAY, today),
        "soon": (today - 30 * DAY, today + 14 * DAY),
        "just not soon": (today - 30 * DAY, today + 15 * DAY),
        "over": (today - 30 * DAY, today - DAY),
        "to come": (today + DAY, today + 60 * DAY),
    }
    rows = {
        name: factories.partner(
            unit, name=f"Hội {name}", document_number=f"{n}/TT", starts_on=first, ends_on=last
        )
        for n, (name, (first, last)) in enumerate(spans.items())
    }
    agreements.end_agreement(
        factories.partner(unit, name="Hội ended", document_number="9/TT"), "Dừng", by=officer
    )
    factories.partner(unit, name="Hội newer", document_number="10/TT", renews=rows["soon"])

    def listed(**query):
        found = client.get(reverse("partners:list"), query).context["rows"]
        return {name.removeprefix("Hội ") for _row, name, _status in found}

    current = {"current", "last day", "soon", "just not soon", "newer"}
    assert listed() == {*spans, "ended", "newer"}
    assert listed(state="current") == current
    assert listed(state="ending") == {"last day"}
    assert listed(state="over") == {"over", "ended"}
    assert listed(q="hoi soon") == {"soon", "just not soon"}
    assert listed(state="nonsense") == listed()


def test_170_partners_stand_on_pages_that_cost_the_same(client, unit, officer):
    row = factories.partner(unit)
    address = reverse("partners:list")

    def ask(**query) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address, query).status_code == 200
        return len(asked)

    ask()
    one = ask()
    Partner.objects.bulk_create(
        Partner(
            **{
                field.attname: getattr(row, field.attname)
                for field in Partner._meta.concrete_fields
                if field.name not in ("id", "public_id", "document_number")
            },
            document_number=f"{n}/TT",
        )
        for n in range(169)
    )
    # Sealed for another row, no contact of theirs opens: only organisations are named here.
    assert [ask(), ask(page=7)] == [one, one]
    assert len(client.get(address, {"page": 7}).context["rows"]) == 170 - 6 * 25


def test_a_partner_with_letters_that_grow_when_folded_is_stored(client, unit, officer):
    name = "ﬃ" * 100

    answer = client.post(reverse("partners:new"), make_form(name=name))

    assert answer.status_code == 302
    assert Partner.objects.get().name == name


def test_contacts_are_sealed_anew_under_the_newest_key(unit, officer, settings):
    old = factories.partner(unit)
    ended = factories.partner(unit, document_number="06/TT")
    agreements.end_agreement(ended, "Dừng", by=officer)
    assert reseal_contacts() == {"current": 1}
    Partner.objects.filter(pk=old.pk).update(sealed=b"of no key that is left")

    found = reseal_contacts()

    assert found == {"no_key": 1}
    old.refresh_from_db()
    assert bytes(old.sealed) == b"of no key that is left"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_enter_one_document_one_does():
    unit = factories.UnitFactory()
    people = [factories.person(Role.OFFICER, unit) for _number in range(2)]
    agreement = agreements.Agreement(
        kind="school",
        name="Trường Kim Đồng",
        document_number="11/TT",
        document_title="Thỏa thuận",
        document_date=TODAY(),
        starts_on=TODAY(),
        ends_on=TODAY() + DAY,
        filed_at="Tủ 1",
        notice_board=True,
    )

    def enter(by):
        agreements.register_partner(
            unit=unit, agreement=agreement, contact=factories.CONTACT, by=by
        )

    outcomes = each_at_once(people, enter)

    assert outcomes == {"done": 1, "refused": 1}
    assert Partner.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_end_one_agreement_one_does():
    unit = factories.UnitFactory()
    row = factories.partner(unit)
    people = [factories.person(Role.OFFICER, unit) for _number in range(2)]

    outcomes = each_at_once(people, lambda by: agreements.end_agreement(row, "Dừng", by=by))

    assert outcomes == {"done": 1, "refused": 1}
    assert Entry.objects.filter(action="partner.ended").count() == 1
