"""The search and the keys from every page, by keyboard and by touch."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.permissions import Role
from core.text import fold
from tests import factories
from tests.journeys.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def approver_with_post():
    unit = factories.UnitFactory(place="Phường Hải Châu")
    title = "Cảnh báo nâng hạn mức thẻ"
    post = factories.PostFactory(unit=unit, title=title, search=fold(title))
    return factories.person(Role.APPROVER, unit), post


def focused(page) -> str:
    return page.evaluate("document.activeElement.id || document.activeElement.innerText.trim()")


def test_a_post_is_found_and_opened_by_keys_alone(at_desk):
    approver, post = approver_with_post()
    desk = at_desk(approver, DESK)
    page = desk.page
    desk.open(reverse("publishing:calendar"))
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-words")).to_be_focused()
    expect(page.locator(".palette-match").first).to_be_visible()
    page.keyboard.type("tam dung")
    expect(page.locator(".palette-match", has_text="Tạm dừng")).to_have_count(3)
    page.keyboard.press("ArrowDown")
    assert focused(page) == "Tạm dừng đăng bài"
    page.keyboard.press("ArrowUp")
    expect(page.locator("#palette-words")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("han muc")
    expect(page.locator(".palette-match", has_text=post.title)).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{reverse('posts:edit', args=[post.public_id])}")
    assert desk.complaints == []


def test_escape_closes_it_and_gives_the_focus_back(at_desk):
    approver, _post = approver_with_post()
    desk = at_desk(approver, DESK)
    page = desk.page
    desk.open(reverse("publishing:post_list"))
    link = page.locator("main a").first
    link.focus()
    page.keyboard.press("Control+k")
    expect(page.locator(".palette-match").first).to_be_visible()
    for _ in range(60):  # the dialog keeps the focus
        page.keyboard.press("Tab")
        assert page.evaluate(
            "[document.body, null].includes(document.activeElement)"
            " || Boolean(document.activeElement.closest('#palette'))"
        )
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    expect(link).to_be_focused()
    page.keyboard.press("?")
    expect(page.locator("#key-sheet dt", has_text="Ctrl + Enter")).to_be_visible()
    page.keyboard.press("Escape")
    expect(link).to_be_focused()


def test_keys_do_nothing_while_somebody_types_or_composes_a_letter(at_desk):
    approver, _post = approver_with_post()
    desk = at_desk(approver, DESK)
    page = desk.page
    desk.open(reverse("posts:new"))
    page.locator("#id_title").focus()
    page.keyboard.type("Ai hỏi mã OTP?")
    expect(page.locator("#id_title")).to_have_value("Ai hỏi mã OTP?")
    expect(page.locator("#key-sheet")).to_be_hidden()
    composing = """(options) => document.body.dispatchEvent(
        new KeyboardEvent("keydown", {bubbles: true, cancelable: true, ...options}))"""
    for options in (
        {"key": "k", "ctrlKey": True, "isComposing": True},
        {"key": "k", "ctrlKey": True, "altKey": True},  # AltGr
        {"key": "k", "ctrlKey": True, "shiftKey": True},
        {"key": "Process", "keyCode": 229},
        {"key": "?", "keyCode": 229},
    ):
        assert page.evaluate(composing, options) is True
    expect(page.locator("#palette")).to_be_hidden()
    expect(page.locator("#key-sheet")).to_be_hidden()
    page.keyboard.press("Control+k")  # but this one works in a field, too
    expect(page.locator("#palette-words")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#id_title")).to_be_focused()


def test_on_a_phone_the_magnifier_opens_it_and_nothing_is_crowded(at_desk):
    approver, post = approver_with_post()
    desk = at_desk(approver, PHONE, has_touch=True)
    page = desk.page
    desk.open(reverse("oversight:today"))
    page.locator(".top-find").tap()
    page.locator("#palette-words").fill("hạn mức")
    expect(page.locator(".palette-match", has_text=post.title)).to_be_visible()
    assert desk.overflow() <= 0
    assert desk.accessibility() == []
    page.locator(".palette-match", has_text=post.title).tap()
    page.wait_for_url(re.compile("/edit/"))


def test_without_scripts_the_magnifier_leads_to_the_page(at_desk):
    approver, post = approver_with_post()
    desk = at_desk(None, PHONE, java_script_enabled=False)
    desk.enter(approver)
    page = desk.page
    desk.open(reverse("oversight:today"))
    page.locator(".top-find").click()
    page.locator("main input[name=q]").fill("han muc")
    page.keyboard.press("Enter")
    page.locator("main .palette-match", has_text=post.title).click()
    page.wait_for_url(re.compile("/edit/"))


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_of_the_search_fit_the_screen_and_pass_axe(at_desk, size, theme):
    approver, _post = approver_with_post()
    desk = at_desk(None, size, color_scheme=theme)
    desk.enter(approver)
    search = reverse("search")
    for address in (reverse("keys"), search, f"{search}?q=han+muc", f"{search}?q={'x' * 3000}"):
        desk.open(address)
        assert (desk.overflow() <= 0, desk.accessibility()) == (True, [])
    desk.page.keyboard.press("Escape")
    desk.page.locator("h1").click()
    desk.page.keyboard.press("?")
    expect(desk.page.locator("#key-sheet dt").first).to_be_visible()
    assert desk.accessibility() == []
    assert desk.complaints == []
