"""Modules in a real browser: a changed one is refused, and none comes without a digest."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.permissions import Role
from core import assets
from core.templatetags import ui
from tests import factories
from tests.journeys.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RUNS = "document.documentElement.dataset.ran = 'changed';\n"


def change(desk, script):
    """Change a script on its way to the browser."""

    def answer(route):
        response = route.fetch()
        route.fulfill(response=response, body=response.text() + RUNS)

    desk.page.route(f"**/static/{script}", answer)


def what_ran(desk):
    return desk.page.evaluate("document.documentElement.dataset.ran")


@pytest.fixture
def unbundled(monkeypatch):
    """Pages load the sources, as they do while one was changed."""
    monkeypatch.setattr(assets, "find_bundles", lambda last_change: assets.Bundles({}, {}))
    ui._render_around_nonces.cache_clear()
    yield
    ui._render_around_nonces.cache_clear()


def test_a_bundle_that_was_changed_is_refused(at_desk):
    desk = at_desk()
    bundle = assets.find_bundles(assets.find_last_change()).scripts["js/portal.js"]
    change(desk, bundle)

    desk.open("/accounts/login/")

    assert what_ran(desk) is None
    assert any("integrity" in complaint and bundle in complaint for complaint in desk.complaints)


@pytest.mark.parametrize(
    "script", ["js/portal.js", "js/lib/toast.js"], ids=["named by the page", "imported"]
)
def test_a_module_that_was_changed_is_refused(at_desk, unbundled, script):
    desk = at_desk()
    change(desk, script)

    desk.open("/accounts/login/")

    assert what_ran(desk) is None
    assert any("integrity" in complaint and script in complaint for complaint in desk.complaints)


def test_without_its_digest_the_changed_module_would_run(at_desk, unbundled):
    desk = at_desk()
    change(desk, "js/lib/toast.js")

    def without_digests(route):
        response = route.fetch()
        route.fulfill(response=response, body=re.sub(r'integrity="[^"]+"', "", response.text()))

    desk.page.route("**/accounts/login/", without_digests)
    desk.open("/accounts/login/")

    assert what_ran(desk) == "changed"


def test_a_page_whose_modules_are_refused_still_signs_in(at_desk, unbundled):
    desk = at_desk()
    change(desk, "js/lib/toast.js")

    desk.sign_in(factories.person(Role.OFFICER))

    assert desk.page.locator("h1").count() == 1
    assert what_ran(desk) is None


def test_every_script_of_the_composer_comes_with_a_digest(at_desk):
    unit = factories.UnitFactory()
    officer = factories.person(Role.OFFICER, unit)
    draft = factories.PostFactory(unit=unit, author=officer)
    desk = at_desk(officer)

    desk.open(f"/posts/{draft.public_id}/edit/")
    desk.format_text()

    loaded = desk.page.evaluate(
        "performance.getEntriesByType('resource').map(e => new URL(e.name).pathname)"
    )
    bundles = assets.find_bundles(assets.find_last_change()).scripts
    named = {f"/static/{bundles[f'js/{module}.js']}" for module in ("portal", "composer/main")}
    assert named | {"/static/django_prose_editor/editor.js"} <= set(loaded)
    assert desk.scripts_without_digest() == []
    assert desk.complaints == []


@pytest.mark.parametrize(
    ("size", "fetched"),
    [(DESK, {"temporal.min.js", "fullcalendar.min.js"}), (PHONE, set())],
    ids=["a desk", "a phone"],
)
def test_the_calendars_libraries_come_where_it_is_drawn(at_desk, size, fetched):
    desk = at_desk(factories.person(Role.OFFICER), size)
    desk.page.add_init_script("delete globalThis.Temporal")
    names = []
    desk.page.on("request", lambda request: names.append(request.url.rpartition("/")[2]))

    desk.open(reverse("publishing:calendar"))
    desk.page.wait_for_load_state("networkidle")

    assert {name for name in names if name in {"temporal.min.js", "fullcalendar.min.js"}} == fetched
    if fetched:
        expect(desk.page.locator("#calendar [role=grid]").first).to_be_visible()
    assert "tom-select.min.js" not in names  # an officer has no list that is searched
    assert desk.scripts_without_digest() == []
    assert desk.complaints == []
