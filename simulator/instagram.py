"""Instagram, both ways in: Instagram Login with hosts of its own, and Facebook Login through the linked Page.

A post is made in three steps: a container with media that are fetched, a wait until it is finished, its publication.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from typing import Any

from simulator import growth, images
from simulator.calls import KEPT_WHOLE, Call, Intake, Reply
from simulator.containers import ContainerPlatform, seen_for
from simulator.facebook import Facebook
from simulator.faults import Plan
from simulator.graph import GraphError, missing_object, moment, stamp
from simulator.state import DAY, FACEBOOK_APPS, INSTAGRAM_APPS, INSTAGRAM_SCOPES, Page, Post, Token, World

LONGEST_CAPTION, MOST_HASHTAGS, MOST_MENTIONS, LONGEST_COMMENT = 2200, 30, 20, 300
LARGEST_IMAGE, LARGEST_REEL, LARGEST_STORY = 8 << 20, 300 << 20, 100 << 20
NARROWEST, WIDEST = 4 / 5, 1.91

ACCOUNT_FIELDS = (
    "id", "user_id", "username", "name", "profile_picture_url", "followers_count", "follows_count", "media_count",
    "account_type", "biography", "website",
)  # fmt: skip
MEDIA_FIELDS = (
    "id", "caption", "media_type", "media_product_type", "permalink", "shortcode", "timestamp", "username",
    "like_count", "comments_count", "media_url", "thumbnail_url", "is_comment_enabled", "children",
)  # fmt: skip
FIELDS_AT_FACEBOOK = (
    "saved_count", "shares_count", "reposts_count", "total_like_count", "total_comments_count", "total_views_count",
)  # fmt: skip
COMMENT_FIELDS = (
    "id", "text", "timestamp", "username", "from", "hidden", "like_count", "parent_id", "replies",
)  # fmt: skip

COMMON = ("reach", "views", "shares", "total_interactions", "reposts")
LIKED = ("likes", "comments", "saved")
VISITED = ("follows", "profile_visits", "profile_activity")
METRICS = {
    "FEED": (*COMMON, *LIKED, *VISITED),
    "REELS": (
        *COMMON, *LIKED, "ig_reels_avg_watch_time", "ig_reels_video_view_total_time", "reels_skip_rate",
    ),
    "STORY": (*COMMON, *VISITED, "replies", "navigation", "link_clicks"),
}  # fmt: skip
METRICS_AT_FACEBOOK = ("facebook_views", "total_likes", "total_comments", "total_views")
ACCOUNT_METRICS = (
    "reach", "views", "accounts_engaged", "likes", "comments", "saves", "shares", "replies", "reposts",
    "total_interactions", "profile_links_taps", "follows_and_unfollows", "follower_count", "follower_demographics",
)  # fmt: skip


def is_ours(path: str) -> bool:
    """Whether a call to graph.facebook.com or rupload is about an account, container or post of Instagram."""
    return path.startswith("ig-api-upload/") or bool(re.match(r"(v\d+\.\d+/)?1[78]\d{15}(/|$)", path))


def error(code: int, subcode: int, title: str, text: str, **more: Any) -> GraphError:
    told: dict[str, Any] = {"is_transient": False, "error_user_title": title, "error_user_msg": text}
    return GraphError(text, code, subcode, **told | more)


def not_found() -> GraphError:
    return error(24, 2207006, "Media not found", "The media could not be found: permission or token.")


def container_gone() -> GraphError:
    return error(24, 2207008, "Media builder not found", "The media builder does not exist or is expired.")


def too_big() -> GraphError:
    return error(
        36000, 2207004, "Image size too large", "The image is too large to download. It should be less than 8 MiB."
    )


class Instagram(ContainerPlatform):
    name = "instagram"
    apps = INSTAGRAM_APPS
    scopes = INSTAGRAM_SCOPES

    def __init__(self, world: World, fetcher: images.Fetcher) -> None:
        super().__init__(world, fetcher)
        self.uploads: dict[str, Intake] = {}

    # What a call is

    @staticmethod
    def at_facebook(call: Call) -> bool:
        return not call.path.startswith(("graph/", "api/"))

    @staticmethod
    def upload_of(call: Call) -> str:
        """The container that bytes are sent for, on the upload host."""
        found = re.match(r"ig-api-upload/(?:v\d+\.\d+/)?(\w+)$", call.path)
        return found[1] if found else ""

    def describe(self, call: Call) -> tuple[str, tuple[str, ...]]:
        if container := self.upload_of(call):
            return self.described_page(call, container), ("stage",)
        path = self.segments(call)
        head, edge = (path or [""])[0], path[1] if len(path) > 1 else ""
        if head in ("oauth", "access_token", "refresh_access_token"):
            return "", ("token",)
        page = self.described_page(call, head)
        if call.method == "DELETE":
            return page, ("withdraw",)
        if call.method == "POST":
            return page, ({"media": "stage", "media_publish": "publish"}.get(edge, "edit"),)
        if head in self.world.containers:
            return page, ("verify",)
        if edge in ("insights", "comments") or (not edge and re.search(r"_count|followers", call.text("fields"))):
            return page, ("measure",)
        account = head == "me" or head in self.world.pages[self.name]
        return page, ("connect" if account and edge not in ("media", "stories") else "find",)

    async def dispatch(self, call: Call, plan: Plan) -> Any:
        if container := self.upload_of(call):
            return await self.upload(call, container)
        path = self.segments(call)
        match path:
            case ["oauth", "access_token"] if call.path.startswith("api/"):
                return self.exchange(call)
            case ["access_token"]:
                return self.long_lived(call, "ig_exchange_token")
            case ["refresh_access_token"]:
                return self.long_lived(call, "ig_refresh_token")
            case [] | ["oauth", *_]:
                raise GraphError("Unknown path components", 2500)
        token = self.token(call)
        own = {page.external_id: page for page in self.own(token)}
        head, edge = path[0], path[1] if len(path) > 1 else ""
        if head == "me" and not self.at_facebook(call):
            head = token.page
        if head in own:
            self.count(own[head])
            return await self.account_edge(call, plan, token, own[head], edge)
        if (made := self.container(head)) is not None and made["page"] in own:
            self.count(own[made["page"]])
            return self.container_node(call, plan, made)
        if (found := self.find_post(token, head)) is not None:
            self.count(found[0])
            return self.media_edge(call, plan, token, *found, edge)
        if (remark := self.find_comment(token, head)) is not None:
            return self.comment_edge(call, token, *remark, edge)
        raise missing_object(head, call.method.lower())

    # Tokens

    def own(self, token: Token) -> Iterator[Page]:
        yield from super().own(token)
        if token.platform == "facebook":
            for each in [token.page] if token.page else token.pages:
                linked = self.world.pages["facebook"].get(each)
                if linked and (page := self.world.pages[self.name].get(linked.details.get("instagram", ""))):
                    yield page

    def accepts(self, call: Call, token: Token) -> bool:
        return token.platform == ("facebook" if self.at_facebook(call) else self.name)

    def proof_needed(self, token: Token) -> bool:
        return bool(self.world.settings[f"{token.platform}_require_proof"])

    def secret(self, token: Token) -> str:
        return (FACEBOOK_APPS if token.platform == "facebook" else self.apps)[token.app]

    def need(self, token: Token, scope: str) -> None:
        name = f"instagram_{'' if token.platform == 'facebook' else 'business_'}{scope}"
        super().need(token, name)
        if token.page and token.page not in Facebook.pages_for(token, name):
            raise GraphError(f"(#10) Application does not have permission for this action ({name})", 10, status=403)

    def exchange(self, call: Call) -> dict[str, Any]:
        plain = self.redeem(call)
        if not self.world.settings["instagram_wrapped_codes"]:
            return plain
        return {"data": [plain | {"permissions": ",".join(plain["permissions"])}]}

    # Accounts

    async def account_edge(self, call: Call, plan: Plan, token: Token, page: Page, edge: str) -> dict[str, Any]:
        self.need(token, "basic")
        match call.method, edge:
            case "GET", "":
                return self.account_view(call, token, page)
            case "POST", "media":
                self.need(token, "content_publish")
                return await self.create(call, plan, page)
            case "POST", "media_publish":
                self.need(token, "content_publish")
                return self.publish(call, plan, page)
            case "GET", "content_publishing_limit":
                return self.publishing_limit(call, page)
            case "GET", "media" | "stories":
                stories = edge == "stories"
                known = MEDIA_FIELDS + (FIELDS_AT_FACEBOOK if token.platform == "facebook" else ())
                fields = self.fields(call, known, "Media")
                posts = [
                    post
                    for post in self.world.visible_posts(page, lag=plan.lag)
                    if (post.details["product"] == "STORY") == stories
                ]
                return self.listed(call, posts, lambda post: self.media_view(call, page, post, fields))
            case "GET", "insights":
                return self.account_insights(call, token, page)
            case "POST", "subscribed_apps" if not self.at_facebook(call):
                if "comments" not in call.text("subscribed_fields").split(","):
                    raise GraphError("(#100) The parameter subscribed_fields is required.", 100)
                page.details["subscribed"] = {"fields": ["comments"], "at": self.world.wall()}
                self.world.dirty = True
                return {"success": True}
        raise missing_object(f"{page.external_id}/{edge}", call.method.lower())

    def account_view(self, call: Call, token: Token, page: Page) -> dict[str, Any]:
        now = self.world.world()
        avatar = f"{self.world.public_url or call.origin}/pages/instagram/{page.external_id}/avatar.svg"
        # At graph.instagram.com "id" is the app's own name for the account and fits into no path.
        view: dict[str, Any] = {
            "id": page.external_id if token.platform == "facebook" else f"26{page.external_id[2:]}",
            "user_id": page.external_id,
            "username": page.username,
            "name": page.name,
            "profile_picture_url": avatar,
            "followers_count": growth.followers(page, now),
            "follows_count": 12,
            "media_count": len(self.world.visible_posts(page)),
            "account_type": "BUSINESS",
            "biography": "Trang thông tin chính thức",
            "website": "",
        }
        return {key: view[field["name"]] for key, field in self.fields(call, ACCOUNT_FIELDS, "IGUser").items()}

    # Containers

    async def create(self, call: Call, plan: Plan, page: Page) -> dict[str, Any]:
        since = self.world.world() - DAY
        made = sum(
            1 for row in self.world.containers.values() if row["page"] == page.external_id and row["born"] > since
        )
        if made >= self.world.settings["instagram_containers_per_day"]:
            raise self.too_many_calls()
        caption = call.text("caption")
        self.check_caption(caption)
        if len(call.text("alt_text")) > 1000:
            raise GraphError("(#100) Param alt_text must be at most 1000 characters long", 100)
        kind = call.text("media_type").upper() or "IMAGE"
        item = call.flag("is_carousel_item")
        if kind not in ("IMAGE", "REELS", "STORIES", "CAROUSEL", "VIDEO") or (kind == "VIDEO" and not item):
            raise error(100, 2207023, "Unknown media type", f"The media type {kind} is unknown.")
        more: dict[str, Any] = {"text": "" if item or kind == "STORIES" else caption, "item": item}
        more |= {"ai": call.flag("is_ai_generated"), "cover": call.text("cover_url")}
        if kind == "CAROUSEL":
            return {"id": self.carousel(call, plan, page, more)["id"]}
        if call.text("upload_type") == "resumable":
            if kind == "IMAGE":
                raise GraphError("(#100) upload_type resumable is for videos", 100)
            container = self.new_container(page, kind, 0, plan, waits=True, **more)
            number = container["id"]
            return {"id": number, "uri": f"{call.origin}/rupload/ig-api-upload/v26.0/{number}"}
        if image := call.text("image_url"):
            if kind not in ("IMAGE", "STORIES"):
                raise GraphError("(#100) The parameter video_url is required", 100)
            intake = await self.picture(image, story=kind == "STORIES")
            more["pictures"] = [self.kept(intake, "image", call.text("alt_text"))]
            ripens = self.world.settings["instagram_image_seconds"]
            return {"id": self.new_container(page, kind, ripens, plan, **more)["id"]}
        if not call.text("video_url") or kind == "IMAGE":
            raise GraphError("(#100) The parameter image_url is required", 100)
        if not 0 <= call.number("thumb_offset", 0) <= 900_000:
            raise error(1, 2207057, "Invalid thumbnail offset", "The thumbnail offset is outside the video.")
        largest = LARGEST_STORY if kind == "STORIES" else LARGEST_REEL
        intake, why = await self.video(call.text("video_url"), largest)
        ripens = self.world.settings["instagram_container_seconds"]
        container = self.new_container(page, kind, ripens, plan, **more)
        self.filled(container, intake, why)
        return {"id": container["id"]}

    @staticmethod
    def check_caption(caption: str) -> None:
        if len(caption) > LONGEST_CAPTION:
            raise error(36004, 2207010, "Caption too long", "The caption is too long. It should be 2,200 or less.")
        if len(re.findall(r"(?<!\w)#\w", caption)) > MOST_HASHTAGS:
            raise GraphError("(#100) Too many hashtags in the caption", 100)
        if len(re.findall(r"(?<!\w)@\w", caption)) > MOST_MENTIONS:
            raise error(100, 2207040, "Too many tags", "The caption may not mention more than 20 people.")

    async def download(self, url: str, largest: int, keep: int = KEPT_WHOLE) -> Intake:
        try:
            return await self.fetched(url, largest, keep)
        except images.Unfetchable as why:
            if "Timeout" in str(why):
                raise error(-2, 2207003, "Timeout", "It takes too long to download the media.") from why
            text = "The media could not be fetched from this URI."
            raise error(9004, 2207052, "Media download has failed", text) from why

    async def picture(self, url: str, *, story: bool) -> Intake:
        intake = await self.download(url, LARGEST_IMAGE, LARGEST_IMAGE)
        if intake.size > LARGEST_IMAGE:
            raise too_big()
        if images.kind_of(intake.head) != "image/jpeg":
            raise error(36001, 2207005, "Unsupported image format", "The image format is not supported: JPEG only.")
        width, height = images.size_of(bytes(intake.data or b""))
        if height and not story and not NARROWEST - 0.01 <= width / height <= WIDEST + 0.01:
            raise error(36003, 2207009, "Aspect ratio", "The aspect ratio is not between 4:5 and 1.91:1.")
        return intake

    async def video(self, url: str, largest: int) -> tuple[Intake, str]:
        """The file, and why it will not do; that is told by the container's status alone."""
        intake = await self.download(url, largest)
        return intake, self.unfit(intake, largest)

    @staticmethod
    def unfit(intake: Intake, largest: int) -> str:
        return "2207026" if intake.size > largest or not images.kind_of(intake.head).startswith("video/") else ""

    def filled(self, container: dict[str, Any], intake: Intake, why: str) -> None:
        container["pictures"] = [self.kept(intake, "video")]
        container["error"] = container["error"] or why
        self.world.dirty = True

    def carousel(self, call: Call, plan: Plan, page: Page, more: dict[str, Any]) -> dict[str, Any]:
        nested = call.nested("children")
        ids = [str(each) for each in nested] if isinstance(nested, list) else call.text("children").split(",")
        ids = [each.strip() for each in ids if each.strip()]
        if not 2 <= len(ids) <= 10:
            raise error(100, 2207028, "Carousel", "A carousel needs between 2 and 10 children.")
        children = []
        for each in ids:
            child = self.container(each, page)
            if child is None or not child["item"] or child["waits"] or child["published"] is not None:
                raise not_found()
            if self.state(child) == "EXPIRED":
                raise error(-2, 2207020, "Media expired", "The media you are trying to access has expired.")
            children.append(child)
        now = self.world.world()
        ripens = max(0.0, *(child["ready"] - now for child in children))
        container = self.new_container(page, "CAROUSEL", ripens, plan, children=ids, **more)
        container["error"] = container["error"] or next((child["error"] for child in children if child["error"]), "")
        container["pictures"] = [picture for child in children for picture in child["pictures"]]
        return container

    async def upload(self, call: Call, number: str) -> Any:
        """Bytes of a video on the upload host, all at once or from where the last try broke off."""
        token = self.world.tokens.get(self.token_text(call))
        container = self.container(number)
        own = {page.external_id for page in self.own(token)} if token and not token.dead else set()
        if container is None or container["page"] not in own:
            return Reply(debug(False, "ProcessingFailedError", "unauthorized user request"), 400)
        if not container["waits"]:
            return Reply(debug(False, "ProcessingFailedError", "the upload is complete already"), 400)
        largest = LARGEST_STORY if container["kind"] == "STORIES" else LARGEST_REEL
        if url := call.headers.get("file_url"):
            try:
                intake = await self.fetched(url, largest)
            except images.Unfetchable:
                return Reply(debug(True, "ProcessingFailedError", "the file could not be fetched"), 400)
        else:
            size, offset = (int(call.headers.get(name) or -1) for name in ("file_size", "offset"))
            if offset == 0:
                self.uploads[number] = Intake()
            taken = self.uploads.get(number) or Intake()
            if offset != taken.size or size <= 0:
                return Reply(debug(True, "OffsetInvalidError", f"the next byte is {taken.size}"), 400)
            if call.body is not None:
                taken.pour(call.body)
            if taken.size != size:
                text = "Partial request (did not match length of file)"
                return Reply(debug(True, "PartialRequestError", text), 400)
            intake = self.uploads.pop(number)
        container["waits"] = False
        container["ready"] = self.world.world() + self.world.settings["instagram_container_seconds"]
        self.filled(container, intake, self.unfit(intake, largest))
        return {"success": True, "message": "Upload successful."}

    def container_node(self, call: Call, plan: Plan, container: dict[str, Any]) -> dict[str, Any]:
        if call.method != "GET":
            raise missing_object(container["id"], call.method.lower())
        if self.unknown_yet(container):
            raise missing_object(container["id"])
        state = self.state(container, plan.lag)
        text = {
            "IN_PROGRESS": "In Progress: Media is still being processed.",
            "FINISHED": "Finished: Media has been uploaded and it is ready to be published.",
            "PUBLISHED": "Published: Media has been successfully published.",
            "ERROR": f"Error: Media upload has failed with error code {container['error']}",
            "EXPIRED": "Expired: Media was not published within 24 hours and has expired.",
        }[state]
        view = {"status_code": state, "status": text, "id": container["id"]}
        return {key: view[field["name"]] for key, field in self.fields(call, tuple(view), "IGContainer").items()}

    def unknown_yet(self, container: dict[str, Any]) -> bool:
        """Not yet known on every server: seen on fresh containers."""
        return self.world.world() - container["born"] < self.world.settings["instagram_unknown_seconds"]

    def publish(self, call: Call, plan: Plan, page: Page) -> dict[str, Any]:
        container = self.container(call.text("creation_id"), page)
        if container is None or self.unknown_yet(container):
            raise container_gone()
        if container["item"]:
            raise not_found()
        match self.state(container):
            case "PUBLISHED":
                code, _, subcode = self.world.settings["instagram_used_container"].partition("/")
                raise error(int(code), int(subcode), "Media not available", "The media was published already.")
            case "EXPIRED":
                raise container_gone()
            case "IN_PROGRESS" | "ERROR":
                text = "The media is not ready for publishing, please wait for a moment."
                raise error(9007, 2207027, "Media not ready", text)
        if self.published_today(page) >= self.world.settings["instagram_quota"]:
            text = "You reached maximum number of posts that is allowed to be published by Content Publishing API."
            raise error(9, 2207042, "Maximum number of posts", text)
        kind = container["kind"]
        video = any(picture["kind"] == "video" for picture in container["pictures"])
        post = self.published(
            container, page, call, plan,
            type="CAROUSEL_ALBUM" if kind == "CAROUSEL" else "VIDEO" if video else "IMAGE",
            product={"REELS": "REELS", "STORIES": "STORY"}.get(kind, "FEED"),
            shortcode=secrets.token_urlsafe(8), ai=container["ai"], cover=container["cover"],
        )  # fmt: skip
        post.text = post.text.strip()
        if kind == "STORIES":
            seen_for(post, DAY)
        return {"id": post.id}

    def published_today(self, page: Page) -> int:
        return self.used(page, lambda post: True)

    def publishing_limit(self, call: Call, page: Page) -> dict[str, Any]:
        quota = {"quota_total": self.world.settings["instagram_quota"], "quota_duration": 86400}
        view = {"quota_usage": self.published_today(page), "config": quota}
        asked = call.text("fields") or "quota_usage"
        return {"data": [{name: view[name] for name in view if re.search(rf"\b{name}\b", asked)}]}

    # Posts

    def media_edge(self, call: Call, plan: Plan, token: Token, page: Page, post: Post, edge: str) -> dict[str, Any]:
        self.need(token, "basic")
        match call.method, edge:
            case "GET", "":
                known = MEDIA_FIELDS + (FIELDS_AT_FACEBOOK if token.platform == "facebook" else ())
                return self.media_view(call, page, post, self.fields(call, known, "Media"))
            case "POST", "":
                if set(call.params) & {"caption", "message"} or not call.text("comment_enabled"):
                    raise GraphError("(#100) The parameter comment_enabled is required", 100)
                post.details["closed"] = not call.flag("comment_enabled")
                self.world.dirty = True
                return {"success": True}
            case "DELETE", "" if token.platform == "facebook":
                self.need(token, "manage_contents")
                self.world.remove(post, after=plan.late)
                return {"success": True, "deleted_id": post.id}
            case "GET", "insights":
                self.need(token, "manage_insights")
                return self.media_insights(call, token, page, post)
            case "GET", "comments":
                return self.comment_list(call, token, page, post)
            case "POST", "comments":
                return self.write(call, token, post)
        raise missing_object(f"{post.id}/{edge}" if edge else post.id, call.method.lower())

    def media_view(self, call: Call, page: Page, post: Post, fields: dict[str, dict[str, str]]) -> dict[str, Any]:
        counts = growth.counts(page, post, self.world.world())
        base = self.world.public_url or call.origin
        kind = post.details["type"]
        files = [{"id": picture.id, "media_type": picture.kind.upper(), "media_url": f"{base}/media/{picture.sha256}"}
                 for picture in post.pictures]  # fmt: skip
        view: dict[str, Any] = {
            "id": post.id,
            "media_type": kind,
            "media_product_type": post.details["product"],
            "permalink": self.world.permalink(page, post, call.origin),
            "shortcode": post.details.get("shortcode", post.id[-11:]),
            "timestamp": stamp(post.published_at),
            "username": page.username,
            "like_count": counts.all_reactions,
            "comments_count": len(self.comments(page, post)) if "comments_count" in fields else 0,
            "is_comment_enabled": not post.details.get("closed", False),
            "saved_count": counts.clicks // 4,
            "shares_count": counts.shares,
            "reposts_count": counts.shares // 3,
            "total_like_count": counts.all_reactions,
            "total_comments_count": counts.comments,
            "total_views_count": counts.views,
        }
        if post.text:
            view["caption"] = post.text
        if files:
            view["media_url"] = files[0]["media_url"]
        if kind == "VIDEO" and files:
            view["thumbnail_url"] = files[0]["media_url"]
        if kind == "CAROUSEL_ALBUM":
            inner = fields.get("children", {}).get("fields") or "id"
            names = {"id", *(name.strip() for name in inner.split(","))}
            view["children"] = {"data": [{key: each[key] for key in each if key in names} for each in files]}
        return {key: view[field["name"]] for key, field in fields.items() if field["name"] in view}

    # Comments

    def comment_view(self, fields: dict[str, dict[str, str]], page: Page, comment: dict[str, Any]) -> dict[str, Any]:
        name = comment["by"] or page.username
        view = {
            "id": comment["id"],
            "text": comment["text"],
            "timestamp": stamp(comment["at"]),
            "username": name,
            "from": {"id": f"99{comment['id'][2:]}" if comment["by"] else page.external_id, "username": name},
            "hidden": comment["hidden"],
            "like_count": 0,
        }
        if comment["parent"]:
            view["parent_id"] = comment["parent"]
        if "replies" in comment:
            view["replies"] = {"data": comment["replies"]}
        return {key: view[field["name"]] for key, field in fields.items() if field["name"] in view}

    def comment_list(self, call: Call, token: Token, page: Page, post: Post) -> dict[str, Any]:
        """Newest first, fifty at most; replies stand under their comment alone."""
        self.need(token, "manage_comments")
        fields = self.fields(call, COMMENT_FIELDS, "Comment", "id,text,timestamp")
        shown = self.comments(page, post)
        told = {comment["id"]: comment for comment in shown}
        data = []
        for comment in reversed([each for each in told.values() if not each["parent"]]):
            below = [self.comment_view(self.fields_of_reply(fields), page, each) for each in shown
                     if each["parent"] == comment["id"]]  # fmt: skip
            data.append(self.comment_view(fields, page, comment | ({"replies": below} if below else {})))
        return {"data": data[: min(max(call.number("limit", 50), 1), 50)]}

    @staticmethod
    def fields_of_reply(fields: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        inner = fields.get("replies", {}).get("fields") or "id,text,timestamp"
        return {name.strip(): {"name": name.strip()} for name in re.sub(r"\{.*?\}", "", inner).split(",")}

    def write(self, call: Call, token: Token, post: Post, parent: str = "") -> dict[str, Any]:
        self.need(token, "manage_comments")
        text = call.text("message")
        if not text:
            raise GraphError("(#100) The parameter message is required", 100)
        if len(text) > LONGEST_COMMENT:
            raise GraphError("(#100) The comment is too long", 100)
        if post.details.get("closed"):
            raise GraphError("(#10) Commenting is turned off for this media", 10)
        return {"id": self.new_comment(post, text, parent=parent)["id"]}

    def comment_edge(
        self, call: Call, token: Token, page: Page, post: Post, comment: dict[str, Any], edge: str
    ) -> dict[str, Any]:
        self.need(token, "manage_comments")
        match call.method, edge:
            case "GET", "":
                fields = self.fields(call, COMMENT_FIELDS, "Comment", "id,text,timestamp")
                return self.comment_view(fields, page, comment)
            case "POST", "replies":
                return self.write(call, token, post, parent=comment["parent"] or comment["id"])
            case "POST", "" if call.text("hide"):
                if not comment["by"]:
                    raise GraphError("(#100) A comment of one's own cannot be hidden", 100)
                comment["hidden"] = call.flag("hide")
            case "DELETE", "":
                comment["deleted"] = True
            case _:
                raise missing_object(f"{comment['id']}/{edge}", call.method.lower())
        self.world.dirty = True
        return {"success": True}

    # Counting

    def media_insights(self, call: Call, token: Token, page: Page, post: Post) -> dict[str, Any]:
        counts = growth.counts(page, post, self.world.world())
        interactions = counts.all_reactions + counts.comments + counts.shares
        numbers: dict[str, Any] = {
            "reach": counts.viewers, "views": counts.views, "shares": counts.shares, "reposts": counts.shares // 3,
            "total_interactions": interactions, "likes": counts.all_reactions, "comments": counts.comments,
            "saved": counts.clicks // 4, "follows": counts.clicks // 20, "profile_visits": counts.clicks // 5,
            "profile_activity": counts.clicks // 8, "ig_reels_avg_watch_time": 4200,
            "ig_reels_video_view_total_time": counts.views * 4200, "reels_skip_rate": 37,
            "replies": counts.comments // 4, "navigation": counts.views, "link_clicks": counts.clicks // 6,
            "facebook_views": counts.views // 5, "total_likes": counts.all_reactions,
            "total_comments": counts.comments, "total_views": counts.views,
        }  # fmt: skip
        product = post.details["product"]
        known: tuple[str, ...] = METRICS[product]
        if token.platform == "facebook" and product != "STORY":
            known += METRICS_AT_FACEBOOK
        told = self.insights(post.id, {name: numbers[name] for name in known}, self.metrics_asked(call))
        if product == "STORY" and counts.viewers < 5:
            raise GraphError("(#10) Not enough viewers for the media to show insights", 10)
        return told if counts.views else {"data": []}

    def account_insights(self, call: Call, token: Token, page: Page) -> dict[str, Any]:
        self.need(token, "manage_insights")
        asked = self.metrics_asked(call)
        if not asked or set(asked) - set(ACCOUNT_METRICS):
            raise GraphError("(#100) metric[0] must be one of the following values", 100)
        since, until = moment(call.text("since")), moment(call.text("until"))
        if since is not None and (until or self.world.wall()) - since > 30 * DAY:
            raise GraphError("(#100) There cannot be more than 30 days (2592000 s) between since and until", 100)
        now = self.world.world()
        today = [growth.counts(page, post, now) for post in page.posts.values()]
        before = [growth.counts(page, post, now - DAY) for post in page.posts.values()]

        def gained(what: str) -> int:
            return sum(getattr(each, what) for each in today) - sum(getattr(each, what) for each in before)

        likes, comments, shares = gained("all_reactions"), gained("comments"), gained("shares")
        values = dict.fromkeys(ACCOUNT_METRICS, 0) | {
            "reach": gained("viewers"), "views": gained("views"), "likes": likes, "comments": comments,
            "shares": shares, "total_interactions": likes + comments + shares, "accounts_engaged": likes,
            "follower_count": growth.followers(page, now) - growth.followers(page, now - DAY),
        }  # fmt: skip
        data = []
        for name in asked:
            row: dict[str, Any] = {"name": name, "period": "day", "title": name.replace("_", " ").capitalize()}
            if name == "follower_demographics":
                if growth.followers(page, now) < 100:
                    continue
                row["period"] = "lifetime"
                row["total_value"] = {"breakdowns": [{"dimension_keys": [call.text("breakdown")], "results": []}]}
            elif call.text("metric_type") == "total_value":
                row["total_value"] = {"value": values[name]}
            elif name in ("reach", "follower_count"):
                end = stamp(self.world.wall() // DAY * DAY + 8 * 3600)
                row["values"] = [{"value": values[name], "end_time": end}]
            else:
                message = "(#100) The following metrics should be specified with parameter metric_type=total_value"
                raise GraphError(f"{message}: {name}", 100)
            data.append(row | {"id": f"{page.external_id}/insights/{name}/{row['period']}"})
        return {"data": data}

    # Limits

    def too_many_calls(self) -> GraphError:
        message = "(#80002) There have been too many calls to this Instagram account. Wait a bit and try again."
        return GraphError(message, 80002, 2446079, is_transient=True)

    def server_error(self, call: Call, status: int) -> GraphError:
        if call.path.endswith("media_publish"):
            return GraphError("Instagram server error. Try again.", -1, 2207001, status=status, is_transient=True)
        return super().server_error(call, status)


def debug(retriable: bool, kind: str, text: str) -> dict[str, Any]:
    """How the upload host tells that bytes were not taken."""
    message = json.dumps({"success": False, "error": {"message": text}}, separators=(",", ":"))
    return {"debug_info": {"retriable": retriable, "type": kind, "message": message}}
