"""Lists of kits: those that each person finds, and the versions that wait for somebody."""

from datetime import timedelta
from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from campaigns.kits import issuing
from campaigns.kits.models import Kit, KitVersion
from campaigns.kits.queries import (
    LIST_STATES,
    find_open_kits,
    find_readable_kits,
    find_versions_to_decide,
)
from tests import factories

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate
DAY = timedelta(days=1)
STATES = ("draft", "in_review", "returned", "approved", "issued")


@pytest.fixture
def places():
    return {
        "ministry": factories.ministry(),
        "own": factories.ProvinceFactory(),
        "other": factories.ProvinceFactory(),
    }


@pytest.fixture
def kits(places):
    """Make a kit of each state in each place, and one that is over and one withdrawn."""
    made = {}
    for (name, unit), state in product(places.items(), STATES):
        fields = {"return_reason": "Sửa lại"} if state == "returned" else {}
        made[name, state] = factories.kit(unit, state=state, name=f"{name} {state}", **fields)
    for name, unit in places.items():
        made[name, "over"] = factories.kit(
            unit,
            state="issued",
            name=f"{name} over",
            window_from=TODAY() - 9 * DAY,
            window_until=TODAY() - DAY,
        )
        gone = factories.kit(unit, state="issued", name=f"{name} withdrawn")
        Kit.objects.filter(pk=gone.pk).update(
            withdrawn_at=timezone.now(), withdrawn_by=gone.created_by, withdraw_reason="Sai"
        )
        made[name, "withdrawn"] = gone
    return {key: Kit.objects.get(pk=kit.pk) for key, kit in made.items()}


ISSUED = ("issued", "over", "withdrawn")


@pytest.mark.parametrize(
    ("role", "place", "reads"),
    [
        (Role.OVERSEER, "ministry", lambda of, state: True),
        (Role.SUPERVISOR, "own", lambda of, state: of == "own" or _is_from_above(of, state)),
        (Role.OFFICER, "own", lambda of, state: of == "own" or _is_from_above(of, state)),
        (Role.ADMINISTRATOR, "own", lambda of, state: False),
    ],
)
def test_a_person_reads_the_kits_of_their_scope_and_what_is_issued_above(
    places, kits, role, place, reads
):
    person = factories.person(role, places[place])

    found = set(find_readable_kits(person))

    assert found == {kit for (of, state), kit in kits.items() if reads(of, state)}


def _is_from_above(of, state):
    return of == "ministry" and state in ISSUED


def test_the_filter_of_states_is_what_a_count_by_hand_says(client, places, kits):
    client.force_login(factories.person(Role.OVERSEER, places["own"]))
    wanted = {
        "": lambda of, state: True,
        "writing": lambda of, state: state in ("draft", "returned"),
        "in_review": lambda of, state: state == "in_review",
        "approved": lambda of, state: state == "approved",
        "issued": lambda of, state: state == "issued",
        "over": lambda of, state: state == "over",
        "withdrawn": lambda of, state: state == "withdrawn",
    }
    assert {*wanted} == {"", *LIST_STATES}
    seen = {key for key in kits if key[0] == "own" or _is_from_above(*key)}

    for state, is_wanted in wanted.items():
        rows = client.get(reverse("kits:list"), {"state": state}).context["rows"]
        found = {str(kit) for kit, _statuses, _counts in rows}
        assert found == {f"{of} {kind}" for of, kind in seen if is_wanted(of, kind)}


def test_a_unit_takes_up_what_is_issued_above_it_and_not_over(places, kits):
    unit = factories.UnitFactory(parent=places["own"])

    assert set(find_open_kits(unit)) == {kits["own", "issued"], kits["ministry", "issued"]}
    # On its last day a kit is still open, the day after no more.
    last = kits["own", "issued"].current.window_until
    assert kits["own", "issued"] in find_open_kits(unit, on=last)
    assert kits["own", "issued"] not in find_open_kits(unit, on=last + DAY)


def test_each_version_waits_for_those_whose_turn_it_is(places, kits):
    writer = factories.person(Role.OFFICER, places["own"])
    leader = factories.person(Role.OVERSEER, places["own"])
    of_own = {state: kits["own", state].versions.get() for state in STATES}

    assert set(find_versions_to_decide(writer)) == {of_own["returned"], of_own["approved"]}
    assert set(find_versions_to_decide(leader)) == {
        of_own["in_review"],
        of_own["returned"],
        of_own["approved"],
    }
    of_own["in_review"].writers.add(leader)
    assert of_own["in_review"] not in find_versions_to_decide(leader)
    for place in ("ministry", "other"):
        foreign = factories.person(Role.OVERSEER, places[place])
        assert not set(of_own.values()) & set(find_versions_to_decide(foreign))


def test_a_withdrawn_kit_waits_for_nobody(places, kits):
    kit, leader = kits["own", "issued"], factories.person(Role.OVERSEER, places["own"])
    newer = issuing.begin_new_version(kit, by=leader)
    KitVersion.objects.filter(pk=newer.pk).update(state="returned", return_reason="Sửa")
    assert newer in find_versions_to_decide(leader)

    issuing.withdraw_kit(kit, by=leader, reason="Sai", take_down=False)

    assert newer not in find_versions_to_decide(leader)


def test_60_kits_stand_on_pages_that_cost_the_same(client, places, kits):
    client.force_login(factories.person(Role.OVERSEER, places["own"]))
    address = reverse("kits:list")

    def ask(**query) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address, query).status_code == 200
        return len(asked)

    ask()
    one = ask()
    model = kits["own", "draft"]
    Kit.objects.bulk_create(
        Kit(
            unit=model.unit,
            campaign=model.campaign,
            topic=model.topic,
            name=f"Thêm {n}",
            search=f"them {n}",
            created_by=model.created_by,
            created_at=timezone.now(),
        )
        for n in range(50)
    )

    assert [ask(), ask(page=3)] == [one, one]
    assert len(client.get(address, {"page": 3}).context["rows"]) == 60 - 2 * 25


def test_the_list_is_for_those_who_write_kits(client, places, kits):
    unit = factories.UnitFactory(parent=places["own"])
    for role in (Role.OFFICER, Role.APPROVER, Role.SUPERVISOR):
        client.force_login(factories.person(role, unit))
        assert client.get(reverse("kits:list")).status_code == 403
        assert client.get(reverse("kits:new")).status_code == 403
