"""Operators search the documents as they type: with accents, without, in English."""

import pytest
from playwright.sync_api import expect

from scripts import docs
from tests import factories
from tests.journeys.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site") / "docs"
    assert docs.make(docs.ROOT, folder) == 0
    return folder


def test_a_search_finds_vietnamese_with_and_without_accents(made, settings, at_desk):
    settings.DOCUMENTS_ROOT = made
    desk = at_desk(factories.operator())
    results = desk.page.locator("#search-results")

    for query in ("điểm chốt", "diem chot", "DIEM CHOT", "differs from a checkpoint"):
        desk.open("/docs/")
        desk.page.fill("input[name=q]", query)
        desk.page.press("input[name=q]", "Enter")
        page = "operations.html" if "checkpoint" in query else "operations.vi.html"
        expect(results.locator(f'a[href*="docs/{page}"]').first).to_be_visible()

    desk.open("/docs/search.html?q=xyzzy")
    expect(results.locator(".search-summary")).to_contain_text("did not match any documents")
    assert desk.complaints == [], "\n".join(desk.complaints)


def test_an_alarm_leads_to_its_section(made, settings, at_desk):
    settings.DOCUMENTS_ROOT = made
    desk = at_desk(factories.operator())
    desk.open("/docs/docs/runbook.vi.html#unrecorded")

    expect(desk.page.locator("#unrecorded")).to_be_in_viewport()
    assert desk.complaints == [], "\n".join(desk.complaints)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_pages_fit_and_can_be_read_by_everybody(made, settings, at_desk, size):
    settings.DOCUMENTS_ROOT = made
    desk = at_desk(factories.operator(), size)
    for name in ("README", "operations.vi", "runbook.vi"):
        desk.open(f"/docs/docs/{name}.html")

        assert desk.accessibility(["wcag2a", "wcag2aa", "wcag22aa"]) == [], name
        assert desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    assert desk.page.evaluate("document.documentElement.lang") == "vi"
