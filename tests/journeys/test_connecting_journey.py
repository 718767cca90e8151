"""A chief connects the unit's pages through the platforms' own dialogs, under the portal's strict
policy.
"""

import pytest
from django.urls import reverse

from accounts.permissions import Role
from channels.models import Channel
from channels.states import Health
from tests import factories
from tests.journeys.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def _go_to_the_dialog(desk, simulator, platform):
    """Go from the portal's page of platforms to the platform's own question."""
    page = desk.page
    desk.open(reverse("channels:platforms"))
    page.locator(f"main a[href*='/connect/{platform}/']").click()
    page.wait_for_url(f"**/connect/{platform}/**")
    page.locator("button.btn-primary:visible").click()
    page.wait_for_url(f"{simulator.url}/**")
    if page.locator("button[value=allow]").count() == 0:
        page.locator("ul.list a").first.click()  # the simulator asks whose account it is
    page.locator("button[value=allow]").wait_for()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("platform", ["facebook", "zalo"])
def test_a_page_is_connected_through_the_platforms_dialog(at_desk, simulator, platform, size):
    unit = factories.UnitFactory()
    made = simulator.page(platform, name=unit.name)
    desk = at_desk(factories.person(Role.APPROVER, unit), size)
    _go_to_the_dialog(desk, simulator, platform)

    if platform == "zalo":
        desk.page.locator("input[type=radio]").first.check()  # Zalo grants one account a time
    desk.page.locator("button[value=allow]").click()
    desk.page.wait_for_url("**/channels/choose/**")
    desk.page.locator("input[name=page]").first.check()
    desk.page.locator("button.btn-primary:visible").click()
    desk.page.locator("dialog[open] button[value=yes]").click()
    desk.page.wait_for_url(lambda url: "/choose/" not in url)

    channel = Channel.objects.get()
    assert (channel.unit, channel.external_id, channel.health) == (
        unit,
        made["external_id"],
        Health.CONNECTED,
    )
    assert [complaint for complaint in desk.complaints if desk.url in complaint] == []


def test_whoever_says_no_in_the_dialog_is_informed_the_way_out_and_nothing_is_stored(
    at_desk, simulator
):
    unit = factories.UnitFactory()
    simulator.page("facebook", name=unit.name)
    desk = at_desk(factories.person(Role.APPROVER, unit), PHONE)
    _go_to_the_dialog(desk, simulator, "facebook")

    desk.page.locator("button[value=cancel]").click()

    desk.page.wait_for_url(f"{desk.url}/**")
    assert (
        desk.page.locator(
            f"main a[href*='{reverse('channels:connect', args=['facebook'])}']:visible"
        ).count()
        == 1
    )
    assert Channel.objects.count() == 0
