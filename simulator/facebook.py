"""Facebook Pages: the login dialog and the part of the Graph API that publishing, reading back and counting need."""

from __future__ import annotations

import hmac
import json
import re
import secrets
from typing import Any

from simulator import growth, images
from simulator.calls import Call, Reply
from simulator.facebook_comments import Comments
from simulator.facebook_videos import Videos
from simulator.faults import Fault, Plan
from simulator.graph import (
    GraphError,
    missing_object,
    moment,
    narrowed,
    needs_page_token,
    paged,
    parse_fields,
    stamp,
)
from simulator.state import DAY, FACEBOOK_APPS, FACEBOOK_SCOPES, Page, Photo, Picture, Post, Token, World

SHORT_LIFE, LONG_LIFE = 5183, 5_183_944
LARGEST_PHOTO = 4 * 1024 * 1024
LONGEST_MESSAGE = 63_206
EARLIEST_SCHEDULE, LATEST_SCHEDULE = 600, 75 * DAY
# What an application may hear of a page.
FIELDS = ("feed", "name", "mention", "picture", "videos", "messages", "ratings")
EDGES_OF_FEED = ("feed", "posts", "published_posts")

POST_FIELDS = (
    "id", "message", "created_time", "updated_time", "permalink_url", "is_published", "scheduled_publish_time",
    "status_type", "attachments", "shares", "application", "reactions", "comments", "full_picture", "from", "likes",
)  # fmt: skip
PAGE_FIELDS = (
    "id", "name", "username", "access_token", "category", "category_list", "picture", "followers_count",
    "fan_count", "link", "about", "is_published", "verification_status", "has_transitioned_to_new_page_experience",
    "instagram_business_account",
)  # fmt: skip
FIELDS_AT_ACCOUNTS = (*PAGE_FIELDS, "tasks")  # the person's own list alone tells them
PHOTO_FIELDS = ("id", "link", "name", "alt_text", "alt_text_custom", "images", "created_time", "page_story_id")

TOKEN_DEATHS = {
    458: "The user has not authorized application {app}.",
    459: "You cannot access the app till you log in to www.facebook.com and follow the instructions given.",
    460: "The session has been invalidated because the user changed their password or Facebook has changed the "
    "session for security reasons.",
    463: "Session has expired. The current time is past the expiry.",
    464: "Sessions for the user are not allowed because the user is not a confirmed user.",
    467: "This is because the user logged out.",
    492: "The user must be an administrator, editor, or moderator of the page in order to impersonate it.",
}


class Facebook:
    name = "facebook"

    def __init__(self, world: World, fetcher: images.Fetcher) -> None:
        self.world = world
        self.fetcher = fetcher
        self.calls: dict[str, tuple[float, int]] = {}
        self.videos = Videos(self)
        self.comments = Comments(self)

    # What a call is

    def describe(self, call: Call) -> tuple[str, tuple[str, ...]]:
        """The page that a call is about and what it does there, before anything is checked."""
        path = self.segments(call)
        if not path:
            return "", ("find",)
        head, edge = path[0], path[1] if len(path) > 1 else ""
        if head in ("oauth", "debug_token"):
            return "", ("token",)
        if video := self.videos.describe(call, path):
            return video[0], (video[1],)
        if (remark := self.comments.find(head)) or edge == "comments":
            page = remark[0].external_id if remark else head.partition("_")[0]
            return page, ("find" if call.method == "GET" else "withdraw" if call.method == "DELETE" else "edit",)
        page = head.partition("_")[0]
        if head == "me":
            token = self.world.tokens.get(self.token_text(call))
            page = token.page if token else ""
        if edge == "subscribed_apps":
            return page, ("connect",)
        if call.method == "DELETE":
            return page, ("withdraw",)
        if call.method == "POST":
            return page, (self.describe_write(call, head, edge),)
        if head == "me" and edge != "feed":
            return page, ("connect",)
        if edge == "insights" or (
            not edge and re.search(r"reactions|comments|shares|followers|fan_count", call.text("fields"))
        ):
            return page, ("measure",)
        return page, ("find" if edge or "_" in head else "connect",)

    def describe_write(self, call: Call, head: str, edge: str) -> str:
        if edge in ("feed", "photos"):
            return "publish" if call.flag("published", True) else "stage"
        return "publish" if call.flag("is_published") else "edit"

    @staticmethod
    def segments(call: Call) -> list[str]:
        path = [part for part in call.path.split("/") if part]
        return path[1:] if path and re.fullmatch(r"v\d+\.\d+", path[0]) else path

    @staticmethod
    def token_text(call: Call) -> str:
        return call.text("access_token") or call.headers.get("Authorization", "").partition(" ")[2]

    # Answers

    async def answer(self, call: Call, plan: Plan) -> Reply:
        try:
            reply = Reply(await self.dispatch(call, plan))
        except GraphError as error:
            reply = error.reply()
        reply.headers |= self.usage_headers(call.page)
        return reply

    def refusal(self, fault: Fault, call: Call) -> Reply:
        """What an injected fault looks like when it comes from Facebook."""
        match fault.kind:
            case "rate_limit":
                reply = self.too_many_calls().reply()
                reply.headers |= self.usage_headers(call.page, full_for=fault.retry_after)
                return reply
            case "expired_token":
                error = self.token_death(463, "")
            case "kill_token":
                self.world.kill_tokens(platform=self.name, token=self.token_text(call), dead=fault.subcode)
                error = self.token_death(fault.subcode, "")
            case "refuse" if fault.code:
                error = GraphError("The request was refused.", fault.code, fault.subcode, is_transient=False)
            case "refuse":
                error = GraphError(
                    "(#368) The action attempted has been deemed abusive or is otherwise disallowed", 368, 1346003,
                    is_transient=False, error_user_title="Bạn tạm thời bị chặn", error_user_msg="Nội dung bị từ chối.",
                )  # fmt: skip
            case "duplicate":
                error = self.duplicate()
            case _:
                error = GraphError(
                    "An unexpected error has occurred. Please retry your request later.",
                    2,
                    status=fault.status,
                    is_transient=True,
                )
        return error.reply()

    async def dispatch(self, call: Call, plan: Plan) -> Any:
        path = self.segments(call)
        match call.method, path:
            case _, ["oauth", "access_token"]:
                return self.grant(call)
            case "GET", ["debug_token"]:
                return self.debug_token(call)
            case "GET", [] if call.text("ids"):
                return self.read_many(call)
            case _, []:
                raise GraphError("Unknown path components", 2500)
            case _, ["video-upload", *_]:
                return await self.videos.receive(call, path[-1])
            case _, [upload] if upload.startswith("upload:"):
                return self.videos.append(call, upload)
        token = self.token(call)
        head = token.page or token.user if path[0] == "me" else path[0]
        edge = path[1] if len(path) > 1 else ""
        page = self.world.pages[self.name].get(head.partition("_")[0])
        if token.kind == "user" and head == token.user:
            return self.me(call, token, edge)
        if page is not None and "_" not in head:
            self.count(page)
            return await self.page_edge(call, plan, token, page, edge)
        if page is not None:
            self.count(page)
            return self.post_edge(call, plan, token, page, head, edge)
        if (video := self.videos.find(head)) is not None:
            return self.videos.node(call, plan, token, video, edge)
        if (remark := self.comments.find(head)) is not None:
            return self.comments.node(call, token, *remark, edge)
        if head in self.world.businesses:
            return self.business_edge(call, token, self.world.businesses[head], edge)
        if head in FACEBOOK_APPS and edge == "uploads" and call.method == "POST":
            return self.videos.session(call, token)
        if head in self.world.photos:
            return self.photo_node(call, token, self.world.photos[head])
        raise missing_object(head, call.method.lower())

    # Tokens

    def token(self, call: Call) -> Token:
        text = self.token_text(call)
        if not text:
            raise GraphError("An access token is required to request this resource.", 104)
        token = self.world.tokens.get(text)
        if token is None or token.platform != self.name:
            raise GraphError("Invalid OAuth access token - Cannot parse access token", 190)
        self.check_proof(call, token)
        self.check_alive(token)
        return token

    def check_alive(self, token: Token) -> None:
        if token.dead:
            raise self.token_death(token.dead, token.app)
        if token.expires is not None and token.expires <= self.world.world():
            raise self.token_death(463, token.app)

    def check_proof(self, call: Call, token: Token) -> None:
        given = call.text("appsecret_proof")
        if not given and not self.world.settings["facebook_require_proof"]:
            return
        if not given:
            message = "API calls from the server require an appsecret_proof argument"
            raise GraphError(message, 100, kind="GraphMethodException")
        right = hmac.digest(FACEBOOK_APPS[token.app].encode(), token.value.encode(), "sha256").hex()
        if not hmac.compare_digest(given.encode(), right.encode()):
            message = "Invalid appsecret_proof provided in the API argument"
            raise GraphError(message, 100, kind="GraphMethodException")

    @staticmethod
    def token_death(subcode: int, app: str) -> GraphError:
        why = TOKEN_DEATHS.get(subcode, "The session is invalid.").format(app=app)
        return GraphError(f"Error validating access token: {why}", 190, subcode)

    def grant(self, call: Call) -> dict[str, Any]:
        app = call.text("client_id")
        if app not in FACEBOOK_APPS:
            raise GraphError("Error validating application. Cannot get application info due to a system error.", 101)
        if not hmac.compare_digest(call.text("client_secret").encode(), FACEBOOK_APPS[app].encode()):
            raise GraphError("Error validating client secret.", 1)
        match call.text("grant_type"):
            case "client_credentials":
                return {"access_token": f"{app}|{FACEBOOK_APPS[app]}", "token_type": "bearer"}
            case "fb_exchange_token":
                old = self.world.tokens.get(call.text("fb_exchange_token"))
                if old is None or old.kind != "user" or old.app != app:
                    raise GraphError("Invalid OAuth access token - Cannot parse access token", 190)
                self.check_alive(old)
                return self.user_token(old, LONG_LIFE)
            case _:
                return self.user_token(self.redeem(call), SHORT_LIFE)

    def redeem(self, call: Call) -> Token:
        """Takes a code once. Its redirect_uri is compared byte for byte, before the code counts as used."""
        code = self.world.codes.get(call.text("code"))
        if code is None or code.platform != self.name or code.app != call.text("client_id"):
            raise GraphError("Invalid verification code format.", 100, 36009)
        if code.bound_to["redirect_uri"] != call.text("redirect_uri"):
            message = "Error validating verification code. Please make sure your redirect_uri is identical to the one "
            raise GraphError(message + "you used in the OAuth dialog request", 100, 36008)
        if code.spent:
            raise GraphError("This authorization code has been used.", 100, 36009)
        if code.expires is not None and code.expires <= self.world.world():
            raise GraphError("This authorization code has expired.", 100, 36007)
        code.spent = True
        return code

    def user_token(self, source: Token, lasts: int) -> dict[str, Any]:
        token = self.world.new_token(
            self.name, "user", app=source.app, user=source.user, scopes=list(source.scopes),
            declined=list(source.declined), pages=list(source.pages), lasts=lasts,
        )  # fmt: skip
        token.bound_to = {name: pages for name, pages in source.bound_to.items() if name.startswith("only ")}
        return {"access_token": token.value, "token_type": "bearer", "expires_in": lasts}

    def debug_token(self, call: Call) -> dict[str, Any]:
        app, _, secret = self.token_text(call).partition("|")
        if FACEBOOK_APPS.get(app) != secret:
            asking = self.token(call)
            app = asking.app
        token = self.world.tokens.get(call.text("input_token"))
        if token is None or token.platform != self.name or token.app != app:
            error = {"code": 190, "message": "Invalid OAuth access token - Cannot parse access token"}
            return {"data": {"is_valid": False, "error": error, "scopes": []}}
        data: dict[str, Any] = {
            "app_id": app,
            "type": token.kind.upper(),
            "application": "Outreach Portal",
            "is_valid": True,
            "issued_at": int(token.issued_at),
            "expires_at": 0 if token.expires is None else int(token.expires - self.world.offset),
            "data_access_expires_at": int(token.issued_at + 90 * DAY),
            "scopes": token.scopes,
            "granular_scopes": [self.granular(token, scope) for scope in token.scopes],
            "user_id": token.user,
        }
        if token.page:
            data["profile_id"] = token.page
        try:
            self.check_alive(token)
        except GraphError as error:
            body = {"code": 190, "message": str(error), "subcode": error.body["error_subcode"]}
            data |= {"is_valid": False, "error": body}
        return {"data": data}

    def granular(self, token: Token, scope: str) -> dict[str, Any]:
        """For what a right was given: pages, the accounts linked to them, or, where no ids are told, all there is."""
        pages = self.pages_for(token, scope)
        if scope.startswith("instagram_"):
            linked = (self.world.pages[self.name][page].details.get("instagram") for page in pages)
            return {"scope": scope, "target_ids": [account for account in linked if account]}
        return {"scope": scope} | ({} if scope == "business_management" else {"target_ids": pages})

    # The person

    def me(self, call: Call, token: Token, edge: str) -> dict[str, Any]:
        user = self.world.users[token.user]
        match edge:
            case "":
                return {"id": user.id, "name": user.name}
            case "permissions":
                granted = [{"permission": scope, "status": "granted"} for scope in (*token.scopes, "public_profile")]
                return {"data": granted + [{"permission": scope, "status": "declined"} for scope in token.declined]}
            case "accounts":
                shown = token.pages if "pages_show_list" in token.scopes else []
                shown = [each for each in shown if each not in self.unlisted()]
                pages = [
                    page for each in shown if (page := self.world.pages[self.name].get(each)) and each in user.pages
                ]
                fields = parse_fields(
                    call.text("fields") or "access_token,category,name,id,tasks", FIELDS_AT_ACCOUNTS, "Page"
                )
                return paged(
                    call, pages, lambda page: page.external_id, lambda page: self.page_view(page, fields, token, call)
                )
            case "businesses":
                self.check_business(token)
                held = [each for each in self.world.businesses.values() if user.id in each["people"]]
                return paged(call, held, lambda each: each["id"], lambda each: {"id": each["id"], "name": each["name"]})
        raise missing_object(edge)

    def unlisted(self) -> set[str]:
        """Pages that only their Business tells."""
        held = [each for each in self.world.businesses.values() if not each["listed"]]
        return {page for each in held for edge in ("owned_pages", "client_pages") for page in each[edge]}

    @staticmethod
    def check_business(token: Token) -> None:
        if token.kind != "user" or "business_management" not in token.scopes:
            message = "(#100) Requires business_management permission to manage the object"
            raise GraphError(message, 100, kind="GraphMethodException")

    def business_edge(self, call: Call, token: Token, business: dict[str, Any], edge: str) -> dict[str, Any]:
        """The pages that a Business portfolio owns, or looks after. Its people's tasks are still their own."""
        self.check_business(token)
        if token.user not in business["people"] or edge not in ("owned_pages", "client_pages"):
            raise missing_object(f"{business['id']}/{edge}", call.method.lower())
        pages = [self.world.pages[self.name][each] for each in business[edge]]
        fields = parse_fields(call.text("fields") or "id,name", PAGE_FIELDS, "Page")
        return paged(call, pages, lambda page: page.external_id, lambda page: self.page_view(page, fields, token, call))

    # Pages

    async def page_edge(self, call: Call, plan: Plan, token: Token, page: Page, edge: str) -> dict[str, Any]:
        if not edge and call.method == "GET":
            fields = parse_fields(call.text("fields") or "id,name", PAGE_FIELDS, "Page")
            return self.page_view(page, fields, token, call)
        if edge == "subscribed_apps":
            return self.subscriptions(call, token, page)
        self.check_page_token(token, page, writes=call.method == "POST")
        match call.method, edge:
            case "POST", "feed":
                return self.publish(call, plan, page, self.attached(call, page))
            case "POST", "photos":
                return await self.upload_photo(call, plan, page)
            case "POST", "videos" | "video_reels" | "video_stories" | "photo_stories":
                return await self.videos.page_edge(call, plan, page, edge)
            case "GET", "videos" | "video_reels" | "stories":
                return self.videos.listing(call, plan, page, edge)
            case "GET", "scheduled_posts":
                now = self.world.world()
                waiting = [post for post in page.posts.values() if post.state(now) == "scheduled"]
                return self.listing(call, page, waiting, token)
            case "GET", "feed":
                unseen = [post for post in page.posts.values() if post.state(self.world.world()) == "unpublished"]
                return self.listing(call, page, self.feed(page, plan) + unseen, token)
            case "GET", "published_posts" | "posts":
                return self.listing(call, page, self.feed(page, plan), token)
            case "GET", "insights":
                return self.page_insights(call, token, page)
        raise missing_object(f"{page.external_id}/{edge}", call.method.lower())

    def subscriptions(self, call: Call, token: Token, page: Page) -> dict[str, Any]:
        """Whether the application hears of this page, and of what on it."""
        self.check_page_token(token, page)
        if not self.may(token, "pages_manage_metadata"):
            message = "(#200) To subscribe to the feed field, the pages_manage_metadata permission is needed"
            raise GraphError(message, 200, status=403)
        known = page.details.get("subscribed")
        match call.method:
            case "GET":
                told = {"name": "Outreach Portal", "id": token.app, "category": "Business"}
                return {"data": [told | {"subscribed_fields": known["fields"]}] if known else []}
            case "DELETE":
                page.details.pop("subscribed", None)
            case _:
                fields = [each.strip() for each in call.text("subscribed_fields").split(",") if each.strip()]
                if not fields:
                    raise GraphError("(#100) The parameter subscribed_fields is required.", 100)
                if unknown := [each for each in fields if each not in FIELDS]:
                    raise GraphError(f"(#100) Param subscribed_fields must be one of {FIELDS} - got {unknown[0]}", 100)
                page.details["subscribed"] = {"fields": fields, "at": known["at"] if known else self.world.wall()}
        self.world.dirty = True
        return {"success": True}

    def feed(self, page: Page, plan: Plan) -> list[Post]:
        """What is on the page, but for Reels and stories, which have lists of their own."""
        seen = self.world.visible_posts(page, lag=plan.lag)
        return [post for post in seen if post.details.get("surface") not in ("reel", "story")]

    @staticmethod
    def pages_for(token: Token, scope: str) -> list[str]:
        """The pages that the person ticked for one right; all that were ticked, unless fewer were for this one."""
        ticked = token.bound_to.get(f"only {scope}")
        own = [token.page] if token.page else token.pages
        return own if ticked is None else [page for page in ticked.split(",") if page in own]

    def may(self, token: Token, scope: str) -> bool:
        return scope in token.scopes and token.page in self.pages_for(token, scope)

    def check_page_token(self, token: Token, page: Page, *, writes: bool = False) -> None:
        if token.kind != "page":
            raise needs_page_token()
        if token.page != page.external_id:
            raise missing_object(page.external_id)
        if not self.may(token, "pages_read_engagement") or (writes and not self.may(token, "pages_manage_posts")):
            message = (
                "(#200) If posting to a page, requires both pages_read_engagement and pages_manage_posts as an admin"
            )
            raise GraphError(f"{message} with sufficient administrative permission", 200, status=403)
        tasks = self.world.users[token.user].pages.get(page.external_id, []) if token.user in self.world.users else []
        if not tasks:
            raise self.token_death(492, token.app)
        if writes and not {"CREATE_CONTENT", "MANAGE"} & set(tasks):
            raise GraphError(
                "(#200) The user has not been granted the task CREATE_CONTENT on this page", 200, status=403
            )

    def page_view(self, page: Page, fields: dict[str, dict[str, str]], token: Token, call: Call) -> dict[str, Any]:
        view: dict[str, Any] = {}
        tasks = self.world.users[token.user].pages.get(page.external_id, []) if token.user in self.world.users else []
        link = f"{self.world.public_url or call.origin}/pages/facebook/{page.external_id}/"
        for key, field in (fields | {"id": {"name": "id"}}).items():
            match field["name"]:
                case "id":
                    view[key] = page.external_id
                case "name" | "username":
                    view[key] = getattr(page, field["name"])
                case "access_token":
                    if tasks:
                        user_token = token if token.kind == "user" else None
                        view[key] = (
                            self.world.facebook_page_token(user_token, page.external_id).value
                            if user_token
                            else token.value
                        )
                case "tasks":
                    view[key] = tasks
                case "category":
                    view[key] = "Government organization"
                case "category_list":
                    view[key] = [{"id": "161422927240513", "name": "Government organization"}]
                case "picture":
                    picture = {"height": 50, "is_silhouette": False, "url": f"{link}avatar.svg", "width": 50}
                    view[key] = {"data": narrowed(picture, field.get("fields", ""))}
                case "followers_count" | "fan_count":
                    view[key] = growth.followers(page, self.world.world())
                case "link":
                    view[key] = link
                case "about":
                    view[key] = "Trang thông tin chính thức"
                case "is_published":
                    view[key] = True
                case "verification_status":
                    view[key] = "not_verified"
                case "has_transitioned_to_new_page_experience":
                    view[key] = True
                case "instagram_business_account" if linked := self.linked_account(page, token):
                    account: dict[str, Any] = {"id": linked.external_id, "username": linked.username}
                    account |= {"name": linked.name, "followers_count": growth.followers(linked, self.world.world())}
                    account["profile_picture_url"] = (
                        link.replace("/facebook/", "/instagram/").replace(page.external_id, linked.external_id)
                        + "avatar.svg"
                    )
                    view[key] = narrowed(account, field.get("fields", "") or "id")
        return view

    def linked_account(self, page: Page, token: Token) -> Page | None:
        """The professional Instagram account of a page, for those who may know of it."""
        linked = self.world.pages["instagram"].get(page.details.get("instagram", ""))
        return linked if "instagram_basic" in token.scopes else None

    # Writing

    def attached(self, call: Call, page: Page) -> list[Photo]:
        """The uploaded photos that a post names: `attached_media` as one JSON list, or as attached_media[0], [1], …"""
        items = call.nested("attached_media")
        if items is None and call.text("attached_media"):
            raise GraphError("(#100) param attached_media must be an array.", 100)
        if items is None:
            items = [call.nested(name) for name in sorted(call.params) if re.fullmatch(r"attached_media\[\d+\]", name)]
        photos = []
        for item in items:
            photo = self.world.photos.get(str(item.get("media_fbid", ""))) if isinstance(item, dict) else None
            if photo is None or photo.page != page.external_id:
                raise GraphError("(#100) Invalid parameter: attached_media names no photo of this page", 100)
            if photo.used_in:
                raise GraphError("(#1366051) The photo has already been posted", 1366051)
            photos.append(photo)
        return photos

    def publish(self, call: Call, plan: Plan, page: Page, photos: list[Photo]) -> dict[str, Any]:
        message, link = call.text("message"), call.text("link")
        if not (message or link or photos):
            raise GraphError("(#100) One of message, link or attached_media is required", 100)
        if len(message) > LONGEST_MESSAGE:
            raise GraphError("(#100) Param message is too long", 100)
        due = self.schedule(call)
        published = call.flag("published", True)
        if due is not None and published:
            raise GraphError("(#100) You cannot specify a scheduled publish time on a published post", 100)
        number = str(122_100_000_000_000 + self.world.next_number())
        post = Post(
            f"{page.external_id}_{number}", message, self.world.wall(), link=link, app=next(iter(FACEBOOK_APPS))
        )
        post.pictures = [photo.picture for photo in photos]
        if published:
            self.refuse_duplicate(page, post)
        page.posts[post.id] = post
        for photo in photos:
            photo.used_in = post.id
        if published:
            self.world.show(post, arrived=call.arrived, after=plan.late)
        elif due is not None:
            self.put_on_schedule(post, due, call)
        self.world.dirty = True
        return {"id": post.id} | self.read_after_write(page, post, call)

    def read_after_write(self, page: Page, post: Post, call: Call) -> dict[str, Any]:
        fields = call.text("fields")
        return self.post_view(page, post, parse_fields(fields, POST_FIELDS, "Post"), call) if fields else {}

    def schedule(self, call: Call) -> float | None:
        text = call.text("scheduled_publish_time")
        if not text:
            return None
        due = moment(text)
        if due is None or not EARLIEST_SCHEDULE <= due - self.world.wall() <= LATEST_SCHEDULE:
            raise GraphError("(#100) The specified scheduled publish time is invalid.", 100)
        return due

    def put_on_schedule(self, post: Post, due: float, call: Call) -> None:
        self.world.hide(post)
        post.scheduled_at = due
        self.world.show(post, arrived=call.arrived, after=due - self.world.wall())

    def refuse_duplicate(self, page: Page, post: Post) -> None:
        """Facebook turns down what the page said last, for some minutes. To a retry that is proof of the first try."""
        window = self.world.settings["facebook_duplicate_seconds"]
        now = self.world.world()
        last = max(
            (each for each in page.posts.values() if each is not post and each.visible(now)),
            key=lambda each: each.intervals[-1].visible_world,
            default=None,
        )
        if (
            last is not None
            and now - last.intervals[-1].visible_world < window
            and (last.text, last.link) == (post.text, post.link)
            and [picture.sha256 for picture in last.pictures] == [picture.sha256 for picture in post.pictures]
        ):
            raise self.duplicate()

    @staticmethod
    def duplicate() -> GraphError:
        return GraphError(
            "(#506) Duplicate status message", 506, 1455006, error_user_title="Cập nhật trạng thái trùng lặp",
            error_user_msg="Nội dung này giống với bài gần nhất của Trang.", is_transient=False,
        )  # fmt: skip

    async def upload_photo(self, call: Call, plan: Plan, page: Page) -> dict[str, Any]:
        if upload := call.files.get("source"):
            data = upload.data
        elif url := call.text("url"):
            try:
                data = await self.fetcher.get(url, self.world.settings["image_hosts"], LARGEST_PHOTO)
            except images.Unfetchable as why:
                raise GraphError(f"(#2061006) The URL could not be fetched: {why}", 2061006) from why
        else:
            raise GraphError("(#324) Requires upload file", 324)
        if len(data) > LARGEST_PHOTO or not images.kind_of(data).startswith("image/"):
            message = "Photos should be smaller than 4 MB and saved as JPG, PNG, GIF, TIFF, HEIF or WebP files."
            raise GraphError(f"(#1366046) {message}", 1366046, error_user_msg=message)
        number = str(122_100_000_000_000 + self.world.next_number())
        caption = call.text("caption") or call.text("message")
        picture = Picture(self.world.keep_media(data), alt=call.text("alt_text_custom"), caption=caption, id=number)
        photo = self.world.photos[number] = Photo(number, page.external_id, picture)
        self.world.dirty = True
        if not call.flag("published", True):
            return {"id": number}
        call.params["message"] = caption
        call.params.pop("fields", None)
        return {"id": number, "post_id": self.publish(call, plan, page, [photo])["id"]}

    def photo_node(self, call: Call, token: Token, photo: Photo) -> dict[str, Any]:
        self.check_page_token(token, self.world.pages[self.name][photo.page], writes=call.method != "GET")
        if call.method == "DELETE":
            del self.world.photos[photo.id]
            self.world.dirty = True
            return {"success": True}
        width, height = images.size_of(self.world.media[photo.picture.sha256])
        source = {"source": f"{call.origin}/media/{photo.picture.sha256}", "width": width, "height": height}
        view = {
            "name": photo.picture.caption,
            "alt_text": photo.picture.alt,
            "images": [source],
            "page_story_id": photo.used_in,
        }
        fields = parse_fields(call.text("fields") or "id,name", PHOTO_FIELDS, "Photo")
        return {"id": photo.id} | {key: view[key] for key in fields if view.get(key)}

    # Posts

    def post_edge(self, call: Call, plan: Plan, token: Token, page: Page, post_id: str, edge: str) -> dict[str, Any]:
        post = page.posts.get(post_id)
        own = token.kind == "page" and token.page == page.external_id
        if post is None or post.gone(self.world.world()) or not (own or post.visible(self.world.world())):
            raise missing_object(post_id, call.method.lower())
        if (call.method != "GET" and edge != "comments") or edge == "insights":
            self.check_page_token(token, page, writes=call.method != "GET")
        match call.method, edge:
            case "GET", "":
                fields = parse_fields(call.text("fields") or "id,created_time,message", POST_FIELDS, "Post")
                return self.post_view(page, post, fields, call)
            case "GET", "insights":
                return self.post_insights(call, token, page, post)
            case "GET" | "POST", "comments":
                return self.comments.edge(call, token, page, post)
            case "POST", "":
                return self.change(call, plan, page, post)
            case "DELETE", "":
                self.world.remove(post, after=plan.late)
                return {"success": True}
        raise missing_object(f"{post_id}/{edge}", call.method.lower())

    def change(self, call: Call, plan: Plan, page: Page, post: Post) -> dict[str, Any]:
        """Publish now, move on the schedule, or reword; repeating any of them changes nothing."""
        if not post.app:
            raise GraphError("(#10) The post was not created by this application", 10, status=403)
        post.requests += 1
        visible = post.visible(self.world.world())
        if "message" in call.params and call.text("message") != post.text:
            post.text = call.text("message")
            post.edited_at = self.world.wall()
        if call.text("scheduled_publish_time") and not visible:
            due = self.schedule(call)
            if due is not None:
                self.put_on_schedule(post, due, call)
        if call.flag("is_published") and not visible and not self.accepted_already(post):
            self.refuse_duplicate(page, post)
            self.world.hide(post)
            post.scheduled_at = None
            self.world.show(post, arrived=call.arrived, after=plan.late)
        self.world.dirty = True
        return {"success": True} | self.read_after_write(page, post, call)

    @staticmethod
    def accepted_already(post: Post) -> bool:
        """Publishing was answered with success and is only slow to show."""
        return post.scheduled_at is None and any(interval.gone_at is None for interval in post.intervals)

    def post_view(self, page: Page, post: Post, fields: dict[str, dict[str, str]], call: Call) -> dict[str, Any]:
        now = self.world.world()
        counted = {"shares", "reactions", "likes", "comments"} & {field["name"] for field in fields.values()}
        counts = growth.counts(page, post, now) if counted else growth.NONE
        view: dict[str, Any] = {}
        for key, field in (fields | {"id": {"name": "id"}}).items():
            match field["name"]:
                case "id":
                    view[key] = post.id
                case "message" if post.text:
                    view[key] = post.text
                case "created_time":
                    view[key] = stamp(post.published_at if post.visible(now) else post.created_at)
                case "updated_time":
                    view[key] = stamp(post.edited_at or post.published_at)
                case "permalink_url":
                    view[key] = self.world.permalink(page, post, call.origin)
                case "is_published":
                    view[key] = post.visible(now)
                case "scheduled_publish_time" if post.scheduled_at and not post.visible(now):
                    view[key] = int(post.scheduled_at)
                case "status_type":
                    view[key] = (
                        "added_video"
                        if "video" in post.details
                        else "added_photos"
                        if post.pictures
                        else "shared_story"
                        if post.link
                        else "mobile_status_update"
                    )
                case "attachments" if post.pictures or post.link:
                    view[key] = {"data": [narrowed(self.attachment(page, post, call), field["fields"])]}
                case "full_picture" if post.pictures:
                    view[key] = f"{call.origin}/media/{post.pictures[0].sha256}"
                case "shares" if counts.shares:
                    view[key] = {"count": counts.shares}
                case "application" if post.app:
                    view[key] = {"name": "Outreach Portal", "id": post.app}
                case "from":
                    view[key] = {"name": page.name, "id": page.external_id}
                case "reactions" | "likes":
                    kind = "LIKE" if field["name"] == "likes" else field.get("type", "")
                    total = counts.reactions.get(kind.lower().replace("sad", "sorry").replace("angry", "anger"), 0)
                    view[key] = self.counted(total if kind else counts.all_reactions, field)
                case "comments":
                    view[key] = self.counted(counts.comments, field)
        return view

    @staticmethod
    def counted(total: int, field: dict[str, str]) -> dict[str, Any]:
        """An edge of people, of whom only the number is told."""
        return {"data": []} | ({"summary": {"total_count": total}} if "summary" in field else {})

    def attachment(self, page: Page, post: Post, call: Call) -> dict[str, Any]:
        if not post.pictures:
            return {"media_type": "link", "type": "share", "url": post.link, "target": {"url": post.link}}
        permalink = self.world.permalink(page, post, call.origin)
        if video := post.details.get("video"):
            return {"media_type": "video", "type": "video_inline", "url": permalink, "target": {"id": video}}
        photos: list[dict[str, Any]] = []
        for picture in post.pictures:
            width, height = images.size_of(self.world.media.get(picture.sha256, b""))
            source = {"src": f"{call.origin}/media/{picture.sha256}", "width": width, "height": height}
            target = {"id": picture.id, "url": permalink}
            photos.append(
                {"media_type": "photo", "type": "photo", "url": permalink, "target": target, "media": {"image": source}}
            )
        if len(photos) == 1:
            return photos[0]
        album = {"media_type": "album", "type": "album", "url": permalink, "target": {"url": permalink}}
        return album | {"subattachments": {"data": photos}}

    def read_many(self, call: Call) -> dict[str, Any]:
        token = self.token(call)
        fields = parse_fields(call.text("fields") or "id,created_time,message", POST_FIELDS, "Post")
        answer = {}
        wanted = call.text("ids").split(",")
        if len(wanted) > 50:
            raise GraphError("(#100) Too many IDs. Maximum: 50.", 100)
        for post_id in wanted:
            page = self.world.pages[self.name].get(post_id.partition("_")[0])
            post = page.posts.get(post_id) if page else None
            own = page is not None and token.page == page.external_id
            if (
                page is None
                or post is None
                or post.gone(self.world.world())
                or not (own or post.visible(self.world.world()))
            ):
                message = f"(#803) Some of the aliases you requested do not exist: {post_id}"
                raise GraphError(message, 803, status=404)
            answer[post_id] = self.post_view(page, post, fields, call)
        return answer

    # Lists

    def listing(self, call: Call, page: Page, posts: list[Post], token: Token) -> dict[str, Any]:
        since, until = moment(call.text("since")), moment(call.text("until"))
        inside = [
            post
            for post in posts
            if (since is None or post.published_at >= since) and (until is None or post.published_at < until)
        ]
        fields = parse_fields(call.text("fields") or "id,created_time,message", POST_FIELDS, "Post")
        return paged(call, inside, lambda post: post.id, lambda post: self.post_view(page, post, fields, call))

    # Counting

    def post_insights(self, call: Call, token: Token, page: Page, post: Post) -> dict[str, Any]:
        counts = growth.counts(page, post, self.world.world())
        values: dict[str, Any] = {
            "post_media_view": counts.views,
            "post_total_media_view_unique": counts.viewers,
            "post_clicks": counts.clicks,
            "post_clicks_by_type": {
                "link clicks": counts.clicks // 3,
                "other clicks": counts.clicks - counts.clicks // 3,
            },
            "post_reactions_by_type_total": {kind: total for kind, total in counts.reactions.items() if total},
            "post_activity_by_action_type": {
                "like": counts.all_reactions,
                "comment": counts.comments,
                "share": counts.shares,
            },
        } | {f"post_reactions_{kind}_total": total for kind, total in counts.reactions.items()}
        videos = ("views", "views_15s", "views_60s_excludes_shorter", "avg_time_watched", "view_time")
        values |= dict.fromkeys((f"post_video_{name}" for name in videos), 0)
        return self.insights(call, token, page, post.id, values, "lifetime")

    def page_insights(self, call: Call, token: Token, page: Page) -> dict[str, Any]:
        now = self.world.world()
        today = [growth.counts(page, post, now) for post in page.posts.values()]
        before = [growth.counts(page, post, now - DAY) for post in page.posts.values()]
        people, people_before = growth.followers(page, now), growth.followers(page, now - DAY)
        views = sum(each.views for each in today) - sum(each.views for each in before)
        acts = sum(each.all_reactions + each.comments + each.shares for each in today)
        values = {
            "page_media_view": views,
            "page_total_media_view_unique": int(views * 0.7),
            "page_post_engagements": acts - sum(each.all_reactions + each.comments + each.shares for each in before),
            "page_follows": people,
            "page_daily_follows": people - people_before,
            "page_daily_follows_unique": people - people_before,
            "page_daily_unfollows_unique": 0,
            "page_views_total": int(views * 0.1),
            "page_total_actions": 0,
            "page_video_views": 0,
        }
        return self.insights(call, token, page, page.external_id, values, "day")

    def insights(
        self, call: Call, token: Token, page: Page, node: str, values: dict[str, Any], period: str
    ) -> dict[str, Any]:
        if "read_insights" not in token.scopes:
            raise GraphError("(#200) Requires read_insights permission to manage the object", 200, status=403)
        nested = call.nested("metric")
        asked = (
            nested
            if isinstance(nested, list)
            else [name.strip() for name in call.text("metric").split(",") if name.strip()]
        )
        if not asked:
            raise GraphError("(#3001) An insights metric is required", 3001, 1504028)
        if any(name not in values for name in asked):
            raise GraphError("(#100) The value must be a valid insights metric", 100)
        if growth.followers(page, self.world.world()) < 100:
            return {"data": []}
        value_of = {name: {"value": values[name]} for name in asked}
        if period == "day":
            for value in value_of.values():
                value["end_time"] = stamp(self.world.wall() // DAY * DAY + 8 * 3600)
        return {
            "data": [
                {
                    "name": name,
                    "period": period,
                    "values": [value_of[name]],
                    "title": name.replace("_", " ").capitalize(),
                    "description": "",
                    "id": f"{node}/insights/{name}/{period}",
                }
                for name in asked
            ]
        }

    # Limits

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
        page = self.world.pages[self.name].get(page_id)
        if page is not None:
            since, calls = self.calls.get(page_id, (0.0, 0))
            percent = 100 if full_for else min(100, calls * 100 // self.allowance(page))
            wait = full_for or (since + DAY - self.world.world() if percent >= 100 else 0)
            usage = {"type": "pages", "call_count": percent, "total_cputime": 1, "total_time": 1}
            usage["estimated_time_to_regain_access"] = -int(-wait // 60)
            headers["X-Business-Use-Case-Usage"] = json.dumps({page_id: [usage]}, separators=(",", ":"))
        return headers

    # The login dialog

    def new_code(
        self,
        *,
        app: str,
        user: str,
        redirect_uri: str,
        scopes: list[str],
        declined: list[str],
        pages: list[str],
        only: dict[str, list[str]],
    ) -> str:
        """What the person agreed to in the dialog, to be redeemed once within ten minutes."""
        code = Token(
            "AQD" + secrets.token_urlsafe(48),
            self.name,
            "code",
            app,
            user=user,
            scopes=scopes,
            declined=declined,
            pages=pages,
        )
        code.expires = self.world.world() + 600
        code.bound_to = {"redirect_uri": redirect_uri}
        code.bound_to |= {f"only {scope}": ",".join(chosen) for scope, chosen in only.items()}
        self.world.codes[code.value] = code
        self.world.dirty = True
        return code.value

    @staticmethod
    def scopes_asked(text: str) -> list[str]:
        return [scope for scope in re.split(r"[,\s]+", text) if scope] or list(FACEBOOK_SCOPES)
