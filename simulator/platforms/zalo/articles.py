"""Make articles by jobs, whose pictures are fetched before there is anything to be seen."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from datetime import date, datetime, timedelta
from typing import Any

from simulator import growth, images
from simulator.calls import Call
from simulator.faults import Plan
from simulator.model import Page, Picture, Post, normalize_unicode
from simulator.platforms.zalo.errors import REFUSALS, SUCCESS, ZaloError, invalid, too_large
from simulator.platforms.zalo.spec import APPS, VIETNAM, ZaloSpec
from simulator.platforms.zalo.videos import Videos
from simulator.world import World

# Less than the documentation says (150, 300 and 1 MB): live accounts are refused what comes near
# those.
LARGEST_IMAGE = 900_000
LONGEST = {"title": 140, "author": 50, "description": 250}
# What a block of each sort must hold one of: a video of the account's own, or the address of one
# elsewhere.
NEEDED = {"text": ("content",), "image": ("url",), "video": ("video_id", "url"), "product": ("id",)}


class Articles:
    def __init__(self, world: World, fetcher: images.Fetcher, videos: Videos) -> None:
        self.world = world
        self.fetcher = fetcher
        self.videos = videos
        self.running: set[asyncio.Task[None]] = set()

    def article(self, page: str, article_id: str) -> Post | None:
        """Find an article that exists by now: not removed, and its job done."""
        account = self.world.pages[ZaloSpec.name].get(page)
        post = account.posts.get(article_id) if account else None
        there = (
            post is not None
            and not post.gone(self.world.world())
            and post.details["exists_from"] <= self.world.world()
        )
        return post if there else None

    def named(self, page: Page, call: Call) -> Post:
        """Find the article that a call names."""
        post = self.article(page.external_id, call.text("id"))
        if post is None:
            raise invalid("id")
        return post

    def create(self, page: Page, call: Call, plan: Plan) -> str:
        return self.start_job(page, call, plan, None)

    def update(self, page: Page, call: Call, plan: Plan) -> str:
        return self.start_job(page, call, plan, self.named(page, call))

    def remove(self, page: Page, call: Call, plan: Plan) -> dict[str, Any]:
        self.world.remove(self.named(page, call), after=plan.late)
        return dict(SUCCESS)

    def start_job(self, page: Page, call: Call, plan: Plan, post: Post | None) -> str:
        """Check what can be checked at once. Pictures are fetched afterwards: a bad one shows only
        in verify."""
        if last_day_of_package(self.world) < today_in_vietnam(self.world):
            raise ZaloError(-224, REFUSALS[-224])
        article = require_valid_article(call.params)
        self.videos.check_used(page, article)
        token = secrets.token_urlsafe(32)
        self.world.jobs[token] = job = {
            "page": page.external_id,
            "id": "",
            "done": None,
            "error": 0,
            "message": "",
        }
        started = self.world.world()
        task = asyncio.create_task(
            self.work(page, post, article, job, started, call.arrived, plan.late)
        )
        self.running.add(task)
        task.add_done_callback(self.running.discard)
        return token

    async def work(
        self,
        page: Page,
        post: Post | None,
        article: dict[str, Any],
        job: dict[str, Any],
        started: float,
        arrived: float,
        late: float,
    ) -> None:
        """Do the job: pictures first, then the article as a whole, to be seen when the job's time
        is over."""
        try:
            pictures = await self.pictures(article)
        except ZaloError as error:
            job |= {"done": self.world.world(), "error": error.code, "message": str(error)}
            return
        now = self.world.world()
        job["done"] = max(now, started + self.world.settings["zalo_job_seconds"])
        if post is None:
            article_id = hashlib.md5(
                f"{page.external_id}/{self.world.next_number()}".encode()
            ).hexdigest()
            post = page.posts[article_id] = Post(
                article_id, "", self.world.wall() + job["done"] - now, requests=0
            )
            post.app = next(iter(APPS))
            post.details = {"exists_from": job["done"]}
        job["id"] = post.id
        self.apply(post, article, pictures, arrived, job["done"] - now, late)

    def apply(
        self,
        post: Post,
        article: dict[str, Any],
        pictures: list[Picture],
        arrived: float,
        wait: float,
        late: float,
    ) -> None:
        """Replace the whole article, as a create makes it: what is left out falls back to its
        default."""
        post.title = article["title"]
        blocks = article.get("body", [])
        post.text = (
            "\n".join(block["content"] for block in blocks if block["type"] == "text")
            or article["description"]
        )
        post.link = article.get("tracking_link", "")
        post.pictures = pictures
        post.requests += 1
        post.edited_at = self.world.wall() + wait
        keep = (
            "type",
            "author",
            "description",
            "cover",
            "body",
            "video_id",
            "avatar",
            "related_medias",
        )
        post.details |= {name: article[name] for name in keep if name in article}
        blocks = [*blocks, article] if article["type"] == "video" else blocks
        videos = [
            block["video_id"]
            for block in blocks
            if block.get("type") == "video" and block.get("video_id")
        ]
        videos += (
            [article["cover"]["video_id"]]
            if article.get("cover", {}).get("cover_type") == "video"
            else []
        )
        post.pictures = [
            *pictures,
            *(
                Picture(self.world.jobs[f"video {video}"]["sha256"], kind="video", id=video)
                for video in videos
            ),
        ]
        post.details["comment"] = article.get("comment", "show")
        requested = article.get("status", "hide")
        visible = any(interval.gone_at is None for interval in post.intervals)
        if requested == "show" and not visible and post.leaves_world is None:
            self.world.show(post, arrived=arrived, after=wait + late)
        elif requested == "hide" and visible:
            self.world.hide(post, after=wait)
        self.world.dirty = True

    async def pictures(self, article: dict[str, Any]) -> list[Picture]:
        """Fetch every picture that the article names, the cover first."""
        named: list[tuple[str, str, str]] = []
        cover = article.get("cover", {})
        if cover.get("cover_type") == "photo":
            named.append(("cover.photo_url", cover["photo_url"], ""))
        if article["type"] == "video":
            named.append(("avatar", article["avatar"], ""))
        named += [
            ("body.url", block["url"], block.get("caption", ""))
            for block in article.get("body", [])
            if block["type"] == "image"
        ]
        named += [
            ("body.thumb", block["thumb"], "")
            for block in article.get("body", [])
            if block["type"] == "video" and block.get("thumb")
        ]
        hosts = self.world.settings["image_hosts"]
        fetched = []
        for field, url, caption in named:
            try:
                data = await self.fetcher.get(str(url), hosts, LARGEST_IMAGE)
            except images.Unfetchable as why:
                raise invalid(field) from why
            if len(data) > LARGEST_IMAGE:
                raise too_large(field)
            if images.detect_kind(data) not in ("image/jpeg", "image/png"):
                raise invalid(field)
            fetched.append(Picture(self.world.keep_media(data), caption=caption))
        return fetched

    def verify(self, page: Page, call: Call) -> dict[str, Any]:
        job = self.world.jobs.get(call.text("token"))
        if job is None or job["page"] != page.external_id:
            raise invalid("token")
        if job["done"] is None or job["done"] > self.world.world():
            if self.world.settings["zalo_pending"] == "without id":
                return {"data": {}} | SUCCESS
            raise ZaloError(-214, "Article is being processed")
        if job["error"]:
            raise ZaloError(job["error"], job["message"])
        return {"data": {"id": job["id"]}} | SUCCESS

    def slice(self, page: Page, call: Call, plan: Plan) -> dict[str, Any]:
        kind = call.text("type")
        if kind not in ("normal", "video"):
            raise invalid("type")
        limit, offset = call.number("limit", -1), call.number("offset", -1)
        if offset < 0:
            raise invalid("offset")
        if not 1 <= limit <= 10:
            raise invalid("limit")
        now = self.world.world() - plan.lag
        listed = [
            post
            for post in page.posts.values()
            if not post.gone(now)
            and post.details["exists_from"] <= now
            and post.details["type"] == kind
        ]
        listed.sort(key=lambda post: post.created_at, reverse=True)
        medias = [self.summary(page, post, call) for post in listed[offset : offset + limit]]
        return {"medias": medias, "total": len(listed)}

    def summary(self, page: Page, post: Post, call: Call) -> dict[str, Any]:
        counts = growth.compute_counts(page, post, self.world.world())
        summary = {
            "id": post.id,
            "type": post.details["type"],
            "title": post.title,
            "status": self.status(post),
            "total_view": counts.views,
            "total_share": counts.shares,
            "create_date": int(post.created_at * 1000),
            "update_date": int((post.edited_at or post.created_at) * 1000),
            "thumb": f"{call.origin}/media/{post.pictures[0].sha256}" if post.pictures else "",
            "link_view": self.world.permalink(page, post, call.origin),
        }
        silent = self.world.settings["zalo_silent_metrics"]
        return {name: value for name, value in summary.items() if name not in silent}

    def status(self, post: Post) -> str:
        """Give the status as residents find it: a job under way has not changed it yet."""
        return "show" if post.visible(self.world.world()) else "hide"

    def detail(self, page: Page, call: Call) -> dict[str, Any]:
        post = self.named(page, call)
        names = ("type", "author", "cover", "description", "body", "comment", "video_id")
        facts = {name: post.details[name] for name in names if name in post.details}
        return {"id": post.id, "title": post.title, "cite": "", "status": self.status(post)} | facts


def today_in_vietnam(world: World) -> date:
    return datetime.fromtimestamp(world.world(), VIETNAM).date()


def last_day_of_package(world: World) -> date:
    """Return the day that is set; else one of the next year, which never comes."""
    if until := world.settings["zalo_package_until"]:
        return datetime.strptime(until, "%d/%m/%Y").date()
    return today_in_vietnam(world) + timedelta(days=365)


def require_valid_article(article: dict[str, Any]) -> dict[str, Any]:
    """Refuse an article by the first of its fields that is wrong."""
    kind = article.get("type")
    if kind not in ("normal", "video"):
        raise invalid("type")
    check_texts(
        article,
        ("title", "author", "description") if kind == "normal" else ("title", "description"),
    )
    for name in ("status", "comment"):
        if article.get(name, "show") not in ("show", "hide"):
            raise invalid(name)
    if kind == "normal":
        check_cover(article.get("cover"))
        check_body(article.get("body"))
    for name in ("video_id", "avatar") if kind == "video" else ():
        if not article.get(name):
            raise invalid(name)
    return article


def check_texts(article: dict[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        value = article.get(name)
        if not isinstance(value, str) or (not value.strip() and name != "description"):
            raise invalid(name)
        if len(normalize_unicode("NFC", value)) > LONGEST[name]:
            raise too_large(name)


def check_cover(cover: Any) -> None:
    if not isinstance(cover, dict) or cover.get("cover_type") not in ("photo", "video"):
        raise invalid("cover")
    if not cover.get("photo_url" if cover["cover_type"] == "photo" else "video_id"):
        raise invalid("cover")


def check_body(body: Any) -> None:
    if not isinstance(body, list) or not body:
        raise invalid("body")
    for block in body:
        if not isinstance(block, dict) or not any(
            block.get(name) for name in NEEDED.get(block.get("type", ""), ())
        ):
            raise invalid("body")
