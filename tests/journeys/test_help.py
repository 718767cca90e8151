"""The guide beside a page: opened, read and closed by keyboard, and on a phone."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.permissions import Role
from tests import factories
from tests.journeys.conftest import PHONE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_the_guide_of_a_page_opens_beside_it_by_keyboard(at_desk):
    desk = at_desk(factories.person(Role.OFFICER))
    page = desk.page
    desk.open(reverse("posts:import"))

    opener = page.locator(".top-bar [data-open=help]")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#help h2")).to_have_text("Nhập bài từ Excel")
    expect(page.locator("#help h2")).to_be_focused()
    assert page.url.endswith(reverse("posts:import"))
    expect(page.locator("h1")).to_be_visible()

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#help h2")).to_have_text("Hẹn giờ, đổi giờ đăng")
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    expect(opener).to_be_focused()


def test_on_a_phone_the_guide_is_two_taps_away(at_desk):
    desk = at_desk(factories.person(Role.OFFICER), PHONE)
    page = desk.page
    desk.open(reverse("posts:import"))

    page.locator(".top-bar [popovertarget=user-menu]").click()
    page.locator("#user-menu [data-open=help]").click()
    expect(page.locator("#help h2")).to_have_text("Nhập bài từ Excel")
    expect(page.locator("#user-menu")).to_be_hidden()

    page.locator("#help [data-close-help]").click()
    expect(page.locator("#help")).to_be_hidden()


def test_the_composer_on_a_phone_has_its_guide(at_desk):
    desk = at_desk(factories.person(Role.OFFICER), PHONE)
    page = desk.page
    desk.open(reverse("posts:new"))

    page.locator(".compose-help").click()

    expect(page.locator("#help h2")).to_have_text("Đăng bài đầu tiên")


def test_a_page_without_a_guide_opens_the_list_and_escape_closes_it(at_desk):
    desk = at_desk(factories.person(Role.OFFICER))
    page = desk.page
    desk.open(reverse("help:index"))

    page.locator(".top-bar [data-open=help]").click()
    expect(page.locator("#help h2")).to_be_focused()
    page.keyboard.press("Escape")

    expect(page.locator("#help")).to_be_hidden()


def test_without_a_network_escape_closes_the_panel(at_desk):
    desk = at_desk(factories.person(Role.OFFICER))
    page = desk.page
    desk.open(reverse("posts:import"))
    page.route("**/help/page/**", lambda route: route.abort())

    page.locator(".top-bar [data-open=help]").click()
    expect(page.locator("#help [data-close-help]")).to_be_focused()
    page.keyboard.press("Escape")

    expect(page.locator("#help")).to_be_hidden()
