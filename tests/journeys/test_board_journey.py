"""The tile board in a browser: it renews itself while somebody looks at it."""

import pytest
from django.urls import reverse

from accounts.permissions import Role
from channels.models import Channel
from channels.states import Health
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Half a minute passes: the clock of the page is the test's.
TURN = 31_000  # milliseconds


def test_tiles_change_by_themselves_and_a_hidden_tab_asks_nothing(at_desk):
    province = factories.ProvinceFactory()
    unit = factories.UnitFactory(parent=province)
    page_of_unit = factories.ChannelFactory(unit=unit)
    desk = at_desk(factories.person(Role.OVERSEER, province))
    desk.page.clock.install()
    desk.open(reverse("oversight:board"))
    tile = desk.page.locator(f"#tile-{unit.key}")
    tile.focus()
    before = tile.get_attribute("class")
    asked = []
    desk.page.on("request", lambda request: "seen=" in request.url and asked.append(request.url))

    Channel.objects.filter(pk=page_of_unit.pk).update(health=Health.LOST)
    with desk.page.expect_response(lambda response: "seen=" in response.url):
        desk.page.clock.run_for(TURN)
    desk.page.wait_for_function(
        "([id, was]) => document.getElementById(id).className !== was",
        arg=[f"tile-{unit.key}", before],
    )
    assert desk.page.evaluate("document.activeElement.id") == f"tile-{unit.key}"

    desk.page.evaluate("Object.defineProperty(document, 'hidden', {get: () => true})")
    asked.clear()
    desk.page.clock.run_for(3 * TURN)
    assert asked == []
