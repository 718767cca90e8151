"""Notes that people write on the dashboard of their unit."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from engagement.boards.notes import services
from engagement.boards.notes.models import BoardNote
from tests import factories

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
WRONG = "Liên hệ anh Nguyễn Văn Nam, số 0912345678"


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def commune(province):
    return factories.UnitFactory(parent=province)


@pytest.fixture
def chief(commune):
    return factories.person(Role.APPROVER, commune)


def day(ago):
    return timezone.localdate() - ago * DAY


def marks(client, unit, by):
    client.force_login(by)
    page = client.get(reverse("engagement:results_of_unit", args=[unit.key]))
    drawn = next(chart for chart in page.context["charts"] if chart.key == "days_reach")
    return [(mark.day, mark.words) for mark in drawn.marks]


def sent(**fields):
    given = {"first": f"{day(3):%d/%m/%Y}", "last": "", "text": "Ra quân tháng cao điểm"}
    return {**given, **fields}


def test_a_note_is_written_changed_and_removed_and_each_is_on_record(
    client, publish, commune, chief
):
    publish(unit=commune, at=timezone.now() - DAY, reach=5)
    client.force_login(chief)
    list_of = reverse("engagement:board_notes", args=[commune.key])

    offered = client.get(list_of).content.decode()
    assert f'value="{day(0):%d/%m/%Y}"' in offered  # what happened today needs no date
    assert client.post(list_of, sent(last=f"{day(2):%d/%m/%Y}")).status_code == 302
    note = BoardNote.objects.get()
    assert (note.unit, note.first, note.last, note.author) == (commune, day(3), day(2), chief)
    assert marks(client, commune, chief) == [
        (day(3), f"{note.text} (until {day(2):%d/%m/%Y}; note of {commune})")
    ]

    one = reverse("engagement:board_note", args=[note.public_id])
    assert client.get(one).context["form"]["text"].value() == note.text
    client.post(one, sent(text="Mất điện toàn xã"))
    assert marks(client, commune, chief) == [(day(3), f"Mất điện toàn xã (note of {commune})")]

    client.post(reverse("engagement:remove_board_note", args=[note.public_id]))
    assert marks(client, commune, chief) == []
    assert client.get(one).status_code == 404
    entries = Entry.objects.filter(action__startswith="note.").order_by("pk")
    assert [entry.action for entry in entries] == ["note.written", "note.changed", "note.removed"]
    assert entries[1].data["was"] == "Ra quân tháng cao điểm"


def test_those_below_read_what_is_for_them_and_nobody_beside(client, publish, province, commune):
    publish(unit=commune, at=timezone.now() - DAY, reach=5)
    other = factories.ProvinceFactory()
    ministry = factories.ministry()
    for unit, text, below in (
        (ministry, "Tháng an ninh mạng", True),
        (ministry, "Riêng của Bộ", False),
        (province, "Bão số 3", True),
        (province, "Riêng của tỉnh", False),
        (other, "Tỉnh khác", True),
        (factories.UnitFactory(parent=province), "Xã khác", False),
        (commune, "Của xã", False),
    ):
        factories.board_note(unit, text=text, reaches_below=below, first=day(2), last=day(2))
    factories.board_note(commune, text="Quá cũ", first=day(60), last=day(50))
    factories.board_note(commune, text="Vắt qua đầu kỳ", first=day(40), last=day(20))

    seen = marks(client, commune, factories.person(Role.OFFICER, commune))

    assert [words.partition(" (")[0] for _day, words in seen] == [
        "Vắt qua đầu kỳ",
        "Bão số 3",
        "Của xã",
        "Tháng an ninh mạng",
    ]
    assert seen[0][0] == day(29)  # where the axis begins


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"text": WRONG}, 409, "personal data"),
        ({"text": "x" * 121}, 422, "120"),
        ({"text": "  "}, 422, "required"),
        ({"last": f"{day(9):%d/%m/%Y}"}, 422, "must not be before"),
        ({"last": f"{day(-100):%d/%m/%Y}"}, 409, "at most 92 days"),
        ({"first": "31/02/2026"}, 422, "dd/mm/yyyy"),
    ],
)
def test_what_may_not_stand_is_refused_and_stays_typed(
    client, commune, chief, fields, status, words
):
    client.force_login(chief)
    answer = client.post(
        reverse("engagement:board_notes", args=[commune.key]), given := sent(**fields)
    )
    assert answer.status_code == status
    assert words.lower() in str(answer.context["form"].errors).lower()
    assert answer.context["form"]["text"].value() == given["text"]
    assert not BoardNote.objects.exists()


def test_only_those_in_charge_of_the_very_unit_write(client, province, commune):
    list_of = reverse("engagement:board_notes", args=[commune.key])
    overseer = factories.person(Role.OVERSEER, province)
    factories.board_note(commune)
    for person, status in ((factories.person(Role.OFFICER, commune), 403), (overseer, 200)):
        client.force_login(person)
        assert client.get(list_of).status_code == status
        shown = client.get(reverse("engagement:results_of_unit", args=[commune.key]))
        assert shown.context["notes_url"] == ""
    client.force_login(overseer)
    assert client.get(list_of).context["may_write"] is False
    one = reverse("engagement:board_note", args=[BoardNote.objects.get().public_id])
    for address in (list_of, one):
        assert client.post(address, sent()).status_code == 409
    client.post(reverse("engagement:remove_board_note", args=[BoardNote.objects.get().public_id]))
    assert BoardNote.objects.get().removed_at is None
    answer = client.post(
        reverse("engagement:board_notes", args=[province.key]), sent(reaches_below="on")
    )
    assert answer.status_code == 302
    assert BoardNote.objects.get(unit=province).reaches_below


def test_a_commune_has_nobody_below_and_a_unit_so_many_notes_at_most(
    client, commune, chief, monkeypatch
):
    monkeypatch.setattr(services, "MOST_NOTES", 1)
    client.force_login(chief)
    list_of = reverse("engagement:board_notes", args=[commune.key])
    client.post(list_of, sent(reaches_below="on"))
    assert not BoardNote.objects.get().reaches_below

    answer = client.post(list_of, sent())

    assert answer.status_code == 409
    assert "1 notes" in str(answer.context["form"].errors)
    assert BoardNote.objects.count() == 1
