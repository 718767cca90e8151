"""Measure what a visit costs on a phone's line, on a portal that runs already: bytes, requests and
the largest paint of four pages, and two photos on their way in.

    make run     # in another terminal
    python benchmarks/visits.py [--url http://localhost:8000] [--size desk] [--rounds 3] [--photos]

Bytes are those on the wire, headers included. Between browser and portal stands what production has
there: a proxy that compresses (gzip), and scripts, style sheets and fonts that a browser keeps. The
line has 1.6 Mbit/s each way and 150 ms, the processor a quarter of its speed. First visit: signed
in, nothing kept; later visit: the same page opened again. Photos: from choosing two of 12
megapixels and some 3.3 MB until both are tiles of the draft. Medians of the rounds.
"""

import argparse
import asyncio
import gzip
import io
import os
import queue
import shutil
import statistics
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from benchmarks.writing import sign_in  # noqa: E402

SIZES = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1366, "height": 768}}
PAGES = {
    "composer": "/posts/new/",
    "today": "/",
    "calendar": "/calendar/",
    "results": "/results/",
}
LINE = {"latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 200_000}
SLOWER = 4
TEXTS = ("text/", "application/javascript", "application/json", "image/svg+xml")
OF_ONE_LINE = {"connection", "content-length", "transfer-encoding", "host", "accept-encoding"}
LARGEST_PAINT = """() => new Promise((resolve) => {
    let last = 0;
    const note = (list) => { for (const each of list.getEntries()) last = each.startTime; };
    new PerformanceObserver(note)
        .observe({ type: "largest-contentful-paint", buffered: true });
    setTimeout(() => resolve(last), 300);
})"""

NOTE_CHOICE = """() => document.getElementById("files")
    .addEventListener("change", () => { window.chosenAt = performance.now(); }, true)"""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--url", default="http://localhost:8000")
    options.add_argument("--user", default="hai-chau.canbo")
    options.add_argument("--password", default="Binh-yen-co-so-2026")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--size", choices=SIZES, default="phone")
    options.add_argument("--photos", action="store_true")
    asked = options.parse_args()
    from playwright.sync_api import sync_playwright

    port = start_proxy(asked.url)
    with sync_playwright() as playwright:
        chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(locale="vi-VN")
        page = context.new_page()
        sign_in(page, asked)
        asked.url = f"http://localhost:{port}"
        cookies = [
            {"name": cookie["name"], "value": cookie["value"], "url": asked.url}
            for cookie in context.cookies()
        ]
        for name, path in PAGES.items():
            rows = [visit(browser, cookies, asked, path) for _ in range(asked.rounds)]
            middle = {key: statistics.median(row[key] for row in rows) for key in rows[0]}
            print(name, asked.size, *(f"{key}={value:.0f}" for key, value in middle.items()))
        if asked.photos:
            times = [send_photos(browser, cookies, asked) for _ in range(asked.rounds)]
            print("photos", *(f"{time:.1f}" for time in times), "s")
        browser.close()
    return 0


def visit(browser: Any, cookies: list, asked: argparse.Namespace, path: str) -> dict[str, float]:
    """Open the page for the first time and once more; return what both cost."""
    context = browser.new_context(locale="vi-VN", viewport=SIZES[asked.size])
    context.add_cookies(cookies)
    row = {}
    for turn in ("first", "later"):
        page = context.new_page()
        line = slow(page)
        kinds: dict[str, str] = {}
        sizes: dict[str, float] = {}
        line.on(
            "Network.responseReceived",
            lambda it, to=kinds: to.update({it["requestId"]: it["type"]}),
        )
        line.on(
            "Network.loadingFinished",
            lambda it, to=sizes: to.update({it["requestId"]: it["encodedDataLength"]}),
        )
        page.goto(asked.url + path, wait_until="networkidle", timeout=120_000)
        row[f"{turn}_paint_ms"] = page.evaluate(LARGEST_PAINT)
        sent = {key: size for key, size in sizes.items() if size}
        row[f"{turn}_kB"] = sum(sent.values()) / 1000
        row[f"{turn}_requests"] = len(sent)
        row[f"{turn}_scripts"] = sum(kinds.get(key) == "Script" for key in sent)
        page.close()
    context.close()
    return row


def slow(page: Any) -> Any:
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", {"offline": False, **LINE})
    line.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return line


def send_photos(browser: Any, cookies: list, asked: argparse.Namespace) -> float:
    """Return the seconds from the choice of two photos until both are tiles, by the page's clock:
    handing them to the browser takes time, too.
    """
    context = browser.new_context(locale="vi-VN", viewport=SIZES["phone"], has_touch=True)
    context.add_cookies(cookies)
    page = context.new_page()
    page.goto(asked.url + PAGES["composer"], wait_until="networkidle")
    page.evaluate(NOTE_CHOICE)
    slow(page)
    with tempfile.TemporaryDirectory() as folder:
        photos = [Path(folder, f"{number}.jpg") for number in range(2)]
        for photo in photos:
            photo.write_bytes(phone_photo())
        page.set_input_files("#files", photos)
        page.locator(".picture").nth(1).wait_for(timeout=120_000)
    took: float = page.evaluate("performance.now() - chosenAt")
    context.close()
    return took / 1000


def phone_photo() -> bytes:
    """Make a photo that nobody has sent before: soft shapes with a sensor's grain."""
    from PIL import Image

    shapes = Image.effect_noise((250, 188), 60).resize((4000, 3000), Image.Resampling.BICUBIC)
    grain = Image.blend(shapes, Image.effect_noise((4000, 3000), 12), 0.47)
    out = io.BytesIO()
    Image.merge("RGB", [grain] * 3).save(out, "JPEG", quality=90)
    return out.getvalue()


def start_proxy(target: str) -> int:
    """Serve the portal from another port, compressed; return the port."""
    from aiohttp import ClientSession, DummyCookieJar, web
    from multidict import CIMultiDict

    ready: queue.Queue[int] = queue.Queue()

    def without_line(headers: Mapping[str, str]) -> CIMultiDict[str]:
        kept = (pair for pair in headers.items() if pair[0].lower() not in OF_ONE_LINE)
        return CIMultiDict(kept)

    async def serve() -> None:
        async with ClientSession(cookie_jar=DummyCookieJar()) as client:

            async def hand_on(request: web.Request) -> web.Response:
                headers = without_line(request.headers)
                for name in {"Origin", "Referer"} & headers.keys():
                    headers[name] = target + "/"[: name == "Referer"]
                async with client.request(
                    request.method,
                    target + request.raw_path,
                    headers=headers,
                    data=await request.read(),
                    allow_redirects=False,
                ) as answer:
                    body = await answer.read()
                headers = without_line(answer.headers)
                if request.path.startswith("/static/"):
                    headers["Cache-Control"] = "max-age=315360000, public, immutable"
                if len(body) >= 1000 and answer.content_type.startswith(TEXTS):
                    body = gzip.compress(body, 6)
                    headers["Content-Encoding"] = "gzip"
                return web.Response(status=answer.status, headers=headers, body=body)

            app = web.Application(client_max_size=64 * 1024 * 1024)
            app.router.add_route("*", "/{path:.*}", hand_on)
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            ready.put(runner.addresses[0][1])
            await asyncio.Event().wait()

    threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
    return ready.get(timeout=30)


if __name__ == "__main__":
    sys.exit(main())
