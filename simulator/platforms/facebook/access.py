"""Decide who may call, for which page, and how often."""

from __future__ import annotations

import json

from simulator.calls import Call
from simulator.model import DAY, Page, Token
from simulator.platforms.facebook.spec import APPS, FacebookSpec
from simulator.platforms.meta.graph import (
    GraphError,
    check_alive,
    check_proof,
    dead_token,
    list_pages_for,
    missing_object,
    needs_page_token,
    read_token_text,
)
from simulator.world import World


class Access:
    def __init__(self, world: World) -> None:
        self.world = world
        self.calls: dict[str, tuple[float, int]] = {}

    def token(self, call: Call) -> Token:
        text = read_token_text(call)
        if not text:
            raise GraphError("An access token is required to request this resource.", 104)
        token = self.world.tokens.get(text)
        if token is None or token.platform != FacebookSpec.name:
            raise GraphError("Invalid OAuth access token - Cannot parse access token", 190)
        check_proof(
            call, token, APPS[token.app], needed=self.world.settings["facebook_require_proof"]
        )
        check_alive(token, self.world.world())
        return token

    def may(self, token: Token, scope: str) -> bool:
        return scope in token.scopes and token.page in list_pages_for(token, scope)

    def check_page_token(self, token: Token, page: Page, *, writes: bool = False) -> None:
        if token.kind != "page":
            raise needs_page_token()
        if token.page != page.external_id:
            raise missing_object(page.external_id)
        if not self.may(token, "pages_read_engagement") or (
            writes and not self.may(token, "pages_manage_posts")
        ):
            message = (
                "(#200) If posting to a page, requires both pages_read_engagement "
                "and pages_manage_posts as an admin"
            )
            raise GraphError(
                f"{message} with sufficient administrative permission", 200, status=403
            )
        tasks = (
            self.world.users[token.user].pages.get(page.external_id, [])
            if token.user in self.world.users
            else []
        )
        if not tasks:
            raise dead_token(492, token.app)
        if writes and not {"CREATE_CONTENT", "MANAGE"} & set(tasks):
            raise GraphError(
                "(#200) The user has not been granted the task CREATE_CONTENT on this page",
                200,
                status=403,
            )

    def allowance(self, page: Page) -> int:
        return self.world.settings["facebook_calls_per_day"] or 4800 * max(1, page.followers // 10)

    def count(self, page: Page) -> None:
        since, calls = self.calls.get(page.external_id, (self.world.world(), 0))
        if self.world.world() - since > DAY:
            since, calls = self.world.world(), 0
        self.calls[page.external_id] = (since, calls + 1)
        if calls >= self.allowance(page):
            raise self.too_many_calls()

    @staticmethod
    def too_many_calls() -> GraphError:
        message = "There have been too many calls to this Page account. Wait a bit and try again."
        return GraphError(f"(#80001) {message}", 80001, 2446079, is_transient=True)

    def usage_headers(self, page_id: str, full_for: int = 0) -> dict[str, str]:
        headers = {"X-App-Usage": '{"call_count":1,"total_time":1,"total_cputime":1}'}
        page = self.world.pages[FacebookSpec.name].get(page_id)
        if page is not None:
            since, calls = self.calls.get(page_id, (0.0, 0))
            percent = 100 if full_for else min(100, calls * 100 // self.allowance(page))
            wait = full_for or (since + DAY - self.world.world() if percent >= 100 else 0)
            usage = {"type": "pages", "call_count": percent, "total_cputime": 1, "total_time": 1}
            usage["estimated_time_to_regain_access"] = -int(-wait // 60)
            headers["X-Business-Use-Case-Usage"] = json.dumps(
                {page_id: [usage]}, separators=(",", ":")
            )
        return headers
