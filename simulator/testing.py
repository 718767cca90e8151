"""Run the simulator inside a test run: own port, own thread, own loop, over real HTTP."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from aiohttp import web

from simulator.platform import Platform
from simulator.platforms import PLATFORMS
from simulator.server import build_app


class StayHere(HTTPRedirectHandler):
    """Stay where a redirect came from: where a consent page sends the browser is what a test wants
    to see."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


OPENER = build_opener(ProxyHandler({}), StayHere)


class RunningSimulator:
    """Run the simulator: `with RunningSimulator() as simulator:`, and the platforms are at
    `simulator.url`."""

    def __init__(
        self, state: Path | None = None, platforms: Iterable[type[Platform]] = PLATFORMS
    ) -> None:
        self.state = state
        self.platforms = platforms
        self.url = ""
        self.loop = asyncio.new_event_loop()
        self.up = threading.Event()
        self.stop = asyncio.Event()
        self.failure: BaseException | None = None
        self.thread = threading.Thread(target=self.run, name="simulator", daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        self.up.wait()
        if self.failure is not None:
            raise self.failure
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.loop.call_soon_threadsafe(self.stop.set)
        self.thread.join()

    def run(self) -> None:
        try:
            self.loop.run_until_complete(self.serve())
        except BaseException as error:
            self.failure = error
        finally:
            self.up.set()
            self.loop.close()

    async def serve(self) -> None:
        runner = web.AppRunner(
            build_app(self.state, platforms=self.platforms), access_log=None, shutdown_timeout=0.1
        )
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=4096)
        await site.start()
        host, port = runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        self.up.set()
        await self.stop.wait()
        await runner.cleanup()
        hanging = asyncio.all_tasks() - {asyncio.current_task()}
        for call in hanging:
            call.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)

    # The control API, one method a call

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Make a JSON call; an error status raises with the simulator's own sentence."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(
            self.url + path, data=data, method=method, headers={"Content-Type": "application/json"}
        )
        try:
            with OPENER.open(request, timeout=60) as answer:
                return json.load(answer)
        except HTTPError as error:
            with error:
                raise AssertionError(
                    f"{method} {path}: {error.code} {error.read().decode()}"
                ) from None

    def reset(self) -> None:
        self.ask("POST", "/_sim/reset", {})

    def user(self, platform: str, name: str = "Nguyễn Văn A", **more: Any) -> dict[str, Any]:
        return self.ask("POST", "/_sim/users", {"platform": platform, "name": name, **more})

    def page(
        self, platform: str, name: str = "Công an phường Bến Nắng", **more: Any
    ) -> dict[str, Any]:
        return self.ask("POST", "/_sim/pages", {"platform": platform, "name": name, **more})

    def profile(self, platform: str, page: str, **changed: Any) -> dict[str, Any]:
        """Change what a page tells of itself, and return all of it."""
        return self.ask(
            "POST",
            "/_sim/profiles",
            {"platform": platform, "page": page, "profile": changed},
        )

    def post(self, platform: str, page: str, message: str, **more: Any) -> dict[str, Any]:
        return self.ask(
            "POST", "/_sim/posts", {"platform": platform, "page": page, "message": message, **more}
        )

    def comment(self, page: str, post: str, message: str, **more: Any) -> dict[str, Any]:
        """Write a resident's comment under a post on Facebook, or on another ``platform``."""
        return self.ask(
            "POST", "/_sim/comments", {"page": page, "post": post, "message": message, **more}
        )

    def fault(self, platform: str, kind: str, **more: Any) -> dict[str, Any]:
        return self.ask("POST", "/_sim/faults", {"platform": platform, "kind": kind, **more})

    def faults(self) -> list[dict[str, Any]]:
        return self.ask("GET", "/_sim/faults")["faults"]

    def clear_faults(self) -> int:
        return self.ask("DELETE", "/_sim/faults")["deleted"]

    def latency(self, **milliseconds: float) -> dict[str, float]:
        return self.ask("POST", "/_sim/latency", milliseconds)

    def settings(self, **changed: Any) -> dict[str, Any]:
        return self.ask("POST", "/_sim/settings", changed)

    def advance(self, seconds: float) -> None:
        self.ask("POST", "/_sim/advance", {"seconds": seconds})

    def truth(self, platform: str = "", page: str = "") -> list[dict[str, Any]]:
        """List every post ever made, seen or not."""
        return self.ask("GET", f"/_sim/truth?{urlencode({'platform': platform, 'page': page})}")[
            "posts"
        ]

    def visible(self, platform: str = "", page: str = "") -> list[dict[str, Any]]:
        """List what residents see now."""
        return [post for post in self.truth(platform, page) if post["visible"]]

    def requests(self) -> dict[str, dict[str, int]]:
        return self.ask("GET", "/_sim/requests")

    def kill_tokens(self, platform: str, **whose: Any) -> int:
        return self.ask("POST", "/_sim/tokens/kill", {"platform": platform, **whose})["killed"]

    def webhooks(self, platform: str, url: str = "", **more: Any) -> dict[str, Any]:
        """Enter a webhook's address at a platform, and what shall go wrong with what is reported
        there."""
        return self.ask("POST", "/_sim/webhooks", {"platform": platform, "url": url, **more})

    def answered(self, platform: str) -> dict[str, int]:
        """Say how the portal's webhook answered, once everything has been reported that is due by
        now."""
        return self.ask("GET", "/_sim/webhooks")[platform]["answers"]

    def message(self, page: str, message: str = "", **more: Any) -> dict[str, Any]:
        """Do what a resident does to an official account at Zalo."""
        return self.ask("POST", "/_sim/messages", {"page": page, "message": message, **more})

    def remove(self, platform: str, page: str, post: str) -> None:
        """Delete a post as somebody does in the platform's own app, or the platform itself."""
        self.ask(
            "DELETE", f"/_sim/posts?{urlencode({'platform': platform, 'page': page, 'post': post})}"
        )

    def consent(self, dialog_url: str, **form: Any) -> str:
        """Answer a consent page as a person would, and return the address it sends the browser
        to.
        """
        data = urlencode(form, doseq=True).encode()
        try:
            with OPENER.open(Request(dialog_url, data=data, method="POST"), timeout=60) as answer:
                raise AssertionError(
                    f"the consent page did not send the browser on: {answer.read().decode()}"
                )
        except HTTPError as error:
            with error:
                if error.code != 303:
                    raise AssertionError(
                        f"the consent page answered {error.code}: {error.read().decode()}"
                    ) from None
                return error.headers["Location"]
