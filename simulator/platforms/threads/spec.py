"""Describe Threads: applications, rights, settings."""

from __future__ import annotations

from typing import Any

from simulator.model import Post
from simulator.rendering import Html, join, link_addresses, render_fragment
from simulator.spec import Spec

APPS = {"300000000000003": "simulator-threads-secret"}
SCOPES = tuple(
    f"threads_{name}"
    for name in (
        "basic",
        "content_publish",
        "manage_replies",
        "read_replies",
        "manage_insights",
        "delete",
    )
)


class ThreadsSpec(Spec):
    name = "threads"
    title = "Threads"
    page_paths = ("/threads/www/@{page}",)
    settings = {
        "threads_retired_metrics": [],
        "threads_container_seconds": 1.0,
        "threads_text_seconds": 0.0,
        "threads_unknown_seconds": 0.0,
        "threads_quota": 250,
        "threads_deletions": 100,
        "threads_testers": True,
        "threads_calls_per_day": 0,
    }

    def page_id(self, number: int) -> str:
        return str(17_841_500_000_000_000 + number)

    def text(self, post: Post) -> Html:
        attachment = post.details.get("attachment") or {}
        attached = [
            render_fragment("lines", text=link_addresses(attachment[name]))
            for name in ("plaintext", "link_attachment_url")
            if name in attachment
        ]
        return join([super().text(post), *attached])

    def truth(self, post: Post) -> dict[str, Any]:
        facts = {
            name: post.details.get(name)
            for name in ("type", "product", "ai", "cover", "reply_to", "attachment")
        }
        return facts | {"alts": [picture.alt for picture in post.pictures]}
