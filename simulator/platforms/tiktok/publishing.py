"""Publish: an init makes a publication each time, bytes or addresses follow, only asking tells
more.

Bytes go to an address of their own; after the last of them there is no way back.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from typing import Any
from urllib.parse import urlsplit

from simulator import images
from simulator.calls import Call, Intake, Reply
from simulator.faults import Plan
from simulator.model import DAY, Page, Picture, Post
from simulator.platforms.tiktok.errors import (
    TiktokError,
    count_utf16_units,
    invalid,
    is_whole_number,
)
from simulator.platforms.tiktok.spec import APPS, TiktokSpec
from simulator.world import World

# Whether a megabyte is 10^6 or 2^20 bytes nobody says: what passes here passes either way.
SMALLEST_CHUNK, LARGEST_CHUNK = 5 << 20, 64_000_000
LARGEST_VIDEO, LARGEST_PHOTO = 4_000_000_000, 20_000_000
SHORTEST_VIDEO, LONGEST_VIDEO = 3, 600
MOST_PHOTOS, MOST_CHUNKS, MOST_DRAFTS = 35, 1000, 5
UNAUDITED_USERS = 5
MIMES = ("video/mp4", "video/quicktime", "video/webm")
INTERACTIONS = ("comment", "duet", "stitch")
PUBLIC = ("PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY")
PRIVATE = ("FOLLOWER_OF_CREATOR", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY")


class Publishing:
    def __init__(self, world: World, fetcher: images.Fetcher) -> None:
        self.world = world
        self.fetcher = fetcher
        self.uploads: dict[str, tuple[str, str, Intake]] = {}
        self.active: dict[str, float] = {}
        self.running: set[asyncio.Task[None]] = set()

    def options(self) -> tuple[str, ...]:
        return PRIVATE if self.world.settings["tiktok_private_accounts"] else PUBLIC

    def creator_info(self, page: Page, call: Call) -> dict[str, Any]:
        self.preflight(page)
        return {
            "creator_avatar_url": f"{self.world.public_url or call.origin}/pages/tiktok/{page.external_id}/avatar.svg",  # noqa: E501
            "creator_username": page.username,
            "creator_nickname": page.name,
            "privacy_level_options": list(self.options()),
            **{
                f"{interaction}_disabled": interaction in self.world.settings["tiktok_closed"]
                for interaction in INTERACTIONS
            },
            "max_video_post_duration_sec": self.world.settings["tiktok_longest_seconds"],
        }

    def preflight(self, page: Page) -> None:
        """Refuse what prevents this account's next post, whatever it holds."""
        now, settings = self.world.world(), self.world.settings
        lately = [
            publish
            for publish in self.publishes(page.external_id).values()
            if (publish["accepted"] or 0) > now - DAY
        ]
        most = settings["tiktok_posts_per_day"]
        if most and sum(publish["direct"] for publish in lately) >= most:
            raise TiktokError(
                403, "spam_risk_too_many_posts", "The daily post cap of the user is reached."
            )
        cap = settings["tiktok_users_per_day"] if settings["tiktok_audited"] else UNAUDITED_USERS
        others = sum(
            since > now - DAY for key, since in self.active.items() if key != page.external_id
        )
        if cap and others >= cap:
            raise TiktokError(
                403, "reached_active_user_cap", "The daily quota of active users is reached."
            )

    def check_post(self, page: Page, info: Any) -> dict[str, Any]:
        """Check the post's own words and who may see it."""
        if not isinstance(info, dict) or not info.get("privacy_level"):
            raise invalid("post_info.privacy_level is required")
        self.preflight(page)
        level, settings = info["privacy_level"], self.world.settings
        if not settings["tiktok_audited"] and (
            level != "SELF_ONLY" or not settings["tiktok_private_accounts"]
        ):
            raise TiktokError(
                403, "unaudited_client_can_only_post_to_private_accounts",
                ("Unaudited clients can only post to a private account. Please review " "our " "integration guidelines."),  # noqa: E501
            )  # fmt: skip
        branded = info.get("brand_content_toggle") is True
        if level not in self.options() or (branded and level == "SELF_ONLY"):
            raise TiktokError(
                403,
                "privacy_level_option_mismatch",
                "Privacy level is not among the creator's options.",
            )
        for name in ("title", "description"):
            if not isinstance(info.get(name, ""), str):
                raise invalid(f"post_info.{name} is text")
        self.active[page.external_id] = self.world.world()
        return info

    def check_drafts(self, page: Page) -> None:
        self.preflight(page)
        now = self.world.world()
        waiting = [
            draft
            for draft in self.publishes(page.external_id).values()
            if not draft["direct"] and (draft["accepted"] or 0) > now - DAY and not draft["fail"]
            and (draft["person_from"] is None or draft["person_from"] > now)
        ]  # fmt: skip
        if len(waiting) >= MOST_DRAFTS:
            raise TiktokError(
                403, "spam_risk_too_many_pending_share", "The user has too many unfinished drafts."
            )
        self.active[page.external_id] = now

    def publishes(self, page: str) -> dict[str, dict[str, Any]]:
        publishes: dict[str, dict[str, Any]] = self.world.pages[TiktokSpec.name][
            page
        ].details.setdefault("publishes", {})
        return publishes

    def new_publish(self, page: Page, kind: str, *, direct: bool, info: dict[str, Any]) -> str:
        publish_id = f"{kind}~v2-1.{self.new_id()}"
        self.publishes(page.external_id)[publish_id] = {
            "direct": direct,
            "info": info,
            "started": self.world.world(),
            "size": 0,
            "uploaded": 0,
            "downloaded": 0,
            "accepted": None,
            "done_from": None,
            "person_from": None,
            "fail": "",
            "post": "",
        }
        self.world.dirty = True
        return publish_id

    def new_id(self) -> str:
        return str(7_432_109_876_000_000_000 + self.world.next_number() * 7919)

    def init_video(self, page: Page, call: Call, plan: Plan, *, direct: bool) -> dict[str, Any]:
        info: dict[str, Any] = {}
        if direct:
            info = self.check_post(page, call.params.get("post_info"))
            if count_utf16_units(info.get("title", "")) > 2200:
                raise invalid("post_info.title is longer than 2200 UTF-16 units")
        else:
            self.check_drafts(page)
        source = self.source(call)
        where = "pub" if direct else "inbox"
        match source.get("source"):
            case "FILE_UPLOAD":
                self.check_chunks(source)
                publish_id = self.new_publish(page, f"v_{where}_file", direct=direct, info=info)
                publish = self.publishes(page.external_id)[publish_id]
                publish |= {name: source[name] for name in ("chunk_size", "total_chunk_count")}
                publish |= {"size": source["video_size"], "upload_token": secrets.token_hex(16)}
                upload_id = publish_id.rpartition(".")[2]
                self.uploads[upload_id] = (page.external_id, publish_id, Intake())
                query = f"upload_id={upload_id}&upload_token={publish['upload_token']}"
                return {
                    "publish_id": publish_id,
                    "upload_url": f"{call.origin}/tiktok/upload/video/?{query}",
                }
            case "PULL_FROM_URL":
                self.check_owned([source.get("video_url")])
                publish_id = self.new_publish(page, f"v_{where}_url", direct=direct, info=info)
                self.start(page, self.pull_video(page, publish_id, source["video_url"], call, plan))
                return {"publish_id": publish_id}
        raise invalid("source_info.source is FILE_UPLOAD or PULL_FROM_URL")

    @staticmethod
    def check_chunks(source: dict[str, Any]) -> None:
        """Allow one chunk for a whole file, or chunks of 5 to 64 MB with the remainder added to the
        last one."""
        size, chunk, total = (
            source.get(name) for name in ("video_size", "chunk_size", "total_chunk_count")
        )
        if not (
            is_whole_number(size)
            and is_whole_number(chunk)
            and is_whole_number(total)
            and size
            and chunk
        ):
            raise invalid(
                "video_size, chunk_size and total_chunk_count are whole numbers above zero"
            )
        assert isinstance(size, int)
        assert isinstance(chunk, int)
        if size > LARGEST_VIDEO:
            raise invalid("The video is larger than 4 GB")
        fits = chunk == size <= LARGEST_CHUNK or SMALLEST_CHUNK <= chunk <= min(LARGEST_CHUNK, size)
        if not fits:
            raise invalid("The chunk size is invalid")
        if total != size // chunk or total > MOST_CHUNKS:
            raise invalid("The total chunk count is invalid")

    def check_owned(self, urls: list[Any]) -> None:
        for url in urls:
            if not isinstance(url, str) or not url.startswith(("http://", "https://")):
                raise invalid("An address to pull from is missing")
            if urlsplit(url).hostname not in self.world.settings["image_hosts"]:
                raise TiktokError(
                    403,
                    "url_ownership_unverified",
                    "Please review our URL ownership verification rules.",
                )

    def init_photos(self, page: Page, call: Call, plan: Plan) -> dict[str, Any]:
        mode, info = call.text("post_mode"), call.params.get("post_info")
        if call.text("media_type") != "PHOTO" or mode not in ("DIRECT_POST", "MEDIA_UPLOAD"):
            raise invalid("media_type is PHOTO, post_mode DIRECT_POST or MEDIA_UPLOAD")
        direct = mode == "DIRECT_POST"
        if direct:
            info = self.check_post(page, info)
        else:
            self.check_drafts(page)
            info = info if isinstance(info, dict) else {}
        if (
            count_utf16_units(str(info.get("title", ""))) > 90
            or count_utf16_units(str(info.get("description", ""))) > 4000
        ):
            raise invalid(
                "post_info.title has at most 90 and description at most 4000 UTF-16 units"
            )
        source = self.source(call)
        urls, cover = source.get("photo_images"), source.get("photo_cover_index", 0)
        if (
            source.get("source") != "PULL_FROM_URL"
            or not isinstance(urls, list)
            or not 1 <= len(urls) <= MOST_PHOTOS
        ):
            raise invalid(f"source_info brings 1 to {MOST_PHOTOS} photo_images by PULL_FROM_URL")
        if not is_whole_number(cover) or cover >= len(urls):
            raise invalid("photo_cover_index is not that of a photo")
        self.check_owned(urls)
        publish_id = self.new_publish(
            page, "p_pub_url" if direct else "p_inbox_url", direct=direct, info=info
        )
        self.start(page, self.pull_photos(page, publish_id, urls, call, plan))
        return {"publish_id": publish_id}

    def start(self, page: Page, work: Any) -> None:
        task = asyncio.create_task(work)
        self.running.add(task)
        task.add_done_callback(self.running.discard)
        task.add_done_callback(lambda _: self.world.on_change(page))

    def fail(self, publish: dict[str, Any], reason: str) -> None:
        publish |= {"fail": publish["fail"] or reason, "done_from": self.world.world()}
        self.world.dirty = True

    def accept_video(
        self, page: Page, publish: dict[str, Any], intake: Intake, call: Call, plan: Plan
    ) -> None:
        seconds = (
            images.read_seconds(bytes(intake.data[: 1 << 16])) if intake.data is not None else 0.0
        )
        self.world.keep_intake(intake)
        publish |= {"size": intake.size, "seconds": seconds}
        if not images.detect_kind(intake.head).startswith("video/"):
            publish["fail"] = "file_format_check_failed"
        elif 0 < seconds < SHORTEST_VIDEO or seconds > min(
            LONGEST_VIDEO, self.world.settings["tiktok_longest_seconds"]
        ):
            publish["fail"] = "duration_check_failed"
        intake.data = None
        self.accept(page, publish, [Picture(intake.sha256, "video", size=intake.size)], call, plan)

    def accept(
        self, page: Page, publish: dict[str, Any], media: list[Picture], call: Call, plan: Plan
    ) -> None:
        """Accept a whole file: it is worked on, moderated, and then seen, with nobody able to stop
        it."""
        now, settings = self.world.world(), self.world.settings
        work = settings["tiktok_processing_seconds"]
        publish |= {"accepted": now, "done_from": now + work}
        if settings["tiktok_processing_ends"] != "PUBLISH_COMPLETE":
            publish["fail"] = publish["fail"] or settings["tiktok_processing_ends"]
        if plan.fails:
            publish["fail"] = publish["fail"] or "internal"
        if not self.is_let_in(page):
            publish["fail"] = publish["fail"] or "auth_removed"
        self.world.dirty = True
        if publish["fail"]:
            return
        info = publish["info"]
        post = Post(
            self.new_id(),
            info.get("title", ""),
            self.world.wall(),
            pictures=media,
            app=next(iter(APPS)),
        )
        photos = media[0].kind == "image"
        if photos:
            post.title, post.text = info.get("title", ""), info.get("description", "")
        level = info.get("privacy_level", "SELF_ONLY")
        post.details = {
            "type": "photo" if photos else "video",
            "privacy": level,
            "exists_from": publish["done_from"],
        }
        post.details |= {
            "seconds": publish.get("seconds", 0.0),
            "is_aigc": info.get("is_aigc") is True,
            "info": info,
        }
        wait = work
        if not publish["direct"]:
            if not settings["tiktok_person_seconds"]:
                return
            wait += settings["tiktok_person_seconds"]
            post.details |= {"privacy": PUBLIC[0], "exists_from": now + wait}
            publish["person_from"] = now + wait
        publish["post"] = post.id
        page.posts[post.id] = post
        if post.details["privacy"] == PUBLIC[0]:
            self.world.show(
                post,
                arrived=call.arrived,
                after=wait + settings["tiktok_moderation_seconds"] + plan.late,
            )

    def is_let_in(self, page: Page) -> bool:
        """Say whether the account still lets an application in: bytes need no token, but they need
        consent."""
        return any(
            token.page == page.external_id
            and not token.dead
            and (token.expires or 0) > self.world.world()
            for token in self.world.tokens.values()
            if token.platform == TiktokSpec.name and token.kind == "refresh"
        )

    def find(self, page: Page, call: Call) -> dict[str, Any]:
        publish_id, remembers = (
            call.text("publish_id"),
            self.world.settings["tiktok_remembers_seconds"],
        )
        if publish := self.publishes(page.external_id).get(publish_id):
            if remembers and publish["started"] + remembers <= self.world.world():
                raise TiktokError(400, "invalid_publish_id", "The publish_id does not exist.")
            return publish
        if any(
            publish_id in other.details.get("publishes", {})
            for other in self.world.pages[TiktokSpec.name].values()
        ):
            raise TiktokError(
                400,
                "token_not_authorized_for_specified_publish_id",
                "The publish_id belongs to another user.",
            )
        raise TiktokError(400, "invalid_publish_id", "The publish_id does not exist.")

    def status(self, page: Page, publish: dict[str, Any]) -> dict[str, Any]:
        """Report the state; the post's id once it has passed moderation, as a bare number, of a
        public post alone."""
        now = self.world.world()
        pulled = publish.get("chunk_size", 0)
        answer: dict[str, Any] = {"uploaded_bytes": publish["uploaded"]} if pulled else {}
        if not pulled:
            answer["downloaded_bytes"] = publish["downloaded"]
        if publish["done_from"] is None or publish["done_from"] > now:
            return {"status": "PROCESSING_UPLOAD" if pulled else "PROCESSING_DOWNLOAD"} | answer
        if publish["fail"]:
            return {"status": "FAILED", "fail_reason": publish["fail"]} | answer
        if not publish["direct"] and (
            publish["person_from"] is None or publish["person_from"] > now
        ):
            return {"status": "SEND_TO_USER_INBOX"} | answer
        post = page.posts[publish["post"]]
        answer["status"] = "PUBLISH_COMPLETE"
        if post.details["privacy"] != PUBLIC[0]:
            answer["publicaly_available_post_id"] = []
        elif post.visible(now):
            answer["publicaly_available_post_id"] = [int(post.id)]
        return answer

    def cancel(self, page: Page, publish: dict[str, Any]) -> dict[str, Any]:
        now = self.world.world()
        if publish["done_from"] is not None and publish["done_from"] <= now:
            raise TiktokError(
                400, "publish_not_cancellable", "The post has been published or has failed."
            )
        if publish["post"]:
            self.world.remove(page.posts[publish["post"]])
        self.fail(publish, "publish_cancelled")
        return {}

    @staticmethod
    def source(call: Call) -> dict[str, Any]:
        source = call.params.get("source_info")
        return source if isinstance(source, dict) else {}

    async def pull_video(
        self, page: Page, publish_id: str, url: str, call: Call, plan: Plan
    ) -> None:
        publish, intake = self.publishes(page.external_id)[publish_id], Intake()
        try:
            await self.fetcher.pour(url, self.world.settings["image_hosts"], intake, LARGEST_VIDEO)
        except images.Unfetchable:
            self.fail(publish, "video_pull_failed")
            return
        publish["downloaded"] = intake.size
        if not publish["fail"]:
            self.accept_video(page, publish, intake, call, plan)

    async def pull_photos(
        self, page: Page, publish_id: str, urls: list[str], call: Call, plan: Plan
    ) -> None:
        publish, photos = self.publishes(page.external_id)[publish_id], []
        for url in urls:
            try:
                data = await self.fetcher.get(
                    url, self.world.settings["image_hosts"], LARGEST_PHOTO
                )
            except images.Unfetchable:
                self.fail(publish, "photo_pull_failed")
                return
            publish["downloaded"] += len(data)
            width, height = images.read_size(data)
            if images.detect_kind(data) not in ("image/jpeg", "image/webp"):
                self.fail(publish, "file_format_check_failed")
                return
            if len(data) > LARGEST_PHOTO or min(width, height) > 1080 or max(width, height) > 1920:
                self.fail(publish, "picture_size_check_failed")
                return
            photos.append(Picture(self.world.keep_media(data)))
        if not publish["fail"]:
            self.accept(page, publish, photos, call, plan)

    def bytes_come(self, call: Call, plan: Plan) -> Reply:
        """Take a chunk whole and in its turn, or not at all."""
        page_id, publish_id, intake = self.uploads.get(call.text("upload_id"), ("", "", Intake()))
        publish = self.publishes(page_id)[publish_id] if page_id else None
        if (
            publish is None
            or call.text("upload_token") != publish["upload_token"]
            or publish["fail"]
        ):
            return Reply("", 404)
        if (
            publish["started"] + self.world.settings["tiktok_upload_url_seconds"]
            <= self.world.world()
        ):
            return Reply("", 403)
        match = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", call.headers.get("Content-Range", ""))
        mime = call.headers.get("Content-Type", "").partition(";")[0].strip()
        if call.method != "PUT" or match is None or mime not in MIMES or call.body is None:
            return Reply("", 400)
        start, end, total = (int(group) for group in match.groups())
        size, chunk, received = publish["size"], publish["chunk_size"], intake.size
        if total != size or end >= total or end < start:
            return Reply("", 400)
        if start != received:
            return Reply(
                "",
                416,
                {
                    "Content-Range": f"bytes 0-{received - 1}/{size}"
                    if received
                    else f"bytes */{size}"
                },
            )
        last = received // chunk >= publish["total_chunk_count"] - 1
        declared = end + 1 - start
        if declared != (size - received if last else chunk) or call.headers.get(
            "Content-Length"
        ) != str(declared):
            return Reply("", 400)
        if call.body.seek(0, 2) != declared:
            return Reply("", 400)
        call.body.seek(0)
        intake.pour(call.body)
        publish["uploaded"] = intake.size
        headers = {"Content-Range": f"bytes 0-{intake.size - 1}/{size}"}
        if intake.size < size:
            return Reply("", 206, headers)
        self.accept_video(self.world.pages[TiktokSpec.name][page_id], publish, intake, call, plan)
        return Reply("", 201, headers)
