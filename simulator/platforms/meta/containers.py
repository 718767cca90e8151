"""Share between Instagram and Threads: login, tokens of sixty days, containers, comments.

A container is a plain row of `world.containers`: nobody sees it, it ripens by the world's clock,
is published once and dies after a day.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from simulator import growth
from simulator.calls import KEPT_WHOLE, Call, Intake, Reply
from simulator.faults import Fault, Plan
from simulator.model import DAY, Interval, Page, Picture, Post, Token
from simulator.platform import Platform
from simulator.platforms.meta.graph import (
    GraphError,
    check_alive,
    check_proof,
    dead_token,
    make_page,
    parse_fields,
    read_token_text,
)

SHORT_LIFE, LONG_LIFE = 3600, 5_183_944


class FlatError(Exception):
    """Say no as the code exchange does: without an envelope."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.body = {"error_type": "OAuthException", "code": 400, "error_message": message}


class ContainerPlatform(Platform):
    """Play accounts on one of the two. A subclass says what its calls are and what they answer."""

    apps: ClassVar[dict[str, str]]
    scopes: ClassVar[tuple[str, ...]]
    token_prefix: ClassVar[str]
    product: ClassVar[str]  # of an ordinary post, in the platform's own word

    def reset(self) -> None:
        self.calls: dict[str, tuple[float, int]] = {}

    # What a call is

    @staticmethod
    def segments(call: Call) -> list[str]:
        """Give the path without host and version."""
        path = [part for part in call.path.split("/") if part]
        if path and path[0] in ("graph", "api"):
            path = path[1:]
        return path[1:] if path and re.fullmatch(r"v\d+\.\d+", path[0]) else path

    def described_page(self, call: Call, head: str) -> str:
        if head in self.world.pages[self.name]:
            return head
        if head in self.world.containers:
            return str(self.world.containers[head]["page"])
        token = self.world.tokens.get(read_token_text(call))
        own = list(self.own(token)) if token else []
        return own[0].external_id if own else ""

    # Answers

    async def answer(self, call: Call, plan: Plan) -> Reply:
        try:
            answer = await self.dispatch(call, plan)
            reply = answer if isinstance(answer, Reply) else Reply(answer)
        except FlatError as error:
            return Reply(error.body, 400)
        except GraphError as error:
            reply = error.reply()
        reply.headers |= self.usage_headers(call.page)
        return reply

    async def dispatch(self, call: Call, plan: Plan) -> Any:
        raise NotImplementedError

    def refusal(self, fault: Fault, call: Call) -> Reply:
        """Show an injected fault as it looks when it comes from here."""
        match fault.kind:
            case "rate_limit":
                reply = self.too_many_calls().reply()
                reply.headers |= self.usage_headers(call.page, full_for=fault.retry_after)
                return reply
            case "expired_token":
                error = dead_token(463, "")
            case "kill_token":
                if token := self.world.tokens.get(read_token_text(call)):
                    token.dead = fault.subcode
                    self.world.dirty = True
                error = dead_token(fault.subcode, "")
            case "refuse" if fault.code:
                error = GraphError(
                    fault.words or "The request was refused.",
                    fault.code,
                    fault.subcode,
                    is_transient=False,
                )
            case "refuse":
                error = GraphError(
                    ("(#368) The action attempted has been deemed abusive or is " "otherwise " "disallowed"), 368, 1346003,  # noqa: E501
                    is_transient=False, error_user_title="Bạn tạm thời bị chặn",
                    error_user_msg="Nội dung bị từ chối.",
                )  # fmt: skip
            case "duplicate":
                error = self.spam()
            case _:
                error = self.server_error(call, fault.status)
        return error.reply()

    @staticmethod
    def spam() -> GraphError:
        return GraphError(
            "Application request limit reached", 4, 2207051, is_transient=False,
            error_user_title="Action is blocked", error_user_msg="We restrict certain activity.",
        )  # fmt: skip

    def server_error(self, call: Call, status: int) -> GraphError:
        message = "An unexpected error has occurred. Please retry your request later."
        return GraphError(message, 2, status=status, is_transient=True)

    # Tokens

    def own(self, token: Token) -> Iterator[Page]:
        """Find the accounts that a token speaks for."""
        page = self.world.pages[self.name].get(token.page)
        if token.platform == self.name and page is not None:
            yield page

    def token(self, call: Call) -> Token:
        text = read_token_text(call)
        if not text:
            raise GraphError("An access token is required to request this resource.", 104)
        token = self.world.tokens.get(text)
        if token is None or not self.accepts(call, token):
            raise GraphError("Invalid OAuth access token - Cannot parse access token", 190)
        check_proof(call, token, self.secret(token), needed=self.proof_needed(token))
        check_alive(token, self.world.world())
        return token

    def accepts(self, call: Call, token: Token) -> bool:
        return token.platform == self.name

    def proof_needed(self, token: Token) -> bool:
        return False

    def secret(self, token: Token) -> str:
        return self.apps[token.app]

    def need(self, token: Token, scope: str) -> None:
        if scope not in token.scopes:
            raise GraphError(
                f"(#10) Application does not have permission for this action ({scope})",
                10,
                status=403,
            )

    def redeem(self, call: Call) -> dict[str, Any]:
        """Give a token of one hour for a code. The code is spent by the first right redemption
        alone."""
        app = call.text("client_id")
        if self.apps.get(app) is None or self.apps[app] != call.text("client_secret"):
            raise FlatError("Error validating client secret.")
        if call.method != "POST" or call.text("grant_type") != "authorization_code":
            raise FlatError("Invalid grant_type: must be authorization_code")
        code = self.world.codes.get(call.text("code"))
        expired = (
            code is not None and code.expires is not None and code.expires <= self.world.world()
        )
        if code is None or code.platform != self.name or code.app != app or code.spent or expired:
            raise FlatError("Matching code was not found or was already used")
        if code.bound_to["redirect_uri"] != call.text("redirect_uri"):
            raise FlatError(
                "Error validating verification code. Please make sure your redirect_uri "
                "is identical"
            )
        code.spent = True
        token = self.account_token(code, "short", SHORT_LIFE)
        return {
            "access_token": token.value,
            "user_id": int(token.page),
            "permissions": token.scopes,
        }

    def account_token(self, source: Token, lifetime: str, lasts: int) -> Token:
        token = self.world.new_token(
            self.name, self.name, prefix=self.token_prefix, app=source.app, user=source.user,
            page=source.page,
            scopes=list(source.scopes), lasts=lasts,
        )  # fmt: skip
        token.bound_to = {"lifetime": lifetime, "born": str(self.world.world())}
        return token

    def long_lived(self, call: Call, grant: str) -> dict[str, Any]:
        """Exchange a short token, or refresh a long one, which must be a day old."""
        if call.method != "GET" or call.text("grant_type") != grant:
            raise GraphError(f"Invalid grant_type: must be {grant}", 100)
        old = self.world.tokens.get(read_token_text(call))
        if old is None or old.platform != self.name:
            raise GraphError("Invalid OAuth access token - Cannot parse access token", 190)
        check_alive(old, self.world.world())
        if grant.endswith("exchange_token"):
            if self.apps[old.app] != call.text("client_secret"):
                raise GraphError("Error validating client secret.", 1)
            if old.bound_to["lifetime"] != "short":
                raise GraphError("The access token is long-lived already", 100)
        elif (
            old.bound_to["lifetime"] == "short"
            or self.world.world() - float(old.bound_to["born"]) < DAY
        ):
            raise GraphError("The access token is not long-lived, or younger than 24 hours", 100)
        token = self.account_token(old, "long", LONG_LIFE)
        return {"access_token": token.value, "token_type": "bearer", "expires_in": LONG_LIFE}

    def ready_token(self, page: Page) -> Token:
        """Make a token of 60 days for an account, a day old and so ripe for its first refresh."""
        token = self.world.new_token(
            self.name, self.name, prefix=self.token_prefix, app=next(iter(self.apps)),
            user=page.owner,
            page=page.external_id, scopes=list(self.scopes), lasts=59 * DAY,
        )  # fmt: skip
        token.bound_to = {"lifetime": "long", "born": str(self.world.world() - DAY)}
        return token

    # What the control API arranges

    def connect(self, page: Page) -> dict[str, Any]:
        return {"access_token": self.ready_token(page).value}

    def compose(self, page: Page, post: Post, number: int) -> None:
        post.id, post.app = str(18_000_000_000_000_000 + number), page.platform
        for picture in post.pictures:  # numbered here, not as Facebook's photos
            picture.id = str(18_000_000_000_000_000 + self.world.next_number())
        many = len(post.pictures) > 1
        kind = "CAROUSEL_ALBUM" if many else "IMAGE" if post.pictures else "TEXT_POST"
        post.details = {"type": kind, "product": self.product}

    def comment(self, post: Post, text: str, *, by: str, parent: str = "") -> dict[str, Any]:
        return self.new_comment(post, text, by=by, parent=parent)

    # Containers

    def new_container(
        self, page: Page, kind: str, ripens: float, plan: Plan, **more: Any
    ) -> dict[str, Any]:
        number = str(17_900_000_000_000_000 + self.world.next_number())
        now = self.world.world()
        container: dict[str, Any] = {
            "id": number, "platform": self.name, "page": page.external_id, "kind": kind,
            "born": now,
            "ready": now + ripens, "error": "", "pictures": [], "post": "", "published": None,
            "waits": False,
        }  # fmt: skip
        self.world.containers[number] = container | more
        if plan.fails:
            self.world.containers[number]["error"] = self.failure(plan.fails)
        self.world.dirty = True
        return self.world.containers[number]

    def failure(self, fault: Fault) -> str:
        return str(fault.subcode)

    def container(self, container_id: str, page: Page | None = None) -> dict[str, Any] | None:
        row = self.world.containers.get(container_id)
        if (
            row is None
            or row["platform"] != self.name
            or (page and row["page"] != page.external_id)
        ):
            return None
        return row

    def state(self, container: dict[str, Any], lag: float = 0.0) -> str:
        """Give the state as it is, or as it was so long ago."""
        then = self.world.world() - lag
        if container["published"] is not None and container["published"] <= then:
            return "PUBLISHED"
        if then - container["born"] >= DAY:
            return "EXPIRED"
        if container["waits"] or then < container["ready"]:
            return "IN_PROGRESS"
        return "ERROR" if container["error"] else "FINISHED"

    async def fetched(self, url: str, largest: int, keep: int = KEPT_WHOLE) -> Intake:
        """Fetch the file at an address; raises Unfetchable. Too large shows in its size."""
        intake = Intake(keep)
        await self.fetcher.pour(url, self.world.settings["image_hosts"], intake, largest)
        return intake

    def media_row(self, intake: Intake, kind: str, alt: str = "") -> dict[str, Any]:
        """Make the row of a picture or video in a container."""
        number = str(17_930_000_000_000_000 + self.world.next_number())
        return {
            "sha256": self.world.keep_intake(intake),
            "kind": kind,
            "alt": alt,
            "id": number,
            "size": intake.size,
        }

    def published(
        self, container: dict[str, Any], page: Page, call: Call, plan: Plan, **details: Any
    ) -> Post:
        """Make the post. From here on the container is used, whatever becomes of the answer."""
        post = Post(
            str(18_000_000_000_000_000 + self.world.next_number()),
            container["text"],
            self.world.wall(),
        )
        post.app, post.link = self.name, container.get("link", "")
        post.pictures = [Picture(**picture) for picture in container["pictures"]]
        post.details = details | {"container": container["id"]}
        post.requests = 2
        page.posts[post.id] = post
        self.world.show(post, arrived=call.arrived, after=plan.late)
        container |= {"post": post.id, "published": self.world.world()}
        return post

    def used(self, page: Page, count: Callable[[Post], bool]) -> int:
        """Count the posts of the last 24 hours that this app made."""
        since = self.world.world() - DAY
        return sum(
            1
            for post in page.posts.values()
            if "container" in post.details and get_first_seen(post) > since and count(post)
        )

    # Reading

    def find_post(self, token: Token, post_id: str) -> tuple[Page, Post] | None:
        now = self.world.world()
        for page in self.own(token):
            post = page.posts.get(post_id)
            if post is not None and not post.gone(now) and post.visible(now):
                return page, post
        return None

    def listed(
        self, call: Call, posts: list[Post], view: Callable[[Post], dict[str, Any]]
    ) -> dict[str, Any]:
        since, until = call.number("since", 0), call.number("until", 1 << 40)
        inside = [post for post in posts if since <= post.published_at < until]
        return make_page(call, inside, lambda post: post.id, view)

    @staticmethod
    def fields(
        call: Call, known: tuple[str, ...], node: str, default: str = "id"
    ) -> dict[str, dict[str, str]]:
        return parse_fields(call.text("fields") or default, known, node) | {
            "id": {"name": "id", "fields": ""}
        }

    # What residents write

    def comments(self, page: Page, post: Post) -> list[dict[str, Any]]:
        """List as many as the post has by now, at most two hundred, newest last; made up when first
        asked for."""
        there: list[dict[str, Any]] = post.details.setdefault("comments", [])
        grown = min(200, growth.compute_counts(page, post, self.world.world()).comments)
        written = sum(1 for comment in there if comment["by"])
        for at in range(written, grown):
            self.new_comment(post, growth.choose_comment_text(at), by=f"nguoidan{at + 1}")
        return [comment for comment in there if not comment.get("deleted")]

    def new_comment(
        self, post: Post, text: str, *, by: str = "", parent: str = ""
    ) -> dict[str, Any]:
        """Write a comment, by a resident or by the account itself."""
        comment: dict[str, Any] = {
            "id": str(17_850_000_000_000_000 + self.world.next_number()),
            "text": text,
            "by": by,
        }
        comment |= {"at": self.world.wall(), "hidden": False, "parent": parent}
        post.details.setdefault("comments", []).append(comment)
        self.world.dirty = True
        return comment

    def find_comment(
        self, token: Token, comment_id: str
    ) -> tuple[Page, Post, dict[str, Any]] | None:
        for page in self.own(token):
            for post in page.posts.values():
                for comment in post.details.get("comments", []):
                    if comment["id"] == comment_id and not comment.get("deleted"):
                        return page, post, comment
        return None

    # Counting

    @staticmethod
    def requested_metrics(call: Call) -> list[str]:
        nested = call.nested("metric")
        requested = nested if isinstance(nested, list) else call.text("metric").split(",")
        return [name.strip() for name in requested if name.strip()]

    def insights(self, node: str, values: dict[str, Any], requested: list[str]) -> dict[str, Any]:
        """Give numbers of one post. A name not its own fails the whole call; where nothing is
        counted, no rows."""
        if not requested:
            raise GraphError("(#100) The parameter metric is required.", 100)
        retired = self.world.settings[f"{self.name}_retired_metrics"]
        if wrong := [name for name in requested if name not in values or name in retired]:
            raise GraphError(
                f"(#100) metric[{requested.index(wrong[0])}] must be one of the following values",
                100,
            )
        return {
            "data": [
                {"name": name, "period": "lifetime", "values": [{"value": values[name]}],
                "title": name,
                 "description": "", "id": f"{node}/insights/{name}/lifetime"}
                for name in requested
            ]
        }  # fmt: skip

    # Limits

    def allowance(self, page: Page) -> int:
        return self.world.settings[f"{self.name}_calls_per_day"] or 4800 * max(
            10, page.followers // 10
        )

    def count(self, page: Page) -> None:
        since, calls = self.calls.get(page.external_id, (self.world.world(), 0))
        if self.world.world() - since > DAY:
            since, calls = self.world.world(), 0
        self.calls[page.external_id] = (since, calls + 1)
        if calls >= self.allowance(page):
            raise self.too_many_calls()

    def too_many_calls(self) -> GraphError:
        return GraphError("(#4) Application request limit reached", 4, is_transient=True)

    def usage_headers(self, page_id: str, full_for: int = 0) -> dict[str, str]:
        headers = {"X-App-Usage": '{"call_count":1,"total_time":1,"total_cputime":1}'}
        page = self.world.pages[self.name].get(page_id)
        if page is not None:
            since, calls = self.calls.get(page_id, (0.0, 0))
            percent = 100 if full_for else min(100, calls * 100 // self.allowance(page))
            wait = full_for or (since + DAY - self.world.world() if percent >= 100 else 0)
            headers["X-Business-Use-Case-Usage"] = (
                f'{{"{page_id}":[{{"type":"{self.name}","call_count":{percent},"total_cputime":1,"total_time":1,'
                f'"estimated_time_to_regain_access":{-int(-wait // 60)}}}]}}'
            )
        return headers


def get_first_seen(post: Post) -> float:
    return post.intervals[0].visible_world if post.intervals else 0.0


def limit_visibility(post: Post, seconds: float) -> None:
    """Let a post go by itself, as a story does."""
    last: Interval = post.intervals[-1]
    last.gone_at, last.gone_world = last.visible_at + seconds, last.visible_world + seconds
