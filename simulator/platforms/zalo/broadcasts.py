"""Broadcast an article to all followers, by the hours and numbers that Zalo allows."""

from __future__ import annotations

import secrets
from datetime import datetime

from simulator.calls import Call
from simulator.model import Page
from simulator.platforms.zalo.articles import Articles
from simulator.platforms.zalo.errors import ZaloError, invalid
from simulator.platforms.zalo.spec import VIETNAM
from simulator.world import World


class Broadcasts:
    def __init__(self, world: World, articles: Articles) -> None:
        self.world = world
        self.articles = articles

    def broadcast(self, page: Page, call: Call) -> str:
        """Send an article to all followers. Every accepted call sends again: there is no key and no
        lookup."""
        match call.params:
            case {
                "recipient": {"target": dict(target)},
                "message": {
                    "attachment": {
                        "type": "template",
                        "payload": {
                            "template_type": "media",
                            "elements": [
                                {"media_type": "article", "attachment_id": str(article_id)}
                            ],
                        },
                    }
                },
            }:
                pass
            case _:
                raise invalid("message")
        post = self.articles.article(page.external_id, article_id)
        if post is None or not post.visible(self.world.world()):
            raise invalid("attachment_id")
        now = datetime.fromtimestamp(self.world.world(), VIETNAM)
        opens, closes = self.world.settings["zalo_broadcast_hours"]
        if not opens <= now.hour < closes:
            raise ZaloError(-234, "Cannot send a broadcast between 22:00 and 06:00")
        sent = page.details.setdefault("broadcasts", [])
        this_month = [earlier for earlier in sent if earlier["day"][:7] == f"{now:%Y-%m}"]
        a_day, a_month = self.world.settings["zalo_broadcasts"]
        if a_day and sum(earlier["day"] == f"{now:%Y-%m-%d}" for earlier in sent) >= a_day:
            raise ZaloError(-218, "Followers have received the most messages of a day")
        if a_month and len(this_month) >= a_month:
            raise ZaloError(-211, "Out of quota")
        number = secrets.token_hex(16)
        sent.append({"id": number, "article": post.id, "day": f"{now:%Y-%m-%d}", "target": target})
        post.details["broadcasts"] = [
            *post.details.get("broadcasts", []),
            {"id": number, "target": target},
        ]
        self.world.dirty = True
        return number
