"""Pages of the rules of topics: what is refused stays typed; nobody ends another unit's rule."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from campaigns import topic_rules
from campaigns.models import TopicRule
from campaigns.queries import find_needs_of_topics
from tests import factories
from tests.rivals import act_before_commit_of

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
TODAY = timezone.localdate


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def overseer(client, province):
    overseer = factories.person(Role.OVERSEER, province)
    client.force_login(overseer)
    return overseer


def make_form(**changes):
    return {
        "topic": factories.topic().pk,
        "asks": "second",
        "valid_from": f"{TODAY():%d/%m/%Y}",
        "reason": "Chỉ đạo 4815",
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"topic": ""}, 422),
        ({"asks": "all"}, 422),
        ({"valid_from": "31/02/2030"}, 422),
        ({"valid_to": "mai"}, 422),
        ({"valid_from": f"{timezone.localdate() - DAY:%d/%m/%Y}"}, 409),
        ({"valid_to": f"{timezone.localdate() - DAY:%d/%m/%Y}"}, 409),
    ],
)
def test_what_is_refused_stays_typed(client, overseer, changes, status):  # any clock
    answer = client.post(reverse("campaigns:topic_rule_new"), make_form(**changes))

    assert answer.status_code == status
    assert "Chỉ đạo 4815" in answer.text
    assert not TopicRule.objects.exists()


def test_the_same_rule_for_the_same_days_is_refused_on_the_form(client, overseer):
    new = reverse("campaigns:topic_rule_new")
    assert client.post(new, make_form()).status_code == 302

    answer = client.post(new, make_form(reason="Lần hai 4815"))

    assert answer.status_code == 409
    assert "Lần hai 4815" in answer.text
    assert client.post(new, make_form(asks="legal")).status_code == 302
    assert sorted(TopicRule.objects.values_list("asks", flat=True)) == ["legal", "second"]


@pytest.mark.parametrize("whose", ["neighbour", "ministry"])
def test_the_rule_of_another_unit_is_not_ended(client, overseer, whose):
    unit = factories.ministry() if whose == "ministry" else factories.ProvinceFactory()
    rule = factories.topic_rule(unit)
    address = reverse("campaigns:topic_rule_end", args=[rule.public_id])

    assert client.get(address).status_code == 404
    assert client.post(address, {"reason": "Không cần nữa"}).status_code == 404

    rule.refresh_from_db()
    assert rule.ended_at is None
    listed = client.get(reverse("campaigns:topic_rules")).context["page_obj"]
    assert [(row.pk, row.may_end) for row in listed] == (
        [(rule.pk, False)] if whose == "ministry" else []
    )


def test_a_rule_without_a_reason_or_one_that_is_over_is_not_ended(client, province, overseer):
    rule = factories.topic_rule(province)
    address = reverse("campaigns:topic_rule_end", args=[rule.public_id])
    assert client.post(address, {"reason": "  "}).status_code == 422

    assert client.post(address, {"reason": "Hết đợt"}).status_code == 302
    again = client.post(address, {"reason": "Hết đợt lần nữa"})

    assert again.status_code == 409
    assert "Hết đợt lần nữa" in again.text


def test_the_list_holds_what_is_open_and_marks_what_is_to_come(client, province, overseer):
    now = timezone.now()
    shown = [
        factories.topic_rule(province, asks="second"),
        factories.topic_rule(province, asks="legal", valid_to=TODAY()),
        factories.topic_rule(province, asks="source", valid_from=TODAY() + DAY),
    ]
    factories.topic_rule(province, asks="valid", ended_at=now)
    factories.topic_rule(
        province, asks="valid", valid_from=TODAY() - 9 * DAY, valid_to=TODAY() - DAY
    )
    address = reverse("campaigns:topic_rules")

    def ask() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        return len(asked)

    listed = {row.pk: row.is_coming for row in client.get(address).context["page_obj"]}
    assert listed == {row.pk: row is shown[2] for row in shown}
    cost = ask()
    TopicRule.objects.exclude(pk=shown[0].pk).update(ended_at=now)
    assert ask() == cost <= 20


def test_needs_of_a_unit_are_those_of_all_above_it_and_of_no_other(province, overseer):
    unit = factories.UnitFactory(parent=province)
    topic = factories.topic()
    factories.topic_rule(factories.ministry(), asks="source")
    factories.topic_rule(province, asks="second")
    factories.topic_rule(unit, asks="legal")
    factories.topic_rule(factories.ProvinceFactory(), asks="valid")

    assert find_needs_of_topics(unit, on=TODAY()) == {topic.pk: {"source", "second", "legal"}}
    assert find_needs_of_topics(province, on=TODAY()) == {topic.pk: {"source", "second"}}


@pytest.mark.django_db(transaction=True)
def test_of_two_who_set_one_rule_one_does():
    province = factories.ProvinceFactory()
    topic = factories.topic()
    first, second = (factories.person(Role.OVERSEER, province) for _number in range(2))

    def set_rule(by):
        topic_rules.set_rule(
            topic,
            unit=province,
            asks="second",
            valid_from=TODAY(),
            valid_to=TODAY() + DAY,
            reason="Kế hoạch",
            by=by,
        )

    outcome = act_before_commit_of(lambda: set_rule(first), lambda: set_rule(second))

    assert outcome == "refused"
    assert TopicRule.objects.get().set_by == first
