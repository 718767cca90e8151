"""The figures of a campaign, counted once more from the rows, whatever filters the address has."""

import csv
import io
from datetime import datetime, timedelta
from itertools import product

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from campaigns.models import Topic
from engagement.models import MEASURES, Measurement
from publishing.models import Delivery
from publishing.states import State
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.clock("2026-11-25 09:00")]
FIRST = datetime.fromisoformat("2026-11-02T00:00:00+07:00")
DAY = timedelta(days=1)


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def campaign(province):
    return factories.CampaignFactory(unit=province, starts_on="2026-11-01", ends_on="2026-11-30")


@pytest.fixture
def world(campaign, province, publish):
    """Publish posts of two units and two topics on two platforms, at the edges of days, some
    measured in part, one withdrawn; and others that belong to no sum.
    """
    topics = [factories.topic(), Topic.objects.get(code="pccc"), None]
    units = [
        factories.UnitFactory(parent=province, place=f"Phường {name}")
        for name in ("Hải Châu", "Sơn Trà")
    ]
    pages = {
        (unit, platform): factories.ChannelFactory(unit=unit, platform=platform)
        for unit, platform in product(units, ("facebook", "zalo"))
    }
    edges = [timedelta(0), DAY - timedelta(seconds=1), 6 * DAY, 7 * DAY - timedelta(seconds=1)]
    n = 0
    for (unit, _platform), page in pages.items():
        for topic, edge in product(topics, edges):
            n += 1
            post = factories.PostFactory(unit=unit, channels=[page], campaign=campaign, topic=topic)
            measured = {
                name: n * place
                for place, name in enumerate(MEASURES, 1)
                if (n + place) % 3  # and not every figure of each
            }
            publish(
                post=factories.approved(post),
                channel=page,
                unit=unit,
                at=FIRST + edge,
                state=State.RECALLED if n % 7 == 0 else State.PUBLISHED,
                **measured,
            )
    page = pages[units[0], "facebook"]
    publish(channel=page, campaign=campaign, at=FIRST - 2 * DAY, reach=7)  # before the campaign
    publish(channel=page, at=FIRST, reach=7)  # of none
    publish(channel=page, campaign=factories.CampaignFactory(unit=province), at=FIRST, reach=7)
    return units


@pytest.fixture
def look(client, campaign, province):
    client.force_login(factories.person(Role.SUPERVISOR, province))
    address = reverse("engagement:campaign_figures", args=[campaign.public_id])
    return lambda **query: client.get(address, query)


def recount(campaign, *, first, last, keep=lambda row: True):
    """Count with Python alone what lies within the days and is kept."""
    rows = [
        row
        for row in Delivery.objects.filter(post__campaign=campaign, published_at__isnull=False)
        .select_related("post__topic", "unit")
        .order_by("pk")
        if first <= timezone.localdate(row.published_at).isoformat() <= last and keep(row)
    ]
    measured = {m.delivery_id: m for m in Measurement.objects.filter(delivery__in=rows)}
    sums = {}
    for name in MEASURES:
        values = [getattr(measured[row.pk], name) for row in rows if row.pk in measured]
        known = [value for value in values if value is not None]
        sums[name] = sum(known) if known else None
    counts = {
        "publications": len(rows),
        "posts": len({row.post_id for row in rows}),
        "units": len({row.unit_id for row in rows}),
        "channels": len({row.channel_id for row in rows}),
    }
    return counts | sums


def find_total(page):
    names = ("publications", "posts", "units", "channels", *MEASURES)
    return {name: page.context["total"][name] for name in names}


QUERIES = [
    ({}, ("2026-11-01", "2026-11-25"), lambda row: True),
    ({"from": "02/11/2026", "to": "02/11/2026"}, ("2026-11-02",) * 2, lambda row: True),
    ({"from": "03/11/2026", "to": "08/11/2026"}, ("2026-11-03", "2026-11-08"), lambda row: True),
    ({"from": "09/11/2026", "to": "08/11/2026"}, ("2026-11-01", "2026-11-25"), lambda row: True),
    ({"platform": "zalo"}, ("2026-11-01", "2026-11-25"), lambda row: row.platform == "zalo"),
    (
        {"topic": "pccc", "platform": "facebook"},
        ("2026-11-01", "2026-11-25"),
        lambda row: row.platform == "facebook" and row.post.topic and row.post.topic.code == "pccc",
    ),
    (
        {"unit": "son tra", "from": "08/11/2026", "to": "08/11/2026"},
        ("2026-11-08",) * 2,
        lambda row: row.unit.place == "Phường Sơn Trà",
    ),
    ({"unit": "không có đơn vị này"}, ("2026-11-01", "2026-11-25"), lambda row: False),
]


def test_page_and_file_add_up_what_a_count_by_hand_finds(client, world, look, campaign):
    file = reverse("engagement:campaign_export", args=[campaign.public_id])

    for query, (first, last), keep in QUERIES:
        counted = recount(campaign, first=first, last=last, keep=keep)

        assert find_total(look(**query)) == counted, query
        rows = read_rows(client.get(file, {**query, "format": "csv"}))
        assert len(rows) == len(set(rows)) == counted["publications"], query


def read_rows(answer) -> list[tuple[str, ...]]:
    text = io.StringIO(answer.content.decode("utf-8-sig"), newline="")
    return [tuple(row) for row in csv.reader(text)][1:]


def test_the_parts_of_the_page_add_up_to_its_total(world, look):
    for query in ({}, {"platform": "zalo"}, {"unit": "hai chau"}):
        context = look(**query).context
        total = context["total"]

        for table in (context["platforms"], context["units"]):
            assert sum(row["publications"] for row in table) == total["publications"]
            for measure in MEASURES:
                known = [row[measure] for row in table if row[measure] is not None]
                assert (sum(known) if known else None) == total[measure]


def test_a_unit_sees_the_sums_of_its_own_publications_alone(client, world, campaign):
    unit = world[0]
    client.force_login(factories.person(Role.OFFICER, unit))
    address = reverse("engagement:campaign_figures", args=[campaign.public_id])

    page = client.get(address, {"unit": "son tra"})
    own = client.get(address)

    whole = {"first": "2026-11-01", "last": "2026-11-25"}
    assert page.context["total"]["publications"] == 0
    assert find_total(own) == recount(campaign, **whole, keep=lambda row: row.unit == unit)
