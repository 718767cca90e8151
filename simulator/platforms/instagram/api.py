"""Play Instagram, both ways in: Instagram Login, and Facebook Login through the linked Page.

A post is made in three steps: a container with media that are fetched, a wait until it is
finished, its publication.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from simulator import growth, images
from simulator.calls import Call
from simulator.faults import Plan
from simulator.model import Mistake, Page, Picture, Post, Token
from simulator.platforms.facebook.api import Facebook
from simulator.platforms.facebook.oauth import make_token_pair
from simulator.platforms.facebook.spec import APPS as FACEBOOK_APPS
from simulator.platforms.facebook.spec import SCOPES as FACEBOOK_SCOPES
from simulator.platforms.facebook.spec import FacebookSpec
from simulator.platforms.instagram.comments import Comments
from simulator.platforms.instagram.consent import InstagramConsent
from simulator.platforms.instagram.insights import Insights
from simulator.platforms.instagram.media import FIELDS_AT_FACEBOOK, MEDIA_FIELDS, Media
from simulator.platforms.instagram.spec import APPS, SCOPES, SCOPES_AT_FACEBOOK, InstagramSpec
from simulator.platforms.instagram.uploads import Uploads
from simulator.platforms.instagram.webhooks import InstagramReporter
from simulator.platforms.meta.containers import ContainerPlatform
from simulator.platforms.meta.graph import GraphError, check_version, list_pages_for, missing_object

ACCOUNT_FIELDS = (
    "id", "ig_id", "user_id", "username", "name", "profile_picture_url", "followers_count",
    "follows_count",
    "media_count", "account_type", "biography", "website",
)  # fmt: skip


def is_ours(path: str) -> bool:
    """Decide whether a call to graph.facebook.com or rupload is about an account, container or post
    of Instagram."""
    return path.startswith("ig-api-upload/") or bool(
        re.match(r"/*(v\d+\.\d+/+)?1[78]\d{15}(/|$)", path)
    )


class Instagram(ContainerPlatform):
    spec = InstagramSpec()
    mounts = ("/instagram/",)
    consent = InstagramConsent
    reporter = InstagramReporter
    apps = APPS
    scopes = SCOPES
    token_prefix = "IGAA"
    product = "FEED"

    def reset(self) -> None:
        super().reset()
        self.uploads = Uploads(self)
        self.replies = Comments(self)
        self.numbers = Insights(self)
        self.media = Media(self, self.replies, self.numbers)

    @staticmethod
    def at_facebook(call: Call) -> bool:
        return not call.path.startswith(("graph/", "api/"))

    @staticmethod
    def upload_of(call: Call) -> str:
        """Name the container that bytes are sent for, on the upload host."""
        match = re.match(r"ig-api-upload/(?:v\d+\.\d+/)?(\w+)$", call.path)
        return match[1] if match else ""

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
        if edge in ("insights", "comments") or (
            not edge and re.search(r"_count|followers", call.text("fields"))
        ):
            return page, ("measure",)
        account = head == "me" or head in self.world.pages[self.name]
        return page, ("connect" if account and edge not in ("media", "stories") else "find",)

    async def dispatch(self, call: Call, plan: Plan) -> Any:
        check_version(call.path, self.world.settings["facebook_oldest_version"])
        if container := self.upload_of(call):
            return await self.uploads.upload(call, container)
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
        if (container_row := self.container(head)) is not None and container_row["page"] in own:
            self.count(own[container_row["page"]])
            return self.media.container_node(call, plan, container_row)
        if (own_post := self.find_post(token, head)) is not None:
            self.count(own_post[0])
            return self.media.media_edge(call, plan, token, *own_post, edge)
        if (remark := self.find_comment(token, head)) is not None:
            return self.replies.comment_edge(call, token, *remark, edge)
        raise missing_object(head, call.method.lower())

    def own(self, token: Token) -> Iterator[Page]:
        yield from super().own(token)
        if token.platform == "facebook":
            for page_id in [token.page] if token.page else token.pages:
                linked = self.world.pages["facebook"].get(page_id)
                if linked and (
                    page := self.world.pages[self.name].get(linked.details.get("instagram", ""))
                ):
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
        if token.page and token.page not in list_pages_for(token, name):
            raise GraphError(
                f"(#10) Application does not have permission for this action ({name})",
                10,
                status=403,
            )

    def exchange(self, call: Call) -> dict[str, Any]:
        plain = self.redeem(call)
        if not self.world.settings["instagram_wrapped_codes"]:
            return plain
        return {"data": [plain | {"permissions": ",".join(plain["permissions"])}]}

    async def account_edge(
        self, call: Call, plan: Plan, token: Token, page: Page, edge: str
    ) -> dict[str, Any]:
        self.need(token, "basic")
        match call.method, edge:
            case "GET", "":
                return self.account_view(call, token, page)
            case "POST", "media":
                self.need(token, "content_publish")
                return await self.uploads.create(call, plan, page)
            case "POST", "media_publish":
                self.need(token, "content_publish")
                return self.media.publish(call, plan, page)
            case "GET", "content_publishing_limit":
                return self.media.publishing_limit(call, page)
            case "GET", "media" | "stories":
                stories = edge == "stories"
                known = MEDIA_FIELDS + (FIELDS_AT_FACEBOOK if token.platform == "facebook" else ())
                fields = self.fields(call, known, "Media")
                posts = [
                    post
                    for post in self.world.visible_posts(page, lag=plan.lag)
                    if (post.details["product"] == "STORY") == stories
                ]
                return self.listed(
                    call, posts, lambda post: self.media.media_view(call, page, post, fields)
                )
            case "GET", "insights":
                return self.numbers.account_insights(call, token, page)
            case "POST", "subscribed_apps" if not self.at_facebook(call):
                if "comments" not in call.text("subscribed_fields").split(","):
                    raise GraphError("(#100) The parameter subscribed_fields is required.", 100)
                page.details["subscribed"] = {"fields": ["comments"], "at": self.world.wall()}
                self.world.dirty = True
                return {"success": True}
        raise missing_object(f"{page.external_id}/{edge}", call.method.lower())

    def account_view(self, call: Call, token: Token, page: Page) -> dict[str, Any]:
        now = self.world.world()
        avatar = f"{self.world.public_url or call.origin}/pages/{self.name}/{page.external_id}/avatar.svg"  # noqa: E501
        # At graph.instagram.com "id" is the app's own name for the account and fits into no path.
        view: dict[str, Any] = {
            "id": page.external_id if token.platform == "facebook" else f"26{page.external_id[2:]}",
            "ig_id": page.external_id[-11:].lstrip("0"),
            "user_id": page.external_id,
            "username": page.username,
            "name": page.name,
            "profile_picture_url": avatar,
            "followers_count": growth.count_followers(page, now),
            "follows_count": 12,
            "media_count": len(self.world.visible_posts(page)),
            "account_type": "BUSINESS",
            "biography": page.profile.get("description", ""),
            "website": page.profile.get("website", ""),
        }
        if not page.profile.get("picture"):
            del view["profile_picture_url"]
        return {
            key: view[field["name"]]
            for key, field in self.fields(call, ACCOUNT_FIELDS, "IGUser").items()
            if field["name"] in view
        }

    def too_many_calls(self) -> GraphError:
        message = (
            "(#80002) There have been too many calls to this Instagram account. "
            "Wait a bit and try again."
        )
        return GraphError(message, 80002, 2446079, is_transient=True)

    def server_error(self, call: Call, status: int) -> GraphError:
        if call.path.endswith("media_publish"):
            return GraphError(
                "Instagram server error. Try again.", -1, 2207001, status=status, is_transient=True
            )
        return super().server_error(call, status)

    def claims(self, mount: str, tail: str) -> bool:
        """Take what graph.facebook.com and its upload host are asked about Instagram: the first id
        tells."""
        return mount in Facebook.mounts and is_ours(tail)

    # What the control API arranges

    def prepare(self, page: Page, given: dict[str, Any]) -> None:
        """Link the account to a page on Facebook."""
        if not given.get("facebook_page"):
            return
        linked = self.world.find_page(FacebookSpec.name, str(given["facebook_page"]))
        if linked is None:
            raise Mistake(f"no {FacebookSpec.name} page {given['facebook_page']}")
        linked.details["instagram"], page.details["facebook_page"] = (
            page.external_id,
            linked.external_id,
        )

    def complete(self, page: Page) -> None:
        """Link the account to the page on Facebook of the same name, which has none yet, or else to
        a new one: the portal comes to it by Facebook Login."""
        pages = self.world.pages[FacebookSpec.name].values()
        free = (page for page in pages if not page.details.get("instagram"))
        linked = next((candidate for candidate in free if candidate.name == page.name), None)
        linked = linked or self.world.new_page(FacebookSpec.name, page.name)
        self.prepare(page, {"facebook_page": linked.external_id})

    def connect(self, page: Page) -> dict[str, Any]:
        tokens = super().connect(page)
        if linked := self.linked(page):
            pair = make_token_pair(self.world, linked, FACEBOOK_SCOPES + SCOPES_AT_FACEBOOK)
            tokens |= {"page_token": pair["access_token"], "user_token": pair["user_token"]}
        return tokens

    def linked(self, page: Page) -> Page | None:
        return self.world.pages[FacebookSpec.name].get(page.details.get("facebook_page", ""))

    def kill(self, *, page: str = "", token: str = "", dead: int = 1) -> int:
        """End an account's credentials, and those of the page that it is linked to, which open it
        too."""
        linked = self.linked(self.world.pages[self.name][page]) if page else None
        killed = super().kill(page=page, token=token, dead=dead)
        if linked is None:
            return killed
        at_facebook = [
            candidate
            for candidate in self.world.tokens.values()
            if candidate.platform == FacebookSpec.name
            and linked.external_id in (candidate.page, *candidate.pages)
        ]
        return killed + self.world.end(at_facebook, platform=self.name, dead=dead)

    def compose(self, page: Page, post: Post, number: int) -> None:
        if not post.pictures:
            post.pictures = [Picture(self.world.keep_media(images.make_plain_png(number)))]
        super().compose(page, post, number)
