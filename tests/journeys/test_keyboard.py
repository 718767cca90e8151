"""The main job without a mouse: every step is reached by Tab and done by Enter, with the focus in
sight.
"""

import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import expect

from accounts.permissions import Role
from posts.models import Post
from posts.states import PostState
from tests import factories
from tests.journeys.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


# The focused element, or a part of it, lies on the screen and under nothing else.
IN_SIGHT = """() => {
  const focused = document.activeElement, box = focused.getBoundingClientRect();
  const at = document.elementFromPoint(box.left + Math.min(box.width / 2, 40), box.top + Math.min(box.height / 2, 20));
  return Boolean(at) && (focused.contains(at) || at.contains(focused) || at.closest("label")?.contains(focused));
}"""  # noqa: E501

ABOVE_THE_BAR = """() => {
  const lower = document.querySelector("details:has(#mfa-reason) button").getBoundingClientRect();
  return lower.bottom <= document.querySelector(".page-actions").getBoundingClientRect().top;
}"""


def tab_to(page, selector: str) -> None:
    """Press Tab until the focus is on ``selector``, and check that the focus shows."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            page.wait_for_function(IN_SIGHT)  # the page may still be scrolling to it
            return
    raise AssertionError(f"Tab does not lead to {selector}")


def test_a_post_is_written_and_submitted_by_keyboard(at_desk):
    unit = factories.UnitFactory()
    factories.ChannelFactory(unit=unit)
    factories.topic()
    desk = at_desk(factories.person(Role.OFFICER, unit), DESK)
    page = desk.page
    desk.open(reverse("posts:new"))
    tab_to(page, "#id_title")
    page.keyboard.type("Khóa cổng cả ban ngày")
    tab_to(page, "#id_body")
    page.keyboard.type("Rút chìa khóa xe, khóa cổng từ bên trong. Có việc, gọi 113.")
    tab_to(page, "#at-topic .chip-button")
    page.keyboard.press("Enter")
    tab_to(page, "[name=topic]")
    page.keyboard.press("Space")
    desk.saved()
    tab_to(page, "button[value=submit]")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/edit/" not in url)
    assert Post.objects.get().state == PostState.IN_REVIEW


def test_a_post_is_approved_by_keyboard(at_desk):
    post = factories.submitted()
    desk = at_desk(factories.person(Role.APPROVER, post.unit), DESK)
    page = desk.page
    desk.open(reverse("publishing:review_queue"))
    tab_to(page, ".review-title")
    page.keyboard.press("Enter")
    page.wait_for_url("**/review/*-*/**")
    expect(page.locator("[data-approve]").first).to_be_enabled()
    tab_to(page, "[data-approve]")
    page.keyboard.press("Enter")
    page.locator("[data-decided]").wait_for()
    post.refresh_from_db()
    assert post.state == PostState.APPROVED


def test_a_post_is_returned_with_a_reason_by_keyboard(at_desk):
    post = factories.submitted()
    desk = at_desk(factories.person(Role.APPROVER, post.unit), DESK)
    page = desk.page
    desk.open(reverse("publishing:review", args=[post.public_id]))
    tab_to(page, "#return-box > summary")
    page.keyboard.press("Enter")
    page.locator("#id_reason:focus").wait_for()  # who opens the box is about to write
    page.keyboard.type("Thiếu số trực ban của phường")
    expect(
        page.locator("[data-approve]").first
    ).to_be_enabled()  # the server takes no decision sooner than that
    tab_to(page, "button[value=return]")
    page.keyboard.press("Enter")
    page.locator("[data-decided]").wait_for()
    post.refresh_from_db()
    assert post.state == PostState.CHANGES_REQUESTED


def test_the_link_past_the_menu_leads_to_a_place_in_sight(at_desk):
    desk = at_desk(factories.person(Role.OVERSEER, factories.ProvinceFactory()), DESK)
    desk.open(reverse("publishing:pause_new"))
    tab_to(desk.page, "a[href='#main']")
    desk.page.keyboard.press("Enter")
    tab_to(desk.page, "main a[href$='/pauses/']")


def test_the_head_of_a_list_is_in_sight_on_a_phone_while_it_has_the_focus(at_desk):
    unit = factories.UnitFactory()
    factories.PostFactory(unit=unit)
    desk = at_desk(factories.person(Role.OFFICER, unit), PHONE)
    desk.open(reverse("publishing:post_list"))
    for column in ("[data-check-all]", "th a[href*='sort=title']", "th a[href*='sort=state']"):
        tab_to(desk.page, column)
    assert desk.overflow() == 0


def test_signing_in_is_typed_without_looking_for_a_field(at_desk):
    cache.clear()
    person = factories.person(Role.APPROVER)
    desk = at_desk(size=DESK)
    page = desk.page
    desk.open("/accounts/login/")

    page.keyboard.type(person.username)
    page.fill("#id_password", factories.PASSWORD)
    page.keyboard.press("Enter")
    page.locator("#id_code").wait_for()
    page.keyboard.type(factories.code())

    expect(page.locator("#id_code")).to_have_value(factories.code())


def test_what_is_unfolded_at_the_end_of_a_phones_page_is_in_sight(at_desk):
    province = factories.ProvinceFactory()
    person = factories.person(Role.APPROVER, factories.UnitFactory(parent=province))
    desk = at_desk(factories.person(Role.ADMINISTRATOR, province), PHONE)
    page = desk.page
    desk.open(reverse("accounts:person", args=[person.public_id]))

    summary = page.locator("details:has(#mfa-reason) summary")
    summary.evaluate("summary => summary.scrollIntoView({block: 'end', behavior: 'instant'})")
    summary.click()

    page.wait_for_function(ABOVE_THE_BAR)
