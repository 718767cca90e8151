"""False alarms reach the ministry as a rule and a shape; it switches rules by two people."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from core.errors import NotAllowed, Refused
from posts.checks.leaks.scan import Severity
from posts.leak_rules import switching
from posts.leak_rules.models import FalseAlarm, LeakCount, RuleSwitch
from posts.leak_rules.queries import switched_rules
from posts.leak_rules.switching import LONGEST_SHAPE, shape_of
from tests import factories
from tests.factories import PostFactory, UnitFactory, person
from tests.posts.editor.composer import address, typed

pytestmark = pytest.mark.django_db
RULE = "phone_personal"
NUMBER = "0912 345 678"
ASKED = {"severity": "warn", "reason": "Nhiều báo động nhầm"}


@pytest.fixture
def unit():
    return UnitFactory()


@pytest.fixture
def asking():
    return person(Role.OVERSEER, factories.ministry())


@pytest.fixture
def second():
    return person(Role.OVERSEER, factories.ministry())


def switch(by, **asked):
    values = {"rule": RULE, "valid_from": timezone.localdate(), **ASKED, **asked}
    return switching.switch(by=by, **values)


@pytest.mark.parametrize(
    ("words", "shape"),
    [
        (NUMBER, "d4_d3_d3"),
        ("Nguyễn Văn A", "A1a5_A1a2_A1"),
        ("29A-123.45", "d2A1.d3.d2"),
        ("", ""),
    ],
)
def test_a_shape_holds_no_letter_and_no_digit_of_the_words(words, shape):
    assert shape_of(words) == shape
    assert len(shape_of("a1" * 500)) == LONGEST_SHAPE


def test_one_tap_reports_a_rule_and_a_shape_and_neither_words_nor_person(client, unit):
    officer = person(Role.OFFICER, unit)
    client.force_login(officer)
    post = PostFactory(unit=unit, author=officer, body=f"<p>Gọi cho anh ấy qua số {NUMBER}</p>")
    page = client.get(address("edit", post)).text
    start = page.index('value="alarm:') + 7

    client.post(address("edit", post), typed(post, act=page[start : page.index('"', start)]))

    alarm = FalseAlarm.objects.get()
    assert (alarm.unit, alarm.rule, alarm.shape) == (unit, RULE, "d4_d3_d3")
    assert {field.name for field in FalseAlarm._meta.fields} == {
        *("id", "public_id", "unit", "rule", "severity", "shape", "reported_at", "seen_at")
    }


def test_what_was_held_back_is_counted_by_rule_and_unit(client, unit):
    officer = person(Role.OFFICER, unit)
    client.force_login(officer)
    post = PostFactory(unit=unit, author=officer, body=f"<p>Gọi cho anh ấy qua số {NUMBER}</p>")
    client.post(address("submit", post), typed(post))

    assert LeakCount.objects.values_list("rule", "outcome", "n").get() == (RULE, "blocked", 1)


def test_a_switch_holds_once_a_second_person_of_the_ministry_has_confirmed_it(asking, second):
    row = switch(asking)
    today = timezone.localdate()
    assert switched_rules(today) == {}
    with pytest.raises(NotAllowed):
        switching.confirm_switch(row, by=asking)
    with pytest.raises(Refused):
        switch(second)

    switching.confirm_switch(row, by=second)
    assert switched_rules(today) == {RULE: Severity.WARN}
    assert switched_rules(today - timedelta(days=1)) == {}

    switching.end_switch(row, by=second)
    assert switched_rules(today) == {}
    recorded = Entry.objects.filter(action__startswith="leak_rule.").order_by("pk")
    assert [entry.action for entry in recorded] == [
        "leak_rule.switched",
        "leak_rule.confirmed",
        "leak_rule.ended",
    ]


def test_the_province_switches_nothing(unit):
    factories.ministry()
    with pytest.raises(NotAllowed):
        switch(person(Role.OVERSEER, unit.parent))


def test_no_switch_begins_in_the_past_nor_without_a_reason(asking):
    for wrong in ({"valid_from": timezone.localdate() - timedelta(days=1)}, {"reason": " "}):
        with pytest.raises(Refused):
            switch(asking, **wrong)


def test_the_pages_of_the_ministry_lead_from_the_alarms_to_a_switch(client, unit, asking, second):
    words = f"Gọi {NUMBER}"
    switching.report_false_alarm(unit, rule=RULE, text=words, by=person(Role.OFFICER, unit))
    client.force_login(asking)
    page = reverse("posts:leak_rule", args=[RULE])
    assert shape_of(words) in client.get(page).text
    form = {**ASKED, "valid_from": timezone.localdate().strftime("%d/%m/%Y")}
    assert client.post(reverse("posts:switch_rule", args=[RULE]), form).status_code == 302
    row = RuleSwitch.objects.get()
    confirm = reverse("posts:confirm_switch", args=[row.public_id])
    assert confirm not in client.get(reverse("posts:leak_rules")).text

    client.force_login(second)
    assert confirm in client.get(reverse("posts:leak_rules")).text
    client.post(confirm)
    client.post(reverse("posts:see_alarms", args=[RULE]))
    assert switched_rules(timezone.localdate()) == {RULE: Severity.WARN}
    assert shape_of(words) not in client.get(page).text
    client.post(reverse("posts:end_switch", args=[row.public_id]))
    assert switched_rules(timezone.localdate()) == {}


def test_the_province_sees_counts_of_its_units_and_no_shape(client, unit):
    factories.ministry()
    stranger = UnitFactory()
    for place in (unit, stranger):
        switching.report_false_alarm(place, rule=RULE, text=NUMBER, by=person(Role.OFFICER, place))
    client.force_login(person(Role.OVERSEER, unit.parent))

    page = client.get(reverse("posts:leak_rule", args=[RULE])).text
    assert unit.name in page
    assert stranger.name not in page
    assert "d4_d3_d3" not in page
    assert client.get(reverse("posts:leak_rule", args=["no_rule"])).status_code == 404
