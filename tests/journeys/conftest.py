"""Chromium at the two sizes that officers have: their own phone, and the shared PC of the station."""

import shutil
from pathlib import Path

import pytest

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
STANDARDS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    return {**browser_type_launch_args, "executable_path": chromium, "args": FLAGS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return {**browser_context_args, "locale": "en-US", "timezone_id": "Asia/Ho_Chi_Minh", "viewport": DESK}


class Desk:
    """One person at one browser. Everything that the page complains of is kept in ``complaints``."""

    def __init__(self, context, url: str):
        self.url = url
        self.page = context.new_page()
        self.page.set_default_timeout(15_000)
        self.complaints: list[str] = []
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("requestfailed", self._miss)

    def _listen(self, message) -> None:
        if "status of 400" in message.text and "/invitation/" in self.page.url:
            return  # the page for a dead invitation says 400 on purpose
        if message.type == "error" or "Content Security Policy" in message.text:
            self.complaints.append(f"console at {self.page.url}: {message.text}")

    def _miss(self, request) -> None:
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

    def overflow(self) -> int:
        """Pixels by which the page is wider than the screen."""
        return self.page.evaluate("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth")

    def accessibility(self) -> list[str]:
        """What axe finds against WCAG 2.2 A and AA. FullCalendar names its day cells by their date on purpose."""
        self.page.evaluate(AXE)  # through the debugger: the page's own policy stays as strict as it is
        found: list[str] = self.page.evaluate(
            """async (standards) => {
                const byDate = (rule, node) => rule === "label-content-name-mismatch"
                    && document.querySelector(node.target[0]).matches("#calendar [role=gridcell]");
                return (await axe.run(document, {runOnly: standards})).violations
                    .map(v => [v.id, v.nodes.filter(n => !byDate(v.id, n)).slice(0, 3)])
                    .filter(([, nodes]) => nodes.length)
                    .map(([id, nodes]) => id + ": " + nodes.map(n => n.target.join(" ")).join(" | "));
            }""",
            list(STANDARDS),
        )
        return found


@pytest.fixture
def at_desk(browser, browser_context_args, portal_server):
    """Opens a browser of its own for somebody: ``at_desk(user)`` or ``at_desk(user, PHONE)``."""
    opened = []

    def sit(user=None, size=DESK, **context):
        made = browser.new_context(**{**browser_context_args, "viewport": size, **context})
        opened.append(made)
        desk = Desk(made, portal_server.url)
        if user is not None:
            desk.sign_in(user)
        return desk

    yield sit
    for context in opened:
        context.close()


@pytest.fixture
def portal_server(live_server, settings):
    settings.PORTAL_URL = live_server.url
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    return live_server
