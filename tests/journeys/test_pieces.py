"""A piece of the library goes where the caret stands, in plain text and in the rich one."""

import re

import pytest
from playwright.sync_api import expect

from accounts.permissions import Role
from tests import factories
from tests.journeys.conftest import DESK, PHONE
from tests.journeys.test_composer import _topics, edit, saved  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OF_FACEBOOK = re.compile("Insert ?: Facebook")


@pytest.fixture
def post():
    unit = factories.UnitFactory()
    factories.snippet(unit, title="Chữ ký", text="Khẩn cấp gọi 113.", search="chu ky")
    factories.snippet(unit, title="Thẻ", text="#canhgiac", search="the")
    officer = factories.person(Role.OFFICER, unit, language="en")
    return factories.PostFactory(unit=unit, author=officer, body="<p>Một.</p><p>Hai.</p>")


def insert(page, words: str, *, button: str | re.Pattern[str] = "Insert") -> None:
    page.get_by_role("button", name=button, exact=True).click()
    page.get_by_role("searchbox", name="Search the library").last.fill(words)
    buttons = page.locator("#pieces [data-insert]")
    expect(buttons).to_have_count(1)
    buttons.click()
    expect(page.locator("#pieces")).to_be_hidden()


@pytest.mark.parametrize(
    ("caret", "text"),
    [
        (0, "Khẩn cấp gọi 113.\n\nMột.\n\nHai."),
        (4, "Một.Khẩn cấp gọi 113.\n\nHai."),
        (6, "Một.\n\nKhẩn cấp gọi 113.\n\nHai."),
        (10, "Một.\n\nHai.\n\nKhẩn cấp gọi 113."),
    ],
)
def test_a_piece_goes_where_the_caret_stands(at_desk, post, caret, text):
    page = edit(at_desk(post.author, PHONE), post)
    area = page.locator("[name=body]")
    area.focus()
    area.evaluate("(area, at) => area.setSelectionRange(at, at)", caret)

    insert(page, "chu ky")

    expect(area).to_have_value(text)
    saved(page)
    post.refresh_from_db()
    assert "Khẩn cấp gọi 113." in post.body


def test_a_piece_goes_into_the_rich_text_too(at_desk, post):
    desk = at_desk(post.author)
    page = edit(desk, post)
    desk.format_text()
    page.keyboard.press("Control+End")

    insert(page, "the")

    expect(page.locator(".body-editor")).to_contain_text("#canhgiac")


def test_the_phones_back_closes_the_sheet_and_not_the_draft(at_desk, post):
    page = edit(at_desk(post.author, PHONE), post)
    page.get_by_role("button", name="Insert", exact=True).click()
    expect(page.locator("#pieces [data-insert]")).to_have_count(2)

    page.go_back()

    expect(page.locator("#pieces")).to_be_hidden()
    expect(page.locator("[name=body]")).to_be_visible()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_piece_goes_into_the_own_text_of_a_channel(at_desk, post, size):
    page = edit(at_desk(post.author, size), post)
    if size == PHONE:
        page.get_by_role("button", name="2 Channels").click()
        page.get_by_role("button", name="Open Facebook").click()
    page.get_by_role("button", name="Write separately for Facebook").click()
    area = page.get_by_label("Own content for Facebook")
    area.fill("Một.\nHai.")
    area.evaluate("(area) => area.setSelectionRange(4, 4)")

    insert(page, "chu ky", button=OF_FACEBOOK)

    # The channel is still open, and one writes on behind the piece.
    expect(area).to_be_focused()
    page.keyboard.type(" Xong.")
    expect(area).to_have_value("Một.Khẩn cấp gọi 113. Xong.\nHai.")
    expect(page.locator("[name=body]")).to_have_value("Một.\n\nHai.")
    saved(page)
    assert post.targets.get().text == "Một.Khẩn cấp gọi 113. Xong.\nHai."


def test_back_leads_from_the_pieces_to_the_channel_and_then_to_the_draft(at_desk, post):
    page = edit(at_desk(post.author, PHONE), post)
    page.get_by_role("button", name="2 Channels").click()
    page.get_by_role("button", name="Open Facebook").click()
    page.get_by_role("button", name="Write separately for Facebook").click()
    area = page.get_by_label("Own content for Facebook")

    for leave in (page.go_back, lambda: page.keyboard.press("Escape")):
        page.get_by_role("button", name=OF_FACEBOOK).click()
        expect(page.locator("#pieces")).to_be_visible()
        leave()
        expect(page.locator("#pieces")).to_be_hidden()
        expect(area).to_be_visible()

    page.go_back()
    expect(area).to_be_hidden()
    expect(page.get_by_role("button", name="Open Facebook")).to_be_visible()
