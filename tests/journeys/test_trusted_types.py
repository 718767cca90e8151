"""No page takes a string for HTML, for a script or for the address of one (docs/adr/0080)."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.permissions import Role
from tests import factories
from tests.journeys.test_composer import edit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# What a mistake of ours, or of a library, could hand a string to.
HAND_OVER = """() => {
    const text = "<b>bold</b>";
    const create = (tag) => document.createElement(tag);
    const sinks = {
        innerHTML: () => (document.body.innerHTML = text),
        "an empty innerHTML": () => (create("div").innerHTML = ""),
        outerHTML: () => (document.body.firstElementChild.outerHTML = text),
        insertAdjacentHTML: () => document.body.insertAdjacentHTML("beforeend", text),
        parseFromString: () => new DOMParser().parseFromString(text, "text/html"),
        createContextualFragment: () => document.createRange().createContextualFragment(text),
        "document.write": () => document.write(text),
        srcdoc: () => (create("iframe").srcdoc = text),
        "address of a script": () => (create("script").src = "/static/js/theme.js"),
        "text of a script": () => (create("script").text = "document.title = 1"),
        "another policy": () => trustedTypes.createPolicy("other", { createHTML: (html) => html }),
        "our policy again": () => trustedTypes.createPolicy("portal", { createHTML: (html) => html }),
        "the default policy": () => trustedTypes.createPolicy("default", { createHTML: (html) => html }),
    };
    const taken = [];
    for (const [name, hand] of Object.entries(sinks)) {
        try { hand(); taken.push(name); } catch (error) { if (error.name !== "TypeError") taken.push(`${name}: ${error}`); }
    }
    return taken;
}"""  # noqa: E501


def test_a_string_is_no_html_no_script_and_no_address_of_one(at_desk):
    desk = at_desk(factories.person(Role.OFFICER))
    desk.open(reverse("oversight:today"))

    assert desk.page.evaluate(HAND_OVER) == []
    assert len(desk.complaints) == 13  # each is on the console, and reported


def test_lists_are_searched_under_the_policy_of_tom_select(at_desk):
    desk = at_desk(factories.person(Role.ADMINISTRATOR, factories.ministry()))
    factories.UnitFactory()  # one unit alone is not chosen
    desk.open(reverse("channels:platforms"))

    desk.page.locator(".ts-control").first.click()
    desk.page.keyboard.type("bo cong")

    expect(desk.page.locator(".ts-dropdown .option", has_text="Bộ Công an")).to_be_visible()
    assert desk.complaints == [], "\n".join(desk.complaints)


def test_the_editor_shows_what_is_stored_and_takes_what_is_pasted(at_desk):
    unit = factories.UnitFactory()
    body = (
        "<p>Một <strong>hai</strong></p><ul><li><p>ba</p></li></ul>"
        '<p><a href="https://vn.example/">bốn</a><br>năm</p>'
    )
    post = factories.PostFactory(unit=unit, author=factories.person(Role.OFFICER, unit), body=body)
    desk = at_desk(post.author)
    desk.open(reverse("posts:edit", args=[post.public_id]))
    page = desk.page
    expect(page.locator(".body-editor")).to_be_visible()

    shown = page.locator(".body-editor").inner_html()
    page.locator(".body-editor").click()
    page.keyboard.press("Control+End")
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.setData("text/html", "<p><em>nghiêng</em><img src=x></p>");
            const paste = new ClipboardEvent("paste", {
                clipboardData: data, bubbles: true, cancelable: true,
            });
            document.querySelector(".body-editor").dispatchEvent(paste);
        }"""
    )

    assert re.sub(r' (?:rel|target|class)="[^"]*"', "", shown) == body
    expect(page.locator(".body-editor em")).to_have_text("nghiêng")
    assert page.locator(".body-editor img[src]").count() == 0
    assert desk.complaints == [], "\n".join(desk.complaints)


def test_the_editor_takes_over_what_was_typed_before_it_came(at_desk):
    unit = factories.UnitFactory()
    post = factories.PostFactory(unit=unit, author=factories.person(Role.OFFICER, unit), body="")
    desk = at_desk(post.author)
    page = edit(desk, post)
    page.fill("[name=body]", "Một <b>\nhai & ba\n\n\nbốn")
    desk.format_text()

    assert page.locator(".body-editor").inner_html() == (
        "<p>Một &lt;b&gt;<br>hai &amp; ba</p><p>bốn</p>"
    )
    assert desk.complaints == [], "\n".join(desk.complaints)


def test_system_operation_works_as_django_ships_it(at_desk):
    operator = factories.with_app(factories.UserFactory(is_staff=True, is_superuser=True))
    unit = factories.UnitFactory()
    desk = at_desk(operator)

    for address in (
        reverse("admin:index"),
        reverse("admin:units_unit_changelist"),
        reverse("admin:accounts_user_change", args=[operator.pk]),
        reverse("admin:units_unit_change", args=[unit.pk]),
    ):
        desk.open(address)
        desk.page.wait_for_load_state("load")
    assert desk.page.evaluate("typeof django.jQuery") == "function"

    # Django's admin has no icon for the browser's tab.
    assert [complaint for complaint in desk.complaints if "404 (Not Found)" not in complaint] == []
