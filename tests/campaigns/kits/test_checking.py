"""Problems that keep a kit from being submitted, and contents that not even a draft may hold."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils.timezone import localdate as today

from accounts.permissions import Role
from campaigns.kits import issuing
from campaigns.kits.checking import find_problems
from campaigns.kits.edits import KitEdit, Slot
from campaigns.kits.models import Kit, KitVersion
from core.errors import Refused
from tests import factories

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def make_slot(name="khu_vuc", **changes) -> dict[str, object]:
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
        {"text": "", "slots": []},
        {"window_from": None},
        {"window_until": None},
        {"window_from": today() - 9 * DAY, "window_until": today() - DAY},
        {"platforms": []},
        {"all_below": False},
        {"all_below": False, "for_kinds": ["đặc khu"]},
        {"text": "Gọi {khu_vuc} { Khu Vực }."},
        {"text": "Gọi {khu_vuc} và {ten_pho}."},
        {"text": "Gọi 113."},
        {"slots": [make_slot(label="")]},
        {"slots": [make_slot(kind="picture")]},
        {"slots": [make_slot(kind="number", example="hai")]},
        {"slots": [make_slot(kind="date", example="31/02/2026")]},
        {"script": "Loa đọc {ten_loa}."},
    ],
    ids=lambda fields: ",".join(fields),
)
def test_each_thing_that_is_missing_is_named_alone(problems, fields):
    found = problems(platforms=["facebook"]) + problems(**{"platforms": ["facebook"], **fields})

    assert len(found) == 1


@pytest.mark.parametrize(
    "slot",
    [
        make_slot(kind="number", example="1.234"),
        make_slot(kind="number", example="3-5"),
        make_slot(kind="number", example="12,5"),
        make_slot(kind="date", example="31/12/2026"),
        make_slot(kind="text", example="31/02/2026"),
        make_slot(kind="number"),
    ],
)
def test_an_example_that_fits_its_gap_is_none_to_mend(problems, slot):
    assert problems(platforms=["facebook"], slots=[slot]) == []


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


SLOT = Slot("khu_vuc", "place", "Khu vực")


@pytest.mark.parametrize(
    "changes",
    [
        {"slots": (SLOT, SLOT)},
        {"slots": (replace(SLOT, name="Khu vực"),)},
        {"slots": (replace(SLOT, name="don_vi"),)},
        {"slots": (replace(SLOT, kind="secret"),)},
        {"slots": (replace(SLOT, limit=201),)},
        {"slots": (replace(SLOT, limit=-1),)},
        {"slots": tuple(replace(SLOT, name=f"gap_{n}") for n in range(30))},
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
        slots=(SLOT,),
    )
    writer = factories.person(Role.SUPERVISOR, province)

    with pytest.raises(Refused):
        issuing.begin_kit(unit=province, by=writer, edit=replace(edit, **changes))

    assert not Kit.objects.exists()
    assert issuing.begin_kit(unit=province, by=writer, edit=edit).number == 1
