"""The list of boards and each board say the same, whatever became of the units and the versions."""

import io
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import Notice
from accounts.permissions import Role
from campaigns.kits.models import Adoption
from posts.kits import adopting
from posts.models import Post
from publishing.states import State
from tests import factories
from units.models import Level, Unit
from units.services import close_unit, merge_units

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def overseer(province):
    return factories.person(Role.OVERSEER, province)


@pytest.fixture
def administrator(province):
    return factories.person(Role.ADMINISTRATOR, province)


@pytest.fixture
def kit(province):
    return factories.kit(province, state="issued")


@pytest.fixture
def add_unit(province):
    """Make a unit with a page, below the province: ``add_unit()``."""

    def add(**fields) -> Unit:
        unit = factories.UnitFactory(parent=province, **fields)
        factories.ChannelFactory(unit=unit)
        return unit

    return add


def publish(kit, unit) -> Adoption:
    """Publish the kit for a unit that has a page."""
    moment = timezone.now()
    adoption = Adoption.objects.create(
        kit=kit, version=kit.current, unit=unit, opened_at=moment, adopted_at=moment
    )
    post = factories.approved(factories.PostFactory(unit=unit, channels=unit.channels.all()))
    Post.objects.filter(pk=post.pk).update(adoption=adoption)
    factories.delivery(
        post,
        unit.channels.get(),
        state=State.PUBLISHED,
        published_at=moment,
        remote_id=f"r{post.pk}",
        permalink=f"https://facebook.com/{post.pk}",
    )
    return adoption


def open_board(client, kit, person, **query):
    client.force_login(person)
    return client.get(reverse("oversight:adoption", args=[kit.public_id]), query)


def read_board(client, kit, person) -> Counter[str]:
    """Return the units by state, as the board's rows of all pages say it."""
    found: Counter[str] = Counter()
    first = open_board(client, kit, person)
    for number in first.context["page_obj"].paginator.page_range:
        rows = open_board(client, kit, person, page=number).context["rows"]
        found.update(row.state.key for row in rows)
    assert found == Counter({state.key: n for state, n in first.context["tiles"]})
    assert found.total() == first.context["total"]
    return found


def read_list(client, kit, person) -> dict[str, int]:
    client.force_login(person)
    rows = client.get(reverse("oversight:adoption_list")).context["rows"]
    (sums,) = [sums for row, sums, _is_over in rows if row == kit]
    return {**sums._asdict(), "unopened": sums.unopened}


def require_agreement(client, kit, person) -> Counter[str]:
    """Compare the list with the board, which says more finely what a unit does that waits."""
    board, listed = read_board(client, kit, person), read_list(client, kit, person)
    waiting = ("scheduled", "in_review", "adapted", "taken_back")
    assert listed == {
        "asked": board.total(),
        "published": board["published"],
        "waiting": sum(board[state] for state in waiting),
        "opened": board["opened"],
        "declined": board["refused"],
        "unopened": board["unopened"],
    }
    return board


def test_a_merged_unit_hides_nobody_who_has_done_nothing(
    client, kit, overseer, administrator, add_unit
):
    old, new, silent = add_unit(), add_unit(), add_unit()
    publish(kit, old)
    assert require_agreement(client, kit, overseer) == {"published": 1, "unopened": 2}

    merge_units([old], into=new, on=timezone.localdate(), by=administrator, reason="Nghị quyết 1")

    assert require_agreement(client, kit, overseer) == {"unopened": 2}
    shown = open_board(client, kit, overseer).context["rows"]
    assert {row.unit for row in shown} == {new, silent}


def test_a_closed_unit_leaves_both_counts(client, kit, overseer, administrator, add_unit):
    closed, silent, busy = add_unit(), add_unit(), add_unit()
    officer = factories.person(Role.OFFICER, closed)
    adopting.decline(kit, unit=closed, by=officer, reason="not_our_area")
    adopting.note_opened(kit, unit=busy)

    close_unit(closed, on=timezone.localdate(), by=administrator, reason="Giải thể")

    assert require_agreement(client, kit, overseer) == {"opened": 1, "unopened": 1}
    assert silent.is_current


def test_a_version_for_fewer_units_counts_those_alone(client, kit, overseer, add_unit):
    first, second, third = add_unit(), add_unit(kind="xã"), add_unit(kind="xã")
    publish(kit, first)
    adopting.note_opened(kit, unit=second)
    assert require_agreement(client, kit, overseer) == {"published": 1, "opened": 1, "unopened": 1}

    kit.current.all_below, kit.current.for_kinds = False, ["xã"]
    kit.current.save()

    assert require_agreement(client, kit, overseer) == {"opened": 1, "unopened": 1}
    assert third.kind == "xã"


def test_each_of_two_kits_is_counted_by_its_own_audience(client, kit, overseer, add_unit):
    ward, village = add_unit(kind="phường"), add_unit(kind="xã")
    other = factories.kit(
        kit.unit, state="issued", name="Cho xã", all_below=False, for_kinds=["xã"]
    )
    publish(kit, ward)
    publish(kit, village)
    adopting.note_opened(other, unit=village)
    Adoption.objects.create(kit=other, version=other.current, unit=ward, opened_at=timezone.now())

    assert require_agreement(client, kit, overseer) == {"published": 2}
    assert require_agreement(client, other, overseer) == {"opened": 1}


def test_a_unit_of_another_province_is_on_neither(client, overseer):
    top = factories.ministry()
    kit = factories.kit(top, state="issued", all_below=False, for_levels=[Level.COMMUNE])
    mine = factories.UnitFactory(parent=overseer.current_appointments[0].unit)
    foreign = factories.UnitFactory()
    for unit in (mine, foreign):
        factories.ChannelFactory(unit=unit)
    publish(kit, foreign)

    assert require_agreement(client, kit, overseer) == {"unopened": 1}
    ministry = factories.person(Role.OVERSEER, top)
    assert require_agreement(client, kit, ministry) == {"published": 1, "unopened": 1}
    foreign_key = {"province": foreign.parent.key}
    assert open_board(client, kit, overseer, **foreign_key).status_code == 404
    button = reverse("oversight:remind_adoption", args=[kit.public_id])
    assert client.post(f"{button}?province={foreign.parent.key}").status_code == 404
    assert not Notice.objects.filter(kind="kit_reminder").exists()


def test_170_units_stand_on_pages_that_cost_the_same(client, kit, overseer, province, add_unit):
    add_unit()
    address = reverse("oversight:adoption", args=[kit.public_id])

    def ask(**query) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address, query).status_code == 200
        return len(asked)

    client.force_login(overseer)
    ask()
    one = ask()
    rows = [factories.UnitFactory.build(parent=province) for _number in range(169)]
    for row in rows:
        row.place_in_tree()
    Unit.objects.bulk_create(rows)

    assert [ask(), ask(page=7)] == [one, one]
    assert require_agreement_of_many(client, kit, overseer) == {"unopened": 1, "dead": 169}
    last = open_board(client, kit, overseer, page=7)
    assert len(last.context["rows"]) == 170 - 6 * 25
    assert len(open_board(client, kit, overseer, page=999).context["rows"]) == 20


def require_agreement_of_many(client, kit, person) -> Counter[str]:
    """Compare as `require_agreement` does, where units have no page."""
    board, listed = read_board(client, kit, person), read_list(client, kit, person)
    assert listed["unopened"] == board["unopened"] + board["dead"] == listed["asked"]
    return board


def test_an_empty_audience_has_a_board_and_a_line(client, kit, overseer):
    assert require_agreement(client, kit, overseer) == {}
    client.post(reverse("oversight:remind_adoption", args=[kit.public_id]))
    assert not Notice.objects.filter(kind="kit_reminder").exists()


@pytest.mark.parametrize(
    ("name", "sheet"),
    [
        ("Phòng cháy tháng 12/2026", "Phòng cháy tháng 12 2026"),
        ("[Gấp] Sạc xe: an toàn? *\\", "Gấp Sạc xe an toàn"),
        ("Cảnh giác với cuộc gọi giả danh cán bộ / công an phường", None),
        ("/", "Sheet"),
    ],
)
def test_a_kit_of_any_name_leaves_as_a_file_for_excel(
    client, province, overseer, add_unit, name, sheet
):
    unit = add_unit()
    kit = factories.kit(province, state="issued", name=name)

    answer = open_board(client, kit, overseer, format="xlsx")

    assert answer.status_code == 200
    (page,) = load_workbook(io.BytesIO(answer.content)).worksheets
    assert [row[0] for row in page.values][1:] == [unit.name]
    assert page.title == (sheet or page.title)
    assert len(page.title) <= 31
    assert open_board(client, kit, overseer, format="csv").status_code == 200
