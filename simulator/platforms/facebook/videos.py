"""Take videos of Facebook Pages in three ways, Reels and stories, and process them by and by.

A video is a row of `world.containers`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator import growth
from simulator.calls import Call
from simulator.faults import Plan
from simulator.model import DAY, Interval, Page, Picture, Post, Token
from simulator.platforms.facebook.access import Access
from simulator.platforms.facebook.comments import Comments
from simulator.platforms.facebook.spec import APPS, FacebookSpec
from simulator.platforms.facebook.uploads import Uploads
from simulator.platforms.facebook.writing import Writing
from simulator.platforms.meta.graph import (
    GraphError,
    format_moment,
    make_page,
    missing_object,
    parse_fields,
    parse_moment,
    select_fields,
)

REELS_A_DAY = 30
LATEST_REEL = 29 * DAY
EDGES = ("videos", "video_reels", "video_stories", "photo_stories")
VIDEO_FIELDS = (
    "id", "status", "post_id", "permalink_url", "published", "title", "description",
    "created_time", "updated_time",
    "length", "post_views",
)  # fmt: skip
REEL_METRICS = (
    "blue_reels_play_count", "fb_reels_replay_count", "fb_reels_total_plays",
    "post_video_avg_time_watched",
    "post_video_view_time", "post_video_social_actions", "post_video_likes_by_reaction_type",
    "post_video_followers",
)  # fmt: skip
VIDEO_METRICS = (
    "total_video_views", "total_video_15s_views", "total_video_avg_time_watched",
    "total_video_view_total_time",
    "total_video_complete_views",
)  # fmt: skip


class Videos:
    def __init__(
        self, access: Access, uploads: Uploads, writing: Writing, comments: Comments
    ) -> None:
        self.access = access
        self.uploads = uploads
        self.writing = writing
        self.comments = comments
        self.world = access.world

    # What a call is

    def describe(self, call: Call, path: list[str]) -> tuple[str, str] | None:
        """Name page and operation of a call about a video; None when it is about something else."""
        head, edge = path[0], path[1] if len(path) > 1 else ""
        video = self.uploads.find(path[-1] if head == "video-upload" else head)
        if head == "video-upload" or head.startswith("upload:") or edge == "uploads":
            return video["page"] if video else "", "stage"
        if video is not None:
            if call.method == "GET":
                return video[
                    "page"
                ], "measure" if edge == "video_insights" else "find" if edge else "verify"
            shows = not edge and call.flag("published")
            return video[
                "page"
            ], "withdraw" if call.method == "DELETE" else "publish" if shows else "edit"
        if edge not in EDGES and edge != "stories":
            return None
        if call.method == "GET":
            return head, "find"
        if call.text("upload_phase").lower() in ("start", "transfer", "cancel"):
            return head, "stage"
        hidden = call.text("video_state", "PUBLISHED") != "PUBLISHED" or not call.flag(
            "published", True
        )
        return head, "stage" if hidden else "publish"

    # Page edges

    async def page_edge(self, call: Call, plan: Plan, page: Page, edge: str) -> dict[str, Any]:
        match edge, call.text("upload_phase").lower():
            case "photo_stories", _:
                return self.photo_story(call, plan, page)
            case "videos", "":
                return await self.simple(call, plan, page)
            case "videos", "start" if call.number("file_size", 0) > 0 and not call.text("file_url"):
                return self.uploads.start(page, call.number("file_size", 0))
            case "videos", "transfer" | "finish" | "cancel" as phase:
                return self.chunked(call, plan, page, phase)
            case "video_reels" | "video_stories", "start":
                kind = "reel" if edge == "video_reels" else "story"
                if kind == "reel":
                    self.check_cap(page)
                video = self.uploads.new_video(page, kind)
                return {
                    "video_id": video["id"],
                    "upload_url": f"{call.origin}/rupload/video-upload/v26.0/{video['id']}",
                }
            case "video_reels" | "video_stories", "finish":
                return self.finish(call, plan, page, "reel" if edge == "video_reels" else "story")
        raise GraphError("(#100) Invalid parameter: upload_phase", 100)

    def chunked(self, call: Call, plan: Plan, page: Page, phase: str) -> dict[str, Any]:
        video = self.uploads.of_session(page, call.text("upload_session_id"))
        if phase == "transfer":
            return self.uploads.transfer(call, video)
        if phase == "cancel":
            del self.world.containers[video["id"]]
        else:
            self.uploads.close(video)
            self.go_live(call, plan, page, video)
        return {"success": True}

    async def simple(self, call: Call, plan: Plan, page: Page) -> dict[str, Any]:
        """Take a video in one call."""
        intake = await self.uploads.file_of(call)
        video = self.uploads.new_video(page, "video")
        self.uploads.complete(video, intake)
        self.go_live(call, plan, page, video)
        return {"id": video["id"]}

    def check_cap(self, page: Page) -> None:
        since = self.world.world() - DAY
        reels = [
            row
            for row in self.of(page)
            if row["kind"] == "reel" and row["post"] and row["born"] > since
        ]
        if len(reels) >= REELS_A_DAY:
            raise GraphError("(#613) Calls to this api have exceeded the rate limit.", 613)

    def of(self, page: Page) -> Iterator[dict[str, Any]]:
        for row in self.world.containers.values():
            if row["platform"] == FacebookSpec.name and row["page"] == page.external_id:
                yield row

    def finish(self, call: Call, plan: Plan, page: Page, kind: str) -> dict[str, Any]:
        """Accept a video; whether it is published is for its status to say."""
        video = self.uploads.find(call.text("video_id"))
        if video is None or video["page"] != page.external_id or video["kind"] != kind:
            raise GraphError("(#100) Invalid parameter: video_id", 100)
        if not video["complete"]:
            raise GraphError("(#6000) The video is not uploaded yet", 6000)
        if not video["post"]:
            if kind == "reel":
                self.check_cap(page)
            self.go_live(call, plan, page, video)
        answer: dict[str, Any] = {"success": True}
        return answer | ({"post_id": video["post"].partition("_")[2]} if kind == "story" else {})

    def go_live(self, call: Call, plan: Plan, page: Page, video: dict[str, Any]) -> None:
        """Make the post of a video: there as soon as it is accepted, visible when it has been
        processed."""
        state = call.text("video_state").upper() or (
            "PUBLISHED" if call.flag("published", True) else "DRAFT"
        )
        due = parse_moment(call.text("scheduled_publish_time"))
        if due is not None and video["kind"] == "video":
            due = self.writing.schedule(call)
            state = "SCHEDULED"
        if state not in ("PUBLISHED", "DRAFT", "SCHEDULED"):
            raise GraphError("(#100) Invalid parameter: video_state", 100)
        if state == "SCHEDULED" and (
            due is None or not 600 <= due - self.world.wall() <= LATEST_REEL
        ):
            raise GraphError("(#100) The specified scheduled publish time is invalid.", 100)
        text = call.text("description")
        number = str(122_100_000_000_000 + self.world.next_number())
        post = Post(
            f"{page.external_id}_{number}", text, self.world.wall(), title=call.text("title")
        )
        post.app = next(iter(APPS))
        post.pictures = [Picture(video["sha256"], "video", id=video["id"], size=video["received"])]
        post.details = {
            "video": video["id"],
            "surface": video["kind"],
            "ai": call.flag("is_ai_generated"),
        }
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
            self.writing.put_on_schedule(post, due, call)

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
        post = Post(f"{page.external_id}_{number}", "", self.world.wall(), app=next(iter(APPS)))
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
            word = {"DRAFT": "draft", "SCHEDULED": "scheduled", "PUBLISHED": "published"}[
                video["state"]
            ]
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
            processing = {
                "status": "error",
                "errors": [{"code": 1363030, "message": video["error"]}],
            }
            publishing = {"status": "error", "publish_status": "error"} if post else publishing
        expired = not video["complete"] and now - video["born"] > DAY
        word = (
            "error"
            if failed
            else "ready"
            if done
            else "processing"
            if video["complete"]
            else "uploading"
        )
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

    def view(
        self, call: Call, page: Page, video: dict[str, Any], fields: dict[str, Any]
    ) -> dict[str, Any]:
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
            "created_time": format_moment(video["born"] - self.world.offset),
            "updated_time": format_moment(
                post.published_at if post else video["born"] - self.world.offset
            ),
        }
        if post is not None:
            if self.world.settings["facebook_reports_post_of_video"]:
                view["post_id"] = post.id.partition("_")[2]
            view["post_views"] = growth.compute_counts(page, post, now).views
            view["permalink_url"] = self.world.permalink(page, post, call.origin)
        return {
            key: select_fields(view[key], field["fields"]) if key == "status" else view[key]
            for key, field in (fields | {"id": {"fields": ""}}).items()
            if view.get(key) not in (None, "")
        }

    def node(
        self, call: Call, plan: Plan, token: Token, video: dict[str, Any], edge: str
    ) -> dict[str, Any]:
        page = self.world.pages[FacebookSpec.name][video["page"]]
        self.access.check_page_token(token, page, writes=call.method != "GET")
        self.access.count(page)
        post = page.posts.get(video["post"])
        if post is not None and post.gone(self.world.world()):
            raise missing_object(video["id"], call.method.lower())
        match call.method, edge:
            case "GET", "":
                fields = parse_fields(
                    call.text("fields") or "id,updated_time,description", VIDEO_FIELDS, "Video"
                )
                return self.view(call, page, video, fields)
            case "GET", "video_insights":
                return self.insights(call, token, page, video, post)
            case "GET" | "POST", "comments" if post is not None:
                return self.comments.edge(call, token, page, post)
            case "POST", "" if post is not None:
                return self.change(call, plan, page, video, post)
            case "DELETE", "":
                if post is not None:
                    self.world.remove(post, after=plan.late)
                else:
                    del self.world.containers[video["id"]]
                return {"success": True}
        raise missing_object(f"{video['id']}/{edge}", call.method.lower())

    def change(
        self, call: Call, plan: Plan, page: Page, video: dict[str, Any], post: Post
    ) -> dict[str, Any]:
        """Show a video that was left unpublished, or reword it; repeating it changes nothing."""
        post.requests += 1
        if "description" in call.params:
            post.text = video["description"] = call.text("description")
        if call.flag("published") and video["state"] != "PUBLISHED":
            if video["error"]:
                raise GraphError("(#100) No permission to publish the video", 100)
            self.writing.refuse_duplicate(page, post)
            video["state"] = "PUBLISHED"
            self.show(post, call, max(0.0, video["ready"] - self.world.world()) + plan.late)
        return {"success": True}

    def listing(self, call: Call, plan: Plan, page: Page, edge: str) -> dict[str, Any]:
        then = self.world.world() - plan.lag
        since, until = (
            parse_moment(call.text("since")) or 0,
            parse_moment(call.text("until")) or float("inf"),
        )
        seen = [post for post in self.world.visible_posts(page, lag=plan.lag) if post.visible(then)]
        if edge != "video_reels":  # of which nobody says that it can be asked by time
            seen = [post for post in seen if since <= post.published_at < until]
        if edge == "stories":
            stories = [post for post in seen if post.details.get("surface") == "story"]
            return make_page(call, stories, lambda post: post.id, lambda post: {
                "post_id": post.id.partition("_")[2], "status": "published",
                "creation_time": str(int(post.published_at)),
                "media_type": post.pictures[0].kind.replace("image", "photo"),
                "media_id": post.pictures[0].id,
                "url": self.world.permalink(page, post, call.origin),
                "time": format_moment(post.published_at),
            })  # fmt: skip
        kind = "reel" if edge == "video_reels" else "video"
        rows = [
            self.world.containers[post.details["video"]]
            for post in seen
            if post.details.get("surface") == kind
        ]
        fields = parse_fields(
            call.text("fields") or "id,description,updated_time", VIDEO_FIELDS, "Video"
        )
        return make_page(
            call, rows, lambda row: row["id"], lambda row: self.view(call, page, row, fields)
        )

    def insights(
        self, call: Call, token: Token, page: Page, video: dict[str, Any], post: Post | None
    ) -> dict[str, Any]:
        """Count. A name of the other sort of video gives no row; a name of neither fails the
        call.
        """
        if "read_insights" not in token.scopes:
            raise GraphError(
                "(#200) Requires read_insights permission to manage the object", 200, status=403
            )
        requested = [name.strip() for name in call.text("metric").split(",") if name.strip()]
        if set(requested) - {*REEL_METRICS, *VIDEO_METRICS}:
            raise GraphError("(#100) The value must be a valid insights metric", 100)
        if growth.count_followers(page, self.world.world()) < 100:
            return {"data": []}
        counts = growth.compute_counts(page, post, self.world.world()) if post else growth.NONE
        own = REEL_METRICS if video["kind"] == "reel" else VIDEO_METRICS
        values: dict[str, Any] = dict.fromkeys(own, counts.views) | {
            "post_video_likes_by_reaction_type": {
                kind: total for kind, total in counts.reactions.items() if total
            },
            "post_video_avg_time_watched": 4200,
            "total_video_avg_time_watched": 4200,
            "post_video_view_time": counts.views * 4200,
            "total_video_view_total_time": counts.views * 4200,
        }
        return {
            "data": [
                {"name": name, "period": "lifetime", "values": [{"value": values[name]}],
                "title": name,
                 "description": "", "id": f"{video['id']}/video_insights/{name}/lifetime"}
                for name in (requested or own) if name in own
            ]
        }  # fmt: skip
