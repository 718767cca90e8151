"""A piece of the library goes where the caret stands, in plain text and in the rich one."""

import pytest
from playwright.sync_api import expect

from accounts.permissions import Role
from tests import factories
from tests.journeys.conftest import PHONE
from tests.journeys.test_composer import _topics, edit, saved  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def post():
    unit = factories.UnitFactory()
    factories.snippet(unit, name="Chữ ký", text="Khẩn cấp gọi 113.", search="chu ky")
    factories.snippet(unit, name="Thẻ", text="#canhgiac", search="the")
    officer = factories.person(Role.OFFICER, unit, language="en")
    return factories.PostFactory(unit=unit, author=officer, body="<p>Một.</p><p>Hai.</p>")


def insert(page, words: str) -> None:
    page.get_by_role("button", name="Insert", exact=True).click()
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
