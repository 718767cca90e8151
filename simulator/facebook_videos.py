"""Videos of Facebook Pages: three ways to send the bytes, Reels, stories, and what becomes of a video by and by.

A video is a row of `world.containers`. Its bytes are hashed and counted as they come; what is half sent when the
simulator ends is lost with it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from simulator import growth, images
from simulator.calls import Call, Intake
from simulator.faults import Plan
from simulator.graph import GraphError, missing_object, moment, narrowed, paged, parse_fields, stamp
from simulator.state import DAY, FACEBOOK_APPS, Interval, Page, Picture, Post, Token

if TYPE_CHECKING:
    from simulator.facebook import Facebook

CHUNK = 1 << 20
LARGEST_SIMPLE, LARGEST = 1 << 30, 10 << 30
REELS_A_DAY = 30
LATEST_REEL = 29 * DAY
EDGES = ("videos", "video_reels", "video_stories", "photo_stories")
VIDEO_FIELDS = (
    "id", "status", "post_id", "permalink_url", "published", "title", "description", "created_time", "updated_time",
    "length", "post_views",
)  # fmt: skip
REEL_METRICS = (
    "blue_reels_play_count", "fb_reels_replay_count", "fb_reels_total_plays", "post_video_avg_time_watched",
    "post_video_view_time", "post_video_social_actions", "post_video_likes_by_reaction_type", "post_video_followers",
)  # fmt: skip
VIDEO_METRICS = (
    "total_video_views", "total_video_15s_views", "total_video_avg_time_watched", "total_video_view_total_time",
    "total_video_complete_views",
)  # fmt: skip


class Videos:
    def __init__(self, facebook: Facebook) -> None:
        self.facebook = facebook
        self.world = facebook.world
        self.uploads: dict[str, Intake] = {}  # under a video's id, or an upload's own
        self.lengths: dict[str, int] = {}
        self.handles: dict[str, str] = {}  # of a finished upload → its id

    # What a call is

    def describe(self, call: Call, path: list[str]) -> tuple[str, str] | None:
        """Page and operation of a call about a video; None when it is about something else."""
        head, edge = path[0], path[1] if len(path) > 1 else ""
        video = self.find(path[-1] if head == "video-upload" else head)
        if head == "video-upload" or head.startswith("upload:") or edge == "uploads":
            return video["page"] if video else "", "stage"
        if video is not None:
            if call.method == "GET":
                return video["page"], "measure" if edge == "video_insights" else "find" if edge else "verify"
            shows = not edge and call.flag("published")
            return video["page"], "withdraw" if call.method == "DELETE" else "publish" if shows else "edit"
        if edge not in EDGES and edge != "stories":
            return None
        if call.method == "GET":
            return head, "find"
        if call.text("upload_phase").lower() in ("start", "transfer", "cancel"):
            return head, "stage"
        hidden = call.text("video_state", "PUBLISHED") != "PUBLISHED" or not call.flag("published", True)
        return head, "stage" if hidden else "publish"

    def find(self, video_id: str) -> dict[str, Any] | None:
        found = self.world.containers.get(video_id)
        return found if found is not None and found["platform"] == "facebook" else None

    # Bytes

    def new_video(self, page: Page, kind: str) -> dict[str, Any]:
        number = str(1_400_000_000_000_000 + self.world.next_number())
        video: dict[str, Any] = {
            "id": number, "platform": "facebook", "page": page.external_id, "kind": kind, "born": self.world.world(),
            "received": 0, "complete": False, "ready": None, "error": "", "sha256": "", "post": "", "state": "",
            "title": "", "description": "",
        }  # fmt: skip
        self.world.containers[number] = video
        self.world.dirty = True
        return video

    def complete(self, video: dict[str, Any], intake: Intake) -> None:
        """All bytes are there; what is no video is found out when it is processed."""
        video |= {"complete": True, "received": intake.size, "sha256": self.world.keep_intake(intake)}
        if not images.kind_of(intake.head).startswith("video/"):
            video["error"] = "The file is no video that can be read"
        video["ready"] = self.world.world() + self.world.settings["facebook_video_seconds"]
        self.world.dirty = True

    async def receive(self, call: Call, video_id: str) -> dict[str, Any]:
        """The upload host. It says no with status 200, as it may."""
        token = self.world.tokens.get(self.facebook.token_text(call))
        video = self.find(video_id)
        if token is None or token.dead or video is None or token.page != video["page"]:
            return debug(False, "ProcessingFailedError", "unauthorized user request")
        if video["complete"]:
            return debug(False, "ProcessingFailedError", "the upload is complete already")
        if url := call.headers.get("file_url"):
            intake = Intake()
            try:
                await self.facebook.fetcher.pour(url, self.world.settings["image_hosts"], intake, LARGEST)
            except images.Unfetchable as why:
                return debug(True, "ProcessingFailedError", f"the file could not be fetched: {why}")
            self.complete(video, intake)
            return {"success": True}
        offset, size = (number_of(call.headers.get(name)) for name in ("offset", "file_size"))
        if offset == 0:
            self.uploads[video_id] = Intake()
        taken = self.uploads.get(video_id) or Intake()
        if offset != taken.size or size <= 0:
            return debug(True, "OffsetInvalidError", f"the next byte is {taken.size}")
        if call.body is not None:
            taken.pour(call.body)
        video["received"] = taken.size
        if taken.size != size:
            return debug(True, "PartialRequestError", "Partial request (did not match length of file)")
        self.complete(video, self.uploads.pop(video_id))
        return {"success": True}

    def session(self, call: Call, token: Token) -> dict[str, Any]:
        """`/{app}/uploads`: a place to send a file to, for the person's token alone."""
        if token.kind != "user":
            raise GraphError("(#100) A user access token is required to request this resource.", 100)
        if call.number("file_length", 0) <= 0 or not call.text("file_type"):
            raise GraphError("(#100) The parameters file_length and file_type are required", 100)
        upload = "upload:" + secrets.token_urlsafe(24)
        self.uploads[upload], self.lengths[upload] = Intake(), call.number("file_length", 0)
        return {"id": upload}

    def append(self, call: Call, upload: str) -> dict[str, Any]:
        token = self.world.tokens.get(self.facebook.token_text(call))
        taken = self.uploads.get(upload)
        if taken is None or token is None or token.dead:
            raise missing_object(upload, call.method.lower())
        if call.method == "POST":
            if number_of(call.headers.get("file_offset")) != taken.size:
                raise GraphError("(#6001) The offset is not where the upload stands", 6001)
            if call.body is not None:
                taken.pour(call.body)
            if taken.size >= self.lengths[upload]:
                handle = "2:" + secrets.token_urlsafe(32)
                self.handles[handle] = upload
                return {"h": handle}
        return {"id": upload, "file_offset": taken.size}

    # Page edges

    async def page_edge(self, call: Call, plan: Plan, page: Page, edge: str) -> dict[str, Any]:
        match edge, call.text("upload_phase").lower():
            case "photo_stories", _:
                return self.photo_story(call, plan, page)
            case "videos", "":
                return await self.simple(call, plan, page)
            case "videos", "start" if call.number("file_size", 0) > 0 and not call.text("file_url"):
                video = self.new_video(page, "video")
                self.uploads[video["id"]], self.lengths[video["id"]] = Intake(), call.number("file_size", 0)
                told = {"video_id": video["id"], "upload_session_id": self.session_of(video)}
                return told | self.offsets(video["id"])
            case "videos", "transfer" | "finish" | "cancel" as phase:
                return self.chunked(call, plan, page, phase)
            case "video_reels" | "video_stories", "start":
                kind = "reel" if edge == "video_reels" else "story"
                if kind == "reel":
                    self.check_cap(page)
                video = self.new_video(page, kind)
                return {
                    "video_id": video["id"],
                    "upload_url": f"{call.origin}/rupload/video-upload/v26.0/{video['id']}",
                }
            case "video_reels" | "video_stories", "finish":
                return self.finish(call, plan, page, "reel" if edge == "video_reels" else "story")
        raise GraphError("(#100) Invalid parameter: upload_phase", 100)

    @staticmethod
    def session_of(video: dict[str, Any]) -> str:
        return f"15{video['id'][2:]}"

    def offsets(self, video_id: str) -> dict[str, str]:
        start = self.uploads[video_id].size
        return {"start_offset": str(start), "end_offset": str(min(start + CHUNK, self.lengths[video_id]))}

    def chunked(self, call: Call, plan: Plan, page: Page, phase: str) -> dict[str, Any]:
        video = self.find(f"14{call.text('upload_session_id')[2:]}")
        if video is None or video["page"] != page.external_id or video["post"]:
            raise GraphError("(#6000) The upload session does not exist", 6000)
        taken = self.uploads.get(video["id"])
        if phase == "cancel":
            del self.world.containers[video["id"]]
            return {"success": True}
        if taken is None:
            raise GraphError("(#6000) The upload session is lost: start again", 6000)
        if phase == "transfer":
            chunk = call.files.get("video_file_chunk")
            if chunk is None or call.number("start_offset", -1) != taken.size:
                # Where it stands comes along, as Facebook's own SDK reads it.
                message = "(#6001) The offset is not where the upload stands"
                raise GraphError(message, 6001, 1363037, is_transient=True, error_data=self.offsets(video["id"]))
            taken.take(chunk.data)
            video["received"] = taken.size
            return self.offsets(video["id"])
        if taken.size != self.lengths[video["id"]]:
            raise GraphError("(#6001) The video is not whole yet", 6001)
        self.complete(video, self.uploads.pop(video["id"]))
        self.go_live(call, plan, page, video)
        return {"success": True}

    async def simple(self, call: Call, plan: Plan, page: Page) -> dict[str, Any]:
        """In one call: bytes, an address, or the handle of a finished upload."""
        intake = Intake()
        if handle := call.text("fbuploader_video_file_chunk"):
            if handle not in self.handles:
                raise GraphError("(#100) Invalid parameter: fbuploader_video_file_chunk", 100)
            intake = self.uploads[self.handles[handle]]
        elif upload := call.files.get("source"):
            intake.take(upload.data)
        elif url := call.text("file_url"):
            try:
                await self.facebook.fetcher.pour(url, self.world.settings["image_hosts"], intake, LARGEST_SIMPLE)
            except images.Unfetchable as why:
                raise GraphError("(#389) Unable to fetch video file from URL.", 389) from why
        else:
            raise GraphError("(#382) The video file you selected is too small or missing.", 382)
        video = self.new_video(page, "video")
        self.complete(video, intake)
        self.go_live(call, plan, page, video)
        return {"id": video["id"]}

    def check_cap(self, page: Page) -> None:
        since = self.world.world() - DAY
        made = [row for row in self.of(page) if row["kind"] == "reel" and row["post"] and row["born"] > since]
        if len(made) >= REELS_A_DAY:
            raise GraphError("(#613) Calls to this api have exceeded the rate limit.", 613)

    def of(self, page: Page) -> Iterator[dict[str, Any]]:
        for row in self.world.containers.values():
            if row["platform"] == "facebook" and row["page"] == page.external_id:
                yield row

    def finish(self, call: Call, plan: Plan, page: Page, kind: str) -> dict[str, Any]:
        """Success means accepted; whether it is published is told by the video's status."""
        video = self.find(call.text("video_id"))
        if video is None or video["page"] != page.external_id or video["kind"] != kind:
            raise GraphError("(#100) Invalid parameter: video_id", 100)
        if not video["complete"]:
            raise GraphError("(#6000) The video is not uploaded yet", 6000)
        if not video["post"]:
            if kind == "reel":
                self.check_cap(page)
            self.go_live(call, plan, page, video)
        told: dict[str, Any] = {"success": True}
        return told | ({"post_id": video["post"].partition("_")[2]} if kind == "story" else {})

    def go_live(self, call: Call, plan: Plan, page: Page, video: dict[str, Any]) -> None:
        """The post of a video: there as soon as it is accepted, visible when it has been processed."""
        state = call.text("video_state").upper() or ("PUBLISHED" if call.flag("published", True) else "DRAFT")
        due = moment(call.text("scheduled_publish_time"))
        if due is not None and video["kind"] == "video":
            due = self.facebook.schedule(call)
            state = "SCHEDULED"
        if state not in ("PUBLISHED", "DRAFT", "SCHEDULED"):
            raise GraphError("(#100) Invalid parameter: video_state", 100)
        if state == "SCHEDULED" and (due is None or not 600 <= due - self.world.wall() <= LATEST_REEL):
            raise GraphError("(#100) The specified scheduled publish time is invalid.", 100)
        text = call.text("description")
        number = str(122_100_000_000_000 + self.world.next_number())
        post = Post(f"{page.external_id}_{number}", text, self.world.wall(), title=call.text("title"))
        post.app = next(iter(FACEBOOK_APPS))
        post.pictures = [Picture(video["sha256"], "video", id=video["id"], size=video["received"])]
        post.details = {"video": video["id"], "surface": video["kind"], "ai": call.flag("is_ai_generated")}
        page.posts[post.id] = post
        video |= {"post": post.id, "state": state, "title": post.title, "description": text}
        if plan.fails:
            video["error"] = "The video could not be processed"
        self.world.dirty = True
        if video["error"]:
            return
        wait = max(0.0, video["ready"] - self.world.world()) + plan.late
        if state == "PUBLISHED":
            self.show(post, call, wait)
        elif state == "SCHEDULED" and due is not None:
            self.facebook.put_on_schedule(post, due, call)

    def show(self, post: Post, call: Call, wait: float) -> None:
        self.world.show(post, arrived=call.arrived, after=wait)
        if post.details["surface"] == "story":
            last: Interval = post.intervals[-1]
            last.gone_at, last.gone_world = last.visible_at + DAY, last.visible_world + DAY

    def photo_story(self, call: Call, plan: Plan, page: Page) -> dict[str, Any]:
        photo = self.world.photos.get(call.text("photo_id"))
        if photo is None or photo.page != page.external_id:
            raise GraphError("(#100) Invalid parameter: photo_id names no photo of this page", 100)
        if photo.used_in:
            raise GraphError("(#1366051) The photo has already been posted", 1366051)
        number = str(122_100_000_000_000 + self.world.next_number())
        post = Post(f"{page.external_id}_{number}", "", self.world.wall(), app=next(iter(FACEBOOK_APPS)))
        post.pictures, post.details = [photo.picture], {"surface": "story"}
        page.posts[post.id], photo.used_in = post, post.id
        self.show(post, call, plan.late)
        return {"success": True, "post_id": number}

    # Reading

    def status(self, video: dict[str, Any], page: Page) -> dict[str, Any]:
        now = self.world.world()
        post = page.posts.get(video["post"])
        done = video["ready"] is not None and video["ready"] <= now
        failed = bool(done and video["error"])
        publishing: dict[str, Any] = {"status": "not_started"}
        if post is not None and not failed:
            word = {"DRAFT": "draft", "SCHEDULED": "scheduled", "PUBLISHED": "published"}[video["state"]]
            if post.visible(now):
                publishing = {"status": "complete", "publish_status": "published"}
            elif word == "published" and done:
                publishing = {"status": "in_progress"}
            elif word != "published":
                publishing = {"status": "not_started", "publish_status": word}
        processing: dict[str, Any] = {
            "status": "complete" if done else "in_progress" if video["complete"] else "not_started"
        }
        if failed:
            processing = {"status": "error", "errors": [{"code": 1363030, "message": video["error"]}]}
            publishing = {"status": "error", "publish_status": "error"} if post else publishing
        expired = not video["complete"] and now - video["born"] > DAY
        word = "error" if failed else "ready" if done else "processing" if video["complete"] else "uploading"
        return {
            "video_status": "expired" if expired else word,
            "uploading_phase": {
                "status": "complete" if video["complete"] else "in_progress",
                "bytes_transfered": video["received"],
                "bytes_transferred": video["received"],
            },
            "processing_phase": processing,
            "publishing_phase": publishing,
        }

    def view(self, call: Call, page: Page, video: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
        post = page.posts.get(video["post"])
        now = self.world.world()
        there = post is not None and post.visible(now)
        view: dict[str, Any] = {
            "id": video["id"],
            "status": self.status(video, page),
            "published": there,
            "title": video["title"],
            "description": video["description"],
            "length": 12.0,
            "created_time": stamp(video["born"] - self.world.offset),
            "updated_time": stamp(post.published_at if post else video["born"] - self.world.offset),
        }
        if post is not None:
            if self.world.settings["facebook_tells_post_of_video"]:
                view["post_id"] = post.id.partition("_")[2]
            view["post_views"] = growth.counts(page, post, now).views
            view["permalink_url"] = self.world.permalink(page, post, call.origin)
        return {
            key: narrowed(view[key], field["fields"]) if key == "status" else view[key]
            for key, field in (fields | {"id": {"fields": ""}}).items()
            if view.get(key) not in (None, "")
        }

    def node(self, call: Call, plan: Plan, token: Token, video: dict[str, Any], edge: str) -> dict[str, Any]:
        page = self.world.pages["facebook"][video["page"]]
        self.facebook.check_page_token(token, page, writes=call.method != "GET")
        self.facebook.count(page)
        post = page.posts.get(video["post"])
        if post is not None and post.gone(self.world.world()):
            raise missing_object(video["id"], call.method.lower())
        match call.method, edge:
            case "GET", "":
                fields = parse_fields(call.text("fields") or "id,updated_time,description", VIDEO_FIELDS, "Video")
                return self.view(call, page, video, fields)
            case "GET", "video_insights":
                return self.insights(call, token, page, video, post)
            case "GET" | "POST", "comments" if post is not None:
                return self.facebook.comments.edge(call, token, page, post)
            case "POST", "" if post is not None:
                return self.change(call, plan, page, video, post)
            case "DELETE", "":
                if post is not None:
                    self.world.remove(post, after=plan.late)
                else:
                    del self.world.containers[video["id"]]
                return {"success": True}
        raise missing_object(f"{video['id']}/{edge}", call.method.lower())

    def change(self, call: Call, plan: Plan, page: Page, video: dict[str, Any], post: Post) -> dict[str, Any]:
        """Shows a video that was left unpublished, or rewords it; repeating it changes nothing."""
        post.requests += 1
        if "description" in call.params:
            post.text = video["description"] = call.text("description")
        if call.flag("published") and video["state"] != "PUBLISHED":
            if video["error"]:
                raise GraphError("(#100) No permission to publish the video", 100)
            self.facebook.refuse_duplicate(page, post)
            video["state"] = "PUBLISHED"
            self.show(post, call, max(0.0, video["ready"] - self.world.world()) + plan.late)
        return {"success": True}

    def listing(self, call: Call, plan: Plan, page: Page, edge: str) -> dict[str, Any]:
        then = self.world.world() - plan.lag
        since, until = moment(call.text("since")) or 0, moment(call.text("until")) or float("inf")
        seen = [post for post in self.world.visible_posts(page, lag=plan.lag) if post.visible(then)]
        if edge != "video_reels":  # of which nobody says that it can be asked by time
            seen = [post for post in seen if since <= post.published_at < until]
        if edge == "stories":
            stories = [post for post in seen if post.details.get("surface") == "story"]
            return paged(call, stories, lambda post: post.id, lambda post: {
                "post_id": post.id.partition("_")[2], "status": "published",
                "creation_time": str(int(post.published_at)),
                "media_type": post.pictures[0].kind.replace("image", "photo"), "media_id": post.pictures[0].id,
                "url": self.world.permalink(page, post, call.origin), "time": stamp(post.published_at),
            })  # fmt: skip
        kind = "reel" if edge == "video_reels" else "video"
        rows = [self.world.containers[post.details["video"]] for post in seen if post.details.get("surface") == kind]
        fields = parse_fields(call.text("fields") or "id,description,updated_time", VIDEO_FIELDS, "Video")
        return paged(call, rows, lambda row: row["id"], lambda row: self.view(call, page, row, fields))

    def insights(
        self, call: Call, token: Token, page: Page, video: dict[str, Any], post: Post | None
    ) -> dict[str, Any]:
        """A name of the other sort of video gives no row; a name of neither fails the call."""
        if "read_insights" not in token.scopes:
            raise GraphError("(#200) Requires read_insights permission to manage the object", 200, status=403)
        asked = [name.strip() for name in call.text("metric").split(",") if name.strip()]
        if set(asked) - {*REEL_METRICS, *VIDEO_METRICS}:
            raise GraphError("(#100) The value must be a valid insights metric", 100)
        if growth.followers(page, self.world.world()) < 100:
            return {"data": []}
        counts = growth.counts(page, post, self.world.world()) if post else growth.NONE
        own = REEL_METRICS if video["kind"] == "reel" else VIDEO_METRICS
        values: dict[str, Any] = dict.fromkeys(own, counts.views) | {
            "post_video_likes_by_reaction_type": {kind: total for kind, total in counts.reactions.items() if total},
            "post_video_avg_time_watched": 4200,
            "total_video_avg_time_watched": 4200,
            "post_video_view_time": counts.views * 4200,
            "total_video_view_total_time": counts.views * 4200,
        }
        return {
            "data": [
                {"name": name, "period": "lifetime", "values": [{"value": values[name]}], "title": name,
                 "description": "", "id": f"{video['id']}/video_insights/{name}/lifetime"}
                for name in (asked or own) if name in own
            ]
        }  # fmt: skip


def number_of(text: str | None) -> int:
    return int(text) if text and re.fullmatch(r"\d+", text) else -1


def debug(retriable: bool, kind: str, message: str) -> dict[str, Any]:
    return {"debug_info": {"retriable": retriable, "type": kind, "message": message}}
