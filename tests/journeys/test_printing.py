"""Pages on paper: light, without what only a screen needs, and nothing cut in two."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.permissions import Role
from tests import factories
from tests.journeys.conftest import DESK

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BREAKS = "(name) => getComputedStyle(document.querySelector(name)).breakInside"


def test_the_nation_is_printed_light_and_its_map_on_one_sheet(at_desk):
    factories.UnitFactory(parent=factories.ProvinceFactory())
    overseer = factories.person(Role.OVERSEER, factories.ministry())
    desk = at_desk(overseer, DESK, color_scheme="dark")
    desk.open(reverse("oversight:nation"))
    page = desk.page
    root = page.locator("html")
    expect(root).to_have_attribute("data-bs-theme", "dark")
    page.evaluate(
        "window.print = () => { window.printed = true; dispatchEvent(new Event('beforeprint')); }"
    )

    page.locator("[data-print]").click()

    page.wait_for_function("() => window.printed")
    expect(root).to_have_attribute("data-bs-theme", "light")
    page.emulate_media(media="print")
    for gone in (".skip-link", ".page-actions", ".period", ".map-figures"):
        expect(page.locator(gone).first).to_be_hidden()
    expect(page.locator(".ranks")).to_be_visible()
    assert page.evaluate(BREAKS, ".tiles") == "avoid"
    assert page.evaluate(BREAKS, ".card") == "auto"  # longer than a sheet, it may break
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(root).to_have_attribute("data-bs-theme", "dark")
