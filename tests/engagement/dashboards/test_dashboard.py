import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.permissions import Role
from core.forms import PeriodForm
from core.periods import Period
from engagement.dashboards import queries
from engagement.models import Count
from publishing.models import Delivery
from publishing.states import State
from tests import factories
from tests.pages import one_line


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def campaign(province):
    return factories.CampaignFactory(unit=province)


@pytest.fixture
def supervisor(province):
    return factories.person(Role.SUPERVISOR, province)


@pytest.fixture
def look(client, campaign, supervisor):
    client.force_login(supervisor)
    return lambda **query: client.get(
        reverse("engagement:campaign_figures", args=[campaign.public_id]), query
    )


@pytest.fixture
def export(client, campaign, supervisor):
    client.force_login(supervisor)
    return lambda **query: client.get(
        reverse("engagement:campaign_export", args=[campaign.public_id]), query
    )


def tiles(response):
    return [tile["value"] for tile in response.context["measures"]]


@pytest.mark.django_db
def test_the_dashboard_adds_up_what_was_measured(look, publish, campaign, province):
    one, two = (factories.UnitFactory(parent=province) for _ in range(2))
    zalo = factories.ChannelFactory(unit=two, platform="zalo")
    publish(unit=one, campaign=campaign, views=100, reach=70, reactions=5, comments=0, shares=2)
    publish(channel=zalo, campaign=campaign, views=40, shares=1)
    publish(unit=one, campaign=factories.CampaignFactory(unit=province), views=9999)

    response = look()

    assert tiles(response) == [140, 70, 5, 0, 3]
    # Of a post that nobody measured the reach of there is none to be in the middle.
    assert [tile["value"] for tile in response.context["tiles"]] == [140, 70, 70, None]
    total = response.context["total"]
    assert (total["publications"], total["posts"], total["channels"], total["units"]) == (
        2,
        2,
        2,
        2,
    )
    assert [(r["platform"], r["views"], r["reach"]) for r in response.context["platforms"]] == [
        ("facebook", 100, 70),
        ("zalo", 40, None),
    ]
    assert [(r["unit__name"], r["views"]) for r in response.context["units"]] == [
        (one.name, 100),
        (two.name, 40),
    ]


@pytest.mark.django_db
def test_what_nobody_measured_is_said_to_be_missing(look, publish, campaign, province):
    publish(unit=factories.UnitFactory(parent=province), campaign=campaign)

    response = look()

    assert tiles(response) == [None] * 5
    assert response.content.decode().count("stat-missing") == 4
    assert response.context["best"] == []


@pytest.mark.django_db
def test_an_officer_sees_the_part_of_their_own_unit(client, publish, campaign, province):
    mine, other = (factories.UnitFactory(parent=province) for _ in range(2))
    publish(unit=mine, campaign=campaign, views=10)
    publish(unit=other, campaign=campaign, views=500)
    client.force_login(factories.person(Role.OFFICER, mine))

    response = client.get(reverse("engagement:campaign_figures", args=[campaign.public_id]))

    assert tiles(response)[0] == 10
    assert other.name not in response.content.decode()


@pytest.mark.django_db
def test_another_province_is_in_no_sum_and_no_export(client, publish):
    national = factories.CampaignFactory(unit=factories.ministry())
    here, there = factories.UnitFactory(), factories.UnitFactory()
    publish(unit=here, campaign=national, views=10)
    publish(unit=there, campaign=national, views=500)
    client.force_login(factories.person(Role.OVERSEER, here.parent))

    response = client.get(reverse("engagement:campaign_figures", args=[national.public_id]))
    file = client.get(
        reverse("engagement:campaign_export", args=[national.public_id]), {"format": "csv"}
    )

    assert tiles(response)[0] == 10
    rows = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert [row[1] for row in rows[1:]] == [here.name]


@pytest.mark.django_db
def test_days_begin_and_end_at_midnight_in_ho_chi_minh_city(  # any clock
    look, publish, campaign, province
):
    unit = factories.UnitFactory(parent=province)
    campaign.starts_on, campaign.ends_on = date(2026, 10, 1), date(2026, 12, 31)
    campaign.save()
    # 17:00 UTC is midnight there.
    publish(unit=unit, campaign=campaign, views=1, at=datetime(2026, 11, 1, 16, 59, 59, tzinfo=UTC))
    publish(unit=unit, campaign=campaign, views=10, at=datetime(2026, 11, 1, 17, 0, 0, tzinfo=UTC))
    publish(
        unit=unit, campaign=campaign, views=100, at=datetime(2026, 11, 2, 16, 59, 59, tzinfo=UTC)
    )
    publish(
        unit=unit, campaign=campaign, views=1000, at=datetime(2026, 11, 2, 17, 0, 0, tzinfo=UTC)
    )

    assert tiles(look(**{"from": "02/11/2026", "to": "02/11/2026"}))[0] == 110


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ({"from": "31/12/2026", "to": "01/12/2026"}, ["to"]),
        ({"from": "32/12/2026"}, ["from"]),
        ({"from": "01/01/0001", "to": "31/12/9999"}, ["from", "to"]),
    ],
)
def test_a_period_that_is_none_is_named_and_the_default_is_shown(look, query, wrong):
    response = look(**query)

    assert response.status_code == 200
    assert list(response.context["form"].errors) == wrong
    assert response.context["period"] == response.context["form"].default


def test_the_period_in_the_address_is_day_first():
    default = Period(date(2026, 1, 1), date(2026, 1, 2))
    form = PeriodForm({"from": "05/12/2026", "to": "06/12/2026"}, default=default)

    assert form.period == Period(date(2026, 12, 5), date(2026, 12, 6))


@pytest.mark.django_db
def test_the_daily_totals_carry_each_posts_last_count_forward(  # any clock
    publish, campaign, supervisor, province
):
    unit = factories.UnitFactory(parent=province)
    begin = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
    campaign.starts_on = date(2026, 11, 1)
    campaign.save()
    first, second = (publish(unit=unit, campaign=campaign, at=begin) for _ in range(2))

    def count(delivery, hours, **figures):
        Count.objects.create(delivery=delivery, taken_at=begin + timedelta(hours=hours), **figures)

    count(first, 1, views=10)
    count(first, 2, views=30)
    count(second, 2, views=5, reactions=0)
    count(first, 26, views=None)  # the measure failed: the last known total still stands
    count(second, 26, views=4, reactions=2)  # a platform may take back
    count(first, 50, views=100)

    period = Period(date(2026, 11, 1), date(2026, 11, 30))
    days = queries.sum_daily_totals(queries.find_published(supervisor, campaign, period))

    assert [(d["day"], d["views"], d["reactions"], d["reach"]) for d in days] == [
        (date(2026, 11, 2), 35, 0, None),
        (date(2026, 11, 3), 34, 2, None),
        (date(2026, 11, 4), 104, 2, None),
    ]


@pytest.mark.django_db
def test_trouble_is_what_somebody_has_to_look_at(look, publish, campaign, province):
    unit = factories.UnitFactory(parent=province)
    now = timezone.now()

    def stuck(state, **fields):
        post = factories.approved(factories.PostFactory(unit=unit, campaign=campaign))
        return factories.delivery(post, state=state, due_at=now - timedelta(hours=1), **fields)

    undecided, overdue = stuck(State.NEEDS_PERSON), stuck(State.SCHEDULED)
    failed, taken_up = stuck(State.FAILED), stuck(State.FAILED)
    stuck(State.CANCELLED)
    publish(unit=unit, campaign=campaign)
    factories.delivery(taken_up.post, taken_up.channel, due_at=now + timedelta(hours=1))

    assert {d.pk for d in look().context["troubles"]} == {undecided.pk, overdue.pk, failed.pk}


@pytest.mark.django_db
def test_posts_are_counted_by_what_became_of_them(look, publish, campaign, province):
    unit = factories.UnitFactory(parent=province)
    for _n in range(2):
        publish(unit=unit, campaign=campaign)
    waiting = factories.approved(factories.PostFactory(unit=unit, campaign=campaign))
    factories.delivery(waiting, state=State.SCHEDULED, due_at=timezone.now() + timedelta(hours=1))
    factories.PostFactory(unit=unit, campaign=campaign)

    counted = {str(row["tab"]): row["n"] for row in look().context["states"]}

    assert counted == {"drafts": 1, "upcoming": 1, "published": 2}


@pytest.mark.django_db
def test_the_dashboard_costs_the_same_queries_for_one_and_for_three_posts(
    look, publish, campaign, province
):
    def measured():
        with CaptureQueriesContext(connection) as captured:
            assert look().status_code == 200
        return len(captured)

    publish(unit=factories.UnitFactory(parent=province), campaign=campaign, views=3)
    look()
    one = measured()
    for _ in range(2):
        publish(unit=factories.UnitFactory(parent=province), campaign=campaign, views=3)

    assert measured() == one


@pytest.mark.django_db
def test_the_excel_file_holds_each_publication_and_no_formula(export, publish, campaign, province):
    unit = factories.UnitFactory(parent=province, name="=1+1")
    delivery = publish(unit=unit, campaign=campaign, views=12, shares=0)
    title = '=HYPERLINK("http://evil.example";"x")'
    type(delivery.post).objects.filter(pk=delivery.post_id).update(title=title)

    response = export(format="xlsx")

    book = load_workbook(io.BytesIO(response.content))
    summary, _behind, rows = book.worksheets
    head, row = list(rows.iter_rows(values_only=True))
    assert len(head) == len(row) == 17
    assert (row[0], row[1]) == (title, "=1+1")
    assert row[7:12] == (12, "not measured", "not measured", "not measured", 0)
    assert row[16] == "told by the platform"
    assert row[5] == timezone.localtime(delivery.published_at).replace(
        tzinfo=None, microsecond=row[5].microsecond
    )
    assert {
        cell.data_type for line in (*summary.iter_rows(), *rows.iter_rows()) for cell in line
    } & {"f"} == set()


@pytest.mark.django_db
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "＝", " ="])
def test_the_csv_file_is_quoted_utf8_and_inert(export, publish, campaign, province, start):
    delivery = publish(unit=factories.UnitFactory(parent=province), campaign=campaign, views=12)
    payload = f'{start}cmd|"/c calc"!A1, Đà Nẵng'
    type(delivery.post).objects.filter(pk=delivery.post_id).update(title=payload)

    content = export(format="csv").content

    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert rows[1][0] == f"'{payload}"
    assert rows[1][7] == "12"


@pytest.mark.django_db
def test_an_unknown_file_format_is_no_page(export):
    assert export(format="exe").status_code == 404


@pytest.mark.django_db
def test_counts_of_a_post_stand_on_a_page_and_in_a_fragment(client, publish):
    delivery = publish(views=7)
    Count.objects.create(delivery=delivery, taken_at=timezone.now(), views=7)
    client.force_login(factories.person(Role.OFFICER, delivery.unit))
    address = reverse("engagement:post_counts", args=[delivery.post.public_id])

    page, fragment = client.get(address), client.get(address, headers={"HX-Request": "true"})

    assert page.context["chart"]["series"][0]["points"][0][1] == 7
    assert "<html" in page.content.decode()
    assert one_line(page.content.decode()).count('<td class="num" data-label=') == 5
    # On the page of the post they go into its list of channels.
    part = one_line(fragment.content.decode())
    assert "<html" not in part
    place, line = f'<div id="figures-{delivery.public_id}" hx-swap-oob="innerHTML">', "<b>7</b>"
    assert line in part.split(place)[1]


@pytest.mark.django_db
def test_counts_of_a_post_cost_the_same_queries_for_one_and_for_three_channels(client, publish):
    unit = factories.UnitFactory()
    channels = [factories.ChannelFactory(unit=unit) for _ in range(3)]
    post = factories.approved(factories.PostFactory(unit=unit, channels=channels))
    client.force_login(factories.person(Role.OFFICER, unit))
    address = reverse("engagement:post_counts", args=[post.public_id])

    def measured():
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        return len(captured)

    publish(channel=channels[0], post=post, views=1)
    client.get(address)
    one = measured()
    for channel in channels[1:]:
        publish(channel=channel, post=post, views=1)

    assert measured() == one


@pytest.mark.django_db
def test_what_is_in_trouble_is_found_by_indexes():
    found = queries.find_in_trouble(Delivery.objects.all(), now=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = found.explain()
    for index in ("delivery_undecided", "delivery_open", "delivery_missed"):
        assert f"Index Scan using {index}" in plan or f"Scan on {index}" in plan

    # Each kind is looked for among the asked ones: a commune does not read the nation's.
    one = queries.find_in_trouble(Delivery.objects.filter(unit=77), now=timezone.now())
    assert one.explain().count("unit_id = 77") >= 3
