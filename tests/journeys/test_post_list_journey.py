"""The list of posts on a telephone and without a mouse."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from tests import factories
from tests.journeys.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
IN_VIEW = """() => {
  const box = document.querySelector(".post-tab[aria-current]").getBoundingClientRect();
  return box.left >= 0 && box.right <= document.documentElement.clientWidth;
}"""


@pytest.fixture
def desk(at_desk):
    unit = factories.UnitFactory()
    factories.delivery(factories.approved(unit=unit), state="failed")
    factories.approved(unit=unit)
    desk = at_desk(None, PHONE)
    desk.enter(factories.person(Role.OFFICER, unit))
    return desk


def test_the_tabs_of_a_phone_show_the_current_one_and_widen_no_page(desk):
    desk.open(reverse("publishing:post_list"))
    for name in ("unscheduled", "trouble", "drafts"):
        desk.page.locator(f".post-tab[href*='tab={name}']").click()
        desk.page.wait_for_url(f"**tab={name}*")
        desk.page.wait_for_function(IN_VIEW)
        assert desk.overflow() == 0
    assert desk.complaints == []


def test_a_tab_stays_while_one_searches_and_is_left_by_the_keyboard(desk):
    desk.open(reverse("publishing:post_list") + "?tab=trouble")
    desk.page.fill("main [type=search]", "không có")
    desk.page.wait_for_url("**q=*")
    assert "tab=trouble" in desk.page.url
    desk.page.wait_for_function(IN_VIEW)  # the address changes before the new rows have settled

    desk.page.locator(".post-tab[aria-current]").focus()
    desk.page.keyboard.press("Shift+Tab")
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_url("**tab=published*")


def test_without_scripts_the_tab_and_the_filter_go_together(at_desk):
    unit = factories.UnitFactory()
    factories.approved(unit=unit, title="Chờ hẹn giờ", search="cho hen gio")
    desk = at_desk(None, PHONE, java_script_enabled=False)
    desk.enter(factories.person(Role.OFFICER, unit))
    desk.open(reverse("publishing:post_list"))
    desk.page.locator(".post-tab[href*='tab=unscheduled']").click()
    desk.page.wait_for_url("**tab=unscheduled*")
    desk.page.fill("main [type=search]", "hen gio")
    desk.page.press("main [type=search]", "Enter")
    desk.page.wait_for_url("**q=*")

    assert "tab=unscheduled" in desk.page.url
    assert desk.page.locator(".post-title").count() == 1


def test_all_columns_of_the_list_fit_the_screen_of_a_station(at_desk):
    unit = factories.UnitFactory()
    platforms = ("facebook", "zalo", "tiktok", "youtube", "instagram", "threads", "telegram")
    channels = [factories.ChannelFactory(unit=unit, platform=platform) for platform in platforms]
    author = factories.person(Role.OFFICER, unit, full_name="Nguyễn Hoàng Phương Thảo Nguyên")
    factories.submitted(
        unit=unit,
        author=author,
        channels=channels,
        requested_time=timezone.now() + timedelta(days=3),
    )
    factories.PostFactory(unit=unit)  # can be put away, so there is a column of boxes
    desk = at_desk()
    desk.enter(factories.person(Role.OFFICER, unit))

    desk.open(reverse("publishing:post_list"))

    beyond = "e => e.scrollWidth - e.clientWidth"
    assert desk.page.locator(".table-responsive").evaluate(beyond) == 0
