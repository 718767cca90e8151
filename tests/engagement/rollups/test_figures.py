"""Figures equal a plain count of the rows: by each scope and grouping, summed up or not."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from random import Random

import pytest
from django.db import connection
from django.utils import timezone

from campaigns.kits.models import Adoption
from core.periods import Period, get_midnight
from engagement.models import Measurement
from engagement.rollups import services
from engagement.rollups.queries.figures import Area, Figures
from posts.models import Post
from publishing.models import Delivery
from publishing.states import State
from tests import factories
from units.models import Unit

pytestmark = pytest.mark.django_db
FIRST = date(2026, 3, 1)  # any clock
PERIODS = [
    Period(FIRST + timedelta(days=3), FIRST + timedelta(days=9)),
    Period(FIRST + timedelta(days=15), FIRST + timedelta(days=16)),
]
GROUPINGS = [
    ("day",),
    ("platform",),
    ("topic",),
    ("kit",),
    ("channel",),
    ("unit",),
    ("post",),
    ("day", "platform"),
    ("day", "topic"),
    ("unit", "day"),
    ("channel", "unit"),
    ("post", "unit"),
    ("day", "platform", "topic", "kit", "channel", "unit"),
]
MEASURED = ("views", "reach", "reactions")
SUMS = ("publications", *MEASURED)


@pytest.fixture
def country(publish):
    """Two provinces that publish on twenty days, of which the periods are a part."""
    chance = Random(41)
    topics = [factories.topic(), factories.topic(), None]
    places = []
    for province in (factories.ProvinceFactory(), factories.ProvinceFactory()):
        places += [province, *(factories.UnitFactory(parent=province) for _ in range(3))]
    kit = factories.kit(factories.ministry(), state="issued")
    for unit in places:
        adoption = Adoption.objects.create(
            kit=kit, version=kit.current, unit=unit, opened_at=timezone.now()
        )
        pages = [factories.ChannelFactory(unit=unit, platform=p) for p in ("facebook", "zalo")]
        for n in range(6):
            post = factories.approved(factories.PostFactory(unit=unit, channels=pages))
            changes = {"topic": chance.choice(topics)} | ({"adoption": adoption} if n == 2 else {})
            Post.objects.filter(pk=post.pk).update(**changes)
            for page in pages[: chance.choice([1, 2])]:
                publish(post=post, channel=page, at=moment(chance), **measures(chance))
    return places


def moment(chance):
    """Return a moment of a day: often one beside midnight here, which is another day in UTC."""
    day = get_midnight(FIRST + timedelta(days=chance.randrange(20)))
    return day + timedelta(seconds=chance.choice([0, 1, 3600 * 7 - 1, 3600 * 12, 3600 * 24 - 1]))


def measures(chance):
    figures = {name: chance.choice([None, 0, 7, 300]) for name in MEASURED}
    return {} if set(figures.values()) == {None} else figures


def list_rows():
    """Read each publication by itself."""
    rows = []
    for delivery in Delivery.objects.exclude(published_at=None):
        measured = Measurement.objects.filter(delivery=delivery).first()
        post, unit = delivery.post, delivery.unit
        here = delivery.published_at.astimezone(timezone.get_default_timezone())
        rows.append(
            {
                "day": datetime.date(here),
                "platform": delivery.platform,
                "topic": post.topic_id,
                "kit": post.adoption.kit_id if post.adoption else None,
                "channel": delivery.channel_id,
                "unit": unit.pk,
                "province": unit.parent_id if unit.level == "commune" else unit.pk,
                "post": post.pk,
                "publications": 1,
                **{name: getattr(measured, name, None) for name in MEASURED},
            }
        )
    return rows


def count(rows, columns):
    groups = defaultdict(list)
    for row in rows:
        if any(period.first <= row["day"] <= period.last for period in PERIODS):
            groups[tuple(row[name] for name in columns)].append(row)
    found = {}
    for key, members in groups.items():
        known = {name: [m[name] for m in members if m[name] is not None] for name in SUMS}
        found[key] = tuple(sum(values) if values else None for values in known.values())
    return found


def ask(figures, columns):
    rows = figures.by(*columns, sums=SUMS)
    found = {tuple(row[c] for c in columns): tuple(row[name] for name in SUMS) for row in rows}
    assert len(found) == len(rows)
    return found


def scopes(places):
    """Yield figures of each scope, and which rows they are of."""
    everyone = Unit.objects.order_by().values("pk")
    province, commune = places[0], places[5]
    below = Unit.objects.under(province).order_by().values("pk")
    yield "nation", Figures(None, PERIODS, area=Area()), {}
    yield "nation by units", Figures(everyone, PERIODS), {}
    yield "province", Figures(below, PERIODS, area=Area(province.pk)), {"province": province.pk}
    yield "province by units", Figures(below, PERIODS), {"province": province.pk}
    own = Unit.objects.filter(pk=commune.pk).values("pk")
    yield "commune", Figures(own, PERIODS), {"unit": commune.pk}
    for name in ("topic", "kit", "channel", "platform"):
        value = next(row[name] for row in list_rows() if row[name] is not None)
        yield name, Figures(None, PERIODS, {name: value}), {name: value}
        yield (
            f"{name} of a province",
            Figures(below, PERIODS, {name: value}),
            {name: value, "province": province.pk},
        )


def compare(places):
    rows, compared = list_rows(), 0
    for name, figures, wanted in scopes(places):
        mine = [row for row in rows if wanted.items() <= row.items()]
        for columns in GROUPINGS:
            expected = count(mine, columns)
            assert ask(figures, columns) == expected, (name, columns)
            compared += len(expected)
    return compared


def test_figures_are_those_of_the_rows_before_and_after_they_are_summed_up(country):
    assert compare(country) > 500  # all days are marked

    services.refresh_changed_days()
    assert services.find_differences() == {}
    compare(country)


def test_figures_are_those_of_the_rows_while_some_days_have_changed(country, publish):
    services.refresh_changed_days()
    chance, units = Random(5), [country[1], country[6]]
    Measurement.objects.filter(delivery__unit__in=units).update(reach=41, views=None)
    gone = Delivery.objects.filter(unit=country[2]).first()
    Delivery.objects.filter(pk=gone.pk).update(published_at=None, state=State.RECALLED)
    moved = Delivery.objects.filter(unit=country[3]).first()
    Delivery.objects.filter(pk=moved.pk).update(published_at=get_midnight(PERIODS[0].last))
    Post.objects.filter(unit=country[7]).update(topic=factories.topic())
    for _new in range(3):
        publish(unit=country[0], at=moment(chance), reach=5)

    compare(country)
    services.refresh_changed_days()
    assert services.find_differences() == {}
    compare(country)


def test_a_unit_that_moves_takes_its_figures_along(country):
    services.refresh_changed_days()
    Unit.objects.filter(pk=country[1].pk).update(
        parent=country[4], path=f"{country[4].path}{country[1].key}/"
    )
    compare(country)
    services.refresh_changed_days()
    compare(country)


def test_no_view_is_a_way_around_the_rights_of_its_table():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, COALESCE(reloptions::text, '') FROM pg_class "
            "WHERE relkind = 'v' AND relname LIKE 'engagement_%' "
            "AND pg_relation_is_updatable(oid, true) <> 0"
        )
        assert cursor.fetchall() == [("engagement_unitprovince", "{security_invoker=true}")]
