"""Link somebody unknown at the ministry's sign-in: a request, one administrator's proposal,
another's confirmation.
"""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.ministry import links, mapping
from accounts.ministry.tokens import Identity
from accounts.models import (
    Appointment,
    BreakGlassAccount,
    ClaimMapping,
    Invitation,
    MinistryIdentity,
    MinistryRequest,
    Notice,
    PendingAppointment,
    User,
)
from accounts.people import invitations, leavers, lifecycle
from accounts.permissions import Role
from audit.models import Entry
from core.errors import NotAllowed, Refused
from retention import classes
from tests import factories
from tests.accounts.conftest import linked, sign_in

pytestmark = pytest.mark.django_db
ISSUER = "https://dangnhap.bca.example"
LIST = reverse("accounts:ministry_requests")
MAPPING = reverse("accounts:claim_mapping")


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def unit(province):
    return factories.UnitFactory(parent=province)


@pytest.fixture
def first(province):
    return factories.person(Role.ADMINISTRATOR, province)


@pytest.fixture
def second():
    return factories.person(Role.ADMINISTRATOR, factories.ministry())


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit)


def identity(subject="s-1", **facts):
    return Identity(issuer=ISSUER, subject=subject, has_proved_factor=False, **facts)


def asked(subject="s-1", unit=None, **facts):
    row = links.request_link(identity(subject, name="Trần Thị Bình", **facts), now=timezone.now())
    if unit:
        MinistryRequest.objects.filter(pk=row.pk).update(unit=unit)
        row.refresh_from_db()
    return row


def page(row):
    return reverse("accounts:ministry_request", args=[row.public_id])


def notices_of(person):
    return list(Notice.objects.filter(user=person).order_by("pk").values_list("kind", flat=True))


def as_(person):
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.cookies["django_language"] = "en"
    client.force_login(person)
    return client


# --- Asking ---------------------------------------------------------------------------------------


def test_an_unknown_subject_gets_a_code_and_no_account(client, ministry_server, settings, second):
    settings.OIDC_UNIT_CLAIM, settings.OIDC_ROLE_CLAIM = "unit_code", "groups"
    ministry_server.changes = {"unit_code": "CA-01", "groups": ["can-bo", 7, "x" * 500]}
    people = User.objects.count()

    answer = sign_in(client, ministry_server, "s-9")

    row = MinistryRequest.objects.get()
    assert (answer.status_code, row.code in answer.content.decode()) == (403, True)
    assert (row.subject, row.name, row.units, row.roles) == (
        "s-9",
        "Trần Thị Bình",
        ["CA-01"],
        ["can-bo", "x" * 200],
    )
    assert row.unit == factories.ministry()
    assert (User.objects.count(), notices_of(second)) == (people, ["ministry_unlinked"])


def test_asking_again_makes_no_second_request(client, ministry_server, second):
    for _ in range(3):
        sign_in(client, ministry_server, "s-9")

    assert (MinistryRequest.objects.count(), notices_of(second)) == (1, ["ministry_unlinked"])
    assert Entry.objects.filter(action="sign_in.unlinked").count() == 1


def test_the_mapping_leads_the_request_to_the_units_administrators(province, unit, first):
    ClaimMapping.objects.create(
        kind="unit",
        value="CA-01",
        unit=unit,
        proposed_by=first,
        proposed_at=timezone.now(),
        confirmed_by=None,
    )
    assert (
        links.request_link(identity(units=["CA-01"]), now=timezone.now()).unit
        == factories.ministry()
    )  # not confirmed yet

    ClaimMapping.objects.update(confirmed_by=factories.UserFactory(), confirmed_at=timezone.now())
    row = links.request_link(identity(units=["CA-01"]), now=timezone.now())

    assert row.unit == unit
    links.request_link(identity("s-2", units=["CA-01"]), now=timezone.now())
    assert notices_of(first) == ["ministry_unlinked"]


def test_requests_are_bounded_and_end_by_themselves(client, ministry_server, second, monkeypatch):
    monkeypatch.setattr(links, "ROWS", 2)
    for subject in ("a", "b"):
        asked(subject)

    full = sign_in(client, ministry_server, "c")

    assert (full.status_code, "Too many requests" in full.content.decode()) == (403, True)
    assert asked("a").subject == "a"  # who waits already is not turned away
    MinistryRequest.objects.filter(subject="a").update(expires_at=timezone.now())
    (rule,) = [rule for rule in classes.RULES if rule.name == "ministry-requests"]
    rule.remove(rule.rows(timezone.now()))
    assert list(MinistryRequest.objects.values_list("subject", flat=True)) == ["b"]


def test_claims_do_not_change_under_the_second_administrators_eyes(first, second, officer, unit):
    row = asked(unit=unit)
    links.propose(row, officer, by=first, now=timezone.now())

    links.request_link(identity(name="Người khác"), now=timezone.now())

    assert MinistryRequest.objects.get().name == "Trần Thị Bình"


# --- Two administrators ---------------------------------------------------------------------------


def test_two_administrators_link_an_account_by_the_pages_and_the_person_comes_in(
    client, ministry_server, first, second, officer, unit
):
    sign_in(client, ministry_server)
    row = MinistryRequest.objects.get()
    MinistryRequest.objects.update(unit=unit)

    as_(first).post(page(row), {"act": "choose", "account": officer.username})
    assert (notices_of(officer), MinistryIdentity.objects.count()) == (
        ["ministry_link_proposed"],
        0,
    )
    assert sign_in(client, ministry_server).status_code == 403  # one alone links nothing
    as_(second).post(page(row), {"act": "decide", "decision": "confirm"})

    link = MinistryIdentity.objects.get()
    assert (link.user, link.proposed_by, link.confirmed_by) == (officer, first, second)
    assert (link.issuer, link.subject) == (ministry_server.url, "s-1")
    assert MinistryRequest.objects.count() == 0
    assert sign_in(client, ministry_server)["Location"] == "/"
    assert notices_of(officer) == ["ministry_link_proposed", "ministry_linked"]
    actions = (
        Entry.objects.filter(object_id=str(officer.public_id))
        .order_by("pk")
        .values_list("action", "actor_id")
    )
    assert [*actions] == [
        ("account.link_proposed", first.pk),
        ("account.linked", second.pk),
        ("sign_in.by_ministry", officer.pk),
    ]


def test_the_same_administrator_confirms_nothing_by_page_by_service_or_by_row(
    first, second, officer, unit
):
    row = asked(unit=unit)
    links.propose(row, officer, by=first, now=timezone.now())

    assert as_(first).post(page(row), {"act": "decide", "decision": "confirm"}).status_code == 403
    with pytest.raises(NotAllowed):
        links.confirm(row, by=first, now=timezone.now())
    for by in (
        {"proposed_by": first, "confirmed_by": first},
        {"proposed_by": officer, "confirmed_by": first},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            linked(officer, ISSUER, **by)
    with pytest.raises(IntegrityError), transaction.atomic():
        MinistryRequest.objects.update(proposed_by=officer)
    assert MinistryIdentity.objects.count() == 0


def test_a_new_person_is_made_with_unit_and_role_and_linked(first, second, unit):
    ClaimMapping.objects.create(
        kind="unit",
        value="CA-01",
        unit=unit,
        proposed_by=first,
        proposed_at=timezone.now(),
        confirmed_by=second,
        confirmed_at=timezone.now(),
    )
    ClaimMapping.objects.create(
        kind="role",
        value="lanh-dao",
        role=Role.APPROVER,
        proposed_by=first,
        proposed_at=timezone.now(),
        confirmed_by=second,
        confirmed_at=timezone.now(),
    )
    row = asked(units=["CA-01"], roles=["lanh-dao"])
    form = as_(first).get(page(row)).context["new"]
    assert (form.initial["full_name"], form.initial["role"]) == ("Trần Thị Bình", Role.APPROVER)
    assert form.initial["unit"] == unit
    assert form.fields["unit"].clean(unit.label) == unit

    facts = {
        "full_name": "Trần Thị Bình",
        "email": "binh@congan.example",
        "unit": unit.code,
        "role": "approver",
    }
    answer = as_(first).post(page(row), {"act": "new", **facts})
    assert answer.status_code == 302, answer.context["new"].errors

    person = User.objects.get(email="binh@congan.example")
    assert (
        Appointment.objects.filter(user=person).count(),
        person.pending_appointments.get().role,
    ) == (0, "approver")
    links.confirm(MinistryRequest.objects.get(), by=second, now=timezone.now())
    assert MinistryIdentity.objects.get().user == person
    assert person.current_appointments == []  # the post still waits for its own confirmation


def test_a_new_person_is_not_made_when_the_proposal_fails(second, unit):
    row = asked(unit=unit)
    links.refuse(row, by=second, reason="Không rõ", now=timezone.now())
    people = User.objects.count()

    facts = {"full_name": "B", "email": "b@congan.example", "unit": unit, "role": "officer"}
    with pytest.raises(Refused):
        links.propose_new(row, by=second, now=timezone.now(), **facts)

    assert (User.objects.count(), Invitation.objects.count()) == (people, 0)


@pytest.mark.parametrize(
    "which", ["elsewhere", "nobody", "myself", "operator", "disabled", "linked", "proposed"]
)
def test_accounts_that_cannot_be_proposed(first, second, officer, unit, which):
    stranger = factories.person(Role.OFFICER)
    names = {
        "elsewhere": stranger.username,
        "nobody": "khong.ai",
        "myself": first.username,
        "operator": factories.UserFactory(is_superuser=True).username,
    }
    if which == "disabled":
        User.objects.filter(pk=officer.pk).update(is_active=False)
    if which == "linked":
        linked(officer, ISSUER, "another")
    if which == "proposed":
        links.propose(asked("another", unit=unit), officer, by=second, now=timezone.now())
    row = asked(unit=unit)

    answer = as_(first).post(
        page(row), {"act": "choose", "account": names.get(which, officer.username)}
    )

    assert answer.status_code == (403 if which == "myself" else 409)
    assert MinistryRequest.objects.get(pk=row.pk).user is None


def test_a_request_of_another_province_is_not_found(first, unit):
    row = asked(unit=factories.UnitFactory())

    assert as_(first).get(page(row)).status_code == 404
    assert list(as_(first).get(LIST).context["page_obj"]) == []


def test_nobody_acts_on_a_request_or_a_person_outside_the_own_area(first, second, officer, unit):
    elsewhere = asked("elsewhere", unit=factories.UnitFactory())
    with pytest.raises(NotAllowed):
        links.refuse(elsewhere, by=first, reason="x", now=timezone.now())
    with pytest.raises(NotAllowed):
        links.propose(elsewhere, officer, by=first, now=timezone.now())

    person = factories.person(Role.OFFICER, unit)
    Appointment.objects.create(user=person, unit=factories.UnitFactory(), role=Role.OFFICER)
    row = asked(unit=unit)
    with pytest.raises(NotAllowed):
        links.propose(row, person, by=first, now=timezone.now())


def test_a_proposal_of_somebody_who_lost_the_right_is_not_confirmed(first, second, officer, unit):
    row = asked(unit=unit)
    links.propose(row, officer, by=first, now=timezone.now())
    first.appointments.update(valid_to=timezone.localdate() - timedelta(days=1))

    with pytest.raises(Refused, match="no longer has the right"):
        links.confirm(row, by=second, now=timezone.now())


def test_a_proposal_that_nobody_confirmed_in_a_week_is_over(first, second, officer, unit):
    row = asked(unit=unit)
    links.propose(row, officer, by=first, now=timezone.now())

    with pytest.raises(Refused, match="time is over"):
        links.confirm(row, by=second, now=timezone.now() + links.PROPOSAL_LIFETIME)


def test_a_refused_request_does_not_come_again_at_once(
    client, ministry_server, first, second, officer, unit
):
    sign_in(client, ministry_server)
    MinistryRequest.objects.update(unit=unit)
    row = MinistryRequest.objects.get()
    links.propose(row, officer, by=first, now=timezone.now())

    as_(second).post(
        page(row), {"act": "decide", "decision": "refuse", "reason": "Không phải đồng chí ấy"}
    )
    again = sign_in(client, ministry_server)

    assert (again.status_code, "refused" in again.content.decode()) == (403, True)
    assert (notices_of(first), MinistryRequest.objects.count()) == (["ministry_link_refused"], 1)
    assert list(as_(second).get(LIST).context["page_obj"]) == []


def test_who_proposed_takes_it_back_and_does_not_refuse_it(first, second, officer, unit):
    row = asked(unit=unit)
    links.propose(row, officer, by=first, now=timezone.now())

    with pytest.raises(NotAllowed):
        links.refuse(row, by=first, reason="x", now=timezone.now())
    with pytest.raises(NotAllowed):
        links.withdraw(row, by=second, now=timezone.now())
    links.withdraw(row, by=first, now=timezone.now())

    assert (MinistryRequest.objects.get().user, MinistryRequest.objects.get().proposed_by) == (
        None,
        None,
    )


def test_the_ministrys_factor_waits_a_day_where_the_person_has_one_here(first, second, unit):
    leader, plain = factories.person(Role.APPROVER, unit), factories.person(Role.OFFICER, unit)
    now = timezone.now()
    for subject, person in (("a", leader), ("b", plain)):
        row = asked(subject, unit=unit)
        links.propose(row, person, by=first, now=now)
        links.confirm(row, by=second, now=now)

    waits = {link.user: link.factor_from - now for link in MinistryIdentity.objects.all()}
    assert waits == {leader: timedelta(hours=24), plain: timedelta(0)}


@pytest.mark.django_db(transaction=True)
def test_of_two_proposals_at_once_one_is_refused(first, second, unit):
    people = [factories.person(Role.OFFICER, unit) for _ in range(2)]
    row = asked(unit=unit)
    ready, outcomes = threading.Barrier(2), []

    def run(person, by):
        try:
            ready.wait(60)
            links.propose(row, person, by=by, now=timezone.now())
            outcomes.append("proposed")
        except Refused:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=pair)
        for pair in zip(people, (first, second), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(outcomes) == ["proposed", "refused"]


@pytest.mark.parametrize("n", [1, 3])
def test_the_list_asks_the_database_as_often_for_many_rows(
    first, second, unit, n, django_assert_num_queries
):
    client = as_(second)
    client.get(LIST)
    for number in range(n):
        row = asked(str(number), unit=unit)
        if number:
            links.propose(row, factories.person(Role.OFFICER, unit), by=second, now=timezone.now())
    Notice.objects.all().delete()

    with django_assert_num_queries(8):
        assert len(client.get(LIST).context["page_obj"]) == n


# --- Ending ---------------------------------------------------------------------------------------


def test_an_administrator_ends_the_link_and_the_sessions_with_it(
    client, ministry_server, first, officer
):
    linked(officer, ministry_server.url)
    sign_in(client, ministry_server)
    client.get(reverse("accounts:me"))

    as_(first).post(
        reverse("accounts:end_ministry_link", args=[officer.public_id]), {"reason": "Chuyển đơn vị"}
    )

    assert MinistryIdentity.objects.count() == 0
    assert client.get("/")["Location"].startswith(reverse("account_login"))
    assert Entry.objects.get(action="account.unlinked").reason == "Chuyển đơn vị"
    assert notices_of(officer) == ["ministry_unlinked_from"]
    assert sign_in(client, ministry_server).status_code == 403


def test_a_link_ends_with_a_reason_and_by_an_administrator_over_the_person(first, officer, unit):
    linked(officer, ISSUER)
    end = reverse("accounts:end_ministry_link", args=[officer.public_id])

    as_(first).post(end, {"reason": " "})
    assert as_(factories.person(Role.OFFICER, unit)).post(end, {"reason": "x"}).status_code == 404
    elsewhere = factories.person(Role.ADMINISTRATOR, factories.ProvinceFactory())
    assert as_(elsewhere).post(end, {"reason": "x"}).status_code == 404

    assert MinistryIdentity.objects.count() == 1


def test_a_disabled_account_loses_its_link_and_what_was_proposed(first, second, officer, unit):
    linked(officer, ISSUER)
    other = factories.person(Role.OFFICER, unit)
    links.propose(asked("another", unit=unit), other, by=first, now=timezone.now())

    for person in (officer, other):
        lifecycle.disable(person, by=second, reason="Nghỉ hưu")

    assert (MinistryIdentity.objects.count(), MinistryRequest.objects.get().user) == (0, None)
    assert Entry.objects.filter(action="account.unlinked").count() == 1


def test_nothing_of_the_ministry_stays_with_somebody_who_left_long_ago(officer, unit, first):
    linked(officer, ISSUER)
    BreakGlassAccount.objects.create(
        user=officer, operator="A", reason="B", marked_at=timezone.now()
    )

    leavers.pseudonymise(User.objects.filter(pk=officer.pk))

    assert (MinistryIdentity.objects.count(), BreakGlassAccount.objects.count()) == (0, 0)


def test_a_linked_account_without_a_password_is_in_use(first, officer):
    officer.set_unusable_password()
    officer.save()
    people = reverse("accounts:people")
    linked(officer, ISSUER)

    states = {person: person.state for person in as_(first).get(people).context["people"]}
    assert states[officer] == "active"
    assert officer in as_(first).get(people, {"state": "active"}).context["people"]
    with pytest.raises(Refused, match="in use"):
        lifecycle.correct(officer, full_name="B", email="khac@congan.example", by=first)
    with pytest.raises(Refused):
        invitations.invite_again(officer, by=first)


def test_person_and_account_pages_show_the_link(first, officer):
    me, theirs = reverse("accounts:me"), reverse("accounts:person", args=[officer.public_id])
    end = reverse("accounts:end_ministry_link", args=[officer.public_id])
    assert end not in as_(first).get(theirs).content.decode()

    link = linked(officer, ISSUER)

    assert as_(officer).get(me).context["ministry_identity"] == link
    assert end in as_(first).get(theirs).content.decode()


# --- The mapping ----------------------------------------------------------------------------------


def test_two_of_the_ministrys_administrators_keep_the_mapping(client, second, unit):
    third = factories.person(Role.ADMINISTRATOR, factories.ministry())

    as_(second).post(
        MAPPING,
        {"act": "propose", "kind": "unit", "text": f"CA-01 = {unit.code}\n\nx=y = {unit.code}"},
    )
    as_(second).post(MAPPING, {"act": "propose", "kind": "role", "text": "can-bo = officer"})
    rows = list(
        ClaimMapping.objects.order_by("pk").values_list("value", "unit", "role", "confirmed_by")
    )
    assert rows == [
        ("CA-01", unit.pk, "", None),
        ("x=y", unit.pk, "", None),
        ("can-bo", None, "officer", None),
    ]

    chosen = [str(row.public_id) for row in ClaimMapping.objects.all()]
    as_(second).post(MAPPING, {"act": "confirm", "row": chosen})
    assert mapping.meaning_of(["CA-01"], ["can-bo"]) == (None, "")
    as_(third).post(MAPPING, {"act": "confirm", "row": chosen})
    assert mapping.meaning_of(["CA-01"], ["can-bo"]) == (unit, "officer")
    with pytest.raises(IntegrityError), transaction.atomic():
        ClaimMapping.objects.update(confirmed_by=second)

    as_(second).post(
        MAPPING, {"act": "remove", "row": [str(ClaimMapping.objects.get(value="CA-01").public_id)]}
    )
    assert mapping.meaning_of(["CA-01"], ["can-bo"]) == (None, "officer")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "CA-01",
        "= 01",
        "CA-01 = không có đơn vị này",
        "a = {unit}\na = {unit}",
        "x" * 201 + " = {unit}",
        "a = {unit}\n" * 501,
    ],
)
def test_lines_that_are_not_clear_propose_nothing(second, unit, text):
    body = {"act": "propose", "kind": "unit", "text": text.format(unit=unit.code)}

    assert as_(second).post(MAPPING, body).status_code == (409 if text else 422)
    assert ClaimMapping.objects.count() == 0


def test_a_value_has_one_meaning(second, unit):
    text = f"CA-01 = {unit.code}"
    mapping.propose("unit", text, by=second, now=timezone.now())

    with pytest.raises(Refused, match="meaning already"):
        mapping.propose("unit", text, by=second, now=timezone.now())


def test_a_province_keeps_no_mapping(first):
    assert as_(first).get(MAPPING).status_code == 403
    with pytest.raises(NotAllowed):
        mapping.confirm([], by=first, now=timezone.now())


def test_a_made_up_id_is_not_found(second):
    assert as_(second).post(MAPPING, {"act": "remove", "row": ["abc"]}).status_code == 404
    assert PendingAppointment.objects.count() == 0
