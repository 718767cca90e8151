"""Play Zalo Official Accounts: decide what a call is, who may make it and how often, who answers
it.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from html import escape
from typing import Any

from simulator import growth
from simulator.calls import Call, Reply
from simulator.faults import Fault, Plan
from simulator.model import Mistake, Page, Post
from simulator.platform import Control, Platform
from simulator.platforms.zalo.articles import Articles, last_day_of_package
from simulator.platforms.zalo.broadcasts import Broadcasts
from simulator.platforms.zalo.consent import ZaloConsent
from simulator.platforms.zalo.errors import REFUSALS, ZaloError, make_success
from simulator.platforms.zalo.oauth import OAuth, make_token_pair
from simulator.platforms.zalo.spec import APPS, ZaloSpec
from simulator.platforms.zalo.videos import Videos
from simulator.platforms.zalo.webhooks import ZaloReporter

type Answer = Callable[[Page, Call, Plan], dict[str, Any]]


class Zalo(Platform):
    spec = ZaloSpec()
    mounts = ("/zalo/",)
    consent = ZaloConsent
    reporter = ZaloReporter

    def reset(self) -> None:
        self.videos = Videos(self.world)
        self.articles = Articles(self.world, self.fetcher, self.videos)
        self.broadcasts = Broadcasts(self.world, self.articles)
        self.oauth = OAuth(self.world)
        self.answers = self.table()
        self.minute = (0, 0)

    def describe(self, call: Call) -> tuple[str, tuple[str, ...]]:
        if call.path.startswith("oauth/"):
            token = self.world.tokens.get(call.text("refresh_token"))
            return token.page if token else "", ("token",)
        token = self.world.tokens.get(call.headers.get("access_token", ""))
        page = token.page if token else ""
        match call.path.rpartition("/")[2]:
            case "create":
                return page, ("publish" if call.text("status") == "show" else "stage",)
            case "update":
                post = self.articles.article(page, call.text("id"))
                visible = post is not None and post.visible(self.world.world())
                return page, (
                    "publish" if call.text("status") == "show" and not visible else "edit",
                )
            case "remove":
                return page, ("withdraw",)
            case "preparevideo":
                return page, ("upload", "stage")
            case "verify":
                return page, ("verify",)
            case "message":
                return page, ("broadcast", "publish")
            case "getslice":
                return page, ("find", "measure")
            case "getdetail":
                return page, ("find",)
            case "getoa":
                return page, ("connect", "measure")
        return page, ("any",)

    async def answer(self, call: Call, plan: Plan) -> Reply:
        if call.path.startswith("oauth/"):
            answer = self.oauth.answer(call)
            if (
                self.world.settings["zalo_oauth_errors"] == "message"
                and "error_name" in answer.body
            ):
                return Reply({"message": answer.body["error_name"]})
            return answer
        limit = self.world.settings["zalo_calls_per_minute"]
        used = self.count()
        try:
            if limit and used > limit:
                raise ZaloError(-32, "Your application has reached the limit of calls per minute")
            reply = Reply(self.dispatch(call, plan))
        except ZaloError as error:
            reply = error.reply()
        if limit:
            reply.headers |= {
                "X-RateLimit-Limit": str(limit),
                "X-RateLimit-Remain": str(max(0, limit - used)),
            }
        return reply

    def refusal(self, fault: Fault, call: Call) -> Reply:
        """Show an injected fault as Zalo would."""
        match fault.kind:
            case "rate_limit":
                whose = "OA" if fault.page else "application"
                reply = ZaloError(
                    -32, f"Your {whose} has reached the limit of calls per minute"
                ).reply()
                limit = str(self.world.settings["zalo_calls_per_minute"] or 4000)
                reply.headers |= {"X-RateLimit-Limit": limit, "X-RateLimit-Remain": "0"}
                return reply
            case "expired_token":
                return ZaloError(-220, "access_token is expired or removed").reply()
            case "kill_token":
                page, _ = self.describe(call)
                if page:
                    self.world.kill_tokens(platform=self.name, page=page)
                return ZaloError(-216, "Access token is invalid").reply()
            case "refuse":
                message = REFUSALS.get(fault.code or -248, "Refused")
                return ZaloError(fault.code or -248, message).reply()
            case "duplicate":
                return ZaloError(-200, "Send failed").reply()
        return Reply({"error": -1, "message": "Internal server error"}, fault.status)

    def count(self) -> int:
        minute, used = int(self.world.world() // 60), 0
        if self.minute[0] == minute:
            used = self.minute[1]
        self.minute = (minute, used + 1)
        return used + 1

    def dispatch(self, call: Call, plan: Plan) -> dict[str, Any]:
        page = self.page_of(call)
        key = f"{call.method} {call.path.removeprefix('openapi/v2.0/')}"
        if key not in self.answers:
            raise ZaloError(-404, f"No such API: {call.path.removeprefix('openapi')}")
        return self.answers[key](page, call, plan)

    def table(self) -> dict[str, Answer]:
        """List the calls that are played, each with what makes its answer."""
        articles, videos = self.articles, self.videos
        return {
            "GET oa/getoa": lambda page, call, plan: make_success(self.account(page, call)),
            "POST article/create": lambda page, call, plan: make_success(
                {"token": articles.create(page, call, plan)}
            ),
            "POST article/update": lambda page, call, plan: make_success(
                {"token": articles.update(page, call, plan)}
            ),
            "POST article/verify": lambda page, call, plan: articles.verify(page, call),
            "POST article/remove": articles.remove,
            "GET article/getslice": lambda page, call, plan: make_success(
                articles.slice(page, call, plan)
            ),
            "GET article/getdetail": lambda page, call, plan: make_success(
                articles.detail(page, call)
            ),
            "POST article/upload_video/preparevideo": lambda page, call, plan: make_success(
                {"token": videos.take(page, call, plan)}
            ),
            "GET article/upload_video/verify": lambda page, call, plan: make_success(
                videos.progress(page, call)
            ),
            "POST oa/message": lambda page, call, plan: make_success(
                {"message_id": self.broadcasts.broadcast(page, call)}
            ),
        }

    def page_of(self, call: Call) -> Page:
        """Find the account that the header's token opens. A token anywhere else is not looked
        at.
        """
        token = self.world.tokens.get(call.headers.get("access_token", ""))
        if token is None or token.kind != "access" or token.dead:
            raise ZaloError(-216, "Access token is invalid")
        if token.expires is not None and token.expires <= self.world.world():
            raise ZaloError(-220, "access_token is expired or removed")
        if proof := call.headers.get("appsecret_proof"):
            right = hmac.new(
                APPS[token.app].encode(), token.value.encode(), hashlib.sha256
            ).hexdigest()
            if not hmac.compare_digest(proof.encode(), right.encode()):
                raise ZaloError(-242, "appsecret_proof provided in the API argument is invalid")
        return self.world.pages[self.name][token.page]

    def account(self, page: Page, call: Call) -> dict[str, Any]:
        profile = page.profile
        link = f"{self.world.public_url or call.origin}/pages/zalo/{page.external_id}/"
        return {
            "oa_id": page.external_id,
            "name": page.name,
            "description": profile.get("description", ""),
            "oa_alias": page.username,
            "is_verified": True,
            "oa_type": 4,
            "cate_name": "Cơ quan nhà nước",
            "num_follower": growth.count_followers(page, self.world.world()),
            "avatar": f"{link}avatar.svg" if profile.get("picture") else "",
            "cover": f"{link}avatar.svg" if profile.get("cover") else "",
            "package_name": "Tăng trưởng",
            "package_valid_through_date": f"{last_day_of_package(self.world):%d/%m/%Y}",
            "package_auto_renew_date": self.world.settings["zalo_package_renewal"],
        }

    # What the control API arranges

    def connect(self, page: Page) -> dict[str, Any]:
        return make_token_pair(self.world, page.external_id, next(iter(APPS)))

    def compose(self, page: Page, post: Post, number: int) -> None:
        post.id, post.app = f"{number:032x}", next(iter(APPS))
        first_line = post.text.strip().partition("\n")[0]
        post.title = post.title or first_line[:150]
        post.details = {
            "exists_from": post.created_at + self.world.offset,
            "type": "normal",
            "author": page.name,
            "description": first_line[:300],
            "body": [
                {"type": "text", "content": f"<p>{escape(post.text).replace('\n', '<br>')}</p>"}
            ],
            "comment": "show",
        }

    def controls(self) -> dict[str, Control]:
        return {"POST /_sim/messages": self.add_event}

    def add_event(self, given: dict[str, Any]) -> dict[str, Any]:
        """Do what a resident does to an official account: write to it, or follow it."""
        page, event = (
            self.world.find_page(self.name, given["page"]),
            given.get("event", "user_send_text"),
        )
        if page is None:
            raise Mistake(f"no {self.name} page {given['page']}")
        number = self.world.next_number()
        person, by_app = (
            str(2_468_458_835_291_970_000 + number),
            str(5_521_772_797_177_270_000 + number),
        )
        now = str(time.time_ns() // 10**6)
        report: dict[str, Any] = {"event_name": event, "user_id_by_app": by_app, "timestamp": now}
        match event:
            case "follow" | "unfollow":
                report |= {
                    "oa_id": page.external_id,
                    "follower": {"id": person},
                    "source": "oa_profile",
                }
            case "user_send_text":
                report |= {"sender": {"id": person}, "recipient": {"id": page.external_id}}
                report["message"] = {"text": given["message"], "msg_id": f"{number:012x}"}
            case _:
                raise Mistake("event is follow, unfollow or user_send_text")
        page.details.setdefault("events", []).append(report)
        self.world.on_change(page)
        return report
