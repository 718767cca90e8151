"""Word errors as Instagram does."""

from __future__ import annotations

import json
from typing import Any

from simulator.platforms.meta.graph import GraphError


def error(code: int, subcode: int, title: str, text: str, **more: Any) -> GraphError:
    shape: dict[str, Any] = {
        "is_transient": False,
        "error_user_title": title,
        "error_user_msg": text,
    }
    return GraphError(text, code, subcode, **shape | more)


def not_found() -> GraphError:
    return error(
        24, 2207006, "Media not found", "The media could not be found: permission or token."
    )


def container_gone() -> GraphError:
    return error(
        24, 2207008, "Media builder not found", "The media builder does not exist or is expired."
    )


def too_big() -> GraphError:
    return error(
        36000,
        2207004,
        "Image size too large",
        "The image is too large to download. It should be less than 8 MiB.",
    )


def make_debug_info(retriable: bool, kind: str, text: str) -> dict[str, Any]:
    """Say as the upload host does that bytes were not taken."""
    message = json.dumps({"success": False, "error": {"message": text}}, separators=(",", ":"))
    return {"debug_info": {"retriable": retriable, "type": kind, "message": message}}
