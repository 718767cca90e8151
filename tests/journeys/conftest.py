"""Chromium at the two sizes that officers have: their own phone, and the shared PC of the
station.
"""

import os
import re
import shutil
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from accounts.sign_in.session_store import SessionStore
from accounts.step_up import STEPPED_UP_AT
from scripts.clock import BROWSERS
from tests import factories

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1366, "height": 768}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=20_000)  # five seconds are short where other lanes want the processors
STANDARDS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()

# What passes is not described, and style sheets are not read again: only an experimental rule that
# is not among these asks for them.
RUN_AXE = """async (standards) => {
    // FullCalendar names a head that shows nothing by aria-label, which this rule does not read.
    const rules = {"empty-table-header": {enabled: false}};
    const preload = {assets: ["media"]};
    const options = {runOnly: standards, rules, reporter: "no-passes", preload};
    return (await axe.run(document, options)).violations
        .map(v => v.id + ": " + v.nodes.slice(0, 3).map(n => n.target.join(" ")).join(" | "));
}"""
# In a run with CLOCK Chromium keeps the true clock (scripts/clock.py): its pages are told another.
SET_CLOCK = """(ahead) => {
    const True = Date;
    globalThis.Date = class extends True {
        constructor(...given) { super(...(given.length ? given : [True.now() + ahead])); }
        static now() { return True.now() + ahead; }
    };
    delete globalThis.Temporal;  // the calendar's own reads Date
}"""
SCRIPTS_WITHOUT_DIGEST = """() => {
    const declared = new Set();
    for (const each of document.querySelectorAll("script[src][integrity], link[rel=modulepreload][integrity]"))
        declared.add(each.src || each.href);
    return performance.getEntriesByType("resource").map(({name}) => name)
        .filter(name => new URL(name).pathname.endsWith(".js") && !declared.has(name));
}"""  # noqa: E501


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
    return {**browser_type_launch_args, "executable_path": chromium, "args": FLAGS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return {
        **browser_context_args,
        "locale": "en-US",
        "timezone_id": "Asia/Ho_Chi_Minh",
        "viewport": DESK,
    }


class Desk:
    """One person at one browser. Everything that the page complains of is kept in
    ``complaints``.
    """

    def __init__(self, context, url: str, *, scripts: bool = True):
        self.url = url
        self.scripts = scripts
        self.page = context.new_page()
        self.page.set_default_timeout(15_000)
        self.complaints: list[str] = []
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("requestfailed", self._miss)

    def _listen(self, message) -> None:
        is_link_page = any(part in self.page.url for part in ("/invitation/", "/recovery/"))
        if "status of 400" in message.text and is_link_page:
            return  # the page for a dead link says 400 on purpose
        if message.type == "error" or "Content Security Policy" in message.text:
            self.complaints.append(f"console at {self.page.url}: {message.text}")

    def _miss(self, request) -> None:
        # So Chromium calls a module that it does not preload where scripts are off; a broken policy
        # is on the console.
        if request.failure == "csp" and not self.scripts:
            return
        if request.failure != "net::ERR_ABORTED":  # the person went on to the next page
            self.complaints.append(f"request: {request.url} {request.failure}")

    def open(self, path: str):
        response = self.page.goto(self.url + path)
        return response

    def sign_in(self, user) -> None:
        self.open("/accounts/login/")
        self.page.fill("input[name=login]", user.username)
        self.page.fill("input[name=password]", factories.PASSWORD)
        self.page.press("input[name=password]", "Enter")
        self.page.wait_for_url(lambda url: "/login" not in url)
        if "/2fa/authenticate" in self.page.url:
            self.page.fill("input[name=code]", factories.code())
            self.page.press("input[name=code]", "Enter")
            self.page.wait_for_url(lambda url: "/2fa/" not in url)

    def enter(self, user) -> None:
        """Sign in without typing: by the cookies of a session that was begun elsewhere."""
        client = Client()
        client.force_login(user)
        self.take_session(client)
        self._take_cookie(settings.LANGUAGE_COOKIE_NAME, user.language)

    def take_session(self, client: Client) -> None:
        """Continue as the person who is signed in at ``client``."""
        name = settings.SESSION_COOKIE_NAME
        self._take_cookie(name, client.cookies[name].value)

    def _take_cookie(self, name: str, value: str) -> None:
        self.page.context.add_cookies([{"name": name, "value": value, "url": self.url}])

    def saved(self) -> None:
        """Wait until the composer has saved everything: no answer is under way that changes the
        page.
        """
        expect(self.page.locator("#save-state")).to_have_text(re.compile(r"\d\d:\d\d:\d\d"))

    def compose_step(self, name: str) -> None:
        """Go to a step of the composer; on a desk all of them are there."""
        step = self.page.locator(f".compose-steps [data-step={name}]")
        if step.is_visible():
            step.click()

    def open_chip(self, name: str) -> None:
        """Open the field behind a chip of the composer, where it is not open already."""
        self.compose_step("submit")
        button = self.page.locator(f"#at-{name} .chip-button")
        if button.is_visible():
            button.click()

    def describe(self, number: int, words: str) -> None:
        """Say what a picture of the composer shows, by its tile; the first is 0."""
        picture = self.page.locator(".picture").nth(number)
        picture.locator("[data-tile]").click()
        picture.locator(".alt-text").fill(words)
        picture.locator(".btn-icon[data-close]").click()
        expect(picture.locator("dialog")).to_be_hidden()

    def format_text(self) -> None:
        """Ask for the rich text editor of the composer and wait until it has the caret."""
        self.page.locator("#format-text").click()
        expect(self.page.locator(".body-editor")).to_be_focused()

    def overflow(self) -> int:
        """Return the pixels by which the page is wider than the screen."""
        return self.page.evaluate(
            "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
        )

    def scripts_without_digest(self) -> list[str]:
        """Return the scripts that the browser has loaded without being told their digest."""
        found: list[str] = self.page.evaluate(SCRIPTS_WITHOUT_DIGEST)
        return found

    def accessibility(self, rules: Sequence[str] = STANDARDS) -> list[str]:
        """Return what axe finds against WCAG 2.2 A and AA and its best practices, or against these
        rules alone.
        """
        # Through the debugger: the page's own policy stays as strict as it is.
        if not self.page.evaluate("typeof axe === 'object'"):
            self.page.evaluate(AXE)
        found: list[str] = self.page.evaluate(RUN_AXE, list(rules))
        return found


@pytest.fixture
def at_desk(browser, browser_context_args, portal_server):
    """Open a browser of its own for somebody: ``at_desk(user)`` or ``at_desk(user, PHONE)``. They
    are signed in; tests of the sign-in open it for nobody, and type.
    """
    opened = []

    def sit(user=None, size=DESK, **context):
        made = browser.new_context(**{**browser_context_args, "viewport": size, **context})
        if ahead := os.environ.get("FAKETIME"):
            made.add_init_script(f"({SET_CLOCK})({int(ahead) * 1000})")
        opened.append(made)
        desk = Desk(made, portal_server.url, scripts=context.get("java_script_enabled", True))
        if user is not None:
            desk.enter(user)
        return desk

    yield sit
    for context in opened:
        context.close()
    # A page that leaves saves what was typed: nothing of it comes after the tables were emptied.
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(30)


@pytest.fixture
def portal_server(live_server, settings):
    settings.PORTAL_URL = live_server.url
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    return live_server


@pytest.fixture
def proof_grows_old():
    """Six minutes pass for every session of a person since a factor was proved in it."""

    def grow_old(person):
        for row in person.sessions.all():  # by hand: nobody knows the key
            row.session_data = SessionStore().encode(
                {**row.get_decoded(), STEPPED_UP_AT: int(time.time()) - 360}
            )
            row.save()

    return grow_old
