"""Approval that a leader hands over: for days that both know, to somebody of the unit, and nobody
becomes a leader by it.
"""

from datetime import datetime, time, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Delegation, Notice, User
from accounts.people import delegations
from accounts.permissions import Permission, Role
from accounts.queries import can, factor_day, holders, holders_in, is_leader
from audit.models import Entry
from audit.sentences import describe_entry
from core.errors import NotAllowed, Refused
from tests import factories

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def chief(unit):
    return factories.person(Role.APPROVER, unit)


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit)


def again(user: User) -> User:
    """Return the person as the next request sees them."""
    return User.objects.get(pk=user.pk)


def approves(user: User, unit) -> bool:
    return can(again(user), Permission.POST_APPROVE, unit=unit)


def give(chief, deputy, unit, *, first=0, days=7, reason="Nghỉ phép") -> Delegation:
    today = timezone.localdate()
    return delegations.delegate(
        unit=unit,
        deputy=deputy,
        valid_from=today + first * DAY,
        valid_to=today + (first + days - 1) * DAY,
        reason=reason,
        by=again(chief),
    )


def test_an_officer_approves_in_the_leaders_stead_from_the_24th_hour_on(unit, chief, officer):
    row = give(chief, officer, unit)

    assert not approves(officer, unit)
    Delegation.objects.update(approves_from=timezone.now() - timedelta(seconds=1))
    assert approves(officer, unit)
    assert row.approves_from - row.given_at == timedelta(hours=24)


def test_a_confirmed_approver_deputises_at_once_and_the_record_names_both(unit, chief):
    deputy = factories.person(Role.APPROVER, unit)
    deputy.appointments.update(title="Phó Trưởng Công an phường")
    chief.appointments.update(title="Trưởng Công an phường")

    give(chief, deputy, unit)

    authority = again(deputy).authority(Permission.POST_APPROVE, unit=unit)
    both = "Phó Trưởng Công an phường by delegation of Trưởng Công an phường"
    assert authority.position == both


def test_a_new_approver_does_not_shorten_their_own_waiting_time_by_a_delegation(unit, chief):
    deputy = factories.person(Role.APPROVER, unit)
    from_when = timezone.now() + timedelta(hours=20)
    deputy.appointments.update(approves_from=from_when)

    row = give(chief, deputy, unit)

    assert row.approves_from == from_when
    assert not approves(deputy, unit)


def test_it_begins_on_its_first_day_and_ends_by_itself_after_the_last(unit, chief, officer):
    today = timezone.localdate()
    row = factories.delegation(unit, chief=chief, deputy=officer)

    held = {}
    for name, first, last in (
        ("before", today + DAY, today + 2 * DAY),
        ("first and last day", today, today),
        ("after", today - 2 * DAY, today - DAY),
    ):
        Delegation.objects.filter(pk=row.pk).update(valid_from=first, valid_to=last)
        held[name] = approves(officer, unit)

    assert held == {"before": False, "first and last day": True, "after": False}


def test_it_gives_nothing_but_approving_and_only_in_this_unit(unit, chief, officer):
    factories.delegation(unit, chief=chief, deputy=officer)
    other = factories.UnitFactory(parent=unit.parent)

    person = again(officer)

    assert [p for p in Permission if p not in ("post_approve",) and can(person, p, unit=unit)] == [
        p for p in Permission if officer.own_authority(p, unit=unit)
    ]
    assert not can(person, Permission.POST_APPROVE, unit=other)


@pytest.mark.parametrize(
    "gone",
    [
        lambda chief, deputy: User.objects.filter(pk=chief.pk).update(is_active=False),
        lambda chief, deputy: User.objects.filter(pk=deputy.pk).update(is_active=False),
        lambda chief, deputy: chief.appointments.update(valid_to=timezone.localdate() - DAY),
        lambda chief, deputy: deputy.appointments.update(valid_to=timezone.localdate() - DAY),
        lambda chief, deputy: chief.appointments.update(role=Role.OFFICER),
    ],
    ids=[
        "chief disabled",
        "deputy disabled",
        "chief left",
        "deputy left",
        "chief approves no more",
    ],
)
def test_it_lives_no_longer_than_what_it_rests_on(unit, chief, officer, gone):
    factories.delegation(unit, chief=chief, deputy=officer)
    assert approves(officer, unit)

    gone(chief, officer)

    assert not approves(officer, unit)
    assert officer not in holders(Permission.POST_APPROVE, unit=unit)


def test_a_deputy_is_told_what_waits_as_a_leader_is(unit, chief, officer):
    factories.delegation(unit, chief=chief, deputy=officer)

    assert set(holders(Permission.POST_APPROVE, unit=unit)) == {chief, officer}
    assert holders_in(Permission.POST_APPROVE, units=[unit.pk]) == {chief.pk, officer.pk}
    assert holders(Permission.POST_WITHDRAW, unit=unit) == [chief]


def test_a_deputy_needs_a_second_factor_and_a_leaders_short_session(unit, chief, officer):
    assert (factor_day(again(officer)), is_leader(again(officer))) == (None, False)

    factories.delegation(unit, chief=chief, deputy=officer)

    assert factor_day(again(officer)).year == 1
    assert is_leader(again(officer))


def test_who_stands_in_for_nobody_costs_no_question_about_it(
    unit, chief, officer, django_assert_num_queries
):
    person = again(officer)
    assert len(person.current_appointments) == 1
    with django_assert_num_queries(0):
        assert person.delegated == []

    given = factories.delegation(unit, chief=chief, deputy=officer)
    person = again(officer)
    assert len(person.current_appointments) == 1
    with django_assert_num_queries(1):
        assert person.delegated == [given]


@pytest.mark.parametrize(
    ("first", "days", "words"),
    [
        (-1, 3, "in the past"),
        (0, 91, "90 days"),
        (91, 3, "90 days"),
        (5, -3, "before the first"),
    ],
)
def test_days_that_make_no_period_are_refused(unit, chief, officer, first, days, words):
    with pytest.raises(Refused, match=words):
        give(chief, officer, unit, first=first, days=days)
    assert not Delegation.objects.exists()


def test_ninety_days_are_not_too_many(unit, chief, officer):
    row = give(chief, officer, unit, days=90)

    assert (row.valid_to - row.valid_from).days == 89


def test_only_active_people_of_the_unit_other_than_the_leader_are_named(unit, chief):
    elsewhere = factories.person(Role.OFFICER)
    watching = factories.person(Role.SUPERVISOR, unit)
    disabled = factories.person(Role.OFFICER, unit, is_active=False)
    fitting = factories.person(Role.OFFICER, unit)

    for person in (elsewhere, watching, disabled, chief):
        with pytest.raises(Refused, match="somebody else"):
            give(chief, person, unit)

    assert list(delegations.possible_deputies(unit, besides={chief.pk})) == [fitting]


def test_no_deputy_names_another_and_no_new_approver_hands_over(unit, chief, officer):
    factories.delegation(unit, chief=chief, deputy=officer)
    other = factories.person(Role.OFFICER, unit)
    with pytest.raises(NotAllowed, match="no deputy names another"):
        give(officer, other, unit)

    chief.appointments.update(approves_from=timezone.now() + DAY)
    with pytest.raises(NotAllowed):
        give(chief, other, unit, first=20)


def test_a_leader_has_one_deputy_at_a_time(unit, chief, officer):
    other = factories.person(Role.OFFICER, unit)
    give(chief, officer, unit, days=7)

    with pytest.raises(Refused, match="within these days"):
        give(chief, other, unit, first=6)
    give(chief, other, unit, first=7)

    assert Delegation.objects.count() == 2


def test_everybody_who_may_stop_it_is_told_and_may(unit, chief, officer):
    colleague = factories.person(Role.APPROVER, unit)
    overseer = factories.person(Role.OVERSEER, unit.parent)
    admin = factories.person(Role.ADMINISTRATOR, unit.parent)
    bystander = factories.person(Role.OFFICER, unit)
    foreign = factories.person(Role.ADMINISTRATOR)

    row = give(chief, officer, unit)

    told = dict(Notice.objects.values_list("user", "kind"))
    assert told == {
        officer.pk: "delegation_received",
        **dict.fromkeys([colleague.pk, overseer.pk, admin.pk], "delegation_given"),
    }
    people = [chief, officer, colleague, overseer, admin, bystander, foreign]
    may = [person for person in people if delegations.may_end(again(person), row)]
    assert may == [chief, officer, colleague, overseer, admin]
    with pytest.raises(NotAllowed):
        delegations.end(row, by=again(bystander), reason="Không rõ")


def test_ended_early_it_is_over_at_once_on_record_and_both_are_told(unit, chief, officer):
    admin = factories.person(Role.ADMINISTRATOR, unit.parent)
    row = factories.delegation(unit, chief=chief, deputy=officer)

    delegations.end(row, by=again(admin), reason="Chưa xác minh")

    assert not approves(officer, unit)
    entry = Entry.objects.get(action="account.delegation_ended")
    assert (entry.actor_id, entry.reason) == (admin.pk, "Chưa xác minh")
    assert entry.data["delegation"] == str(row.public_id)
    assert str(officer) in describe_entry(entry.action, entry.object_label, entry.data)
    told = set(Notice.objects.filter(kind="delegation_ended").values_list("user", flat=True))
    assert told == {chief.pk, officer.pk}
    with pytest.raises(Refused, match="over already"):
        delegations.end(row, by=again(chief), reason="Lần nữa")


def test_the_database_refuses_who_deputises_for_themselves(unit, chief):
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.delegation(unit, chief=chief, deputy=chief)


def test_a_leader_hands_over_on_the_page_and_ends_it_there(client, unit, chief, officer):
    client.force_login(chief)
    today = timezone.localdate()

    answer = client.post(
        reverse("accounts:delegate"),
        {
            "deputy": officer.pk,
            "valid_from": f"{today:%d/%m/%Y}",
            "valid_to": f"{today + DAY:%d/%m/%Y}",
            "reason": "Đi công tác",
        },
    )

    row = Delegation.objects.get()
    page = reverse("accounts:delegation", args=[row.public_id])
    assert answer["Location"] == page
    assert str(officer) in client.get(reverse("accounts:delegations")).text
    assert client.post(page, {"reason": ""}).status_code == 422
    client.post(page, {"reason": "Về sớm"})
    row.refresh_from_db()
    assert (row.ended_by, row.end_reason) == (chief, "Về sớm")


def test_handing_over_asks_for_a_factor_first(client, unit, chief, officer, proof_is_old):
    client.force_login(chief)
    proof_is_old(client)

    answer = client.post(reverse("accounts:delegate"), {"deputy": officer.pk})

    assert "/reauthenticate" in answer["Location"]
    assert not Delegation.objects.exists()


def test_a_deputy_finds_it_and_a_neighbour_does_not(client, unit, chief, officer):
    row = factories.delegation(unit, chief=chief, deputy=factories.with_app(officer))
    page = reverse("accounts:delegation", args=[row.public_id])

    client.force_login(officer)
    assert client.get(page).status_code == 200
    client.force_login(factories.person(Role.OFFICER, unit))
    assert client.get(page).status_code == 404


# --- Its end by itself ----------------------------------------------------------------------------


def told_on(row: Delegation, day) -> dict[int, str]:
    Notice.objects.all().delete()
    noon = timezone.make_aware(datetime.combine(day, time(12)))
    delegations.notify_of_ends(now=noon)
    delegations.notify_of_ends(now=noon)
    return dict(Notice.objects.values_list("user", "kind"))


def test_both_are_told_a_day_before_it_ends_by_itself_and_when_it_has(unit, chief, officer):
    row = give(chief, officer, unit, days=7)
    both = [chief.pk, officer.pk]

    assert told_on(row, row.valid_to - 2 * DAY) == {}
    assert told_on(row, row.valid_to - DAY) == dict.fromkeys(both, "delegation_ends")
    assert told_on(row, row.valid_to) == {}
    assert told_on(row, row.valid_to + DAY) == dict.fromkeys(both, "delegation_over")
    assert told_on(row, row.valid_to + 2 * DAY) == {}


def test_of_a_day_nobody_is_reminded_and_long_ago_is_no_news(unit, chief, officer):
    row = give(chief, officer, unit, days=1)

    assert told_on(row, row.valid_to) == {}
    assert told_on(row, row.valid_to + 8 * DAY) == {}


def test_what_was_ended_early_or_by_a_disabled_account_is_not_told_of(unit, chief, officer):
    row = give(chief, officer, unit, days=3)
    User.objects.filter(pk=officer.pk).update(is_active=False)
    assert told_on(row, row.valid_to + DAY) == {chief.pk: "delegation_over"}

    other = give(chief, factories.person(Role.OFFICER, unit), unit, first=10, days=3)
    delegations.end(other, by=chief, reason="Đã về")
    assert told_on(other, other.valid_to + DAY) == {}
