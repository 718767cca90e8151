"""Two people at one example, people of other units at it, and units that were merged."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from engagement.examples import services
from engagement.examples.models import Example, ExampleUse
from engagement.examples.services import Proposal
from posts.models import Post
from tests import factories
from tests.rivals import act_at_once, each_at_once
from units.services import merge_units

at_once = pytest.mark.django_db(transaction=True)
LINES = Proposal(
    name="Nhắc khóa van gas lúc cơm chiều",
    why_heard="Đăng đúng giờ bà con nấu cơm.",
    why_clear="Mỗi bài một việc.",
    advice="Đọc thêm trên loa phường.",
)
ACTS = {
    "use_example": {},
    "accept_example": {},
    "return_example": {"reason": "Chưa rõ"},
    "withdraw_example": {"reason": "Chưa rõ"},
}


def two(role, unit):
    return [factories.person(role, unit) for _number in range(2)]


@at_once
def test_of_two_who_propose_one_post_one_does():
    unit = factories.UnitFactory()
    post = factories.live_delivery(unit=unit).post

    outcomes = each_at_once(
        two(Role.OFFICER, unit), lambda by: services.propose([post], LINES, unit=unit, by=by)
    )

    assert outcomes == {"done": 1, "refused": 1}
    assert Example.objects.count() == 1


@at_once
def test_of_two_leaders_who_accept_one_example_one_does():
    unit = factories.UnitFactory()
    example = factories.example(unit)

    outcomes = each_at_once(
        two(Role.OVERSEER, unit.parent), lambda by: services.accept(example, by=by)
    )

    assert outcomes == {"done": 1, "refused": 1}
    assert Example.objects.get().state == "province"
    assert Entry.objects.filter(action="example.accepted").count() == 1


@at_once
def test_an_example_that_its_unit_takes_back_while_it_is_accepted_is_in_no_library():
    unit = factories.UnitFactory()
    example = factories.example(unit)
    officer, leader = (
        factories.person(Role.OFFICER, unit),
        factories.person(Role.OVERSEER, unit.parent),
    )

    outcomes = act_at_once(
        lambda: services.withdraw(example, by=officer, reason="Có sai sót"),
        lambda: services.accept(example, by=leader),
    )

    assert outcomes["done"] >= 1
    assert not Example.objects.in_library().exists()
    assert Example.objects.get().state == "withdrawn"


@at_once
def test_each_unit_that_uses_an_example_at_once_counts_and_its_origin_hears_once():
    origin = factories.UnitFactory()
    officer = factories.person(Role.OFFICER, origin)
    example = factories.example(origin, state="nation")
    users = [factories.UnitFactory() for _number in range(2)]
    people = [factories.person(Role.OFFICER, unit) for unit in users]

    outcomes = each_at_once(
        list(zip(users, people, strict=True)),
        lambda who: services.use_example(example, unit=who[0], by=who[1]),
    )

    assert outcomes == {"done": 2}
    assert Example.objects.get().reused == 2
    assert ExampleUse.objects.count() == 2
    assert Notice.objects.filter(user=officer, kind="example_used").count() == 1


@pytest.fixture
def example(db):
    return factories.example(factories.UnitFactory())


@pytest.mark.parametrize("act", ACTS)
def test_a_proposal_of_another_province_is_not_there(client, example, act):
    before = Example.objects.values().get()
    province = factories.ProvinceFactory()
    unit = factories.UnitFactory(parent=province)

    for person in (
        factories.person(Role.OVERSEER, province),
        factories.person(Role.OFFICER, unit),
    ):
        client.force_login(person)
        address = reverse(f"engagement:{act}", args=[example.public_id])
        assert client.post(address, ACTS[act]).status_code in (403, 404)

    assert Example.objects.values().get() == before
    assert Post.objects.count() == 1


@pytest.mark.parametrize("act", ["accept_example", "return_example"])
def test_the_unit_does_not_decide_on_its_own_example(client, example, act):
    before = Example.objects.values().get()
    client.force_login(factories.person(Role.APPROVER, example.unit))

    address = reverse(f"engagement:{act}", args=[example.public_id])

    assert client.post(address, ACTS[act]).status_code == 403
    assert Example.objects.values().get() == before


@pytest.mark.parametrize("act", ["return_example", "withdraw_example"])
def test_a_reason_is_asked_for_and_stays_typed_where_it_is_too_long(client, example, act):
    client.force_login(factories.person(Role.OVERSEER, example.unit.parent))
    address = reverse(f"engagement:{act}", args=[example.public_id])

    empty = client.post(address, {"reason": " "})
    long = client.post(address, {"reason": "Chưa rõ vì sao. " * 60})

    assert (empty.status_code, long.status_code) == (422, 422)
    assert "Chưa rõ vì sao. Chưa rõ" in long.text
    assert Example.objects.get().state == "proposed"


def test_an_example_of_a_merged_province_waits_for_the_leaders_of_its_successor(client, example):
    old = example.unit.parent
    new = factories.ProvinceFactory()
    administrator = factories.person(Role.ADMINISTRATOR, factories.ministry())
    former, leader = factories.person(Role.OVERSEER, old), factories.person(Role.OVERSEER, new)
    merge_units(
        [old],
        into=new,
        on=timezone.localdate(),
        by=administrator,
        reason="Nghị quyết 1",
        move_people=False,
    )
    address = reverse("engagement:accept_example", args=[example.public_id])
    client.force_login(former)
    assert client.post(address).status_code in (302, 403, 404)
    assert Example.objects.get().state == "proposed"

    client.force_login(leader)
    waiting = client.get(reverse("engagement:examples"), {"level": "waiting"}).context["cards"]
    client.post(address)

    assert [card.example for card in waiting] == [example]
    row = Example.objects.get()
    assert (row.state, row.province_by) == ("province", leader)
