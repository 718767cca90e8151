"""The simulated platforms' control interface: pages, and posts that have stood there for a
while.
"""

import base64
import json
from collections.abc import Sequence
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

from django.conf import settings

_OPENER = build_opener(ProxyHandler({}))


class Unreachable(Exception):
    """The simulator does not answer."""


def reset_simulator() -> None:
    _call_simulator("reset", {})


def add_page(**page: Any) -> dict[str, Any]:
    return _call_simulator("pages", page)


def add_post(*, images: list[tuple[bytes, str]], **post: Any) -> dict[str, Any]:
    """Add a post to a simulated page. ``images`` are bytes with alt text; ``created_at`` may be in
    the past, and residents have read it since.
    """
    pictures = [{"base64": base64.b64encode(data).decode(), "alt": alt} for data, alt in images]
    return _call_simulator("posts", {**post, "images": pictures})


def add_comments(*, platform: str, page: str, post: str, texts: Sequence[str]) -> None:
    """Let residents write under a post of a simulated page."""
    place = {"platform": platform, "page": page, "post": post}
    _call_simulator("comments", [{**place, "message": text} for text in texts])


def renew_tokens(*, platform: str, page: str) -> dict[str, Any]:
    """Return new tokens of a simulated page, as if it had been connected again."""
    return _call_simulator("tokens", {"platform": platform, "page": page})


def kill_token(*, platform: str, page: str) -> None:
    _call_simulator("tokens/kill", {"platform": platform, "page": page})


def _call_simulator(call: str, body: Any) -> Any:
    address, data = f"{settings.SIMULATOR_URL}/_sim/{call}", json.dumps(body).encode()
    request = Request(address, data=data, method="POST")  # noqa: S310 -- our own setting
    try:
        with _OPENER.open(request, timeout=30) as answer:
            return json.load(answer)
    except (URLError, OSError) as error:
        raise Unreachable(
            f"The simulator at {settings.SIMULATOR_URL} does not answer: {error}"
        ) from error
