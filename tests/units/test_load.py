"""The national list becomes the tree, and running it again is harmless."""

import csv
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from audit.models import Entry
from units.models import Level, Unit
from units.services import COLUMNS, load_units

pytestmark = pytest.mark.django_db
ROWS = [
    ("01", "Thành phố Hà Nội", "thành phố trung ương", "00004", "Phường Ba Đình", "phường", "yes"),
    ("01", "Thành phố Hà Nội", "thành phố trung ương", "00008", "Phường Ngọc Hà", "phường", "yes"),
    (
        "48",
        "Thành phố Đà Nẵng",
        "thành phố trung ương",
        "20333",
        "Đặc khu Hoàng Sa",
        "đặc khu",
        "no",
    ),
]


@pytest.fixture
def listed(tmp_path):
    def write(rows):
        path = tmp_path / "units.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([COLUMNS, *rows])
        return path

    return write


def test_the_national_list_makes_one_ministry_34_provinces_and_3321_communes_in_a_constant_number_of_queries(  # noqa: E501
    django_assert_max_num_queries,
):
    with django_assert_max_num_queries(30):
        done = load_units(settings.BASE_DIR / "data" / "units.csv")

    assert (done.created, done.changed, done.missing) == (3356, 0, [])
    assert [Unit.objects.filter(level=level).count() for level in Level] == [1, 34, 3321]
    assert Unit.objects.filter(has_police_body=True, level=Level.COMMUNE).count() == 3319
    named = {u.code: u.name for u in Unit.objects.filter(code__in=["00004", "01", "91"])}
    assert named == {
        "00004": "Công an phường Ba Đình",
        "01": "Công an thành phố Hà Nội",
        "91": "Công an tỉnh An Giang",
    }
    assert Unit.objects.get(place="Đặc khu Phú Quốc").name == "Công an đặc khu Phú Quốc"


def test_a_second_run_changes_nothing_and_says_so(listed):
    path, out = listed(ROWS), StringIO()
    load_units(path)
    entries = Entry.objects.count()

    call_command("load_units", "--file", str(path), stdout=out)

    assert out.getvalue() == "Nothing to change: 6 units stand as in the list.\n"
    assert Entry.objects.count() == entries


def test_a_second_run_of_the_whole_list_asks_few_queries(django_assert_max_num_queries):
    path = settings.BASE_DIR / "data" / "units.csv"
    load_units(path)

    with django_assert_max_num_queries(10):
        assert load_units(path).unchanged == 3356


def test_a_renamed_province_takes_its_communes_search_words_along(listed):
    load_units(listed(ROWS))
    hanoi = Unit.objects.get(code="01")

    done = load_units(listed([(r[0], r[1].replace("Hà Nội", "Thăng Long"), *r[2:]) for r in ROWS]))

    assert (done.created, done.changed, done.unchanged) == (0, 3, 3)
    renamed = Unit.objects.get(code="01")
    assert (renamed.key, renamed.name) == (hanoi.key, "Công an thành phố Thăng Long")
    assert {u.name for u in Unit.objects.search("phuong thang long")} == {
        "Công an phường Ba Đình",
        "Công an phường Ngọc Hà",
    }


def test_a_name_given_manually_stays_while_the_place_is_called_the_same(listed):
    path = listed(ROWS)
    load_units(path)
    Unit.objects.filter(code="00004").update(name="Công an phường Ba Đình (trụ sở mới)")

    load_units(path)

    assert Unit.objects.get(code="00004").name == "Công an phường Ba Đình (trụ sở mới)"


def test_a_commune_that_moves_to_another_province_keeps_its_key(listed):
    load_units(listed(ROWS))
    was = Unit.objects.get(code="00008")

    load_units(listed([ROWS[0], ("48", *ROWS[2][1:3], *ROWS[1][3:]), ROWS[2]]))

    now = Unit.objects.get(code="00008")
    assert (now.key, now.parent.code) == (was.key, "48")
    assert now.path == f"{now.parent.path}{now.key}/"


def test_a_row_that_disappeared_is_reported_and_its_unit_stays(listed):
    load_units(listed(ROWS))

    done = load_units(listed([ROWS[0], ROWS[2]]))

    assert done.missing == ["Công an phường Ngọc Hà (00008)"]
    assert Unit.objects.get(code="00008").is_current


def test_a_unit_closed_in_the_portal_is_not_founded_again(listed):
    path = listed(ROWS)
    load_units(path)
    Unit.objects.filter(code="00008").update(valid_to="2026-01-01")

    done = load_units(path)

    assert (done.created, done.closed) == (0, ["Công an phường Ngọc Hà (00008)"])
    assert Unit.objects.filter(code="00008").count() == 1


def test_a_file_without_its_columns_is_refused_by_name(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("province_code,commune_code\n01,00004\n", encoding="utf-8")

    with pytest.raises(CommandError, match="lacks the columns commune_kind, commune_name"):
        call_command("load_units", "--file", str(path))


@pytest.mark.parametrize("words", ["da nang", "ĐÀ NẴNG", "Đà  Nẵng"])
def test_words_without_accents_find_da_nang(listed, words):
    load_units(listed(ROWS))

    assert {u.place for u in Unit.objects.search(words)} == {
        "Thành phố Đà Nẵng",
        "Đặc khu Hoàng Sa",
    }


def test_the_run_is_on_record_with_its_counts(listed):
    load_units(listed(ROWS))

    loaded = Entry.objects.get(action="unit.loaded")
    assert (loaded.actor_name, loaded.data) == ("", {"created": 6, "changed": 0})
    assert loaded.sentence == "Loaded the national list of units: 6 new, 0 changed"
