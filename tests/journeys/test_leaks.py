"""Words that leak are marked as one types, and are taken out by one tap each."""

import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from accounts.permissions import Role
from posts.models import Post
from posts.states import PostState
from tests import factories
from tests.journeys.conftest import DESK, PHONE
from tests.journeys.test_composer import _topics, edit, saved  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TEXT = (
    "Chào bà con.\n"
    "Ai biết tin xin gọi qua số 0912 345 678 nhé.\n"
    "Gọi cho anh ấy theo số 0987 654 321 cũng được.\n"
    "Số tài khoản: 0123456789012 ngân hàng.\n"
    "Nghi ngờ, gọi 113."
)


@pytest.fixture
def post():
    unit = factories.UnitFactory()
    officer = factories.person(Role.OFFICER, unit, language="en")
    return factories.PostFactory(unit=unit, author=officer, body="<p>Chào bà con.</p>")


@pytest.mark.parametrize("size", [PHONE, DESK])
def test_three_findings_leave_by_three_taps(at_desk, post, size):
    page = edit(at_desk(post.author, size), post)
    area = page.locator("[name=body]")
    area.fill(TEXT)
    marks = page.locator(".body-field .leak-marks mark")
    expect(marks).to_have_text(["0912 345 678", "0987 654 321", "0123456789012"])

    page.get_by_role("button", name="Mask", exact=True).first.click()
    page.get_by_role("button", name="Drop the line").first.click()
    page.get_by_role("button", name="Mask", exact=True).last.click()

    expect(area).to_have_value(
        "Chào bà con.\n"
        "Ai biết tin xin gọi qua số 0912 345 xxx nhé.\n"
        "Số tài khoản: 012xxxxxxxxxx ngân hàng.\n"
        "Nghi ngờ, gọi 113."
    )
    expect(marks).to_have_count(0)
    saved(page)
    assert "0987" not in Post.objects.get(pk=post.pk).body
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_marks_follow_the_words_and_the_words_lead_to_the_text(at_desk, post):
    page = edit(at_desk(post.author), post)
    area = page.locator("[name=body]")
    area.fill(TEXT)
    marks = page.locator(".body-field .leak-marks mark")
    expect(marks).to_have_count(3)
    area.press("Control+Home")
    area.press_sequentially("Xin chú ý! ")
    expect(marks.first).to_have_text("0912 345 678")
    mark, box = marks.first.bounding_box(), area.bounding_box()
    assert box["y"] < mark["y"] < box["y"] + box["height"]

    page.get_by_role("button", name="0987 654 321").click()

    expect(area).to_be_focused()
    chosen = area.evaluate("(each) => each.value.slice(each.selectionStart, each.selectionEnd)")
    assert chosen == "0987 654 321"


def test_one_tap_changes_all_places_of_one_number(at_desk, post):
    page = edit(at_desk(post.author), post)
    area = page.locator("[name=body]")
    area.fill("Gọi 0912 345 678.\nHoặc gọi 0912 345 678, và lần nữa 0912 345 678 nhé.")
    way = page.get_by_role("button", name="Mask", exact=True)
    expect(way).to_have_count(1)
    expect(page.locator(".body-field .leak-marks mark")).to_have_count(3)

    way.click()

    expect(area).to_have_value(
        "Gọi 0912 345 xxx.\nHoặc gọi 0912 345 xxx, và lần nữa 0912 345 xxx nhé."
    )


def test_formatted_text_is_marked_and_changed_too(at_desk, post):
    desk = at_desk(post.author)
    page = edit(desk, post)
    desk.format_text()
    page.locator(".body-editor").press_sequentially("Gọi cho anh ấy qua số 0912 345 678 nhé. ")
    way = page.get_by_role("button", name="Mask", exact=True)
    expect(way).to_be_visible()
    assert page.evaluate("CSS.highlights.get('leak').size") == 1

    way.click()

    expect(page.locator("[name=body]")).to_have_value(re.compile("0912 345 xxx"))


def test_the_tick_stays_while_the_draft_saves_itself(at_desk, post):
    factories.rule_switch("phone_personal", "warn")
    desk = at_desk(post.author)
    page = edit(desk, post)
    page.locator("[name=body]").fill("Gọi cho anh ấy qua số 0912 345 678 nhé.")
    tick = page.get_by_role("checkbox", name="I have checked it")
    page.get_by_role("tab", name="Common").click()
    tick.check()
    page.locator("[name=title]").fill("Tìm người")
    saved(page)
    expect(tick).to_be_checked()

    page.get_by_role("button", name="Submit for approval").click()

    page.wait_for_url(re.compile(r"/posts/[0-9a-f-]+/$"))
    assert Post.objects.get(pk=post.pk).state == PostState.IN_REVIEW


def hold(page, address):
    """Hold back what the page asks for at an address; return what lets it go."""
    held, is_open = [], []

    def take(route):
        route.continue_() if is_open else held.append(route)

    def let_go():
        is_open.append(True)
        for route in held:
            route.continue_()

    page.route(address, take)
    return let_go


def watch(page, selector):
    """Have the page note what comes to stand in a part of it, each time."""
    page.evaluate(
        """(selector) => {
            const part = document.querySelector(selector);
            window.seen = [];
            const numbers = () => part.textContent.match(/09[0-9 ]+|0341[0-9]+/g) || [];
            const note = () => window.seen.push(numbers());
            new MutationObserver(note).observe(part, { childList: true });
        }""",
        selector,
    )


def stop_the_clock(page):
    """Let no pause pass for the page until it is told to run on."""
    page.clock.install()
    page.clock.pause_at(datetime.now() + timedelta(seconds=1))


def test_findings_stand_before_anything_is_saved_and_the_save_follows(at_desk, post):
    desk = at_desk(post.author)
    page = edit(desk, post)
    let_go = hold(page, "**/autosave/")

    page.locator("[name=body]").fill(TEXT)

    expect(page.locator(".body-field .leak-marks mark")).to_have_count(3)
    expect(page.locator("#save-state")).to_have_text(re.compile("Not saved yet|Saving"))
    assert Post.objects.get(pk=post.pk).body == "<p>Chào bà con.</p>"
    let_go()
    saved(page)
    assert "0912 345 678" in Post.objects.get(pk=post.pk).body
    assert desk.complaints == []


def test_leaving_a_field_saves_it_at_once(at_desk, post):
    page = edit(at_desk(post.author), post)
    stop_the_clock(page)
    page.locator("[name=title]").fill("Gọi ngay 113")

    page.keyboard.press("Tab")

    saved(page)
    assert Post.objects.get(pk=post.pk).title == "Gọi ngay 113"


def test_unbroken_typing_is_saved_every_few_seconds(at_desk, post):
    page = edit(at_desk(post.author), post)
    stop_the_clock(page)
    sent = []
    page.on("request", lambda request: "/autosave/" in request.url and sent.append(request))
    page.locator("[name=title]").press("End")
    with page.expect_request("**/autosave/"):
        for second in range(14):
            page.keyboard.type("a")
            page.clock.run_for(1000)
            assert second > 10 or not sent

    page.clock.resume()
    saved(page)
    assert Post.objects.get(pk=post.pk).title.endswith("a" * 14)


def test_an_older_answer_does_not_replace_what_a_newer_one_found(at_desk, post):
    page = edit(at_desk(post.author), post)
    let_go = hold(page, "**/check/")
    area = page.locator("[name=body]")
    with page.expect_request("**/check/"):
        area.fill("Gọi cho anh ấy qua số 0912 345 678 nhé.")
    area.fill("Nghi ngờ, gọi 113.")
    area.blur()
    saved(page)
    watch(page, "[data-part=said-text]")
    let_go()

    # Checks are sent one after the other.
    page.locator("[name=title]").fill("Gọi 0987 654 321")
    saved(page)

    assert page.evaluate("window.seen") == [["0987 654 321"]]


@pytest.mark.parametrize("part", ["findings", "said-text"])
def test_what_was_found_is_spoken_once(at_desk, post, part):
    page = edit(at_desk(post.author), post)
    watch(page, f"[data-part={part}]")
    with page.expect_response("**/check/"):
        page.locator("[name=body]").fill("Căn cước của Vũ Văn Thóc, SN 1985: 034190000017")
    saved(page)

    assert [words[-1] for words in page.evaluate("window.seen")] == ["034190000017"]


def test_a_secrecy_mark_is_refused_as_it_is_typed_and_said_once(at_desk, post):
    page = edit(at_desk(post.author), post)
    watch(page, "#notices")
    with page.expect_response("**/autosave/"):
        page.locator("[name=body]").fill("TUYỆT MẬT\nKế hoạch 12")
        expect(page.locator("#notices")).to_contain_text("state secret")

    expect(page.locator("#save-state")).to_have_text("Not saved: see above")
    assert len(page.evaluate("window.seen")) == 1
    assert Post.objects.get(pk=post.pk).body == "<p>Chào bà con.</p>"
