"""An officer reads the results of the unit by keyboard alone."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.permissions import Role
from engagement.models import FollowerCount, Measurement, PageCount
from tests import factories
from tests.journeys.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# The colours of the first chart's axes.
LABELS = """() => JSON.stringify(
    echarts.getInstanceByDom(document.querySelector(".chart")).getOption().xAxis[0].axisLabel.color
)"""
COLOURS = "() => echarts.getInstanceByDom(document.querySelector('.chart')).getOption().color"
# Words of the open drawings that reach over their edges or were cut.
CUT = r"""() => [...document.querySelectorAll("[data-chart]")].flatMap(place => {
    const shown = echarts.getInstanceByDom(place);
    if (!shown) return [];
    return shown.getZr().storage.getDisplayList(true).filter(each => each.type === "tspan")
        .filter(each => {
            const {x, width} = each.getPaintRect();
            const isOver = x < -1 || x + width > place.clientWidth + 1;
            return isOver || /(…|\.\.\.)$/.test(each.style.text);
        }).map(each => each.style.text);
})"""
LEGEND = """() => echarts.getInstanceByDom(document.querySelector("[data-chart=chart-followers]"))
    .getOption().series.map(each => each.name)"""
HATCHED = """() => echarts.getInstanceByDom(document.querySelector("[data-chart=chart-platforms]"))
    .getOption().series.filter(each => each.itemStyle?.decal).map(each => each.data)"""
LONG = "Công an phường Nguyễn Thị Minh Khai - Trần Hưng Đạo"


def published(unit, platform):
    at = timezone.now() - timedelta(days=2)
    channel = factories.ChannelFactory(unit=unit, platform=platform, name=LONG)
    day = timezone.localdate(at)
    FollowerCount.objects.create(channel=channel, day=day, followers=900)
    post = factories.approved(factories.PostFactory(unit=unit, channels=[channel]))
    row = factories.delivery(
        post, channel, state="published", due_at=at, published_at=at, remote_id=f"r{post.pk}"
    )
    Measurement.objects.create(delivery=row, taken_at=at, reach=400, views=500)


def see_first_chart(page):
    page.locator("[data-chart]").first.scroll_into_view_if_needed()
    expect(page.locator("[data-chart] canvas").first).to_be_visible()


def test_the_library_of_charts_comes_with_the_first_one_in_sight(at_desk):
    unit = factories.UnitFactory()
    published(unit, "facebook")
    desk = at_desk(factories.person(Role.OFFICER, unit), {"width": 390, "height": 200})
    fetched = []
    desk.page.on("request", lambda request: fetched.append(request.url.rpartition("/")[2]))
    desk.open(reverse("engagement:results"))
    expect(desk.page.locator("details[open] [data-chart]").first).to_be_attached()
    assert fetched.count("echarts.min.js") == 0

    see_first_chart(desk.page)

    assert fetched.count("echarts.min.js") == 1
    assert desk.scripts_without_digest() == []
    assert desk.complaints == []


def test_who_presses_export_is_told_that_the_file_is_being_made(at_desk):
    unit = factories.UnitFactory()
    published(unit, "facebook")
    desk = at_desk(factories.person(Role.OFFICER, unit))
    desk.open(reverse("engagement:results"))

    with desk.page.expect_download() as download:
        desk.page.get_by_role("link", name="Xuất Excel").click()
        expect(desk.page.locator(".portal-toast")).to_contain_text("đang lập tệp")

    assert download.value.suggested_filename.endswith(".xlsx")


def test_results_are_found_narrowed_and_opened_by_keyboard(at_desk):
    unit = factories.UnitFactory()
    for platform in ("facebook", "zalo"):
        published(unit, platform)
    campaign = factories.CampaignFactory(unit=unit)
    today = timezone.localdate()
    campaign.phases.create(name="Cao điểm", starts_on=today, ends_on=today)
    officer = factories.person(Role.OFFICER, unit)
    desk = at_desk(officer)
    desk.open(reverse("accounts:me"))
    page = desk.page

    page.get_by_role("link", name="Kết quả", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#compared-title")).to_be_visible()
    see_first_chart(page)
    expect(page.locator(".chart-marks").first).to_contain_text("Cao điểm")
    table = page.locator("section[aria-labelledby=days_reach-title] .chart-table").nth(1)
    table.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(table.locator("table")).to_contain_text("800")

    page.locator("[name=platform]").focus()
    page.locator("[name=platform]").select_option("zalo")
    page.get_by_role("button", name="Lọc", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".stat-value").first).to_have_text("1")
    assert "platform=zalo" in page.url
    assert desk.overflow() == 0
    assert desk.accessibility() == []

    phone = at_desk(officer, PHONE)
    phone.open(reverse("engagement:results"))
    assert phone.overflow() == 0
    assert phone.accessibility() == []
    assert [*desk.complaints, *phone.complaints] == []


def test_a_phone_shows_what_changed_and_opens_the_rest_part_by_part(at_desk):
    unit = factories.UnitFactory(place="Phường Nguyễn Thị Minh Khai - Trần Hưng Đạo")
    for platform in ("facebook", "zalo", "tiktok", "youtube", "instagram", "threads", "facebook"):
        published(unit, platform)
    desk = at_desk(factories.person(Role.OFFICER, unit), PHONE)
    desk.open(reverse("engagement:results"))
    page = desk.page

    assert page.evaluate("document.scrollingElement.scrollHeight") < 5 * PHONE["height"]
    see_first_chart(page)
    first = page.locator("section[aria-labelledby=days_reach-title]")
    expect(first.locator("canvas")).to_be_visible()
    followers = page.locator("section[aria-labelledby=followers-title]")
    expect(followers.locator("[data-chart]")).to_be_hidden()
    followers.locator("summary").first.focus()
    page.keyboard.press("Enter")
    expect(followers.locator("canvas")).to_be_visible()
    assert page.evaluate(LEGEND) == [
        f"Facebook: {LONG}",
        f"Facebook: {LONG}",
        *("Instagram", "Threads", "TikTok", "YouTube", "Zalo OA"),
    ]

    for part in page.locator(".fold:not([open]) > summary").all()[::-1]:
        part.click()
    expect(page.locator(".fold:not([open])")).to_have_count(0)
    expect(page.locator("[data-chart]:not(:has(canvas))")).to_have_count(0)
    assert page.evaluate(CUT) == []
    assert desk.overflow() == 0
    page.evaluate("scrollTo(0, 0)")  # where no bar lies half over a button
    assert desk.accessibility() == []
    assert desk.complaints == []


def test_a_desk_opens_the_first_chart_and_paper_all_and_their_tables(at_desk):
    unit = factories.UnitFactory()
    for platform in ("facebook", "zalo"):
        published(unit, platform)
    channel = unit.channels.get(platform="facebook")
    for days in range(3):
        day = timezone.localdate() - timedelta(days=days)
        PageCount.objects.create(channel=channel, day=day, views=50, taken_at=timezone.now())
    desk = at_desk(factories.person(Role.OFFICER, unit))
    desk.open(reverse("engagement:results"))
    page = desk.page
    platforms = page.locator("section[aria-labelledby=platforms-title]")

    expect(page.locator("canvas")).to_have_count(1)
    expect(platforms.locator("[data-chart]")).to_be_hidden()
    page.evaluate("scrollTo(0, 0), dispatchEvent(new Event('beforeprint'))")
    expect(platforms.locator("table")).to_be_visible()
    expect(page.locator("[data-chart]:not(:has(canvas))")).to_have_count(0)
    expect(page.locator("[data-chart]:visible")).to_have_count(page.locator("[data-chart]").count())
    assert desk.complaints == []


def test_the_key_of_printing_waits_for_charts_that_nobody_has_come_near(at_desk):
    unit = factories.UnitFactory()
    published(unit, "facebook")
    desk = at_desk(factories.person(Role.OFFICER, unit))
    desk.open(reverse("engagement:results"))
    page = desk.page
    page.evaluate(
        """() => {
            const isEmpty = (part) => part.checkVisibility() && !part.querySelector("canvas");
            const charts = [...document.querySelectorAll("[data-chart]")];
            window.print = () => { document.title = `${charts.filter(isEmpty).length} empty`; };
        }"""
    )
    # The script of the page has run.
    expect(page.locator("canvas").first).to_be_visible()

    page.keyboard.press("Control+p")

    expect(page).to_have_title("0 empty")
    assert page.locator("canvas").count() > 2


def test_without_scripts_each_part_opens_to_its_table(at_desk):
    unit = factories.UnitFactory()
    for platform in ("facebook", "zalo"):
        published(unit, platform)
    desk = at_desk(factories.person(Role.OFFICER, unit), PHONE, java_script_enabled=False)
    desk.open(reverse("engagement:results"))
    part = desk.page.locator("section[aria-labelledby=platforms-title]")
    expect(part.locator("table")).to_be_hidden()

    part.locator("summary").first.click()
    part.get_by_text("Xem dạng bảng").click()

    expect(part.locator("table")).to_contain_text("Facebook")


def test_the_lines_of_a_chart_have_colours_of_their_own_where_motion_is_reduced(at_desk):
    unit = factories.UnitFactory()
    for platform in ("facebook", "zalo"):
        published(unit, platform)
    desk = at_desk(factories.person(Role.OFFICER, unit), reduced_motion="reduce")
    desk.open(reverse("engagement:results"))
    see_first_chart(desk.page)
    assert len(set(desk.page.evaluate(COLOURS))) == 5


def test_charts_are_drawn_anew_when_the_device_turns_dark(at_desk):
    unit = factories.UnitFactory()
    published(unit, "facebook")
    desk = at_desk(factories.person(Role.OFFICER, unit), color_scheme="light")
    desk.open(reverse("engagement:results"))
    see_first_chart(desk.page)
    light = desk.page.evaluate(LABELS)

    desk.page.emulate_media(color_scheme="dark")

    expect(desk.page.locator("html[data-bs-theme=dark]")).to_be_attached()
    assert desk.page.evaluate(LABELS) != light


def test_what_is_opened_stays_open_for_the_person_on_every_computer(at_desk):
    unit = factories.UnitFactory()
    published(unit, "facebook")
    officer = factories.person(Role.OFFICER, unit)
    desk = at_desk(officer)
    desk.open(reverse("engagement:results"))
    topics = "details[data-fold='results.topics']"
    title = desk.page.locator(topics).locator("summary").first

    with desk.page.expect_response("**/me/folds/"):
        title.focus()
        desk.page.keyboard.press("Enter")
    phone, other = at_desk(officer, PHONE), at_desk(factories.person(Role.OFFICER, unit))
    for browser in (phone, other):
        browser.open(reverse("engagement:results"))

    assert phone.page.locator("details[data-fold][open]").count() == 1
    expect(phone.page.locator(topics)).to_have_attribute("open", "")
    assert other.page.locator("details[data-fold][open]").count() == 0

    with desk.page.expect_response("**/me/folds/"):
        title.click()
    phone.open(reverse("engagement:results"))
    assert phone.page.locator("details[data-fold][open]").count() == 0
    assert desk.complaints + phone.complaints == []


def test_paper_shows_what_is_folded(at_desk):
    unit = factories.UnitFactory()
    published(unit, "facebook")
    desk = at_desk(factories.person(Role.OFFICER, unit))
    desk.open(reverse("engagement:results"))
    closed = desk.page.locator("details[data-fold]:not([open])")
    assert closed.count() > 3
    desk.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(closed).to_have_count(0)


def test_a_bar_that_was_not_measured_is_hatched(at_desk):
    unit = factories.UnitFactory()
    for platform in ("facebook", "zalo"):
        published(unit, platform)
    Measurement.objects.filter(delivery__platform="zalo").update(reach=None)
    desk = at_desk(factories.person(Role.OFFICER, unit))
    desk.open(reverse("engagement:results"))
    desk.page.locator("#platforms-title").click()
    expect(desk.page.locator("[data-chart=chart-platforms] canvas")).to_be_visible()

    hatched = desk.page.evaluate(HATCHED)

    assert [[value is None for value in bars] for bars in hatched] == [[True, False]]
    assert desk.complaints == []
