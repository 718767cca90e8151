"""Two people at one list of answers or one release, and people of other units at them."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from core.errors import Refused
from engagement.models import ReplyAllowance, ReplyPhrase, ReplyRelease
from engagement.replies import wording
from engagement.replies.triage import names_money_or_contact, sort_by_need
from platforms.messages import Comment
from tests import factories
from tests.rivals import act_at_once, each_at_once

at_once = pytest.mark.django_db(transaction=True)


def long_here(role, unit):
    person = factories.person(role, unit, language="en")
    person.date_joined = timezone.now() - timedelta(days=30)
    person.save()
    return person


@at_once
def test_of_two_leaders_who_release_one_officer_one_does():
    unit = factories.UnitFactory()
    officer = long_here(Role.OFFICER, unit)
    leaders = [long_here(Role.APPROVER, unit) for _number in range(2)]

    outcomes = each_at_once(leaders, lambda by: wording.give_release(unit, officer, by=by))

    assert outcomes == {"done": 1, "refused": 1}
    wording.end_release(ReplyRelease.objects.get(), by=leaders[0])
    assert wording.find_release(officer, unit=unit) is None


@at_once
def test_of_two_who_propose_one_answer_one_does():
    unit = factories.UnitFactory()
    people = [factories.person(Role.OFFICER, unit) for _number in range(2)]

    outcomes = each_at_once(
        people, lambda by: wording.propose_phrase("Mời bà gọi 113.", unit=unit, by=by)
    )

    assert outcomes == {"done": 1, "refused": 1}
    assert ReplyPhrase.objects.count() == 1


@at_once
def test_of_two_who_propose_the_last_answer_one_does(monkeypatch):
    monkeypatch.setattr(wording, "MOST_PHRASES", 1)
    unit = factories.UnitFactory()
    first, second = (factories.person(Role.OFFICER, unit) for _number in range(2))

    outcomes = act_at_once(
        lambda: wording.propose_phrase("Mời bà gọi 113.", unit=unit, by=first),
        lambda: wording.propose_phrase("Mời ông gọi 114.", unit=unit, by=second),
    )

    assert outcomes == {"done": 1, "refused": 1}


@at_once
def test_an_answer_that_one_leader_approves_while_another_removes_it_is_given_by_nobody():
    unit = factories.UnitFactory()
    leaders = [factories.person(Role.APPROVER, unit) for _number in range(2)]
    phrase = factories.reply_phrase(unit, approved_at=None)

    outcomes = act_at_once(
        lambda: wording.approve_phrase(phrase, by=leaders[0]),
        lambda: wording.end_phrase(phrase, by=leaders[1]),
    )

    assert outcomes["done"] >= 1
    assert ReplyPhrase.objects.get().ended_at is not None
    assert not wording.find_phrases(unit).exists()


@at_once
def test_two_acts_at_once_are_one_notice_with_both():
    unit = factories.UnitFactory()
    leader = factories.person(Role.APPROVER, unit)
    live = factories.live_delivery(unit=unit)
    people = [factories.person(Role.OFFICER, unit) for _number in range(2)]

    each_at_once(people, lambda by: wording.count_for_leaders("answered", live, by=by))

    notice = Notice.objects.get(user=leader, kind="desk_used")
    assert notice.facts["answered"] == "2"


@pytest.fixture
def unit(db):
    return factories.UnitFactory()


@pytest.mark.parametrize("act", ["approve_reply_phrase", "end_reply_phrase"])
@pytest.mark.parametrize("whose", ["neighbour", "below"])
def test_the_answer_of_another_unit_is_left_as_it_is(client, unit, act, whose):
    row = factories.reply_phrase(unit, approved_at=None)
    place = unit.parent if whose == "below" else factories.UnitFactory(parent=unit.parent)
    role = Role.OVERSEER if whose == "below" else Role.APPROVER
    client.force_login(factories.person(role, place))

    answer = client.post(reverse(f"engagement:{act}", args=[row.public_id]))

    assert answer.status_code in (403, 404)
    row.refresh_from_db()
    assert (row.approved_at, row.ended_at) == (None, None)


def test_the_release_of_another_unit_is_not_ended_nor_given(client, unit):
    officer = long_here(Role.OFFICER, unit)
    release = factories.reply_release(unit, officer)
    neighbour = long_here(Role.APPROVER, factories.UnitFactory(parent=unit.parent))
    client.force_login(neighbour)

    ended = client.post(reverse("engagement:end_reply_release", args=[release.public_id]))
    stranger = long_here(Role.OFFICER, unit)
    given = client.post(
        reverse("engagement:give_reply_release"), {"person": str(stranger.public_id)}
    )
    nobody = client.post(reverse("engagement:give_reply_release"), {"person": "x"})

    assert (ended.status_code, given.status_code, nobody.status_code) == (404, 302, 302)
    assert wording.find_release(officer, unit=unit) == release
    assert wording.find_release(stranger, unit=unit) is None


def test_a_release_ends_with_the_right_of_the_leader_who_gave_it(unit):
    officer, leader = long_here(Role.OFFICER, unit), long_here(Role.APPROVER, unit)
    release = wording.give_release(unit, officer, by=leader)
    assert wording.find_release(officer, unit=unit) == release

    leader.appointments.update(valid_to=timezone.localdate() - timedelta(days=1))

    assert wording.find_release(officer, unit=unit) is None
    other = long_here(Role.APPROVER, unit)
    assert wording.give_release(unit, officer, by=other)
    with pytest.raises(Refused):
        wording.give_release(unit, officer, by=other)


@pytest.mark.parametrize("act", ["allow", "forbid"])
def test_the_desk_of_another_province_is_neither_opened_nor_closed(client, unit, act):
    foreign = factories.ProvinceFactory()
    ReplyAllowance.objects.create(unit=foreign, allowed_by=factories.UserFactory(), reason="x")
    page = reverse("engagement:desk_allowances")
    form = {"province": foreign.key, "act": act, "reason": "Có người trực"}
    client.force_login(factories.person(Role.OVERSEER, unit.parent))

    assert client.post(page, form).status_code == 404
    client.force_login(factories.person(Role.APPROVER, unit))
    assert client.post(page, form).status_code == 403

    assert ReplyAllowance.objects.get().unit == foreign


def test_what_the_province_typed_stays_where_it_is_refused(client, unit):
    client.force_login(factories.person(Role.OVERSEER, unit.parent))
    form = {"province": unit.parent.key, "act": "forbid", "reason": "Hết người trực 4815"}

    answer = client.post(reverse("engagement:desk_allowances"), form)

    assert answer.status_code == 422
    assert "Hết người trực 4815" in answer.text


def comment(text="", **fields) -> Comment:
    values = {"external_id": text, "text": text, "written_at": timezone.now(), **fields}
    return Comment(**values)


@pytest.mark.parametrize(
    ("text", "is_first"),
    [
        ("Bên em lấy lại tiền bị lừa cho anh chị", True),
        ("Vay nhanh không cần thế chấp", True),
        ("inbox em nhé", True),
        ("Gọi 0905 123 456", True),
        ("xem bit.ly/abc", True),
        ("Kết bạn Zalo để nhận quà", True),
        ("Cảm ơn các anh công an", False),
        ("Số 1234567890123 này có phải của công an?", False),
        ("Tôi bị mất xe ở chợ", False),
    ],
)
def test_a_lure_is_told_from_a_question(text, is_first):
    assert names_money_or_contact(comment(text)) is is_first


def test_lures_come_first_then_what_is_unanswered_then_the_rest():
    rows = [
        comment("Cảm ơn", answered=True),
        comment("vay nhanh", hidden=True),
        comment("Giờ làm việc?"),
        comment("inbox em", answered=True),
        comment("vay nóng"),
        comment("Ở đâu?"),
    ]

    assert [row.text for row in sort_by_need(rows)] == [
        "vay nóng",
        "Giờ làm việc?",
        "Ở đâu?",
        "Cảm ơn",
        "inbox em",
        "vay nhanh",
    ]
