import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.permissions import Role
from channels.states import Health, Lifecycle
from core.periods import Period, get_midnight
from engagement.models import FollowerCount, Measurement
from engagement.rollups import periods, services
from oversight.rows import Row, sort_rows
from oversight.templatetags.overview import percent
from publishing.models import Delivery
from publishing.states import State
from tests import factories
from units.models import Unit


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def overseer(province):
    return factories.person(Role.OVERSEER, province)


@pytest.fixture
def look(client, overseer):
    client.force_login(overseer)
    return lambda **query: client.get(reverse("oversight:province"), query)


def due(unit, *, ago=timedelta(hours=1), late=None, state=State.PUBLISHED, channel=None, **fields):
    """Make a delivery that fell due, and was published ``late`` seconds afterwards where that is
    given."""
    at = fields.pop("at", timezone.now() - ago)
    channel = channel or factories.ChannelFactory(unit=unit)
    post = factories.approved(factories.PostFactory(unit=unit, channels=[channel]))
    if late is not None:
        fields |= {"published_at": at + timedelta(seconds=late), "remote_id": f"r{post.pk}"}
    return factories.delivery(post, channel, state=state, due_at=at, **fields)


def row_of(response, unit):
    return next(row for row in response.context["rows"] if row.unit == unit)


@pytest.mark.django_db
def test_on_time_means_within_sixty_seconds_of_all_that_fell_due(look, province):
    unit = factories.UnitFactory(parent=province)
    for late in (0, 60):
        due(unit, late=late)
    due(unit, late=60.1)
    due(unit, late=5, state=State.RECALLED)  # stood on time, taken down later
    due(unit, state=State.FAILED)
    due(unit, state=State.NEEDS_PERSON)
    due(unit, state=State.CANCELLED)
    due(unit, state=State.RECALLED)  # a draft withdrawn before anybody saw it
    due(unit, state=State.SCHEDULED, ago=timedelta(seconds=-600))

    row = row_of(look(), unit)

    assert (row.due, row.on_time, row.on_time_share) == (6, 3, 0.5)
    assert (row.published, row.failed, row.needs_person) == (4, 1, 1)
    assert row.trouble == 2


@pytest.mark.django_db
def test_how_long_a_platform_works_on_a_video_is_not_the_units_lateness(look, province):
    unit = factories.UnitFactory(parent=province)
    at = timezone.now() - timedelta(hours=1)
    due(
        unit, at=at, late=900, committing_at=at
    )  # taken at its second, seen a quarter of an hour later
    due(unit, at=at, late=900, committing_at=at + timedelta(seconds=890))
    due(unit, at=at, state=State.PROCESSING, remote_id="taken", committing_at=at)

    row = row_of(look(), unit)

    assert (row.due, row.on_time) == (2, 1)


@pytest.mark.django_db
def test_what_a_person_finishes_in_the_app_is_on_time_before_its_deadline(look, province):
    unit = factories.UnitFactory(parent=province)
    at = timezone.now() - timedelta(hours=3)
    left = {
        "error_code": "in_app",
        "at": at,
        "committing_at": at,
        "not_after": at + timedelta(hours=2),
    }
    due(unit, late=3600, **left)
    due(unit, late=9000, **left)
    due(unit, state=State.PROCESSING, remote_id="too late", **left)
    due(
        unit,
        state=State.PROCESSING,
        remote_id="in time",
        **left | {"not_after": at + timedelta(hours=4)},
    )

    row = row_of(look(), unit)

    assert (row.due, row.on_time) == (3, 1)


@pytest.mark.django_db
def test_each_commune_has_a_row_with_its_channels_followers_and_last_post(look, province):
    unit, silent = (factories.UnitFactory(parent=province) for _ in range(2))
    now = timezone.now()
    soon, far = now + timedelta(days=3), now + timedelta(days=90)
    channel = factories.ChannelFactory(unit=unit, followers=1200, expires_at=soon)
    factories.ChannelFactory(unit=unit, followers=None, expires_at=far)
    factories.ChannelFactory(
        unit=unit, followers=None, platform="zalo", expires_at=far, package_ends_at=soon
    )
    factories.ChannelFactory(unit=unit, followers=300, health=Health.LOST)
    factories.ChannelFactory(
        unit=unit, followers=None, lifecycle=Lifecycle.TAKEN_OVER, expires_at=soon
    )
    factories.ChannelFactory(unit=unit, followers=None, lifecycle=Lifecycle.PAUSED, expires_at=soon)
    factories.ChannelFactory(unit=unit, followers=9999, health=Health.DISCONNECTED)
    last = due(unit, channel=channel, late=1)

    response = look()

    row = row_of(response, unit)
    assert (row.channels, row.down, row.dying, row.followers) == (6, 2, 2, 1500)
    assert (row.posts, row.last_post, row.mark) == (1, last.published_at, "")
    quiet = row_of(response, silent)
    assert (quiet.channels, quiet.followers, quiet.on_time_share, quiet.mark) == (
        0,
        None,
        None,
        "no_channel",
    )
    total = response.context["total"]
    assert (total.units, total.published, total.followers) == (2, 1, 1500)


def reached(unit, reach, *, followers=None, told=0, ago=timedelta(days=2)):
    """Publish on a new page, whose number of followers was told ``told`` days ago."""
    channel = factories.ChannelFactory(unit=unit, followers=followers)
    if followers is not None:
        day = timezone.localdate() - timedelta(days=told)
        FollowerCount.objects.create(channel=channel, day=day, followers=followers)
    delivery = due(unit, channel=channel, late=1, ago=ago)
    Measurement.objects.create(delivery=delivery, taken_at=timezone.now(), reach=reach)


def count_rate(units, days=30):
    """Count the reach for each 1,000 followers by hand: a page after the other."""
    today = timezone.localdate()
    reach, followers, is_measured = 0, 0, False
    for unit in units:
        for channel in unit.channels.all():
            told = {c.day: c.followers for c in FollowerCount.objects.filter(channel=channel)}
            known = [told[d] for n in range(7) if (d := today - timedelta(days=n)) in told]
            if not known:
                continue
            followers += known[0]
            rows = Delivery.objects.filter(channel=channel).select_related("measurement")
            for delivery in rows.exclude(measurement__reach=None):
                day = timezone.localdate(delivery.published_at)
                if today - timedelta(days=days) < day <= today:
                    reach, is_measured = reach + delivery.measurement.reach, True
    return round(Decimal(reach) * 1000 / followers, 1) if is_measured and followers else None


@pytest.mark.django_db
@pytest.mark.parametrize("summed", [False, True])
def test_reach_for_each_1000_followers_is_what_a_count_by_hand_says(client, province, summed):
    small, big, unknown, unseen, idle = (factories.UnitFactory(parent=province) for _ in range(5))
    reached(small, 240, followers=120)
    reached(small, 60, followers=80, told=6)
    reached(big, 3000, followers=40_000)
    reached(big, 9000, followers=50_000, ago=timedelta(days=40))  # before the period
    reached(big, 777)  # a page whose followers nobody knows has no part in it
    reached(unknown, 500)
    reached(unknown, 500, followers=10, told=8)  # told too long ago
    reached(unseen, None, followers=900)
    if summed:
        services.refresh_changed_days()
        periods.start_periods()
    client.force_login(factories.person(Role.OVERSEER, factories.ministry()))

    here = client.get(reverse("oversight:province"), {"province": province.key})
    row = {row.unit: row for row in here.context["rows"]}

    units = [small, big, unknown, unseen, idle]
    assert [row[unit].reach_rate for unit in units] == [count_rate([unit]) for unit in units]
    assert [row[unit].reach for unit in units] == [300, 3777, 1000, None, None]
    assert row[small].reach_rate == Decimal(1500)
    assert row[unknown].reach_rate is None
    assert here.context["total"].reach_rate == count_rate(units)
    nation = client.get(reverse("oversight:nation"), {"figure": "reach_rate"})
    assert row_of(nation, province).reach_rate == count_rate(units)
    assert [t.value for t in nation.context["map"]().tiles if t.row.unit == province] == [
        count_rate(units)
    ]


@pytest.mark.django_db
def test_a_units_publications_are_drawn_by_whole_weeks_that_end_with_the_period(look, province):
    unit, quiet = (factories.UnitFactory(parent=province) for _ in range(2))
    today = timezone.localdate()
    for days in (0, 6, 7, 20, 27, 29):  # the last of a week that is not whole
        due(unit, late=1, at=get_midnight(today - timedelta(days=days)))
    due(quiet, state=State.FAILED)

    shown = look(sort="-newest_step")

    assert [row.unit for row in shown.context["rows"]] == [unit, quiet]
    assert [row.steps for row in shown.context["rows"]] == [[1, 1, 1, 2], [0, 0, 0, 0]]
    assert shown.context["total"].steps == [1, 1, 1, 2]
    drawing = '<title>1, 1, 1, 2</title><polyline points="2.0,10.0 22.0,10.0 42.0,10.0 62.0,2.0"/>'
    assert shown.text.count(drawing) == 2  # of the unit, and of all
    assert "Week by week" in shown.text
    rows = list(csv.reader(io.StringIO(look(format="csv").content.decode("utf-8-sig"))))
    at = rows[0].index("Week by week")
    assert [row[at] for row in rows[1:]] == ["0, 0, 0, 0", "1, 1, 1, 2", "1, 1, 1, 2"]
    week = Period.last_days(7, today=today).query
    assert row_of(look(**week), unit).steps == [1, 0, 0, 0, 0, 0, 1]


@pytest.mark.django_db
def test_units_are_sorted_by_their_rate_and_unknown_ones_have_a_dash(look, province):
    small, big, unknown = (factories.UnitFactory(parent=province) for _ in range(3))
    reached(small, 100, followers=100)
    reached(big, 5000, followers=50_000)
    reached(unknown, 9999)

    shown = look(sort="-reach_rate")

    assert [row.unit for row in shown.context["rows"]] == [small, big, unknown]
    cells = re.findall(r'data-label="Reach for each 1,000 followers">(.*?)</td>', shown.text, re.S)
    assert ["–" in cell for cell in cells] == [False, False, True, False]
    assert [cell.split(" ")[0] for cell in cells[:2]] == ["1,000.0", "100.0"]
    rows = list(csv.reader(io.StringIO(look(format="csv").content.decode("utf-8-sig"))))
    at = rows[0].index("Reach for each 1,000 followers")
    assert {row[0]: row[at - 1 : at + 1] for row in rows[1:-1]} == {
        small.name: ["100", "1000.0"],
        big.name: ["5000", "100.0"],
        unknown.name: ["9999", "not measured"],
    }


@pytest.mark.django_db
def test_units_without_a_page_are_named_apart_from_those_that_did_not_post(client, province):
    busy, silent, pageless = (factories.UnitFactory(parent=province) for _ in range(3))
    due(busy, late=1)
    factories.ChannelFactory(unit=silent)
    factories.ChannelFactory(unit=province)  # a page of the office is none of a commune
    client.force_login(factories.person(Role.OVERSEER, factories.ministry()))

    nation = client.get(reverse("oversight:nation"))
    row = row_of(nation, province)
    assert (row.units, row.with_page, row.alive, row.pageless) == (3, 2, 1, 1)
    assert '1/3 <span class="fraction">1 without a page</span>' in nation.text

    shown = client.get(reverse("oversight:province"), {"province": province.key})
    assert shown.context["pageless"] == 1
    assert [r.unit for r in shown.context["rows"] if r.mark == "no_channel"] == [pageless]
    assert "1 without a page" in shown.text


@pytest.mark.django_db
def test_days_begin_at_midnight_in_ho_chi_minh_city(look, province):  # any clock
    unit = factories.UnitFactory(parent=province)
    # 17:00 UTC is midnight there.
    due(unit, at=datetime(2026, 11, 1, 16, 59, 59, tzinfo=UTC), late=1)
    due(unit, at=datetime(2026, 11, 1, 17, 0, 0, tzinfo=UTC), late=1)
    due(unit, at=datetime(2026, 11, 2, 16, 59, 59, tzinfo=UTC), late=1)
    due(unit, at=datetime(2026, 11, 2, 17, 0, 0, tzinfo=UTC), late=1)

    assert row_of(look(**{"from": "02/11/2026", "to": "02/11/2026"}), unit).published == 2


@pytest.mark.django_db
def test_another_province_is_in_no_row_no_sum_and_no_export(look, province):
    here, there = factories.UnitFactory(parent=province), factories.UnitFactory()
    due(here, late=1)
    due(there, late=1)

    response = look()

    assert [row.unit for row in response.context["rows"]] == [here]
    assert response.context["total"].published == 1
    rows = list(csv.reader(io.StringIO(look(format="csv").content.decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:-1]] == [here.name]
    assert look(province=there.parent.key).status_code == 404


@pytest.mark.django_db
def test_search_ignores_accents_and_trouble_can_be_singled_out(look, province):
    calm = factories.UnitFactory(parent=province, place="Phường Đà Nẵng")
    ailing = factories.UnitFactory(parent=province, place="Phường Bến Nghé")
    due(calm, late=1)
    due(ailing, state=State.FAILED)

    assert [r.unit for r in look(q="da nang").context["rows"]] == [calm]
    assert [r.unit for r in look(trouble="on").context["rows"]] == [ailing]
    assert look().context["with_trouble"] == 1


def _row(place, **values):
    return Row(Unit(kind="phường", place=place), **values)


def test_rows_are_sorted_by_bare_name_or_figure_and_what_is_missing_comes_last():
    rows = [
        _row("Phường Đông", due=2, on_time=1),
        _row("Xã An"),
        _row("Phường Châu", due=2, on_time=2),
    ]

    def order(by):
        return [row.unit.place for row in sort_rows(rows, by)]

    assert order("") == ["Phường Châu", "Phường Đông", "Xã An"]
    assert order("-on_time_share") == ["Phường Châu", "Phường Đông", "Xã An"]
    assert order("on_time_share") == ["Phường Đông", "Phường Châu", "Xã An"]
    assert order("unit; DROP TABLE") == order("")


def test_rows_without_a_channel_come_last_unless_a_column_is_chosen():
    rows = [_row("Xã An", mark="no_channel"), _row("Xã Yên"), _row("Xã Bình")]

    def places(by):
        return [row.unit.place for row in sort_rows(rows, by)]

    assert places("") == ["Xã Bình", "Xã Yên", "Xã An"]
    assert places("name") == ["Xã An", "Xã Bình", "Xã Yên"]


@pytest.mark.django_db
def test_a_page_begins_with_the_units_that_have_something_to_show(look, province):
    idle = [factories.UnitFactory(parent=province) for _ in range(3)]
    assert len(look().context["shown"]) == 3  # nobody has: all are shown

    active = factories.ChannelFactory(unit=factories.UnitFactory(parent=province)).unit
    assert [row.unit for row in look().context["shown"]] == [active]
    assert "Show all 4" in " ".join(look().text.split())
    assert {row.unit for row in look(sort="name").context["shown"]} == {*idle, active}
    assert {row.unit for row in look(all="on").context["shown"]} == {*idle, active}
    # Who looks for a unit by its name finds it, whatever it has to show.
    assert idle[0] in [row.unit for row in look(q=idle[0].place).context["shown"]]
    assert {row.unit for row in look(q="Sông Xanh").context["shown"]} == {*idle, active}


def test_rows_in_trouble_come_first_for_a_page_begins_with_few_rows():
    rows = [_row("Xã An"), _row("Xã Yên", failed=1), _row("Xã Bình", mark="no_channel")]
    assert [row.unit.place for row in sort_rows(rows, "")] == ["Xã Yên", "Xã An", "Xã Bình"]


@pytest.mark.django_db
def test_closed_units_and_those_without_a_body_are_listed_for_their_figures_alone(look, province):
    today = timezone.localdate()
    closing, idle = (
        factories.UnitFactory(parent=province, valid_to=today - timedelta(days=3)) for _n in "ab"
    )
    due(closing, ago=timedelta(days=5), state=State.FAILED)
    factories.UnitFactory(parent=province, valid_to=today - timedelta(days=60))
    bodiless = factories.UnitFactory(parent=province, has_police_body=False)
    standing = factories.UnitFactory(parent=province)

    marks = {row.unit: row.mark for row in look().context["rows"]}

    assert marks == {closing: "closed", standing: "no_channel"}
    assert not {idle, bodiless} & set(marks)


@pytest.mark.django_db
def test_170_communes_cost_fifteen_queries_at_most(look, province):
    communes = []
    for n in range(170):
        unit = Unit(
            level="commune",
            kind="xã",
            place=f"Xã {n}",
            name=f"Công an xã {n}",
            parent=province,
            valid_from=date(2025, 7, 1),
        )
        unit.place_in_tree()
        communes.append(unit)
    Unit.objects.bulk_create(communes)
    due(communes[0], late=1)
    look()

    with CaptureQueriesContext(connection) as captured:
        response = look()

    assert len(response.context["rows"]) == 170
    # The test's own transaction turns the session record's into savepoints.
    asked = [q for q in captured if "SAVEPOINT" not in q["sql"]]
    assert len(asked) <= 15


@pytest.mark.django_db
def test_more_units_cost_no_more_queries(look, province):
    def measured():
        with CaptureQueriesContext(connection) as captured:
            look()
        return len(captured)

    due(factories.UnitFactory(parent=province), late=1)
    look()
    one = measured()
    for _ in range(2):
        due(factories.UnitFactory(parent=province), late=1)

    assert measured() == one


@pytest.mark.django_db
def test_the_rows_alone_are_sent_to_htmx(look, client, province):
    factories.UnitFactory(parent=province)
    fragment = client.get(reverse("oversight:province"), headers={"HX-Request": "true"})

    assert "<html" not in look().content.decode()[:0] + fragment.content.decode()
    assert "Accept" not in fragment.headers["Vary"]
    assert "HX-Request" in fragment.headers["Vary"]


@pytest.mark.django_db
def test_the_excel_file_keeps_names_as_text_and_shares_as_shares(look, province):
    unit = factories.UnitFactory(parent=province, name='=cmd|"/c calc"!A1')
    due(unit, late=1)
    due(unit, late=90)

    sheet = load_workbook(io.BytesIO(look(format="xlsx").content)).active
    _head, row, total = list(sheet.iter_rows(values_only=True))

    assert (row[0], *row[3:9]) == (unit.name, 2, 2, "0, 0, 0, 2", 2, 1, 0.5)
    assert total[4] == 2
    assert "f" not in {cell.data_type for line in sheet.iter_rows() for cell in line}


@pytest.mark.django_db
def test_the_file_bears_the_units_name_in_plain_letters(client, overseer, province):
    type(province).objects.filter(pk=province.pk).update(name="Công an tỉnh Đắk Lắk")
    client.force_login(overseer)
    query = {"format": "xlsx", "from": "01/11/2026", "to": "30/11/2026"}  # any clock

    file = client.get(reverse("oversight:province"), query)

    name = "figures-cong-an-tinh-dak-lak-20261101-20261130.xlsx"
    assert file["Content-Disposition"] == f'attachment; filename="{name}"'


@pytest.mark.django_db
def test_a_supervisor_of_one_commune_sees_that_one(client, province):
    unit = factories.UnitFactory(parent=province)
    factories.UnitFactory(parent=province)
    client.force_login(factories.person(Role.SUPERVISOR, unit))

    assert [r.unit for r in client.get(reverse("oversight:province")).context["rows"]] == [unit]


@pytest.mark.django_db
def test_a_unit_page_lists_its_posts_of_the_period_and_no_others(client, overseer, province):
    unit, sibling = (factories.UnitFactory(parent=province) for _ in range(2))
    shown, other = due(unit, late=1), due(sibling, late=1)
    old = factories.PostFactory(unit=unit)
    type(old).objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=200))
    client.force_login(overseer)

    response = client.get(reverse("oversight:unit", args=[unit.key]))

    assert [post.pk for post in response.context["page_obj"]] == [shown.post_id]
    assert response.context["row"].published == 1
    assert other.post.title not in response.content.decode()
    # author, approver; nobody else holds a post there
    assert response.context["people"] == unit.appointments.count()


@pytest.mark.django_db
def test_a_unit_page_costs_the_same_queries_for_one_and_for_three_posts(client, overseer, province):
    unit = factories.UnitFactory(parent=province)
    client.force_login(overseer)
    address = reverse("oversight:unit", args=[unit.key])

    def measured():
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        return len(captured)

    due(unit, late=1)
    client.get(address)
    one = measured()
    due(unit, late=1)
    due(unit, state=State.FAILED)

    assert measured() == one


@pytest.mark.django_db
def test_the_nation_sums_up_each_province(client, province):
    one, two = (factories.UnitFactory(parent=province) for _ in range(2))
    elsewhere = factories.UnitFactory()
    due(one, late=1)
    due(one, late=200)
    due(province, late=1)
    due(elsewhere, late=1)
    client.force_login(factories.person(Role.OVERSEER, factories.ministry()))

    response = client.get(reverse("oversight:nation"))

    row = row_of(response, province)
    assert (row.units, row.alive, row.published, row.on_time, row.due) == (2, 1, 3, 2, 3)
    assert row_of(response, elsewhere.parent).published == 1
    assert response.context["total"].published == 4
    assert client.get(reverse("oversight:province"))["Location"] == reverse("oversight:nation")
    drilled = client.get(reverse("oversight:province"), {"province": province.key})
    # the province's own office publishes too, so it has a row
    assert {r.unit for r in drilled.context["rows"]} == {one, two, province}
    assert drilled.context["total"].published == row.published


@pytest.mark.django_db
def test_the_nation_is_closed_to_a_province(client, overseer):
    client.force_login(overseer)

    assert client.get(reverse("oversight:nation")).status_code == 403


@pytest.mark.django_db
def test_the_nation_costs_the_same_queries_for_one_and_for_three_provinces(client):
    client.force_login(factories.person(Role.OVERSEER, factories.ministry()))

    def measured():
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("oversight:nation"))
        return len(captured)

    due(factories.UnitFactory(), late=1)
    measured()
    one = measured()
    for _ in range(2):
        due(factories.UnitFactory(), late=1)

    assert measured() == one


@pytest.mark.parametrize(
    ("share", "words"), [(1, "100 %"), (0.999, "99 %"), (0.954, "95 %"), (0, "0 %")]
)
def test_a_share_is_never_rounded_up_to_all(share, words):
    assert percent(share) == words


@pytest.mark.parametrize(
    ("on_time", "tone"),
    [(0, "red"), (79, "red"), (80, "yellow"), (94, "yellow"), (95, "green"), (100, "green")],
)
def test_the_tone_follows_the_share(on_time, tone):
    assert Row(Unit(), due=100, on_time=on_time).tone == tone


def test_nothing_due_has_no_tone():
    assert Row(Unit()).tone == "grey"


def test_a_period_of_seven_days_ends_today():
    assert Period.last_days(7, today=date(2026, 11, 25)) == Period(
        date(2026, 11, 19), date(2026, 11, 25)
    )


@pytest.mark.django_db
def test_the_units_of_a_place_are_asked_for_by_one_condition(look, province):
    """By two PostgreSQL expects few of them, and reads all that they ever published."""
    due(factories.UnitFactory(parent=province), late=0)

    with CaptureQueriesContext(connection) as statements:
        look()

    of_units = [q["sql"] for q in statements if '"path"::text LIKE' in q["sql"]]
    assert of_units
    for statement in of_units:
        conditions = re.findall(r'("\w+"\."path"::text LIKE \'[^\']*\')', statement)
        assert len(conditions) == len(set(conditions)), statement
