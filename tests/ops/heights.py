"""The heights of the pages of figures with the sample content: the answer stands on the first
screen, and what is folded takes a line.
"""

import re
import shutil

from playwright.sync_api import Page, sync_playwright

from scripts.clock import BROWSERS
from try_out.people import PASSWORD

DESK, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
MOST = {"desk": 2.5, "phone": 3.0}  # screens
# Whose pages: an address, or the list that leads to it and the address of its first row.
CAMPAIGN = ("/campaigns/", r"/campaigns/[0-9a-f-]{36}/")
PUBLISHED = ("/posts/?tab=published", r"/posts/[0-9a-f-]{36}/")
# Each page once, by those for whom it is longest.
PAGES = {
    "bo.theodoi": (
        "/oversight/nation/",
        "/oversight/pages/",
        ("/oversight/take-up/", r"/oversight/take-up/[0-9a-f-]{36}/", ""),
        *((*CAMPAIGN, part) for part in ("", "figures/", "figures/?show=posts")),
        (*CAMPAIGN, "figures/?show=compare"),
    ),
    "tinh.theodoi": ("/oversight/figures/", "/results/", "/reports/overview/"),
    "hai-chau.canbo": (
        "/results/",
        "/comments/",
        "/notices/",
        (*PUBLISHED, ""),
        (*PUBLISHED, "counts/"),
    ),
}


def find_too_high(portal: str) -> list[str]:
    """Return the pages of the try-out that have more screens than they may."""
    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=next(filter(None, map(shutil.which, BROWSERS))), args=["--no-sandbox"]
        )
        page = browser.new_page(locale="vi-VN", viewport=PHONE)
        for person, pages in PAGES.items():
            page.context.clear_cookies()  # what was fetched stays
            page.goto(f"{portal}/accounts/login/")
            page.fill("input[name=login]", person)
            page.fill("input[name=password]", PASSWORD)
            page.press("input[name=password]", "Enter")
            page.wait_for_url(lambda url: "/login" not in url)
            for address in pages:
                path = address if isinstance(address, str) else _find_first(page, portal, *address)
                page.set_viewport_size(PHONE)
                answer = page.goto(portal + path)
                assert answer is not None
                assert answer.status == 200, f"{person} {path}"
                for name, size in (("phone", PHONE), ("desk", DESK)):
                    page.set_viewport_size(size)
                    height = page.evaluate("document.documentElement.scrollHeight")
                    if height > MOST[name] * size["height"]:
                        found.append(
                            f"{person} {path}: {height / size['height']:.2f} on the {name}"
                        )
        browser.close()
    return found


def _find_first(page: Page, portal: str, list_path: str, pattern: str, part: str) -> str:
    """Return the address of the first row of a list, and of a part of its page."""
    page.goto(portal + list_path)
    links = page.locator("main a[href]").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    return next(match[0] for link in links if (match := re.match(pattern, link))) + part
