"""Lists of many rows: no table scrolls sideways, and a phone has few screens of them."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.permissions import Role
from audit.services import record
from campaigns.kits.models import KitMedia
from engagement.dashboards import helpfulness
from engagement.models import Measurement, ReplyAllowance
from oversight.views import ROWS_AT_FIRST
from tests import factories
from tests.journeys.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PLATFORMS = ("facebook", "instagram", "telegram", "threads", "tiktok", "zalo")
TOO_WIDE = """() => [...document.querySelectorAll("main .table-responsive")]
    .filter((part) => part.scrollWidth > part.clientWidth).map((part) => part.textContent)"""


@pytest.fixture
def province():
    return factories.ProvinceFactory()


def test_the_figures_of_a_province_are_a_few_screens_until_all_are_asked_for(at_desk, province):
    for _ in range(ROWS_AT_FIRST + 10):
        factories.UnitFactory(parent=province)
    desk = at_desk(factories.person(Role.OVERSEER, province), PHONE)
    desk.open(reverse("oversight:province"))
    rows = desk.page.locator(".overview tbody tr")
    height = desk.page.evaluate("document.documentElement.scrollHeight")
    assert (rows.count(), height < 7 * PHONE["height"]) == (ROWS_AT_FIRST, True)

    more = desk.page.locator("a[href$='#rest']")
    more.click()

    expect(rows).to_have_count(ROWS_AT_FIRST + 10)
    expect(rows.nth(ROWS_AT_FIRST)).to_be_in_viewport()
    assert more.count() == 0
    assert desk.complaints == []


def test_the_posts_of_a_province_name_their_units_and_do_not_scroll_sideways(at_desk, province):
    unit = factories.UnitFactory(parent=province, place="Phường Hải Châu")
    channels = [factories.ChannelFactory(unit=unit, platform=name) for name in PLATFORMS]
    wanted = timezone.now() + timedelta(days=3)
    factories.PostFactory(unit=unit, channels=channels, requested_time=wanted)
    desk = at_desk(factories.person(Role.OVERSEER, province), DESK)
    desk.open(reverse("publishing:post_list"))

    assert desk.page.evaluate(TOO_WIDE) == []
    assert desk.page.locator("td.unit").bounding_box()["width"] >= 112


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_provinces_ranked_by_how_helpful_they_were_do_not_scroll_sideways(
    at_desk, monkeypatch, size
):
    monkeypatch.setattr(helpfulness, "LEAST_UNITS", 1)
    unit = factories.UnitFactory(parent=factories.ProvinceFactory(place="Tỉnh Tuyên Quang"))
    for days, saves in ((1, 59), (40, 60)):
        at = timezone.now() - timedelta(days=days)
        row = factories.live_delivery(unit=unit, due_at=at, published_at=at)
        Measurement.objects.create(delivery=row, taken_at=at, reach=1000, saves=saves)
    desk = at_desk(factories.person(Role.OVERSEER, factories.ministry()), size)
    desk.open(f"{reverse('oversight:nation')}?figure=helpfulness")

    if size == PHONE:
        desk.page.locator(".desk-open:has(.ranks) > summary").click()
    expect(desk.page.locator(".ranks tbody td").nth(3)).to_have_text("1")
    assert desk.page.evaluate(TOO_WIDE) == []


def test_the_alt_text_of_a_kit_has_the_width_of_the_phone(at_desk, province):
    kit = factories.kit(province)
    KitMedia.objects.create(
        version=kit.versions.get(),
        media=factories.media(province),
        position=0,
        alt_text="Ổ cắm điện cháy đen. " * 8,
    )
    desk = at_desk(factories.person(Role.OVERSEER, province), PHONE)
    desk.open(reverse("kits:kit", args=[kit.public_id]))
    assert desk.page.locator(".kit-pictures li > span").bounding_box()["width"] > 280


def test_the_comparisons_of_a_report_fit_a_phone(at_desk, province):
    unit = factories.UnitFactory(parent=province)
    report = factories.report(unit)
    desk = at_desk(factories.person(Role.OFFICER, unit), PHONE)
    desk.open(reverse("engagement:report", args=[report.public_id]))
    assert desk.page.locator(".paper-table").count() > 2
    over = desk.page.evaluate(
        """() => [...document.querySelectorAll("main .table-responsive")]
            .filter((part) => part.querySelectorAll("thead th").length === 4)
            .map((part) => part.scrollWidth - part.clientWidth)"""
    )
    assert set(over) == {0}


def test_an_administrator_reads_on_a_phone_whom_to_ask_about_a_pause(at_desk, province):
    unit = factories.UnitFactory(parent=province, place="Phường Nguyễn Thị Minh Khai")
    leader = factories.person(Role.APPROVER, unit)
    factories.pause(unit, reason="Xác minh sự cố trên trang của đơn vị. " * 4, started_by=leader)
    desk = at_desk(factories.person(Role.ADMINISTRATOR, province), PHONE)
    desk.open(reverse("oversight:today"))
    cut = "(line) => line.scrollHeight - line.clientHeight"
    assert desk.page.locator(".pause-line p").evaluate(cut) == 0


def test_people_and_the_record_are_few_screens_on_a_phone(at_desk, province):
    commune = factories.UnitFactory(parent=province, place="Phường Hải Châu")
    people = [factories.person(Role.OFFICER, commune) for _ in range(20)]
    for person in people:
        record("post.approved", commune, by=person, reason="Bài đúng chủ trương")
    desk = at_desk(factories.person(Role.ADMINISTRATOR, province), PHONE)
    for name in ("accounts:people", "audit:log"):
        desk.open(reverse(name))
        assert desk.page.locator("main tbody tr").count() >= 20
        row = desk.page.locator("main tbody tr").nth(3)
        assert row.bounding_box()["height"] < 150
    desk.page.set_viewport_size(DESK)
    desk.open(reverse("accounts:people"))
    state = desk.page.locator(".people-table .state").first
    assert state.bounding_box()["height"] < 30
    assert desk.complaints == []


CUT = """() => [...document.querySelectorAll("main .filter-bar select")].filter((field) => {
    const style = getComputedStyle(field);
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const room = field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    return pen.measureText(field.selectedOptions[0].text.trim()).width > room;
}).map((field) => field.name)"""


@pytest.mark.parametrize("name", ["publishing:post_list", "engagement:reports_overview"])
def test_what_a_filter_says_is_not_cut(at_desk, province, name):
    factories.UnitFactory(parent=province)
    overseer = factories.person(Role.OVERSEER, province)
    desk = at_desk(overseer, DESK, locale="vi-VN")
    desk.open(reverse(name))
    assert "Lọc" in desk.page.inner_text("main .filter-buttons")
    assert desk.page.evaluate(CUT) == []


def test_units_that_report_take_a_line_each_on_a_phone(at_desk, province):
    for _ in range(40):
        factories.UnitFactory(parent=province, place="Xã Bà Nà")
    desk = at_desk(factories.person(Role.OVERSEER, province), PHONE)
    desk.open(reverse("engagement:reports_overview"))
    rows = desk.page.locator(".bodies > li")
    height = desk.page.evaluate("document.documentElement.scrollHeight")
    assert (rows.count(), height < 3 * PHONE["height"]) == (25, True)


def test_a_unit_and_what_it_may_correct_take_few_lines_a_post_on_a_phone(at_desk, province):
    unit = factories.UnitFactory(parent=province)
    for number in range(6):
        factories.PostFactory(unit=unit, title=f"Cảnh giác cuộc gọi giả danh {number}")
        factories.live_delivery(unit=unit)
    desk = at_desk(factories.person(Role.OVERSEER, province), PHONE)
    desk.open(reverse("oversight:unit", args=[unit.key]))
    drafts = desk.page.locator(".unit-posts tr:has(.unscheduled)")
    assert drafts.first.bounding_box()["height"] < 160

    desk = at_desk(factories.person(Role.OFFICER, unit), PHONE)
    desk.open(reverse("publishing:correctable"))
    assert desk.page.locator(".reuse-row").first.bounding_box()["height"] < 120


@pytest.mark.parametrize("name", ["engagement:reports", "oversight:nation"])
def test_a_bar_of_several_buttons_takes_two_lines_at_most(at_desk, name):
    desk = at_desk(factories.person(Role.OVERSEER, factories.ministry()), PHONE, locale="vi-VN")
    desk.open(reverse(name))
    buttons = desk.page.locator(".page-actions .btn")
    heights = [box["height"] for box in (b.bounding_box() for b in buttons.all()) if box]
    assert len(heights) >= 3
    assert max(heights) <= 64


@pytest.mark.parametrize("name", ["channels:allowances", "engagement:desk_allowances"])
def test_a_decision_of_a_province_is_a_line_until_it_is_opened(at_desk, name):
    for _ in range(6):
        factories.ProvinceFactory()
    desk = at_desk(factories.person(Role.OVERSEER, factories.ministry()), PHONE)
    desk.open(reverse(name))
    rows = desk.page.locator(".fold-list > details")
    assert [rows.count() >= 6, desk.page.locator(".fold-list > [open]").count()] == [True, 0]
    assert rows.nth(2).bounding_box()["height"] < 90

    rows.nth(2).locator("summary").click()
    expect(rows.nth(2).locator("[name=reason]")).to_be_visible()


def test_the_only_decision_is_open_at_once(at_desk, province):
    desk = at_desk(factories.person(Role.OVERSEER, province), PHONE)
    for name in ("channels:allowances", "engagement:desk_allowances"):
        desk.open(reverse(name))
        expect(desk.page.locator(".fold-list [name=reason]").first).to_be_visible()


def test_units_pages_and_posts_take_few_lines_each_on_a_phone(at_desk, province):
    unit = factories.UnitFactory(parent=province, place="Phường Hải Châu")
    channels = [factories.ChannelFactory(unit=unit, platform=name) for name in PLATFORMS]
    factories.PostFactory(unit=unit, channels=channels, title="Cảnh giác cuộc gọi giả danh")
    desk = at_desk(factories.person(Role.OVERSEER, province), PHONE, locale="vi-VN")
    for name, least in (
        ("units:tree", 90),
        ("channels:list", 130),
        ("channels:completeness", 150),
        ("publishing:post_list", 170),
    ):
        desk.open(reverse(name))
        row = desk.page.locator("main tbody tr").first
        assert row.bounding_box()["height"] < least, name
        assert desk.overflow() <= 0


def test_what_a_figure_means_stands_there_and_its_origins_are_opened(at_desk):
    desk = at_desk(factories.person(Role.OFFICER), PHONE)
    desk.open(reverse("engagement:dictionary"))
    assert desk.page.evaluate("document.documentElement.scrollHeight") < 4 * PHONE["height"]
    origins = desk.page.locator("#views code").first
    assert not origins.is_visible()
    desk.page.locator("#views summary").click()
    expect(origins).to_be_visible()


def test_a_phone_folds_the_ranks_of_the_provinces_and_units_without_a_page(at_desk, province):
    factories.UnitFactory(parent=province)
    factories.ChannelFactory(unit=factories.UnitFactory(parent=province))
    ministry = factories.ministry()
    for who, name, part in (
        (factories.person(Role.OVERSEER, province), "oversight:board", ".unit-tile"),
        (factories.person(Role.OVERSEER, ministry), "oversight:nation", ".ranks"),
    ):
        desk = at_desk(who, PHONE)
        desk.open(reverse(name))
        folded = desk.page.locator(f".desk-open {part}")
        summary = desk.page.locator(f".desk-open:has({part}) > summary")
        expect(folded).to_be_hidden()
        summary.click()
        expect(folded).to_be_visible()

        summary.click()
        desk.page.set_viewport_size(DESK)
        expect(folded).to_be_visible()
        expect(summary).to_be_hidden()


def test_the_bar_of_a_kit_takes_two_lines_and_that_of_a_review_keeps_its_signs(at_desk, province):
    kit = factories.kit(province, state="issued")
    desk = at_desk(factories.person(Role.OVERSEER, province), PHONE, locale="vi-VN")
    desk.open(reverse("kits:kit", args=[kit.public_id]))
    bar = desk.page.locator(".page-actions .btn")
    assert bar.count() >= 3
    assert max(button.bounding_box()["height"] for button in bar.all()) <= 64

    post = factories.submitted(unit=factories.UnitFactory(parent=province))
    desk = at_desk(factories.person(Role.APPROVER, post.unit), PHONE)
    desk.open(reverse("publishing:review", args=[post.public_id]))
    expect(desk.page.locator(".page-actions .times-open .icon")).to_be_visible()


def test_posts_to_answer_under_take_a_line_each_at_a_desk(at_desk, province):
    unit = factories.UnitFactory(parent=province)
    leader = factories.person(Role.OVERSEER, province)
    ReplyAllowance.objects.create(unit=province, allowed_by=leader, reason="Có cán bộ trực")
    factories.live_delivery(factories.ChannelFactory(unit=unit, platform="facebook"))
    desk = at_desk(factories.person(Role.OFFICER, unit), DESK)
    desk.open(reverse("engagement:desks"))
    assert desk.page.locator(".desk-list > li").first.bounding_box()["height"] < 80
    assert desk.accessibility() == []


def test_titles_of_earlier_posts_take_the_width_of_a_phone(at_desk):
    post = factories.approved(title="Năm thói quen nhỏ khiến kẻ trộm bỏ đi")
    desk = at_desk(factories.person(Role.OFFICER, post.unit, language="vi"), PHONE)
    desk.open(reverse("posts:reuse"))

    row = desk.page.locator(".reuse-row")
    title, button = (row.locator(selector).bounding_box() for selector in ("> div", ".btn"))

    assert title["width"] > 250
    assert button["y"] >= title["y"] + title["height"]


def test_the_next_page_of_a_list_takes_the_place_of_its_rows_alone(at_desk, province):
    for _ in range(26):
        factories.CampaignFactory(unit=province)
    desk = at_desk(factories.person(Role.OVERSEER, province), DESK)
    desk.open(reverse("campaigns:list"))

    desk.page.locator("#rows [rel=next]").click()

    desk.page.wait_for_url("**page=2*")
    expect(desk.page.locator("#rows tbody tr")).to_have_count(1)
    assert [desk.page.locator(name).count() for name in ("#rows", "h1")] == [1, 1]
    assert desk.complaints == []
