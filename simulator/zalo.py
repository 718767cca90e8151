"""Zalo Official Accounts: OAuth v4 with PKCE and rotating refresh tokens, account facts, asynchronous articles.

Almost every refusal is HTTP 200 with a negative `error`. Numbers below -14003 are this simulator's own: the real ones
are not published.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
import unicodedata
from datetime import datetime, timedelta, timezone
from typing import Any

from simulator import growth, images
from simulator.calls import Call, Reply
from simulator.faults import Fault, Plan
from simulator.state import ZALO_APPS, Page, Picture, Post, Token, World

LARGEST_IMAGE, LARGEST_FILM = 1024 * 1024, 50 * 1024 * 1024
READY, CONVERTING, CONVERSION_FAILED = 1, 3, 4
HERE = timezone(timedelta(hours=7))
LONGEST = {"title": 150, "author": 50, "description": 300}
SUCCESS = {"error": 0, "message": "Success"}
REFUSALS = {
    -201: "title is invalid!",
    -209: "The application is not active for this API",
    -210: "title is above the allowed size",
    -212: "The application is not registered for this API",
    -215: "Invalid app id",
    -242: "appsecret_proof provided in the API argument is invalid",
    -248: "Content violates the platform's standards",
}


class ZaloError(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code

    def reply(self) -> Reply:
        return Reply({"error": self.code, "message": str(self)})


def invalid(field: str) -> ZaloError:
    return ZaloError(-201, f"{field} is invalid!")


def too_large(field: str) -> ZaloError:
    return ZaloError(-210, f"{field} is above the allowed size")


def oauth_error(code: int, name: str, reason: str) -> Reply:
    """The OAuth server's error shape, in HTTP 200 as well."""
    return Reply(
        {
            "error": code,
            "error_name": name,
            "error_reason": reason,
            "error_description": reason,
            "ref_doc": "https://developers.zalo.me/docs/official-account/bat-dau/xac-thuc-va-uy-quyen-cho-ung-dung-new",
        }
    )


def challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


class Zalo:
    name = "zalo"

    def __init__(self, world: World, fetcher: images.Fetcher) -> None:
        self.world = world
        self.fetcher = fetcher
        self.minute = (0, 0)
        self.running: set[asyncio.Task[None]] = set()

    # What a call is

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
                post = self.article(page, call.text("id"))
                shown = post is not None and post.visible(self.world.world())
                return page, ("publish" if call.text("status") == "show" and not shown else "edit",)
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

    # Answers

    async def answer(self, call: Call, plan: Plan) -> Reply:
        if call.path.startswith("oauth/"):
            told = self.oauth(call)
            if self.world.settings["zalo_oauth_errors"] == "message" and "error_name" in told.body:
                return Reply({"message": told.body["error_name"]})
            return told
        limit = self.world.settings["zalo_calls_per_minute"]
        used = self.count()
        try:
            if limit and used > limit:
                raise ZaloError(-32, "Your application has reached the limit of calls per minute")
            reply = Reply(self.dispatch(call, plan))
        except ZaloError as error:
            reply = error.reply()
        if limit:
            reply.headers |= {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remain": str(max(0, limit - used))}
        return reply

    def refusal(self, fault: Fault, call: Call) -> Reply:
        """What an injected fault looks like when it comes from Zalo."""
        match fault.kind:
            case "rate_limit":
                whose = "OA" if fault.page else "application"
                reply = ZaloError(-32, f"Your {whose} has reached the limit of calls per minute").reply()
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
                words = REFUSALS.get(fault.code or -248, "Refused")
                return ZaloError(fault.code or -248, words).reply()
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
        match call.method, call.path.removeprefix("openapi/v2.0/"):
            case "GET", "oa/getoa":
                return {"data": self.account(page, call)} | SUCCESS
            case "POST", "article/create":
                return {"data": {"token": self.start_job(page, call, plan, None)}} | SUCCESS
            case "POST", "article/update":
                post = self.article(page.external_id, call.text("id"))
                if post is None:
                    raise invalid("id")
                return {"data": {"token": self.start_job(page, call, plan, post)}} | SUCCESS
            case "POST", "article/verify":
                return self.verify(page, call)
            case "POST", "article/remove":
                post = self.article(page.external_id, call.text("id"))
                if post is None:
                    raise invalid("id")
                self.world.remove(post, after=plan.late)
                return dict(SUCCESS)
            case "GET", "article/getslice":
                return {"data": self.slice(page, call, plan)} | SUCCESS
            case "GET", "article/getdetail":
                post = self.article(page.external_id, call.text("id"))
                if post is None:
                    raise invalid("id")
                return {"data": self.detail(post)} | SUCCESS
            case "POST", "article/upload_video/preparevideo":
                return {"data": {"token": self.take_film(page, call, plan)}} | SUCCESS
            case "GET", "article/upload_video/verify":
                return {"data": self.film(page, call)} | SUCCESS
            case "POST", "oa/message":
                return {"data": {"message_id": self.broadcast(page, call)}} | SUCCESS
        raise ZaloError(-404, f"No such API: {call.path.removeprefix('openapi')}")

    def page_of(self, call: Call) -> Page:
        """The account that the header's token opens. A token anywhere else is not looked at."""
        token = self.world.tokens.get(call.headers.get("access_token", ""))
        if token is None or token.kind != "access" or token.dead:
            raise ZaloError(-216, "Access token is invalid")
        if token.expires is not None and token.expires <= self.world.world():
            raise ZaloError(-220, "access_token is expired or removed")
        if proof := call.headers.get("appsecret_proof"):
            right = hmac.new(ZALO_APPS[token.app].encode(), token.value.encode(), hashlib.sha256).hexdigest()
            if not hmac.compare_digest(proof.encode(), right.encode()):
                raise ZaloError(-242, "appsecret_proof provided in the API argument is invalid")
        return self.world.pages[self.name][token.page]

    def account(self, page: Page, call: Call) -> dict[str, Any]:
        link = f"{self.world.public_url or call.origin}/pages/zalo/{page.external_id}/"
        return {
            "oa_id": page.external_id,
            "name": page.name,
            "description": "Kênh chính thức",
            "oa_alias": page.username,
            "is_verified": True,
            "oa_type": 4,
            "cate_name": "Cơ quan nhà nước",
            "num_follower": growth.followers(page, self.world.world()),
            "avatar": f"{link}avatar.svg",
            "cover": f"{link}avatar.svg",
            "package_name": "Tăng trưởng",
            "package_valid_through_date": "31/12/2027",
            "package_auto_renew_date": "Không gia hạn",
        }

    # Articles

    def article(self, page: str, article_id: str) -> Post | None:
        """An article that exists by now: not removed, and its job done."""
        account = self.world.pages[self.name].get(page)
        post = account.posts.get(article_id) if account else None
        there = (
            post is not None and not post.gone(self.world.world()) and post.details["exists_from"] <= self.world.world()
        )
        return post if there else None

    def start_job(self, page: Page, call: Call, plan: Plan, post: Post | None) -> str:
        """Checks what can be checked at once. The pictures are fetched afterwards: a bad one shows only in verify."""
        article = self.checked(call.params)
        self.check_films(page, article)
        token = secrets.token_urlsafe(32)
        self.world.jobs[token] = job = {"page": page.external_id, "id": "", "done": None, "error": 0, "message": ""}
        started = self.world.world()
        task = asyncio.create_task(self.work(page, post, article, job, started, call.arrived, plan.late))
        self.running.add(task)
        task.add_done_callback(self.running.discard)
        return token

    def check_films(self, page: Page, article: dict[str, Any]) -> None:
        """Every video that the article names is this account's own, and converted."""
        cover = article.get("cover", {})
        named = [("cover", cover.get("video_id"))] if cover.get("cover_type") == "video" else []
        named += [("video_id", article["video_id"])] if article["type"] == "video" else []
        blocks = article.get("body", []) if article["type"] == "normal" else []
        named += [("body.video_id", block["video_id"]) for block in blocks if block["type"] == "video"]
        for field, video_id in named:
            film = self.world.jobs.get(f"film {video_id}")
            if film is None or film["page"] != page.external_id or self.status_of(film) != READY:
                raise invalid(field)

    def take_film(self, page: Page, call: Call, plan: Plan) -> str:
        upload = call.files.get("file")
        if upload is None:
            raise invalid("file")
        if len(upload.data) > LARGEST_FILM:
            raise too_large("file")
        if images.kind_of(upload.data) != "video/mp4" and not (
            upload.data[:4] == b"RIFF" and upload.data[8:12] == b"AVI "
        ):
            raise invalid("file")
        token, video_id = f"vt{secrets.token_urlsafe(32)}", secrets.token_hex(16)
        done = self.world.world() + self.world.settings["zalo_video_seconds"]
        film = {"page": page.external_id, "id": video_id, "done": done, "error": 1 if plan.fails else 0}
        film |= {"sha256": self.world.keep_media(upload.data), "size": len(upload.data), "name": upload.filename}
        self.world.jobs[token] = self.world.jobs[f"film {video_id}"] = film | {"film": True}
        self.world.dirty = True
        return token

    def status_of(self, film: dict[str, Any]) -> int:
        if film["done"] > self.world.world():
            return CONVERTING
        return CONVERSION_FAILED if film["error"] else READY

    def film(self, page: Page, call: Call) -> dict[str, Any]:
        """What became of an upload. Its token comes as a header or in the address."""
        film = self.world.jobs.get(call.headers.get("token", "") or call.text("token"))
        if film is None or not film.get("film") or film["page"] != page.external_id:
            raise invalid("token")
        status = self.status_of(film)
        return {
            "status": status,
            "status_message": {READY: "Success", CONVERTING: "Converting", CONVERSION_FAILED: "Failed"}[status],
            "video_name": film["name"],
            "video_size": film["size"],
            "convert_percent": 100 if status == READY else 40,
            "video_id": film["id"] if status == READY else "",
        }

    def broadcast(self, page: Page, call: Call) -> str:
        """Sends an article to all followers. Every accepted call sends again: there is no key and no lookup."""
        match call.params:
            case {
                "recipient": {"target": dict(target)},
                "message": {
                    "attachment": {
                        "type": "template",
                        "payload": {
                            "template_type": "media",
                            "elements": [{"media_type": "article", "attachment_id": str(article_id)}],
                        },
                    }
                },
            }:
                pass
            case _:
                raise invalid("message")
        post = self.article(page.external_id, article_id)
        if post is None or not post.visible(self.world.world()):
            raise invalid("attachment_id")
        now = datetime.fromtimestamp(self.world.world(), HERE)
        opens, closes = self.world.settings["zalo_broadcast_hours"]
        if not opens <= now.hour < closes:
            raise ZaloError(-234, "Cannot send a broadcast between 22:00 and 06:00")
        sent = page.details.setdefault("broadcasts", [])
        this_month = [each for each in sent if each["day"][:7] == f"{now:%Y-%m}"]
        a_day, a_month = self.world.settings["zalo_broadcasts"]
        if a_day and sum(each["day"] == f"{now:%Y-%m-%d}" for each in sent) >= a_day:
            raise ZaloError(-218, "Followers have received the most messages of a day")
        if a_month and len(this_month) >= a_month:
            raise ZaloError(-211, "Out of quota")
        number = secrets.token_hex(16)
        sent.append({"id": number, "article": post.id, "day": f"{now:%Y-%m-%d}", "target": target})
        post.details["broadcasts"] = [*post.details.get("broadcasts", []), {"id": number, "target": target}]
        self.world.dirty = True
        return number

    @staticmethod
    def checked(article: dict[str, Any]) -> dict[str, Any]:
        kind = article.get("type")
        if kind not in ("normal", "video"):
            raise invalid("type")
        needed = ("title", "author", "description") if kind == "normal" else ("title", "description")
        for name in needed:
            value = article.get(name)
            if not isinstance(value, str) or (not value.strip() and name != "description"):
                raise invalid(name)
            if len(unicodedata.normalize("NFC", value)) > LONGEST[name]:
                raise too_large(name)
        for name in ("status", "comment"):
            if article.get(name, "show") not in ("show", "hide"):
                raise invalid(name)
        if kind == "video":
            for name in ("video_id", "avatar"):
                if not article.get(name):
                    raise invalid(name)
            return article
        cover = article.get("cover")
        if not isinstance(cover, dict) or cover.get("cover_type") not in ("photo", "video"):
            raise invalid("cover")
        if not cover.get("photo_url" if cover["cover_type"] == "photo" else "video_id"):
            raise invalid("cover")
        body = article.get("body")
        if not isinstance(body, list) or not body:
            raise invalid("body")
        needs = {"text": "content", "image": "url", "video": "video_id", "product": "id"}
        for block in body:
            if not isinstance(block, dict) or not block.get(needs.get(block.get("type", ""), ""), ""):
                raise invalid("body")
        return article

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
        """The job itself: pictures first, then the article as a whole, to be seen when the job's time is over."""
        try:
            pictures = await self.pictures(article)
        except ZaloError as error:
            job |= {"done": self.world.world(), "error": error.code, "message": str(error)}
            return
        now = self.world.world()
        job["done"] = max(now, started + self.world.settings["zalo_job_seconds"])
        if post is None:
            article_id = hashlib.md5(f"{page.external_id}/{self.world.next_number()}".encode()).hexdigest()
            post = page.posts[article_id] = Post(article_id, "", self.world.wall() + job["done"] - now, requests=0)
            post.app = next(iter(ZALO_APPS))
            post.details = {"exists_from": job["done"]}
        job["id"] = post.id
        self.apply(post, article, pictures, arrived, job["done"] - now, late)

    def apply(
        self, post: Post, article: dict[str, Any], pictures: list[Picture], arrived: float, wait: float, late: float
    ) -> None:
        """An update replaces the whole article, as a create makes it: what is left out falls back to its default."""
        post.title = article["title"]
        blocks = article.get("body", [])
        post.text = "\n".join(block["content"] for block in blocks if block["type"] == "text") or article["description"]
        post.link = article.get("tracking_link", "")
        post.pictures = pictures
        post.requests += 1
        post.edited_at = self.world.wall() + wait
        keep = ("type", "author", "description", "cover", "body", "video_id", "avatar", "related_medias")
        post.details |= {name: article[name] for name in keep if name in article}
        blocks = [*blocks, article] if article["type"] == "video" else blocks
        films = [block["video_id"] for block in blocks if block.get("type") == "video"]
        films += [article["cover"]["video_id"]] if article.get("cover", {}).get("cover_type") == "video" else []
        post.pictures = [
            *pictures,
            *(Picture(self.world.jobs[f"film {each}"]["sha256"], kind="video", id=each) for each in films),
        ]
        post.details["comment"] = article.get("comment", "show")
        wanted = article.get("status", "hide")
        shown = any(interval.gone_at is None for interval in post.intervals)
        if wanted == "show" and not shown and post.leaves_world is None:
            self.world.show(post, arrived=arrived, after=wait + late)
        elif wanted == "hide" and shown:
            self.world.hide(post, after=wait)
        self.world.dirty = True

    async def pictures(self, article: dict[str, Any]) -> list[Picture]:
        """Every picture that the article names, the cover first."""
        wanted: list[tuple[str, str, str]] = []
        cover = article.get("cover", {})
        if cover.get("cover_type") == "photo":
            wanted.append(("cover.photo_url", cover["photo_url"], ""))
        if article["type"] == "video":
            wanted.append(("avatar", article["avatar"], ""))
        wanted += [
            ("body.url", block["url"], block.get("caption", ""))
            for block in article.get("body", [])
            if block["type"] == "image"
        ]
        wanted += [
            ("body.thumb", block["thumb"], "")
            for block in article.get("body", [])
            if block["type"] == "video" and block.get("thumb")
        ]
        hosts = self.world.settings["image_hosts"]
        found = []
        for field, url, caption in wanted:
            try:
                data = await self.fetcher.get(str(url), hosts, LARGEST_IMAGE)
            except images.Unfetchable as why:
                raise invalid(field) from why
            if len(data) > LARGEST_IMAGE:
                raise too_large(field)
            if images.kind_of(data) not in ("image/jpeg", "image/png"):
                raise invalid(field)
            found.append(Picture(self.world.keep_media(data), caption=caption))
        return found

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
            if not post.gone(now) and post.details["exists_from"] <= now and post.details["type"] == kind
        ]
        listed.sort(key=lambda post: post.created_at, reverse=True)
        medias = [self.summary(page, post, call) for post in listed[offset : offset + limit]]
        return {"medias": medias, "total": len(listed)}

    def summary(self, page: Page, post: Post, call: Call) -> dict[str, Any]:
        counts = growth.counts(page, post, self.world.world())
        return {
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

    def status(self, post: Post) -> str:
        """As residents find it: a job under way has not changed it yet."""
        return "show" if post.visible(self.world.world()) else "hide"

    def detail(self, post: Post) -> dict[str, Any]:
        names = ("type", "author", "cover", "description", "body", "comment", "video_id")
        told = {name: post.details[name] for name in names if name in post.details}
        return {"id": post.id, "title": post.title, "cite": "", "status": self.status(post)} | told

    # OAuth

    def oauth(self, call: Call) -> Reply:
        if call.method != "POST" or call.path != "oauth/v4/oa/access_token":
            return Reply({"error": -404, "message": "Not found"}, 404)
        app = call.text("app_id")
        if app not in ZALO_APPS:
            return oauth_error(-14002, "Invalid appId", "App id is invalid")
        if not hmac.compare_digest(call.headers.get("secret_key", "").encode(), ZALO_APPS[app].encode()):
            return oauth_error(-14011, "Invalid secret key", "Secret key is invalid")
        match call.text("grant_type"):
            case "authorization_code":
                return self.redeem(call, app)
            case "refresh_token":
                return self.rotate(call, app)
        return oauth_error(-14010, "Invalid grant type", "Grant type is invalid")

    def redeem(self, call: Call, app: str) -> Reply:
        code = self.world.codes.get(call.text("code"))
        usable = code is not None and code.platform == self.name and code.app == app and not code.spent
        if code is None or not usable or (code.expires or 0) <= self.world.world():
            return oauth_error(-14012, "Invalid authorization code", "Authorization code is invalid, used or expired")
        verifier = call.text("code_verifier")
        if len(verifier) != 43 or challenge_of(verifier) != code.bound_to["code_challenge"]:
            return oauth_error(-14013, "Invalid code verifier", "Code verifier does not match the challenge")
        code.spent = True
        return Reply(self.world.new_zalo_pair(code.page, app))

    def rotate(self, call: Call, app: str) -> Reply:
        """A refresh token works once. Who shows it again, for whatever reason, has lost the grant."""
        old = self.world.tokens.get(call.text("refresh_token"))
        usable = old is not None and old.kind == "refresh" and old.app == app and not old.spent and not old.dead
        if old is None or not usable or (old.expires or 0) <= self.world.world():
            return oauth_error(-14014, "Invalid refresh token", "Refresh token is invalid")
        old.spent = True
        return Reply(self.world.new_zalo_pair(old.page, app))

    # The consent page

    def consent_error(self, query: dict[str, str]) -> tuple[int, str] | None:
        """Why the consent page will not open, in the code and words of the real one."""
        if query.get("app_id") not in ZALO_APPS:
            return -14002, "Invalid appId"
        if not query.get("redirect_uri", "").startswith(("http://", "https://")):
            return -14003, "Invalid redirect uri"
        challenge = query.get("code_challenge", "")
        if len(challenge) != 43:
            return -14013, "Invalid code challenge"
        if self.world.settings["zalo_pkce"] == "fixed" and self.world.challenge not in ("", challenge):
            return -14013, "The code challenge is not the one saved for this app"
        return None

    def new_code(self, *, app: str, user: str, page: str, code_challenge: str) -> str:
        code = Token(secrets.token_urlsafe(48), self.name, "code", app, user=user, page=page)
        code.expires = self.world.world() + 600
        code.bound_to = {"code_challenge": code_challenge}
        self.world.challenge = self.world.challenge or code_challenge
        self.world.codes[code.value] = code
        self.world.dirty = True
        return code.value
