"""The pictures of README.md, of the portal that `make run` shows: the first page of each role.

`make run` in one window, `make pictures` in another. PORT names another port.
"""

import io
import os
import shutil
from pathlib import Path
from typing import NamedTuple

from clock import BROWSERS
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "img"
PORTAL = f"http://localhost:{os.environ.get('PORT', '8000')}"
PASSWORD = "Binh-yen-co-so-2026"  # of everybody in the try-out
DESK, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
WIDTH, MOST_BYTES = 1024, 80_000


class Picture(NamedTuple):
    name: str
    user: str
    page: str = "/"
    size: dict[str, int] = DESK


PICTURES = (
    Picture("officer", "hai-chau.canbo"),
    Picture("officer-phone", "hai-chau.canbo", size=PHONE),
    Picture("chief", "hai-chau.truong"),
    Picture("province", "tinh.phutrach"),
    Picture("ministry", "bo.phutrach"),
    Picture("operator", "operator", "/status/"),
)


def take(browser: Browser, picture: Picture) -> bytes:
    """Sign in and take the screen as WebP. A person of the try-out reads the one-time code on the
    page that asks for it.
    """
    context = browser.new_context(
        viewport=picture.size,
        locale="vi-VN",
        timezone_id="Asia/Ho_Chi_Minh",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(f"{PORTAL}/accounts/login/")
    page.fill("input[name=login]", picture.user)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: "/login/" not in url)
    if "/2fa/" in page.url:
        page.fill("input[name=code]", page.inner_text(".alert .mono"))
        page.press("input[name=code]", "Enter")
        page.wait_for_url(lambda url: "/2fa/" not in url)
    page.goto(PORTAL + picture.page, wait_until="networkidle")
    shot = page.screenshot(animations="disabled", caret="hide")
    context.close()
    out = io.BytesIO()
    image = Image.open(io.BytesIO(shot)).convert("RGB")
    image.thumbnail((WIDTH, WIDTH))
    image.save(out, "WEBP", quality=75, method=6)
    return out.getvalue()


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
        browser = playwright.chromium.launch(executable_path=chromium)
        for picture in PICTURES:
            content = take(browser, picture)
            if len(content) > MOST_BYTES:
                raise SystemExit(f"{picture.name}: {len(content)} bytes, more than {MOST_BYTES}.")
            (FOLDER / f"{picture.name}.webp").write_bytes(content)
            print(f"{picture.name}.webp  {len(content):6} bytes")
        browser.close()


if __name__ == "__main__":
    main()
