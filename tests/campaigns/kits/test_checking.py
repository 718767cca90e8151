"""Problems that keep a kit from being submitted, and contents that not even a draft may hold."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils.timezone import localdate as today

from accounts.permissions import Role
from campaigns.kits import issuing
from campaigns.kits.checking import find_problems
from campaigns.kits.edits import KitEdit, PlaceholderEdit
from campaigns.kits.models import Kit, KitVersion
from core.errors import Refused
from tests import factories

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def make_placeholder(name="khu_vuc", **changes) -> dict[str, object]:
    return {
        "name": name,
        "kind": "place",
        "label": "Khu vực",
        "hint": "",
        "example": "",
        "limit": 60,
        **changes,
    }


@pytest.fixture
def problems():
    """Return what a kit of these fields lacks: ``problems(title="")``."""
    province = factories.ProvinceFactory()
    factories.UnitFactory(parent=province)

    def find(**fields) -> list[str]:
        version = factories.kit(province, **fields).versions.get()
        return find_problems(KitVersion.objects.select_related("kit__unit").get(pk=version.pk))

    return find


def test_a_kit_with_all_that_it_needs_lacks_nothing(problems):
    assert problems(platforms=["facebook"]) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"title": ""},
        {"text": "", "placeholders": []},
        {"window_from": None},
        {"window_until": None},
        {"window_from": today() - 9 * DAY, "window_until": today() - DAY},
        {"platforms": []},
        {"all_below": False},
        {"all_below": False, "for_kinds": ["đặc khu"]},
        {"text": "Gọi {khu_vuc} { Khu Vực }."},
        {"text": "Gọi {khu_vuc} và {ten_pho}."},
        {"text": "Gọi 113."},
        {"placeholders": [make_placeholder(label="")]},
        {"placeholders": [make_placeholder(kind="picture")]},
        {"placeholders": [make_placeholder(kind="number", example="hai")]},
        {"placeholders": [make_placeholder(kind="date", example="31/02/2026")]},
        {"script": "Loa đọc {ten_loa}."},
    ],
    ids=lambda fields: ",".join(fields),
)
def test_each_thing_that_is_missing_is_named_alone(problems, fields):
    found = problems(platforms=["facebook"]) + problems(**{"platforms": ["facebook"], **fields})

    assert len(found) == 1


@pytest.mark.parametrize(
    "placeholder",
    [
        make_placeholder(kind="number", example="1.234"),
        make_placeholder(kind="number", example="3-5"),
        make_placeholder(kind="number", example="12,5"),
        make_placeholder(kind="date", example="31/12/2026"),
        make_placeholder(kind="text", example="31/02/2026"),
        make_placeholder(kind="number"),
    ],
)
def test_an_example_that_is_a_valid_value_is_no_problem(problems, placeholder):
    assert problems(platforms=["facebook"], placeholders=[placeholder]) == []


def test_a_last_day_of_today_is_not_over(problems):
    assert problems(platforms=["facebook"], window_until=today()) == []


def test_all_that_is_missing_is_said_at_once_when_it_is_submitted(problems):
    province = factories.ProvinceFactory()
    version = factories.kit(province, title="", platforms=[], all_below=False).versions.get()

    with pytest.raises(Refused) as refused:
        issuing.submit_version(version, by=factories.person(Role.SUPERVISOR, province))

    assert all(problem in str(refused.value) for problem in find_problems(version))
    assert len(find_problems(version)) == 3
    assert KitVersion.objects.get(pk=version.pk).state == "draft"


PLACEHOLDER = PlaceholderEdit("khu_vuc", "place", "Khu vực")


@pytest.mark.parametrize(
    "changes",
    [
        {"placeholders": (PLACEHOLDER, PLACEHOLDER)},
        {"placeholders": (replace(PLACEHOLDER, name="Khu vực"),)},
        {"placeholders": (replace(PLACEHOLDER, name="don_vi"),)},
        {"placeholders": (replace(PLACEHOLDER, kind="secret"),)},
        {"placeholders": (replace(PLACEHOLDER, limit=201),)},
        {"placeholders": (replace(PLACEHOLDER, limit=-1),)},
        {"placeholders": tuple(replace(PLACEHOLDER, name=f"noi_{n}") for n in range(30))},
        {"platforms": ("myspace",)},
        {"texts": {"myspace": "Lời"}},
        {"spread_minutes": -1},
        {"spread_minutes": 100_000},
        {"best_from": 8},
        {"best_from": 18, "best_until": 8},
        {"best_from": 8, "best_until": 25},
        {"window_from": today(), "window_until": today() - DAY},
    ],
    ids=lambda changes: ",".join(changes),
)
def test_what_the_form_offers_nowhere_is_not_even_stored(changes):
    province = factories.ProvinceFactory()
    edit = KitEdit(
        name="Bộ bài",
        campaign=factories.CampaignFactory(unit=province),
        topic=factories.topic(),
        text="Gọi {khu_vuc}.",
        placeholders=(PLACEHOLDER,),
    )
    writer = factories.person(Role.SUPERVISOR, province)

    with pytest.raises(Refused):
        issuing.begin_kit(unit=province, by=writer, edit=replace(edit, **changes))

    assert not Kit.objects.exists()
    assert issuing.begin_kit(unit=province, by=writer, edit=edit).number == 1
