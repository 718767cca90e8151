"""The cost of a post to an officer: taps, scrolling, stops of the Tab key, bytes."""

import gzip
import io
import re

import pytest
from django.urls import reverse
from PIL import Image
from playwright.sync_api import expect

from accounts.permissions import Role
from channels.models import Channel
from channels.states import Kind
from posts.models import Post
from posts.states import PostState
from tests import factories
from tests.journeys.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

IN_SIGHT = """() => {
    const field = document.activeElement, box = field.getBoundingClientRect();
    const seen = document.elementFromPoint(
        (Math.max(box.left, 0) + Math.min(box.right, innerWidth)) / 2,
        (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2);
    return Boolean(seen) && (field.contains(seen) || seen.contains(field) || seen.closest("label")?.control === field);
}"""  # noqa: E501
COVERED = """() => [...document.querySelectorAll("body *")].filter(each =>
        ["fixed", "sticky"].includes(getComputedStyle(each).position) && each.checkVisibility())
    .map(each => each.getBoundingClientRect()).filter(box => box.width > innerWidth / 2)
    .reduce((sum, box) => sum + Math.max(0, Math.min(box.bottom, innerHeight) - Math.max(box.top, 0)), 0)"""  # noqa: E501


@pytest.fixture
def officer():
    unit = factories.UnitFactory()
    factories.topic()
    for platform in ("facebook", "zalo", "threads"):
        factories.ChannelFactory(unit=unit, platform=platform)
    return factories.person(Role.OFFICER, unit)


def photo(colour: str) -> dict[str, object]:
    out = io.BytesIO()
    Image.new("RGB", (640, 360), colour).save(out, "PNG")
    return {"name": f"{colour}.png", "mimeType": "image/png", "buffer": out.getvalue()}


class Thumb:
    """Counts what the thumb does on a phone: taps, and by how many screens it had to scroll."""

    def __init__(self, page):
        self.page, self.taps, self.screens = page, 0, 0.0

    def tap(self, selector: str, *, taps: int = 1):
        found = self.page.locator(selector)
        expect(found).to_be_visible()
        before = self.page.evaluate("scrollY")
        found.scroll_into_view_if_needed()
        self.screens += abs(self.page.evaluate("scrollY") - before) / PHONE["height"]
        self.taps += taps
        return found

    def press(self, selector: str) -> None:
        self.tap(selector).click()

    def write(self, selector: str, words: str) -> None:
        self.tap(selector).fill(words)


@pytest.fixture
def all_platforms(officer):
    """All seven of the try-out, none of which was switched off by anybody."""
    unit = officer.current_appointments[0].unit
    factories.allowed("telegram", unit)
    there = set(Channel.objects.filter(unit=unit).values_list("platform", flat=True))
    for platform in sorted({*Kind.values} - there):
        factories.ChannelFactory(unit=unit, platform=platform)


def test_a_post_with_two_photos_takes_thirteen_taps_and_three_screens_on_a_phone(
    at_desk, officer, all_platforms
):
    desk = at_desk(officer, PHONE, has_touch=True)
    page, thumb = desk.page, Thumb(desk.page)
    desk.open(reverse("posts:new"))

    thumb.write("#id_title", "Khóa cổng cả ban ngày")
    thumb.write("#id_body", "Rút chìa khóa xe, khóa cổng từ bên trong. Có việc, gọi 113.")
    thumb.tap(".tile-add[for=files]", taps=2)
    page.set_input_files("#files", [photo("green"), photo("red")])
    expect(page.locator(".picture")).to_have_count(2, timeout=60_000)
    thumb.press(".picture:first-child [data-tile]")
    expect(page.locator("dialog[open] .alt-text")).to_be_focused()
    page.keyboard.type("Cổng khóa")
    thumb.press("dialog[open] [data-next-tile]")
    expect(page.locator(".picture:last-child .alt-text")).to_be_focused()
    page.keyboard.type("Chìa khóa xe")
    thumb.press("dialog[open] .btn-icon[data-close]")
    expect(page.locator("dialog[open]")).to_have_count(0)
    thumb.press(".bar-next")
    expect(page.locator(".channel-unfit")).to_have_text(["Chỉ nhận video"])
    thumb.press("[data-option=privacy] .choice:first-child")
    thumb.press(".bar-next")
    thumb.press("#at-topic .choice:first-child")
    thumb.press("[data-time$='07:00']")
    thumb.press(".bar-submit")

    page.wait_for_url(re.compile(r"/posts/[0-9a-f-]+/$"))
    post = Post.objects.get()
    assert post.state == PostState.IN_REVIEW
    assert [shown.alt_text for shown in post.pictures.all()] == ["Cổng khóa", "Chìa khóa xe"]
    assert post.requested_time is not None
    sent_to = {target["platform"] for target in post.current_revision.content["channels"]}
    assert sent_to == {*Kind.values} - {"youtube"}
    assert thumb.taps <= 13
    assert thumb.screens <= 3
    assert desk.complaints == []


FOUR_SECONDS = 800_000  # bytes at 1.6 Mbit/s: the rest of ten is for a phone and the portal
NOTE_SIZES = """() => {
    window.sentSizes = [];
    const send = XMLHttpRequest.prototype.send;
    XMLHttpRequest.prototype.send = function (body) {
        const file = body instanceof FormData ? body.get("file") : body;
        if (file instanceof Blob) sentSizes.push(file.size);
        return send.call(this, body);
    };
}"""
LINE = {"latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 200_000}


def phone_photo(name: str) -> dict[str, object]:
    """Make a photo of 12 megapixels and some 3.7 MB: soft shapes with a sensor's grain."""
    shapes = Image.effect_noise((250, 188), 60).resize((4000, 3000), Image.Resampling.BICUBIC)
    grain = Image.blend(shapes, Image.effect_noise((4000, 3000), 12), 0.5)
    out = io.BytesIO()
    Image.merge("RGB", [grain] * 3).save(out, "JPEG", quality=90)
    assert 3_200_000 < out.tell() < 4_200_000
    return {"name": name, "mimeType": "image/jpeg", "buffer": out.getvalue()}


def test_two_phone_photos_go_up_at_once_in_ten_seconds_of_a_slow_line(at_desk, officer):
    desk = at_desk(officer, PHONE)
    page = desk.page
    desk.open(reverse("posts:new"))
    under_way, together = set(), []

    def begin(request):
        if request.method == "PATCH":
            under_way.add(request)
            together.append(len(under_way))

    page.on("request", begin)
    page.on("requestfinished", lambda done: under_way.discard(done))
    page.evaluate(NOTE_SIZES)
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", {"offline": False, **LINE})
    photos = [phone_photo("truoc.jpg"), phone_photo("sau.jpg")]

    page.set_input_files("#files", photos)
    page.fill("#id_title", "Khóa cổng cả ban ngày")  # while they go up

    expect(page.locator(".picture")).to_have_count(2, timeout=60_000)
    assert max(together) >= 2
    assert sum(page.evaluate("sentSizes")) <= FOUR_SECONDS
    assert desk.complaints == []


@pytest.fixture
def draft(officer):
    """A draft with everything: two photos, six channels."""
    unit = officer.current_appointments[0].unit
    for platform in ("tiktok", "youtube", "instagram"):
        factories.ChannelFactory(unit=unit, platform=platform)
    channels = Channel.objects.filter(unit=unit)
    media = [factories.media(unit) for _ in range(2)]
    return factories.PostFactory(unit=unit, author=officer, channels=channels, media=media)


def edit(desk, draft):
    desk.open(reverse("posts:edit", args=[draft.public_id]))
    expect(desk.page.locator(".preview")).to_be_visible()
    return desk.page


def test_on_a_desk_the_page_does_not_scroll(at_desk, officer, draft):
    page = edit(at_desk(officer, DESK), draft)
    for tab in page.locator("[role=tab]").all():
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        assert page.evaluate("document.scrollingElement.scrollHeight - innerHeight") <= 0
    expect(page.locator("#id_title")).to_be_in_viewport()
    expect(page.locator(".bar-submit")).to_be_in_viewport(ratio=1)


def test_tabs_and_chips_stand_in_one_row_each_on_a_desk(at_desk, officer, all_platforms):
    desk = at_desk(officer, DESK)
    desk.open(reverse("posts:new"))
    page = desk.page
    expect(page.locator(".tabs [role=tab]")).to_have_count(1 + len(Kind))
    tops = "(all) => new Set(all.map((each) => each.getBoundingClientRect().top)).size"
    for row in (".tabs [role=tab]", ".chip-button"):
        assert page.locator(row).evaluate_all(tops) == 1
    assert desk.overflow() <= 0


def test_from_the_title_to_the_submission_are_twenty_stops_and_none_is_hidden(
    at_desk, officer, draft
):
    page = edit(at_desk(officer, DESK), draft)
    page.locator("#id_title").focus()
    hidden, stops = [], 0
    while not page.evaluate("document.activeElement.matches('.bar-submit')"):
        page.keyboard.press("Tab")
        stops += 1
        assert stops <= 40
        if not page.evaluate(IN_SIGHT):
            hidden.append(page.evaluate("document.activeElement.outerHTML.slice(0, 200)"))
    assert hidden == []
    assert stops <= 20


def test_at_400_percent_most_of_the_screen_is_content(at_desk, officer, draft):
    desk = at_desk(officer, {"width": 320, "height": 256})
    desk.open(reverse("posts:edit", args=[draft.public_id]))
    expect(desk.page.locator("#id_title")).to_be_visible()
    desk.page.locator("#id_body").scroll_into_view_if_needed()
    assert desk.page.evaluate(COVERED) <= 0.4 * 256
    assert desk.overflow() <= 0


@pytest.mark.parametrize("page", ["oversight:today", "publishing:post_list", "publishing:calendar"])
def test_at_400_percent_no_bar_covers_other_pages(at_desk, officer, draft, page):
    desk = at_desk(officer, {"width": 320, "height": 256})
    desk.open(reverse(page))
    assert desk.page.evaluate(COVERED) <= 0.2 * 256
    assert desk.overflow() <= 0


@pytest.mark.parametrize(
    ("page", "size", "kilobytes"),
    [
        ("posts:new", PHONE, 170),
        ("oversight:today", PHONE, 135),
        ("publishing:calendar", PHONE, 145),
        ("publishing:calendar", DESK, 250),
        ("engagement:results", PHONE, 150),
    ],
)
def test_a_first_visit_asks_for_little(at_desk, officer, page, size, kilobytes):
    desk = at_desk(officer, size)
    context = desk.page.context
    fresh = context.browser.new_context(storage_state=context.storage_state(), viewport=size)
    tab, answers = fresh.new_page(), []
    tab.on("response", lambda answer: answers.append(answer))
    tab.goto(desk.url + reverse(page), wait_until="networkidle")
    names = [answer.url.removeprefix(desk.url) for answer in answers]
    heads = sum(answer.request.sizes()["responseHeadersSize"] for answer in answers)
    total = heads + sum(sent(answer.body()) for answer in answers if answer.status == 200)
    fresh.close()
    assert len(names) <= 20, names
    assert total <= 1000 * kilobytes


def test_a_later_visit_costs_at_most_60_kilobytes(at_desk, officer, draft):
    desk = at_desk(officer, PHONE)
    desk.open(reverse("posts:edit", args=[draft.public_id]))
    page, sizes = desk.page, {}
    page.on("response", lambda answer: sizes.update({answer.url: answer}))
    page.reload(wait_until="networkidle")
    # The browser has the files of the portal, whose names change with their content.
    again = [answer for url, answer in sizes.items() if "/static/" not in url]
    assert sum(sent(answer.body()) for answer in again if answer.status == 200) <= 60_000


def sent(body: bytes) -> int:
    """Return how many bytes production sends of it; what is compressed already gains nothing."""
    return min(len(body), len(gzip.compress(body, 6)))


def test_the_phones_back_closes_the_sheet_and_not_the_draft(at_desk, officer, draft):
    desk = at_desk(officer, PHONE)
    desk.open(reverse("posts:edit", args=[draft.public_id]))
    page = desk.page
    page.locator(".bar-next").click()
    page.locator(".channel-open").first.click()
    expect(page.locator("dialog[open] .preview")).to_be_visible()

    page.go_back()

    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator(".compose-steps [aria-current]")).to_have_text(re.compile("2"))


SWIPE = """(box, [from, to]) => {
    const at = (x) => [new Touch({identifier: 1, target: box, clientX: x, clientY: 400})];
    const fire = (kind, touches, changedTouches) =>
        box.dispatchEvent(new TouchEvent(kind, {bubbles: true, touches, changedTouches}));
    fire("touchstart", at(from), at(from));
    fire("touchend", [], at(to));
}"""


def test_a_swipe_and_the_arrow_keys_lead_to_the_next_channels_sheet(at_desk, officer, draft):
    desk = at_desk(officer, PHONE, has_touch=True)
    desk.open(reverse("posts:edit", args=[draft.public_id]))
    page = desk.page
    sheets = [
        f"#{card.get_attribute('id')} dialog[open]" for card in page.locator(".channel").all()
    ]
    page.locator(".bar-next").click()
    page.locator(".channel-open").first.click()
    expect(page.locator(sheets[0])).to_be_visible()

    page.locator(f"{sheets[0]} > .said").evaluate(SWIPE, [300, 100])
    expect(page.locator(sheets[1])).to_be_visible()
    page.locator(f"{sheets[1]} > .said").evaluate(SWIPE, [100, 110])
    expect(page.locator(sheets[1])).to_be_visible()
    page.locator(f"{sheets[1]} > .said").evaluate(SWIPE, [100, 300])
    expect(page.locator(sheets[0])).to_be_visible()

    page.locator(f"{sheets[0]} .btn-icon[data-close]").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(sheets[1])).to_be_visible()
    page.locator(f"{sheets[1]} [data-write-own]").click()
    page.keyboard.press("ArrowRight")
    expect(page.locator(sheets[1])).to_be_visible()
    page.go_back()
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_own_text_begins_as_a_copy_and_gives_way_to_the_common_one(at_desk, officer, draft):
    page = edit(at_desk(officer, DESK), draft)
    own = page.locator(".is-current .own")
    own.locator("[data-write-own]").click()
    area = own.locator("textarea")
    expect(area).to_have_value(re.compile(re.escape(draft.title)))
    area.fill("Chỉ cho trang này")
    expect(page.locator(".is-current .preview-text")).to_contain_text("Chỉ cho trang này")

    own.locator("[data-use-common]").click()

    expect(page.locator(".is-current .preview-text")).to_contain_text(draft.title)
    expect(area).to_be_hidden()


def test_nothing_is_called_missing_before_its_field_was_left(at_desk, officer):
    desk = at_desk(officer, DESK)
    page = desk.page
    desk.open(reverse("posts:new"))
    page.fill("#id_title", "Rút chìa khóa xe.")
    desk.saved()
    assert Post.objects.get().title
    expect(page.locator(".missing")).to_be_hidden()

    page.locator("#id_body").focus()
    page.locator("#id_title").focus()
    page.keyboard.type("Khóa cổng.")

    expect(page.locator(".missing")).to_be_visible()
    expect(page.locator(".check-list [data-block]:not([hidden])")).to_have_count(1)


def test_the_number_keys_open_the_channels(at_desk, officer, draft):
    page = edit(at_desk(officer, DESK), draft)
    page.locator("#id_body").focus()
    page.keyboard.press("Alt+2")
    expect(page.locator("[role=tab]").nth(2)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Control+s")
    expect(page.locator("#save-state")).to_have_text(re.compile(r"\d\d:\d\d:\d\d"))


def test_below_1200_pixels_channels_and_preview_are_a_drawer(at_desk, officer, draft):
    desk = at_desk(officer, {"width": 1024, "height": 768})
    desk.open(reverse("posts:edit", args=[draft.public_id]))
    page = desk.page
    expect(page.locator(".compose-side")).to_be_hidden()
    page.locator("[data-drawer]").click()
    expect(page.locator(".preview")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".compose-side")).to_be_hidden()

    page.locator("[data-drawer]").click()
    page.locator("[data-drawer-close]").click()
    expect(page.locator(".compose-side")).to_be_hidden()
    expect(page.locator("[data-drawer]")).to_be_focused()
    assert desk.overflow() <= 0
