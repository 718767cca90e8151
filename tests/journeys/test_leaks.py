"""Words that leak are marked as one types, and are taken out by one tap each."""

import re

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
