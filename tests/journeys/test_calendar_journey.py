"""The calendar without a mouse: an event moves, a post begins from a day, several are cancelled."""

import re
from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.permissions import Role
from publishing.models import Delivery, Slot
from publishing.states import State
from tests import factories
from tests.journeys.conftest import PHONE

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.clock("2030-11-25 08:00"),
]
# A Monday in a month in which nothing else happens.
MONDAY = timezone.make_aware(datetime(2030, 12, 2, 7, 0))


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit)


@pytest.fixture
def rows(unit):
    channels = [factories.ChannelFactory(unit=unit, platform=name) for name in ("facebook", "zalo")]
    post = factories.approved(unit=unit, channels=channels, title="Cảnh giác cuối năm")
    return [factories.delivery(post, channel, due_at=MONDAY) for channel in channels]


def open_calendar(desk, **asked):
    query = "&".join(f"{name}={value}" for name, value in {"date": "2030-12-02", **asked}.items())
    desk.open(f"{reverse('publishing:calendar')}?{query}")
    expect(desk.page.locator("#calendar:not(.calendar-drawing) [role=grid]").first).to_be_visible()


def drag(page, event, to):
    """Drag as a hand does, in small steps: of a mouse that jumps, the calendar on a busy machine
    sees one place alone.
    """
    event.hover()
    page.mouse.down()
    box = to.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 5, y, steps=8)
    page.evaluate(
        "() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
    )
    page.mouse.move(x, y, steps=3)
    page.mouse.up()


def due():
    return set(Delivery.objects.values_list("due_at", flat=True))


@pytest.mark.parametrize("view", ["month", "week"])
def test_an_event_is_moved_by_the_keyboard_on_all_its_channels(at_desk, officer, rows, view):
    desk = at_desk()
    desk.enter(officer)
    open_calendar(desk, view=view)
    event = desk.page.locator("#calendar a:has(.event-face)")
    event.focus()
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator("#event-title")).to_have_text("Cảnh giác cuối năm")

    desk.page.locator("#event-day").fill("03/12/2030")
    desk.page.locator("#event-time").fill("19:30")
    desk.page.keyboard.press("Enter")

    expect(desk.page.locator("#event-dialog")).not_to_be_visible()
    expect(desk.page.locator("#toasts")).to_contain_text("19:30")
    assert due() == {MONDAY + timedelta(days=1, hours=12, minutes=30)}
    assert desk.accessibility() == []
    assert desk.complaints == []


def test_a_refusal_stands_in_the_dialog_and_the_time_stays_typed(at_desk, officer, rows, unit):
    times = {"started_at": MONDAY + timedelta(days=1), "ended_at": MONDAY + timedelta(days=2)}
    factories.pause(unit, is_blackout=True, **times)
    desk = at_desk()
    desk.enter(officer)
    open_calendar(desk)
    desk.page.locator("#calendar a:has(.event-face)").click()
    desk.page.locator("#event-day").fill("03/12/2030")
    desk.page.locator("#event-time").fill("19:30")
    desk.page.locator("#event-move button").click()

    expect(desk.page.locator("#event-refused")).to_contain_text("Xác minh sự cố")
    expect(desk.page.locator("#event-day")).to_have_value("03/12/2030")
    expect(desk.page.locator("#event-time")).to_have_value("19:30")
    assert due() == {MONDAY}


@pytest.fixture
def beside(unit, rows):
    """Make another post that goes out the next day at half past seven in the evening."""
    post = factories.approved(unit=unit, channels=[rows[0].channel], title="Họp dân")
    return factories.delivery(
        post, rows[0].channel, due_at=MONDAY + timedelta(days=1, hours=12, minutes=35)
    )


def test_the_dialog_names_what_goes_out_beside_before_it_moves(at_desk, officer, rows, beside):
    desk = at_desk()
    desk.enter(officer)
    open_calendar(desk)
    desk.page.locator("#calendar a:has(.event-face)", has_text="Cảnh giác").focus()
    desk.page.keyboard.press("Enter")
    desk.page.locator("#event-day").fill("03/12/2030")
    desk.page.locator("#event-time").fill("19:30")
    desk.page.keyboard.press("Enter")

    expect(desk.page.locator("#event-refused")).to_contain_text("Trùng khung giờ với “Họp dân”")
    assert {row.due_at for row in Delivery.objects.filter(post=rows[0].post)} == {MONDAY}

    desk.page.keyboard.press("Enter")
    expect(desk.page.locator("#event-dialog")).not_to_be_visible()
    expect(desk.page.locator("#toasts")).to_contain_text("19:30")
    assert desk.accessibility() == []


@pytest.mark.parametrize("agrees", [True, False])
def test_a_drag_asks_before_it_moves_a_post_beside_another(at_desk, officer, rows, beside, agrees):
    Delivery.objects.filter(pk=beside.pk).update(due_at=MONDAY + timedelta(days=1, minutes=5))
    desk = at_desk()
    desk.enter(officer)
    open_calendar(desk, view="month")
    event = desk.page.locator("#calendar a:has(.event-face)", has_text="Cảnh giác")

    drag(desk.page, event, desk.page.locator("#calendar [data-date='2030-12-03']").first)

    expect(desk.page.locator("#confirm")).to_contain_text("Trùng khung giờ với “Họp dân”")
    if agrees:
        desk.page.locator("#confirm-yes").click()
        expect(desk.page.locator("#toasts")).to_contain_text("07:00")
    else:
        desk.page.keyboard.press("Escape")
    day = desk.page.locator(f"#calendar [data-date='2030-12-0{3 if agrees else 2}']")
    # Both events name the other one: by its time it is told from it.
    expect(day.locator("a:has(.event-face)", has_text="07:00")).to_contain_text("Cảnh giác")
    moved = timedelta(days=1 if agrees else 0)
    assert {row.due_at for row in Delivery.objects.filter(post=rows[0].post)} == {MONDAY + moved}


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_a_post_begins_from_a_day_at_its_free_slot(at_desk, officer, unit, by):
    channel = factories.ChannelFactory(unit=unit)
    Slot.objects.create(unit=unit, channel=channel, weekday=1, at="19:30")
    desk = at_desk()
    desk.enter(officer)
    open_calendar(desk)

    begin = desk.page.locator("a.day-compose[href*='2030-12-03']")
    if by == "mouse":
        begin.click()  # nothing lies over it
    else:
        begin.focus()
        desk.page.keyboard.press("Enter")

    desk.page.wait_for_url("**/posts/new/?at=2030-12-03T19%3A30")
    expect(desk.page.locator("[name=requested_time_0]")).to_have_value("03/12/2030")
    expect(desk.page.locator("[name=requested_time_1]")).to_have_value("19:30")


def test_the_view_changes_in_place_and_the_address_says_so(at_desk, officer, rows):
    desk = at_desk()
    desk.enter(officer)
    open_calendar(desk)

    desk.page.locator("[data-view=week]").click()

    desk.page.wait_for_url("**view=week*")
    expect(desk.page.locator("[data-view=week]")).to_have_attribute("aria-current", "page")
    expect(desk.page.locator("#calendar a:has(.event-face)")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_chosen_posts_are_cancelled_on_a_phone_and_it_is_said(at_desk, officer, rows, scripts):
    desk = at_desk(None, PHONE, java_script_enabled=scripts)
    desk.enter(officer)
    desk.open(f"{reverse('publishing:calendar')}?view=week&date=2030-12-02")
    desk.page.locator("#agenda .row-check").check()
    desk.page.locator("button[value=cancel]").click()
    if scripts:
        desk.page.locator("#confirm-yes").click()

    expect(desk.page.locator(".alert-success li")).to_contain_text("Cảnh giác cuối năm")
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.CANCELLED}
    assert desk.overflow() == 0


def test_the_list_of_a_full_day_opens_and_closes_by_keyboard_and_is_vietnamese(
    at_desk, officer, unit
):
    channel = factories.ChannelFactory(unit=unit)
    for hour in range(9):
        factories.delivery(
            factories.approved(unit=unit, channels=[channel]),
            channel,
            due_at=MONDAY + timedelta(hours=hour),
        )
    desk = at_desk()
    desk.enter(officer)
    open_calendar(desk)
    link = desk.page.locator(".calendar-more[role=button]")
    expect(link).to_have_attribute("title", re.compile(r"^Còn \d bài trong ngày này$"))

    link.focus()
    desk.page.keyboard.press("Enter")
    close = desk.page.get_by_role("button", name="Đóng").and_(desk.page.locator(":focus"))
    expect(close).to_be_visible()
    desk.page.keyboard.press("Enter")

    expect(link).to_be_focused()
    assert desk.complaints == []


def test_arrows_go_from_day_to_day_over_the_edges_of_the_month(at_desk, officer, rows):
    desk = at_desk()
    desk.enter(officer)
    open_calendar(desk)
    page = desk.page

    def day(date):
        return page.locator(f"[role=gridcell][data-date='{date}'] [role=link]").first

    day("2030-12-03").focus()
    for key, arrives in [
        ("ArrowLeft", "2030-12-02"),
        ("ArrowDown", "2030-12-09"),
        ("End", "2030-12-15"),
        ("ArrowRight", "2030-12-16"),
        ("ArrowUp", "2030-12-09"),
        ("ArrowRight", "2030-12-10"),
        ("Home", "2030-12-09"),
    ]:
        page.keyboard.press(key)
        expect(day(arrives)).to_be_focused()
    for weeks in range(2, 9):
        page.keyboard.press("ArrowDown")
        expect(day(f"{MONDAY + timedelta(weeks=weeks):%Y-%m-%d}")).to_be_focused()
    assert "date=2031-01" in page.url or "date=2031-02" in page.url

    page.keyboard.press("Home")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_class(re.compile("day-compose"))
    page.keyboard.press("ArrowLeft")
    expect(day("2031-01-26")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**view=day*")
    assert desk.complaints == []


def test_arrows_go_through_a_week_its_posts_and_over_its_edges(at_desk, officer, rows):
    desk = at_desk()
    desk.enter(officer)
    open_calendar(desk, view="week")
    page = desk.page

    def day(date):
        return page.locator(f"[role=columnheader][data-date='{date}'] [role=link]")

    post = page.locator("#calendar a:has(.event-face)")
    day("2030-12-03").focus()
    for key, arrives in [
        ("ArrowLeft", day("2030-12-02")),
        ("ArrowDown", post),
        ("ArrowUp", day("2030-12-02")),
        ("End", day("2030-12-08")),
        ("ArrowRight", day("2030-12-09")),
        ("ArrowLeft", day("2030-12-08")),
        ("Home", day("2030-12-02")),
    ]:
        page.keyboard.press(key)
        expect(arrives).to_be_focused()
    assert desk.complaints == []


def test_tab_leads_from_a_day_to_its_post_and_enter_opens_it(at_desk, officer, rows):
    desk = at_desk()
    desk.enter(officer)
    open_calendar(desk)
    desk.page.locator("[role=gridcell][data-date='2030-12-02'] [role=link]").first.focus()

    desk.page.keyboard.press("Tab")
    desk.page.keyboard.press("Enter")

    expect(desk.page.locator("#event-title")).to_have_text("Cảnh giác cuối năm")


def test_a_week_is_named_by_its_days_in_figures(at_desk, officer, rows):
    desk = at_desk()
    desk.enter(officer)

    open_calendar(desk, view="week")

    title = desk.page.get_by_role("heading", name="2/12/2030 – 8/12/2030", exact=True)
    expect(title).to_be_visible()
