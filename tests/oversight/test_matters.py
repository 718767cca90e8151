"""Matters between a unit and those above it: from the question to the end."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from core.errors import NotAllowed, Refused
from oversight.matters import asking
from oversight.matters.forms import suggest_deadline
from oversight.matters.models import Matter, MatterNote
from oversight.models import Reminder
from tests import factories

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def unit(province):
    return factories.UnitFactory(parent=province)


@pytest.fixture
def overseer(province):
    return factories.person(Role.OVERSEER, province)


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit)


def notified(kind) -> set[int]:
    return set(Notice.objects.filter(kind=kind).values_list("user", flat=True))


def day(n: int) -> str:
    return f"{TODAY() + timedelta(days=n):%d/%m/%Y}"


@pytest.mark.parametrize(
    ("today", "suggested"),
    [  # Tuesday, Wednesday, Thursday
        (date(2030, 12, 3), date(2030, 12, 6)),
        (date(2030, 12, 4), date(2030, 12, 9)),
        (date(2030, 12, 5), date(2030, 12, 9)),
    ],
)
def test_a_unit_is_asked_to_answer_on_a_working_day(today, suggested):
    assert suggest_deadline(today=today) == suggested


def test_a_matter_goes_from_the_question_by_the_answer_to_the_end_and_on(
    client, unit, province, overseer, officer
):
    chief = factories.person(Role.APPROVER, unit)
    page = factories.ChannelFactory(unit=unit)
    client.force_login(overseer)
    new = reverse("oversight:ask_matter")
    form = {"unit": unit.label, "subject": "page", "text": "Vì sao trang mất kết nối?"}
    named = {"unit": unit.key, "subject": "page", "about": str(page.public_id)}
    assert page.name in client.get(new, named).content.decode()

    sent = client.post(new, {**form, "deadline": day(2), "about": str(page.public_id)})

    matter = Matter.objects.get()
    shown = reverse("oversight:matter", args=[matter.public_id])
    assert sent.url == shown
    assert (matter.unit, matter.asked_from, matter.object_id) == (unit, province, page.public_id)
    assert notified("matter_opened") == {officer.pk, chief.pk}
    client.force_login(officer)
    assert [row.pk for row in client.get(reverse("oversight:today")).context["matters"].rows] == [
        matter.pk
    ]
    assert reverse("channels:channel", args=[page.public_id]) in client.get(shown).content.decode()
    client.post(
        reverse("oversight:answer_matter", args=[matter.public_id]), {"text": "Đã kết nối lại."}
    )
    assert notified("matter_answered") == {overseer.pk}
    assert not client.get(reverse("oversight:today")).context["matters"]
    client.force_login(overseer)
    assert client.get(reverse("oversight:today")).context["matters"].count == 1
    again = {"text": "Còn trang Zalo?", "deadline": day(1)}
    client.post(reverse("oversight:reopen_matter", args=[matter.public_id]), again)
    asking.answer_matter(matter, "Cũng đã xong.", by=chief)
    client.post(reverse("oversight:close_matter", args=[matter.public_id]), {"text": ""})

    turns = [note.turn for note in matter.notes.all()]
    assert turns == ["answered", "reopened", "answered", "closed"]
    matter.refresh_from_db()
    assert (matter.state, matter.deadline) == ("closed", TODAY() + timedelta(days=1))
    assert (notified("matter_reopened"), notified("matter_closed")) == (
        {officer.pk, chief.pk},
        {officer.pk, chief.pk},
    )
    actions = Entry.objects.filter(action__startswith="matter.").order_by("pk")
    assert [entry.action.removeprefix("matter.") for entry in actions] == ["opened", *turns]
    with pytest.raises(Refused):
        asking.answer_matter(matter, "Thêm.", by=officer)
    assert client.get(shown).status_code == 200
    with pytest.raises(DatabaseError), transaction.atomic():
        MatterNote.objects.update(text="khác")


def test_only_the_unit_and_those_above_see_it_and_each_does_their_part(
    client, unit, province, overseer, officer
):
    matter = factories.matter(unit)
    ministry = factories.person(Role.OVERSEER, factories.ministry())
    neighbour = factories.person(Role.OFFICER, factories.UnitFactory(parent=province))
    other_province = factories.person(Role.OVERSEER, factories.ProvinceFactory())
    administrator = factories.person(Role.ADMINISTRATOR, province)
    own_supervisor = factories.person(Role.SUPERVISOR, unit)
    page = reverse("oversight:matter", args=[matter.public_id])
    sees = {}
    for person in (
        officer,
        overseer,
        ministry,
        own_supervisor,
        neighbour,
        other_province,
        administrator,
    ):
        client.force_login(person)
        sees[person] = client.get(page).status_code
        if person != administrator:
            listed = client.get(reverse("oversight:matters")).context["page_obj"]
            assert [row.pk for row in listed] == ([matter.pk] if sees[person] == 200 else [])
    assert list(sees.values()) == [200] * 4 + [404] * 3

    question = asking.Question(subject="other", text="Gì?", deadline=TODAY())
    for person in (officer, own_supervisor, neighbour, other_province):
        with pytest.raises(NotAllowed):
            asking.ask_unit(unit, question, by=person)
        with pytest.raises(NotAllowed):
            asking.close_matter(matter, by=person)
    with pytest.raises(NotAllowed):
        asking.answer_matter(matter, "Thay đơn vị.", by=overseer)
    asking.ask_unit(unit, question, by=ministry)
    asking.ask_unit(province, question, by=ministry)
    with pytest.raises(NotAllowed):
        asking.ask_unit(province, question, by=overseer)


@pytest.mark.parametrize(
    "given",
    [
        {"text": "Số CCCD 048085000123 của anh A."},
        {"text": "a" * 1001},
        {"text": "  "},
        {"deadline": TODAY() - timedelta(days=1)},
        {"subject": "page", "object_id": "1"},
    ],
    ids=["leak", "long", "empty", "past", "elsewhere"],
)
def test_what_may_not_be_asked_is_refused(unit, overseer, given):
    if given.get("object_id"):
        given = {**given, "object_id": factories.ChannelFactory().public_id}
    values = {"subject": "other", "text": "Gì?", "deadline": TODAY(), **given}

    with pytest.raises(Refused):
        asking.ask_unit(unit, asking.Question(**values), by=overseer)

    assert not Matter.objects.exists()


def test_late_ones_are_counted_shown_and_reminded_of_once_a_day(client, unit, overseer, officer):
    yesterday = TODAY() - timedelta(days=1)
    late = [factories.matter(unit, deadline=yesterday) for _ in range(2)]
    factories.matter(unit, deadline=TODAY())
    factories.matter(unit, deadline=yesterday, state="answered")
    client.force_login(overseer)

    def listed(show):
        rows = client.get(reverse("oversight:matters"), {"show": show}).context["page_obj"]
        return [row.pk for row in rows]

    assert set(listed("late")) == {row.pk for row in late}
    assert (len(listed("waiting")), len(listed(""))) == (3, 4)
    row = client.get(reverse("oversight:board")).context["tiles"][0][0]
    assert (row.worst.key, row.counts["matter"]) == ("matter", 2)
    page = client.get(reverse("oversight:issues", args=[unit.key]))
    assert page.context["issues"][0].n == 2

    now = timezone.now()
    assert [asking.remind_of_late(now=now) for _time in range(2)] == [1, 0]
    client.post(reverse("oversight:remind", args=[unit.key]), {"kind": "matter"})
    assert (notified("matters_late"), notified("remind_matter")) == ({officer.pk}, set())
    assert Reminder.objects.filter(unit=unit, kind="matter").count() == 1


def test_lists_and_pages_cost_the_same_for_one_and_for_many(client, unit, overseer):
    client.force_login(overseer)
    matter = factories.matter(unit)
    addresses = [
        reverse("oversight:matters"),
        reverse("oversight:matter", args=[matter.public_id]),
        reverse("oversight:ask_matter"),
    ]

    def measured():
        found = []
        for address in addresses:
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address).status_code == 200
            found.append(len(captured))
        return found

    measured()
    one = measured()
    for _ in range(3):
        factories.matter(factories.UnitFactory(parent=unit.parent))
        asking.ask_again(matter, "Còn gì?", deadline=TODAY(), by=overseer)

    assert measured() == one
    assert max(one) <= 20, one
