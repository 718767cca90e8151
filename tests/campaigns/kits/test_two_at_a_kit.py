"""Two people at one kit, and people of other units at it."""

import pytest
from django.urls import reverse

from accounts.permissions import Role
from audit.models import Entry
from campaigns.kits import issuing
from campaigns.kits.models import Kit, KitVersion, Passing
from campaigns.kits.queries import find_open_kits
from core.errors import Refused
from posts.kits import adopting
from posts.models import Post
from tests import factories
from tests.rivals import act_at_once, act_before_commit_of, each_at_once

at_once = pytest.mark.django_db(transaction=True)


def people(unit, role=Role.OVERSEER):
    return [factories.person(role, unit) for _number in range(2)]


def get_version(kit) -> KitVersion:
    return kit.versions.order_by("number").last()


def count_entries(action) -> int:
    return Entry.objects.filter(action=action).count()


@at_once
def test_of_two_who_approve_one_kit_one_does():
    kit = factories.kit(state="in_review")
    version = get_version(kit)

    outcomes = each_at_once(
        people(kit.unit),
        lambda by: issuing.approve_version(version, by=by, content_sha256=version.content_sha256),
    )

    assert outcomes == {"done": 1, "refused": 1}
    assert count_entries("kit.approved") == 1
    version.refresh_from_db()
    assert (version.state, version.approved_by is not None) == ("approved", True)


@at_once
def test_a_kit_that_one_returns_while_another_approves_it_is_one_of_both():
    kit = factories.kit(state="in_review")
    version = get_version(kit)
    first, second = people(kit.unit)

    act_at_once(
        lambda: issuing.return_version(version, by=first, reason="Sửa phần đầu."),
        lambda: issuing.approve_version(version, by=second, content_sha256=version.content_sha256),
    )

    version.refresh_from_db()
    # Returned last, it is approved no more; approved last is not possible.
    assert (version.state, version.approved_by, version.seal) == ("returned", None, "")


@at_once
def test_of_two_who_issue_one_version_one_does():
    kit = factories.kit(state="approved")
    factories.UnitFactory(parent=kit.unit)
    version = get_version(kit)

    outcomes = each_at_once(people(kit.unit), lambda by: issuing.issue_version(version, by=by))

    assert outcomes == {"done": 1, "refused": 1}
    assert count_entries("kit.issued") == 1
    assert Kit.objects.get().current == version


@at_once
def test_of_two_who_begin_a_new_version_one_does():
    kit = factories.kit(state="issued")

    outcomes = each_at_once(people(kit.unit), lambda by: issuing.begin_new_version(kit, by=by))

    assert outcomes == {"done": 1, "refused": 1}
    assert sorted(kit.versions.values_list("number", flat=True)) == [1, 2]


@at_once
def test_of_two_who_pass_a_kit_on_one_does():
    province = factories.ProvinceFactory()
    unit = factories.UnitFactory(parent=province)
    levels = {"all_below": False, "for_levels": ["commune"], "by_provinces": True}
    kit = factories.kit(factories.ministry(), state="issued", **levels)

    outcomes = each_at_once(people(province), lambda by: issuing.pass_on(kit, unit=province, by=by))

    assert outcomes == {"done": 1, "refused": 1}
    assert Passing.objects.get().unit == province
    assert list(find_open_kits(unit)) == [kit]


@at_once
def test_of_two_who_withdraw_a_kit_one_does():
    kit = factories.kit(state="issued")
    first, second = people(kit.unit)

    def withdraw(by):
        issuing.withdraw_kit(kit, by=by, reason="Sai số", take_down=False)

    outcome = act_before_commit_of(lambda: withdraw(first), lambda: withdraw(second))

    assert outcome == "refused"
    assert count_entries("kit.withdrawn") == 1
    assert Kit.objects.get().withdrawn_by == first


@at_once
def test_a_kit_that_is_withdrawn_while_a_unit_takes_it_up_publishes_nothing():
    kit = factories.kit(state="issued")
    unit = factories.UnitFactory(parent=kit.unit)
    factories.ChannelFactory(unit=unit)
    officer = factories.person(Role.OFFICER, unit)
    leader = factories.person(Role.OVERSEER, kit.unit)

    outcomes = act_at_once(
        lambda: adopting.adopt(kit, unit=unit, by=officer),
        lambda: issuing.withdraw_kit(kit, by=leader, reason="Sai số", take_down=True),
    )

    assert outcomes["done"] >= 1
    assert Kit.objects.get().is_withdrawn
    assert list(find_open_kits(unit)) == []
    late = factories.UnitFactory(parent=kit.unit)
    with pytest.raises(Refused):
        adopting.adopt(Kit.objects.get(), unit=late, by=factories.person(Role.OFFICER, late))
    assert Post.objects.count() == outcomes["done"] - 1


ACTS = ("edit", "submit", "approve", "issue", "new_version", "pass_on", "withdraw")


@pytest.fixture
def kits(db):
    """Make a kit in each state in which some act is open."""
    unit = factories.ProvinceFactory()
    states = ("draft", "in_review", "approved", "issued")
    made = [factories.kit(unit, state=state, name=f"Bộ bài {state}") for state in states]
    return unit, made


def read_rows() -> list[tuple[object, ...]]:
    versions = KitVersion.objects.order_by("pk").values_list("pk", "state", "edition")
    return [*versions, *Kit.objects.order_by("pk").values_list("pk", "withdrawn_at", "current")]


def send(client, act, kit) -> int:
    data = {"reason": "Sai", "take_down": "yes", "sha256": get_version(kit).content_sha256}
    return client.post(reverse(f"kits:{act}", args=[kit.public_id]), data).status_code


def test_who_is_of_another_unit_changes_nothing_of_a_kit(client, kits):
    unit, made = kits
    strangers = {
        factories.person(Role.OVERSEER, factories.ProvinceFactory()): 404,
        factories.person(Role.APPROVER, factories.UnitFactory(parent=unit)): 403,
    }
    before = read_rows()

    for person, status in strangers.items():
        client.force_login(person)
        assert {send(client, act, kit) for act in ACTS for kit in made} == {status}

    assert read_rows() == before


def test_who_oversees_the_issuer_from_above_writes_nothing_for_it(client, kits):
    _unit, made = kits
    client.force_login(factories.person(Role.OVERSEER, factories.ministry()))
    before = read_rows()

    answers = {send(client, act, kit) for act in ACTS if act != "withdraw" for kit in made}

    assert answers == {302}
    assert read_rows() == before


def test_what_the_leader_has_not_read_is_not_approved(client, kits):
    unit, made = kits
    client.force_login(factories.person(Role.OVERSEER, unit))
    before = read_rows()
    address = reverse("kits:approve", args=[made[1].public_id])

    for digest in ("", "0" * 64, "x" * 500):
        assert client.post(address, {"sha256": digest}).status_code == 302

    assert read_rows() == before


def test_a_reason_that_is_too_long_stays_typed(client, kits):
    unit, made = kits
    client.force_login(factories.person(Role.OVERSEER, unit))
    reason = "Cần sửa phần đầu. " * 60

    for act, kit, data in (
        ("approve", made[1], {"return": "1", "reason": reason}),
        ("withdraw", made[3], {"reason": reason, "take_down": "yes"}),
    ):
        answer = client.post(reverse(f"kits:{act}", args=[kit.public_id]), data)
        assert answer.status_code == 422
        assert reason.strip() in answer.text

    assert not Kit.objects.exclude(withdrawn_at=None).exists()
    assert get_version(made[1]).state == "in_review"
