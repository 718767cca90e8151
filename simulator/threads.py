"""Threads: containers of text, pictures, videos and carousels, published in a second step; replies; counting."""

from __future__ import annotations

import re
import secrets
from typing import Any

from simulator import growth, images
from simulator.calls import Call
from simulator.containers import ContainerPlatform
from simulator.faults import Fault, Plan
from simulator.graph import GraphError, moment, stamp
from simulator.state import DAY, THREADS_APPS, THREADS_SCOPES, Page, Post, Token

LONGEST_TEXT, MOST_LINKS, LONGEST_ALT = 500, 5, 1000
LARGEST_IMAGE, LARGEST_VIDEO = 8 << 20, 1 << 30
REPLY_QUOTA = 1000
EARLIEST_INSIGHT = 1_712_991_600
EMOJI = re.compile(
    "[\u00a9\u00ae\u200d\u203c\u2049\u20e3\u2122\u2139\u2190-\u21ff\u231a-\u23ff\u25aa-\u27bf\u2934-\u2b55\u3030"
    "\u303d\u3297\u3299\ufe0f\U0001f000-\U0001faff\U000e0020-\U000e007f]"
)
LINK = re.compile(r"https?://[^\s<>\"]+")

ACCOUNT_FIELDS = ("id", "username", "name", "threads_profile_picture_url", "threads_biography", "is_verified")
CONTAINER_FIELDS = ("id", "status", "error_message")
POST_FIELDS = (
    "id", "media_product_type", "media_type", "media_url", "text", "permalink", "timestamp", "username", "shortcode",
    "thumbnail_url", "children", "is_quote_post", "has_replies", "is_reply", "replied_to", "root_post",
    "link_attachment_url", "alt_text", "topic_tag", "hide_status", "owner",
)  # fmt: skip
KINDS = {"TEXT": "TEXT_POST", "IMAGE": "IMAGE", "VIDEO": "VIDEO", "CAROUSEL": "CAROUSEL_ALBUM"}
REPLY_CONTROLS = (
    "everyone", "accounts_you_follow", "mentioned_only", "parent_post_author_only", "followers_only",
)  # fmt: skip
METRICS = ("views", "likes", "replies", "reposts", "quotes", "shares")
ACCOUNT_METRICS = (
    "views",
    "likes",
    "replies",
    "reposts",
    "quotes",
    "clicks",
    "followers_count",
    "follower_demographics",
)


def length(text: str) -> int:
    """As Threads counts: an emoji with all that belongs to it by its bytes, anything else by its code points."""
    return sum(len(char.encode()) if EMOJI.match(char) else 1 for char in text)


def missing() -> GraphError:
    return GraphError(
        "The requested resource does not exist", 24, 4279009, is_transient=False,
        error_user_title="Media Not Found", error_user_msg="The media with this id cannot be found.",
    )  # fmt: skip


def wrong(text: str) -> GraphError:
    return GraphError(text, 100, kind="THApiException")


class Threads(ContainerPlatform):
    name = "threads"
    apps = THREADS_APPS
    scopes = THREADS_SCOPES

    # What a call is

    def describe(self, call: Call) -> tuple[str, tuple[str, ...]]:
        path = self.segments(call)
        head, edge = (path or [""])[0], path[1] if len(path) > 1 else ""
        if head in ("oauth", "access_token", "refresh_access_token", "debug_token"):
            return "", ("token",)
        page = self.described_page(call, head)
        if call.method == "DELETE":
            return page, ("withdraw",)
        if call.method == "POST":
            at_once = edge == "threads" and call.flag("auto_publish_text")
            return page, (
                "publish" if at_once or edge == "threads_publish" else "stage" if edge == "threads" else "edit",
            )
        if head in self.world.containers:
            return page, ("verify",)
        if edge.endswith("insights") or edge in ("conversation", "pending_replies"):
            return page, ("measure",)
        account = head == "me" or head in self.world.pages[self.name]
        return page, ("connect" if account and edge not in ("threads", "replies") else "find",)

    async def dispatch(self, call: Call, plan: Plan) -> Any:
        versions = re.findall(r"(?:^|/)(v\d+\.\d+)/", call.path)
        if not call.path.startswith("graph/") or any(version != "v1.0" for version in versions):
            raise GraphError("Unknown path components", 2500)
        path = self.segments(call)
        match path:
            case ["oauth", "access_token"]:
                granted = self.redeem(call)
                return {key: granted[key] for key in ("access_token", "user_id")}
            case ["access_token"]:
                return self.long_lived(call, "th_exchange_token")
            case ["refresh_access_token"]:
                return self.long_lived(call, "th_refresh_token")
            case []:
                raise GraphError("Unknown path components", 2500)
        token = self.token(call)
        if path == ["debug_token"]:
            return self.debug_token(call, token)
        self.need(token, "threads_basic")
        own = {page.external_id: page for page in self.own(token)}
        head, edge = token.page if path[0] == "me" else path[0], path[1] if len(path) > 1 else ""
        if head in own:
            self.count(own[head])
            return await self.account_edge(call, plan, token, own[head], edge)
        if (container := self.container(head)) is not None and container["page"] in own:
            self.count(own[container["page"]])
            return self.container_node(call, plan, container)
        if (found := self.find_post(token, head)) is not None:
            self.count(found[0])
            return self.post_edge(call, plan, token, *found, edge)
        if (remark := self.find_comment(token, head)) is not None:
            return self.reply_edge(call, token, *remark, edge)
        raise missing()

    def debug_token(self, call: Call, asking: Token) -> dict[str, Any]:
        """For tokens of testers alone: who else asks after a token, their own included, is refused."""
        if not self.world.settings["threads_testers"]:
            raise GraphError("(#10) Application does not have permission for this action", 10, status=403)
        token = self.world.tokens.get(call.text("input_token"))
        if token is None or token.platform != self.name or token.app != asking.app:
            raise wrong("Param input_token is not a token of this application")
        try:
            self.check_alive(token)
            valid = True
        except GraphError:
            valid = False
        until = int((token.expires or 0) - self.world.offset)
        told = {"type": "USER", "application": "Outreach Portal", "is_valid": valid, "scopes": token.scopes}
        return {"data": told | {"issued_at": int(token.issued_at), "expires_at": until, "user_id": token.page}}

    # Accounts

    async def account_edge(self, call: Call, plan: Plan, token: Token, page: Page, edge: str) -> dict[str, Any]:
        match call.method, edge:
            case "GET", "":
                return self.account_view(call, page)
            case "POST", "threads":
                self.need(token, "threads_content_publish")
                container = await self.create(call, plan, token, page)
                if container["kind"] == "TEXT" and call.flag("auto_publish_text"):
                    return {"id": self.go_live(call, plan, page, container).id}
                return {"id": container["id"]}
            case "POST", "threads_publish":
                self.need(token, "threads_content_publish")
                return self.publish(call, plan, page)
            case "GET", "threads_publishing_limit":
                return self.publishing_limit(call, page)
            case "GET", "threads" | "replies":
                fields = self.fields(call, POST_FIELDS, "ThreadsMedia")
                posts = [
                    post
                    for post in self.world.visible_posts(page, lag=plan.lag)
                    if bool(post.details.get("reply_to")) == (edge == "replies")
                ]
                return self.listed(call, posts, lambda post: self.post_view(call, page, post, fields))
            case "GET", "threads_insights":
                self.need(token, "threads_manage_insights")
                return self.account_insights(call, page)
        raise GraphError(f"Unsupported {call.method.lower()} request on {edge}", 100, 33, kind="GraphMethodException")

    def account_view(self, call: Call, page: Page) -> dict[str, Any]:
        avatar = f"{self.world.public_url or call.origin}/pages/threads/{page.external_id}/avatar.svg"
        view: dict[str, Any] = {
            "id": page.external_id,
            "username": page.username,
            "name": page.name,
            "threads_profile_picture_url": avatar,
            "threads_biography": "Trang thông tin chính thức",
            "is_verified": False,
        }
        return {key: view[field["name"]] for key, field in self.fields(call, ACCOUNT_FIELDS, "ThreadsUser").items()}

    # Containers

    async def create(self, call: Call, plan: Plan, token: Token, page: Page) -> dict[str, Any]:
        kind = call.text("media_type").upper()
        if kind not in KINDS:
            raise wrong("Param media_type must be one of {TEXT, IMAGE, VIDEO, CAROUSEL}")
        item = call.flag("is_carousel_item")
        more = self.written(call, token, page, kind)
        more["item"] = item
        if kind == "CAROUSEL":
            return self.carousel(call, plan, page, more)
        if kind == "TEXT":
            if item or not more["text"]:
                raise wrong("Param text must be a non-empty string")
            return self.new_container(page, kind, self.world.settings["threads_text_seconds"], plan, **more)
        pictures, failure = await self.medium(call, kind)
        container = self.new_container(page, kind, self.world.settings["threads_container_seconds"], plan, **more)
        container |= {"pictures": pictures, "error": container["error"] or failure}
        return container

    def written(self, call: Call, token: Token, page: Page, kind: str) -> dict[str, Any]:
        """What a container says besides its media, refused at once when it does not fit."""
        text, link, tag = call.text("text"), call.text("link_attachment"), call.text("topic_tag")
        if length(text) > LONGEST_TEXT:
            raise wrong("Param text must be at most 500 characters long")
        if len({*LINK.findall(text), *([link] if link else [])}) > MOST_LINKS:
            raise wrong("THREADS_API__LINK_LIMIT_EXCEEDED: a post may hold at most 5 links")
        if link and kind != "TEXT":
            raise wrong("Param link_attachment can only be used with media_type TEXT")
        if tag and not re.fullmatch(r"[^.&]{1,50}", tag):
            raise wrong("Param topic_tag must be 1 to 50 characters long without . or &")
        if len(call.text("alt_text")) > LONGEST_ALT:
            raise wrong("Param alt_text must be at most 1000 characters long")
        if (who := call.text("reply_control")) and who not in REPLY_CONTROLS:
            raise wrong("Param reply_control is not valid")
        poll = call.nested("poll_attachment")
        if poll is not None and not (isinstance(poll, dict) and 2 <= len(poll) <= 4 and kind == "TEXT"):
            raise wrong("Param poll_attachment must have 2 to 4 options")
        parent = call.text("reply_to_id")
        if parent:
            self.need(token, "threads_manage_replies")
            if not (self.find_post(token, parent) or self.find_comment(token, parent)):
                raise missing()
        found = LINK.search(text)
        return {"text": text, "link": link or (found[0] if found else ""), "reply_to": parent, "tag": tag}

    async def medium(self, call: Call, kind: str) -> tuple[list[dict[str, Any]], str]:
        """The picture or video of a container, and as what it fails."""
        url = call.text("image_url" if kind == "IMAGE" else "video_url")
        if not url:
            raise wrong(f"Param {kind.lower()}_url is required")
        largest = LARGEST_IMAGE if kind == "IMAGE" else LARGEST_VIDEO
        try:
            intake = await self.fetched(url, largest, LARGEST_IMAGE)
        except images.Unfetchable as why:
            if kind == "VIDEO":
                return [], "FAILED_DOWNLOADING_VIDEO"
            text = "The media could not be fetched from this URI."
            raise GraphError(text, 1, 2207052, error_user_title="Media download has failed") from why
        failure = ""
        found = images.kind_of(intake.head)
        if kind == "VIDEO" and (intake.size > largest or not found.startswith("video/")):
            failure = "FAILED_PROCESSING_VIDEO"
        elif kind == "IMAGE":
            width, height = images.size_of(bytes(intake.data or b""))
            if intake.size > largest or found not in ("image/jpeg", "image/png"):
                failure = "UNKNOWN"
            elif height and max(width, height) > 10 * min(width, height):
                failure = "INVALID_ASPEC_RATIO"
        return [self.kept(intake, kind.lower(), call.text("alt_text"))], failure

    def failure(self, fault: Fault) -> str:
        return "UNKNOWN"

    def carousel(self, call: Call, plan: Plan, page: Page, more: dict[str, Any]) -> dict[str, Any]:
        nested = call.nested("children")
        ids = [str(each) for each in nested] if isinstance(nested, list) else call.text("children").split(",")
        ids = [each.strip() for each in ids if each.strip()]
        if not 2 <= len(ids) <= 20:
            raise wrong("Param children must have between 2 and 20 items")
        pictures = []
        for each in ids:
            child = self.container(each, page)
            if child is None or not child["item"] or self.state(child) != "FINISHED":
                raise missing()
            pictures += child["pictures"]
        ripens = self.world.settings["threads_container_seconds"]
        return self.new_container(page, "CAROUSEL", ripens, plan, pictures=pictures, **more)

    def container_node(self, call: Call, plan: Plan, container: dict[str, Any]) -> dict[str, Any]:
        state = self.state(container, plan.lag)
        view = {"id": container["id"], "status": state}
        if state == "ERROR":
            view["error_message"] = container["error"]
        fields = self.fields(call, CONTAINER_FIELDS, "ThreadsContainer")
        return {key: view[field["name"]] for key, field in fields.items() if field["name"] in view}

    def publish(self, call: Call, plan: Plan, page: Page) -> dict[str, Any]:
        """Anything but a finished container is "not found", and a finished one may be for a while."""
        container = self.container(call.text("creation_id"), page)
        if container is None or container["item"] or self.state(container) != "FINISHED":
            raise missing()
        if self.world.world() - container["ready"] < self.world.settings["threads_unknown_seconds"]:
            raise missing()
        return {"id": self.go_live(call, plan, page, container).id}

    def go_live(self, call: Call, plan: Plan, page: Page, container: dict[str, Any]) -> Post:
        reply = bool(container["reply_to"])
        quota = REPLY_QUOTA if reply else self.world.settings["threads_quota"]
        if self.posted_today(page, replies=reply) >= quota:
            raise GraphError("(#4) The publishing limit of this profile is reached", 4, is_transient=True)
        kinds = {"type": KINDS[container["kind"]], "product": "THREADS", "shortcode": secrets.token_urlsafe(8)}
        return self.published(
            container, page, call, plan, **kinds, reply_to=container["reply_to"], tag=container["tag"]
        )  # fmt: skip

    def posted_today(self, page: Page, *, replies: bool) -> int:
        return self.used(page, lambda post: bool(post.details["reply_to"]) == replies)

    def deleted_today(self, page: Page) -> int:
        since = self.world.world() - DAY
        return sum(1 for at in page.details.get("deletions", []) if at > since)

    def publishing_limit(self, call: Call, page: Page) -> dict[str, Any]:
        def of(total: int) -> dict[str, int]:
            return {"quota_total": total, "quota_duration": 86400}

        view = {
            "quota_usage": self.posted_today(page, replies=False),
            "config": of(self.world.settings["threads_quota"]),
            "reply_quota_usage": self.posted_today(page, replies=True),
            "reply_config": of(REPLY_QUOTA),
            "delete_quota_usage": self.deleted_today(page),
            "delete_config": of(self.world.settings["threads_deletions"]),
        }
        asked = [name.strip() for name in (call.text("fields") or "quota_usage").split(",")]
        return {"data": [{name: view[name] for name in asked if name in view}]}

    # Posts

    def post_edge(self, call: Call, plan: Plan, token: Token, page: Page, post: Post, edge: str) -> dict[str, Any]:
        match call.method, edge:
            case "GET", "":
                if {"status", "error_message"} & set(re.split(r"\W+", call.text("fields"))):
                    raise wrong("Tried accessing nonexisting field (status) on node type (ThreadsMedia)")
                return self.post_view(call, page, post, self.fields(call, POST_FIELDS, "ThreadsMedia"))
            case "DELETE", "":
                self.need(token, "threads_delete")
                if self.deleted_today(page) >= self.world.settings["threads_deletions"]:
                    raise GraphError("(#4) The deletion limit of this profile is reached", 4, is_transient=True)
                page.details.setdefault("deletions", []).append(self.world.world())
                self.world.remove(post, after=plan.late)
                return {"success": True, "deleted_id": post.id}
            case "GET", "insights":
                self.need(token, "threads_manage_insights")
                counts = growth.counts(page, post, self.world.world())
                numbers = (counts.views, counts.all_reactions, counts.comments, counts.shares,
                           counts.shares // 4, counts.shares // 2)  # fmt: skip
                return self.insights(post.id, dict(zip(METRICS, numbers, strict=True)), self.metrics_asked(call))
            case "GET", "replies" | "conversation":
                self.need(token, "threads_read_replies")
                return self.reply_list(call, page, post, whole=edge == "conversation")
        raise GraphError(f"Unsupported {call.method.lower()} request on {edge}", 100, 33, kind="GraphMethodException")

    def post_view(self, call: Call, page: Page, post: Post, fields: dict[str, dict[str, str]]) -> dict[str, Any]:
        base = self.world.public_url or call.origin
        files = [{"id": picture.id, "media_type": picture.kind.upper(), "media_url": f"{base}/media/{picture.sha256}"}
                 for picture in post.pictures]  # fmt: skip
        parent = post.details.get("reply_to", "")
        view: dict[str, Any] = {
            "id": post.id,
            "media_product_type": "THREADS",
            "media_type": post.details["type"],
            "permalink": self.world.permalink(page, post, call.origin),
            "timestamp": stamp(post.published_at),
            "username": page.username,
            "owner": {"id": page.external_id},
            "shortcode": post.details.get("shortcode", post.id[-11:]),
            "is_quote_post": False,
            "has_replies": "has_replies" in fields and bool(self.comments(page, post)),
            "is_reply": bool(parent),
            "hide_status": "NOT_HUSHED",
        }
        if parent:
            view |= {"replied_to": {"id": parent}, "root_post": {"id": parent}}
        if post.text:
            view["text"] = post.text
        if post.link:
            view["link_attachment_url"] = post.link
        if tag := post.details.get("tag"):
            view["topic_tag"] = tag
        if files:
            view["media_url"] = files[0]["media_url"]
        if len(files) > 1:
            view["children"] = {"data": [{"id": each["id"]} for each in files]}
        return {key: view[field["name"]] for key, field in fields.items() if field["name"] in view}

    # Replies

    def reply_list(self, call: Call, page: Page, post: Post, *, whole: bool) -> dict[str, Any]:
        fields = self.fields(call, POST_FIELDS, "ThreadsMedia")
        rows = [self.reply_view(post, each) for each in self.comments(page, post) if whole or not each["parent"]]
        own = [each for each in self.world.visible_posts(page) if each.details.get("reply_to")]
        below = {post.id, *(row["id"] for row in rows)} if whole else {post.id}
        rows += [self.post_view(call, page, each, {name: {"name": name} for name in POST_FIELDS})
                 for each in own if each.details["reply_to"] in below]  # fmt: skip
        rows.sort(key=lambda row: row["timestamp"], reverse=call.flag("reverse", True))
        told = [{key: row[field["name"]] for key, field in fields.items() if field["name"] in row} for row in rows]
        return {"data": told[: min(max(call.number("limit", 25), 1), 100)]}

    @staticmethod
    def reply_view(post: Post, comment: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": comment["id"],
            "text": comment["text"],
            "username": comment["by"],
            "timestamp": stamp(comment["at"]),
            "media_type": "TEXT_POST",
            "media_product_type": "THREADS",
            "has_replies": False,
            "is_reply": True,
            "replied_to": {"id": comment["parent"] or post.id},
            "root_post": {"id": post.id},
            "hide_status": "HIDDEN" if comment["hidden"] else "NOT_HUSHED",
        }

    def reply_edge(
        self, call: Call, token: Token, page: Page, post: Post, comment: dict[str, Any], edge: str
    ) -> dict[str, Any]:
        match call.method, edge:
            case "GET", "":
                row = self.reply_view(post, comment)
                fields = self.fields(call, POST_FIELDS, "ThreadsMedia")
                return {key: row[field["name"]] for key, field in fields.items() if field["name"] in row}
            case "POST", "manage_reply" if call.text("hide"):
                self.need(token, "threads_manage_replies")
                comment["hidden"] = call.flag("hide")
                self.world.dirty = True
                return {"success": True}
        raise GraphError("(#10) Application does not have permission for this action", 10, status=403)

    # Counting

    def account_insights(self, call: Call, page: Page) -> dict[str, Any]:
        """Each metric has a form of its own: days, one total, or a total a link."""
        asked = self.metrics_asked(call)
        if not asked or set(asked) - set(ACCOUNT_METRICS):
            raise wrong("Param metric must be one of the known metrics")
        since = moment(call.text("since"))
        if since is not None and since < EARLIEST_INSIGHT:
            raise wrong("Param since must not be before 1712991600")
        if "followers_count" in asked and since is not None and len(asked) == 1:
            raise wrong("Param since cannot be used with followers_count")
        now = self.world.world()

        def sums(moment: float) -> dict[str, int]:
            each = [growth.counts(page, post, moment) for post in page.posts.values()]
            return {
                "views": sum(one.views for one in each),
                "likes": sum(one.all_reactions for one in each),
                "replies": sum(one.comments for one in each),
                "reposts": sum(one.shares for one in each),
                "quotes": sum(one.shares // 4 for one in each),
                "clicks": sum(one.clicks // 3 for one in each),
            }

        days = [sums(now), sums(now - DAY), sums(now - 2 * DAY)]
        data = []
        for name in asked:
            row: dict[str, Any] = {"name": name, "period": "day", "title": name}
            match name:
                case "views":
                    end = self.world.wall() // DAY * DAY + 8 * 3600
                    row["values"] = [
                        {"value": days[1][name] - days[2][name], "end_time": stamp(end - DAY)},
                        {"value": days[0][name] - days[1][name], "end_time": stamp(end)},
                    ]
                case "clicks":
                    links = {post.link for post in page.posts.values() if post.link}
                    row["link_total_values"] = [
                        {"value": days[0][name] // len(links), "link_url": link} for link in sorted(links)
                    ]
                case "followers_count":
                    row["total_value"] = {"value": growth.followers(page, now)}
                case "follower_demographics":
                    if growth.followers(page, now) < 100:
                        raise wrong("The profile has fewer than 100 followers")
                    row |= {"period": "lifetime", "total_value": {"breakdowns": []}}
                case _:
                    row["total_value"] = {"value": days[0][name] - days[2][name]}
            data.append(row | {"id": f"{page.external_id}/insights/{name}/day"})
        return {"data": data}
