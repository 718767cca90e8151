"""Describe Zalo: applications, settings, and how its pages look."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import Any

from simulator.growth import Counts
from simulator.model import Post
from simulator.rendering import Html, clean_html, format_number, join, render_fragment
from simulator.spec import Spec

VIETNAM = timezone(timedelta(hours=7))
APPS = {"3608465249409039671": "simulator-zalo-secret"}


class ZaloSpec(Spec):
    name = "zalo"
    title = "Zalo"
    tone = "deep-blue"
    followers = "người quan tâm"
    shows_edits = False
    settings = {
        "zalo_silent_metrics": [],
        "zalo_job_seconds": 1.0,
        "zalo_pending": "-214",
        "zalo_oauth_errors": "whole",
        "zalo_calls_per_minute": 4000,
        "zalo_pkce": "any",
        "zalo_video_seconds": 1.0,
        "zalo_package_until": "",
        "zalo_package_renewal": "Không gia hạn",
        "zalo_broadcast_hours": [6, 22],
        "zalo_broadcasts": [1, 0],
    }

    def page_id(self, number: int) -> str:
        return str(579_745_863_508_000_000 + number * 7919)

    def truth(self, post: Post) -> dict[str, Any]:
        facts = {name: post.details.get(name) for name in ("type", "cover", "body", "comment")}
        return facts | {"broadcasts": post.details.get("broadcasts", [])}

    def text(self, post: Post) -> Html:
        blocks = [
            clean_html(block["content"])
            for block in post.details.get("body", [])
            if block["type"] == "text"
        ]
        return join([render_fragment("lead", text=post.details.get("description", "")), *blocks])

    def counters(self, counts: Counts) -> list[str]:
        return [
            f"{format_number(counts.views)} lượt xem",
            f"{format_number(counts.shares)} lượt chia sẻ",
        ]
