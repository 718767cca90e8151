import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from core.periods import Period
from engagement.dashboards import helpfulness
from engagement.models import Measurement
from engagement.rollups.models import PlatformDay
from oversight.rows import Row
from oversight.tile_map import (
    FIGURES,
    Tile,
    compute_bounds,
    find_previous_period,
    group_unit_tiles,
    load_places,
)
from publishing.states import State
from tests import factories
from units.models import Unit


def published(unit, *, ago=timedelta(hours=1), **figures):
    """Make a publication of the unit with these figures; without any it was not measured."""
    at = timezone.now() - ago
    channel = factories.ChannelFactory(unit=unit)
    post = factories.approved(factories.PostFactory(unit=unit, channels=[channel]))
    delivery = factories.delivery(
        post,
        channel,
        state=State.PUBLISHED,
        due_at=at,
        published_at=at + timedelta(seconds=2),
        remote_id=f"r{post.pk}",
    )
    if figures:
        Measurement.objects.create(delivery=delivery, taken_at=timezone.now(), **figures)
    return delivery


@pytest.fixture
def look(client):
    client.force_login(factories.person(Role.OVERSEER, factories.ministry(), language="en"))
    return lambda **query: client.get(reverse("oversight:nation"), query)


def tile_of(response, unit):
    return next(tile for tile in response.context["map"]().tiles if tile.row.unit == unit)


def test_each_province_has_a_tile_of_its_own_from_north_to_south():
    with (Path(settings.BASE_DIR) / "data/units.csv").open(encoding="utf-8") as file:
        codes = {row["province_code"] for row in csv.DictReader(file)}
    found = load_places()

    assert found.keys() == codes
    assert len(set(found.values())) == len(codes) == 34
    cao_bang, ha_noi, hue, da_nang, khanh_hoa, ca_mau = (
        found[code] for code in ("04", "01", "46", "48", "56", "96")
    )
    lines = [place.line for place in (cao_bang, ha_noi, hue, da_nang, khanh_hoa, ca_mau)]
    assert lines == sorted(set(lines))
    assert ca_mau.column < khanh_hoa.column  # the coast turns west
    assert (6, da_nang.line) not in found.values()  # the sea, where Hoàng Sa lies


@pytest.mark.django_db
def test_the_islands_are_named_as_viet_nams(look):
    factories.ProvinceFactory()
    shown = look().content.decode()

    assert "Đặc khu Hoàng Sa (Đà Nẵng)" in shown
    assert "Đặc khu Trường Sa (Khánh Hòa)" in shown


@pytest.mark.django_db
def test_a_tile_shows_the_figure_of_the_address_with_its_change_and_leads_to_the_units(look):
    province = factories.ProvinceFactory()
    one, _two = (factories.UnitFactory(parent=province) for _ in range(2))
    published(one)
    for unit in (one, _two):
        published(unit, ago=timedelta(days=40))

    response = look()
    tile = tile_of(response, province)

    assert (tile.value, tile.before, tile.shown) == (0.5, 1, "50 %")
    assert (tile.change.short, str(tile.change)) == ("−50", "down 50 points")
    assert tile.change.tone == "worse"
    shown = response.content.decode()
    assert "−50</span>" in shown
    assert "down 50 points" in shown
    assert f"province={province.key}" in shown
    # What says how things stand now has no period before; what nobody knows is the first figure.
    assert tile_of(look(figure="down"), province).change is None
    assert look(figure="views").context["map"]().figure.name == "alive_share"


@pytest.mark.django_db
def test_helpfulness_is_a_median_of_what_was_measured_whatever_was_seen(look, monkeypatch):
    monkeypatch.setattr(helpfulness, "LEAST_UNITS", 3)
    province, few = (factories.ProvinceFactory() for _ in range(2))
    for saves in (1, 2, 90):
        unit = factories.UnitFactory(parent=province)
        published(unit, reach=1000, saves=saves, clicks=1, views=10)
    unit = factories.UnitFactory(parent=province)
    published(unit)  # nothing was measured
    published(unit, reach=1000, views=99_999)  # neither kept, passed on nor clicked: not measured
    for _ in range(2):
        published(factories.UnitFactory(parent=few), reach=10, shares=10, views=1_000_000)

    response = look(figure="helpfulness")

    tile = tile_of(response, province)
    assert (tile.value, tile.units, tile.shown) == (3.0, 3, "3.0")
    assert tile_of(response, few).value is None
    assert tile_of(response, few).units == 2
    assert [tile.row.unit for tile in response.context["map"]().ranked] == [province, few]
    assert not {"views", "reach", "published", "followers"} & FIGURES.keys()


@pytest.mark.django_db
def test_four_figures_stand_above_the_map_with_what_changed_since_the_period_before(look):
    province = factories.ProvinceFactory()
    one, two = (factories.UnitFactory(parent=province) for _ in range(2))
    for unit in (one, one, two):
        published(unit, reach=100)
    published(one, ago=timedelta(days=40), reach=900)

    tiles = look().context["tiles"]()

    assert [(tile["value"], tile["hint"]) for tile in tiles] == [
        (2, "of 2 units; +100 % since the period before"),
        (3, "+200 % since the period before"),
        (100, "100 % in the period before"),
        (300, ""),
    ]


@pytest.mark.django_db
def test_the_nation_is_not_compared_with_days_before_its_records(look):
    unit = factories.UnitFactory()
    published(unit)
    sums = {"views_of": 0, "reach_of": 0, "reactions_of": 0, "publications": 1}
    day = timezone.localdate() - timedelta(days=3)
    PlatformDay.objects.create(platform="facebook", day=day, **sums)

    response = look()

    assert response.context["map"]().before is None
    assert tile_of(response, unit.parent).change is None
    assert response.context["tiles"]()[1]["hint"] == ""
    assert "The records begin on" in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("figure", ["on_time_share", "helpfulness"])
def test_more_provinces_cost_no_more_queries(look, figure):
    def measured():
        with CaptureQueriesContext(connection) as captured:
            look(figure=figure)
        return len([q for q in captured if "SAVEPOINT" not in q["sql"]])

    published(factories.UnitFactory(), reach=10, saves=1)
    measured()
    one = measured()
    for _ in range(2):
        published(factories.UnitFactory(), reach=10, saves=1)

    assert measured() == one <= 20


@pytest.mark.parametrize(
    ("name", "now", "before", "expected", "tone"),
    [
        ("on_time_share", 0.9, 0.8, "+10", "better"),
        ("on_time_share", 7 / 93, 6 / 93, "+2", "better"),  # 8 % after 6 %
        ("on_time_share", 0.999, 0.99, "=", ""),  # both are 99 %
        ("failed", 3, 1, "+2", "worse"),
        ("failed", 1, 3, "−2", "better"),
        ("failed", 3, 3, "=", ""),
        ("helpfulness", 2.04, 2.0, "=", ""),
    ],
)
def test_a_change_has_a_sign_words_and_a_tone(name, now, before, expected, tone):
    change = Tile(Row(Unit()), load_places()["01"], FIGURES[name], now, before, 1).change

    assert (change.short, change.tone) == (expected, tone)
    assert change.words


def test_the_period_before_is_as_long_and_ends_the_day_before():
    today = timezone.localdate()
    period = Period.last_days(30, today=today)

    before = find_previous_period(period)

    assert before.last == period.first - timedelta(days=1)
    assert before.last - before.first == period.last - period.first


@pytest.mark.django_db
def test_a_province_without_any_channel_has_not_begun_instead_of_being_at_nothing(look):
    idle = factories.UnitFactory(parent=factories.ProvinceFactory()).parent
    silent = factories.ChannelFactory(unit=factories.UnitFactory()).unit.parent

    response = look()

    marks = {row.unit: row.mark for row in response.context["rows"]}
    assert (marks[idle], marks[silent]) == ("not_begun", "")
    assert response.context["not_begun"] == list(marks.values()).count("not_begun")
    tile, other = tile_of(response, idle), tile_of(response, silent)
    assert (tile.value, tile.before, tile.step, tile.shown) == (None, None, 0, "not rolled out yet")
    assert (other.value, other.shown) == (0, "0 %")
    assert tile.change is None
    # Listed as what it is by the map alone, and by the table where all are asked for.
    assert idle not in [tile.row.unit for tile in response.context["map"]().ranked]
    shown = [row.unit for row in response.context["shown"]]
    assert (idle in shown, silent in shown) == (False, True)
    assert idle in [row.unit for row in look(all="on").context["shown"]]


def test_the_shades_of_a_share_that_is_low_everywhere_reach_as_far_as_it_does():
    share = FIGURES["alive_share"]

    assert compute_bounds(share, [0.0, 0.08, 0.4]) == pytest.approx([0.08, 0.16, 0.24, 0.32])
    assert compute_bounds(share, [0.0, 0.08, 0.9]) == pytest.approx([0.18, 0.36, 0.54, 0.72])
    assert compute_bounds(share, [0.0, 0.6, 0.96]) == [0.5, 0.7, 0.85, 0.95]
    assert compute_bounds(share, [0.0]) == [0.5, 0.7, 0.85, 0.95]


def test_units_stand_by_kind_and_name_shaded_by_how_old_their_newest_post_is():
    today = date(2026, 11, 30)

    def row(kind, name, mark="", ago=None):
        last = None if ago is None else datetime(2026, 11, 30, 9, tzinfo=UTC) - timedelta(days=ago)
        return Row(Unit(kind=kind, place=f"{kind} {name}"), mark=mark, last_post=last)

    groups = group_unit_tiles(
        [
            row("Xã", "Hòa Vang", ago=8),
            row("Phường", "Sơn Trà", "no_channel"),
            row("Phường", "Hải Châu", ago=0),
            row("Phường", "Cẩm Lệ"),
            row("Phường", "An Hải", "closed", ago=1),
        ],
        today=today,
    )

    assert [
        (kind, [(tile.row.bare_name, tile.step, tile.shown) for tile in tiles])
        for kind, tiles in groups
    ] == [
        (
            "Phường",
            [
                ("Cẩm Lệ", 1, "none in 90 days"),
                ("Hải Châu", 5, "today"),
                ("Sơn Trà", 0, "no page"),
            ],
        ),
        ("Xã", [("Hòa Vang", 4, "8 days")]),
    ]
