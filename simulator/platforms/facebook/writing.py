"""Stage, schedule, publish and reword posts and photos."""

from __future__ import annotations

import re
from typing import Any

from simulator import images
from simulator.calls import Call
from simulator.faults import Plan
from simulator.model import DAY, Page, Photo, Picture, Post, Token
from simulator.platforms.facebook.access import Access
from simulator.platforms.facebook.reading import POST_FIELDS, Reading
from simulator.platforms.facebook.spec import APPS, FacebookSpec
from simulator.platforms.meta.graph import GraphError, parse_fields, parse_moment

LARGEST_PHOTO = 4 * 1024 * 1024
LONGEST_MESSAGE = 63_206
EARLIEST_SCHEDULE, LATEST_SCHEDULE = 600, 75 * DAY
PHOTO_FIELDS = (
    "id",
    "link",
    "name",
    "alt_text",
    "alt_text_custom",
    "images",
    "created_time",
    "page_story_id",
)


class Writing:
    def __init__(self, access: Access, reading: Reading, fetcher: images.Fetcher) -> None:
        self.access = access
        self.reading = reading
        self.fetcher = fetcher
        self.world = access.world

    def attached(self, call: Call, page: Page) -> list[Photo]:
        """Find the photos that a post names: `attached_media` as one JSON list, or as
        attached_media[0], [1], …"""
        items = call.nested("attached_media")
        if items is None and call.text("attached_media"):
            raise GraphError("(#100) param attached_media must be an array.", 100)
        if items is None:
            items = [
                call.nested(name)
                for name in sorted(call.params)
                if re.fullmatch(r"attached_media\[\d+\]", name)
            ]
        photos = []
        for item in items:
            photo = (
                self.world.photos.get(str(item.get("media_fbid", "")))
                if isinstance(item, dict)
                else None
            )
            if photo is None or photo.page != page.external_id:
                raise GraphError(
                    "(#100) Invalid parameter: attached_media names no photo of this page", 100
                )
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
            raise GraphError(
                "(#100) You cannot specify a scheduled publish time on a published post", 100
            )
        number = str(122_100_000_000_000 + self.world.next_number())
        post = Post(
            f"{page.external_id}_{number}",
            message,
            self.world.wall(),
            link=link,
            app=next(iter(APPS)),
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
        return (
            self.reading.post_view(page, post, parse_fields(fields, POST_FIELDS, "Post"), call)
            if fields
            else {}
        )

    def schedule(self, call: Call) -> float | None:
        text = call.text("scheduled_publish_time")
        if not text:
            return None
        due = parse_moment(text)
        if due is None or not EARLIEST_SCHEDULE <= due - self.world.wall() <= LATEST_SCHEDULE:
            raise GraphError("(#100) The specified scheduled publish time is invalid.", 100)
        return due

    def put_on_schedule(self, post: Post, due: float, call: Call) -> None:
        self.world.hide(post)
        post.scheduled_at = due
        self.world.show(post, arrived=call.arrived, after=due - self.world.wall())

    def refuse_duplicate(self, page: Page, post: Post) -> None:
        """Turn down what the page said last, for some minutes. To a retry that is proof of the
        first try."""
        window = self.world.settings["facebook_duplicate_seconds"]
        now = self.world.world()
        last = max(
            (other for other in page.posts.values() if other is not post and other.visible(now)),
            key=lambda post: post.intervals[-1].visible_world,
            default=None,
        )
        if (
            last is not None
            and now - last.intervals[-1].visible_world < window
            and (last.text, last.link) == (post.text, post.link)
            and [picture.sha256 for picture in last.pictures]
            == [picture.sha256 for picture in post.pictures]
        ):
            raise self.duplicate()

    @staticmethod
    def duplicate() -> GraphError:
        return GraphError(
            "(#506) Duplicate status message", 506, 1455006,
            error_user_title="Cập nhật trạng thái trùng lặp",
            error_user_msg="Nội dung này giống với bài gần nhất của Trang.", is_transient=False,
        )  # fmt: skip

    async def upload_photo(self, call: Call, plan: Plan, page: Page) -> dict[str, Any]:
        if upload := call.files.get("source"):
            data = upload.data
        elif url := call.text("url"):
            try:
                data = await self.fetcher.get(
                    url, self.world.settings["image_hosts"], LARGEST_PHOTO
                )
            except images.Unfetchable as why:
                raise GraphError(
                    f"(#2061006) The URL could not be fetched: {why}", 2061006
                ) from why
        else:
            raise GraphError("(#324) Requires upload file", 324)
        if len(data) > LARGEST_PHOTO or not images.detect_kind(data).startswith("image/"):
            message = (
                "Photos should be smaller than 4 MB and saved as JPG, PNG, GIF, "
                "TIFF, HEIF or WebP files."
            )
            raise GraphError(f"(#1366046) {message}", 1366046, error_user_msg=message)
        number = str(122_100_000_000_000 + self.world.next_number())
        caption = call.text("caption") or call.text("message")
        picture = Picture(
            self.world.keep_media(data),
            alt=call.text("alt_text_custom"),
            caption=caption,
            id=number,
        )
        photo = self.world.photos[number] = Photo(number, page.external_id, picture)
        self.world.dirty = True
        if not call.flag("published", True):
            return {"id": number}
        call.params["message"] = caption
        call.params.pop("fields", None)
        return {"id": number, "post_id": self.publish(call, plan, page, [photo])["id"]}

    def photo_node(self, call: Call, token: Token, photo: Photo) -> dict[str, Any]:
        self.access.check_page_token(
            token, self.world.pages[FacebookSpec.name][photo.page], writes=call.method != "GET"
        )
        if call.method == "DELETE":
            del self.world.photos[photo.id]
            self.world.dirty = True
            return {"success": True}
        width, height = images.read_size(self.world.media[photo.picture.sha256])
        source = {
            "source": f"{call.origin}/media/{photo.picture.sha256}",
            "width": width,
            "height": height,
        }
        view = {
            "name": photo.picture.caption,
            "alt_text": photo.picture.alt,
            "images": [source],
            "page_story_id": photo.used_in,
        }
        fields = parse_fields(call.text("fields") or "id,name", PHOTO_FIELDS, "Photo")
        return {"id": photo.id} | {key: view[key] for key in fields if view.get(key)}

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
        """Say whether publishing was answered with success and is only slow to show."""
        return post.scheduled_at is None and any(
            interval.gone_at is None for interval in post.intervals
        )
