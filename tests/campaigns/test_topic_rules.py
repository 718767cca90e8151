"""Rules of what posts on a topic need: overseers set and end them, on record."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from campaigns import topic_rules
from campaigns.models import TopicRule
from campaigns.queries import find_needs_of_topic
from core.errors import NotAllowed, Refused
from tests import factories

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def overseer(unit):
    return factories.person(Role.OVERSEER, unit.parent)


def set_rule(unit, by, *, first=0, last=None, reason="Kế hoạch 12"):
    today = timezone.localdate()
    return topic_rules.set_rule(
        factories.topic(),
        unit=unit,
        asks="second",
        valid_from=today + first * DAY,
        valid_to=None if last is None else today + last * DAY,
        reason=reason,
        by=by,
    )


def asks(unit, *, day=0):
    return find_needs_of_topic(factories.topic().pk, unit, on=timezone.localdate() + day * DAY)


def test_a_rule_holds_below_its_unit_from_its_first_to_its_last_day(unit, overseer):
    set_rule(unit.parent, overseer, first=1, last=3)

    assert [asks(unit, day=day) for day in range(5)] == [
        set(),
        {"second"},
        {"second"},
        {"second"},
        set(),
    ]
    assert asks(factories.UnitFactory(), day=2) == set()


@pytest.mark.parametrize("role", [Role.OFFICER, Role.APPROVER, Role.SUPERVISOR, Role.ADMINISTRATOR])
def test_only_overseers_set_rules_and_for_their_own_units(unit, overseer, role):
    at = unit.parent if role in (Role.SUPERVISOR, Role.ADMINISTRATOR) else unit
    with pytest.raises(NotAllowed):
        set_rule(at, factories.person(role, at))
    with pytest.raises(NotAllowed):
        set_rule(factories.ministry(), overseer)


def test_two_rules_for_the_same_days_are_refused(unit, overseer):
    set_rule(unit.parent, overseer, last=5)

    for first, last in ((0, None), (5, 9), (2, 3)):
        with pytest.raises(Refused, match="already"):
            set_rule(unit.parent, overseer, first=first, last=last)
    set_rule(unit.parent, overseer, first=6)
    assert TopicRule.objects.count() == 2


def test_an_ended_rule_holds_no_more_and_may_be_set_again(unit, overseer):
    rule = set_rule(unit.parent, overseer)

    topic_rules.end_rule(rule, by=overseer, reason="Hết đợt")

    assert asks(unit) == set()
    entries = Entry.objects.filter(object_type="campaigns.topicrule").order_by("pk")
    assert list(entries.values_list("action", "reason")) == [
        ("topic.rule_set", "Kế hoạch 12"),
        ("topic.rule_ended", "Hết đợt"),
    ]
    with pytest.raises(Refused, match="over already"):
        topic_rules.end_rule(rule, by=overseer, reason="Lần nữa")
    set_rule(unit.parent, overseer)
    assert asks(unit) == {"second"}


def test_an_overseer_sets_and_ends_a_rule_on_the_pages_and_the_unit_reads_it(
    client, unit, overseer
):
    client.force_login(overseer)
    today = timezone.localdate()
    page = reverse("campaigns:topic_rule_new")
    assert client.post(page, {"topic": factories.topic().pk}).status_code == 422
    client.post(
        page,
        {
            "topic": factories.topic().pk,
            "asks": "second",
            "valid_from": f"{today:%d/%m/%Y}",
            "reason": "Chỉ đạo của tỉnh",
        },
    )
    rule = TopicRule.objects.get()
    client.force_login(factories.person(Role.OFFICER, unit))
    assert "Chỉ đạo của tỉnh" in client.get(reverse("campaigns:topic_rules")).text
    client.force_login(factories.person(Role.OFFICER))
    assert "Chỉ đạo của tỉnh" not in client.get(reverse("campaigns:topic_rules")).text
    client.force_login(overseer)
    client.post(reverse("campaigns:topic_rule_end", args=[rule.public_id]), {"reason": "Xong"})
    rule.refresh_from_db()
    assert rule.ended_at is not None
