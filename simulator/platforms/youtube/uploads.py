"""Take uploads: a session first, which is bytes under an address until the last of them has
come.
"""

from __future__ import annotations

import re
import secrets
from typing import Any

from simulator import images
from simulator.calls import Call, Reply
from simulator.faults import Plan
from simulator.model import DAY, Page, Picture, Post, Token
from simulator.platforms.youtube.errors import YoutubeError, bad_request, forbidden
from simulator.platforms.youtube.extras import Extras
from simulator.platforms.youtube.sessions import BLOCK, Session, read_related
from simulator.platforms.youtube.spec import CLIENTS, YoutubeSpec
from simulator.platforms.youtube.videos import UPLOADS, WRITABLE, Videos, select_writable
from simulator.platforms.youtube.views import Views

LARGEST_VIDEO, LARGEST_THUMBNAIL, LARGEST_CAPTION = 256 << 30, 50 << 20, 100 << 20
LONGEST_UNVERIFIED = 15 * 60


class Uploads:
    def __init__(self, videos: Videos, views: Views, extras: Extras) -> None:
        self.videos = videos
        self.views = views
        self.extras = extras
        self.world = videos.world
        self.sessions: dict[str, Session] = {}

    def start_upload(self, call: Call, token: Token, kind: str, plan: Plan) -> Reply:
        self.videos.needs(token, ("youtube.force-ssl",) if kind == "captions" else UPLOADS)
        page = self.videos.channel(token)
        protocol = call.text("uploadType")
        if protocol not in ("resumable", "multipart", "media"):
            raise bad_request(
                "Unsupported upload protocol: uploadType is resumable, multipart or media."
            )
        meta, file, mime, skip, size = (
            dict(call.params),
            call.body,
            call.headers.get("Content-Type", ""),
            0,
            None,
        )
        if protocol == "multipart":
            meta, file, mime, skip, size = read_related(call)
            meta |= {name: call.text(name) for name in ("part", "videoId") if name in call.params}
        session = Session(kind, page.external_id, meta, self.world.world(), mime)
        session.notify = call.flag("notifySubscribers", True)
        self.check_start(session, page)
        if protocol == "resumable":
            session.mime = call.headers.get("X-Upload-Content-Type", "")
            declared = call.headers.get("X-Upload-Content-Length", "")
            session.size = int(declared) if declared.isdecimal() else None
            self.check_file(session)
            upload_id = "AB" + secrets.token_urlsafe(48)
            self.sessions[upload_id] = session
            where = f"{call.origin}/youtube/{call.path}?uploadType=resumable&upload_id={upload_id}"
            return Reply("", headers={"Location": where, "X-GUploader-UploadID": upload_id})
        if file is None:
            raise YoutubeError(
                400, "mediaBodyRequired", "The request does not include the file.", where="body"
            )
        session.size = file.seek(0, 2) - skip if size is None else size
        self.check_file(session)
        file.seek(skip)
        left = session.size
        while left and (chunk := file.read(min(BLOCK, left))):
            session.intake.take(chunk)
            session.head += chunk if len(session.head) < BLOCK else b""
            left -= len(chunk)
        if left:
            raise bad_request("The body ends before the file does.")
        return Reply(self.finish(session, call, plan))

    def check_start(self, session: Session, page: Page) -> None:
        """Refuse a file before it comes: a video's metadata are checked here, not at its end."""
        match session.kind:
            case "videos":
                per_channel = self.world.settings["youtube_uploads_per_channel"]
                since = self.world.world() - DAY
                lately = sum(
                    post.details.get("exists_from", 0) > since for post in page.posts.values()
                )
                if per_channel and lately >= per_channel:
                    raise YoutubeError(
                        400,
                        "uploadLimitExceeded",
                        "The user has exceeded the number of videos they may upload.",
                    )
                parts = self.videos.parts(session.meta, tuple(WRITABLE))
                session.meta = {
                    part: select_writable(part, session.meta.get(part))
                    for part in parts
                    if part in WRITABLE
                }
                session.meta |= {"part": parts}
                self.videos.check(session.meta, fresh=True)
            case "thumbnails":
                self.videos.owned(session.meta.get("videoId", ""), page, "videoId")
                if not self.world.settings["youtube_verified_channels"]:
                    raise forbidden(
                        "The thumbnail can't be set for the specified video: the channel "
                        "is not verified."
                    )
            case "captions":
                snippet = session.meta.get("snippet") or {}
                if not snippet.get("videoId") or not snippet.get("language"):
                    raise YoutubeError(
                        400,
                        "invalidMetadata",
                        "The caption's metadata are invalid.",
                        domain="youtube.caption",
                    )
                post = self.videos.owned(snippet["videoId"], page, "videoId")
                track = (snippet["language"], snippet.get("name", ""))
                if any(
                    (caption["language"], caption["name"]) == track
                    for caption in post.details.get("captions", {}).values()
                ):
                    raise YoutubeError(
                        409, "captionExists",
                        ("The video already has a " "caption track of " "this language and name."),
                        domain="youtube.caption",
                    )  # fmt: skip

    @staticmethod
    def check_file(session: Session) -> None:
        mime, size = session.mime.partition(";")[0].strip(), session.size or 0
        if (
            session.kind == "videos"
            and mime
            and not re.match(r"video/|application/octet-stream$", mime)
        ):
            raise YoutubeError(
                400, "badContent", f"Unsupported content with type: {mime}", domain="global"
            )
        if (
            session.kind == "thumbnails"
            and mime
            and not re.match(r"image/|application/octet-stream$", mime)
        ):
            raise YoutubeError(
                400,
                "invalidImage",
                "The provided image is not a valid one.",
                domain="youtube.thumbnail",
            )
        largest = {
            "videos": LARGEST_VIDEO,
            "thumbnails": LARGEST_THUMBNAIL,
            "captions": LARGEST_CAPTION,
        }[session.kind]
        if size > largest:
            raise YoutubeError(
                413, "uploadTooLarge", f"Media larger than allowed: {size} bytes", domain="global"
            )

    def bytes_come(self, call: Call, plan: Plan) -> Reply:
        session = self.sessions.get(call.text("upload_id"))
        if session is None:
            raise YoutubeError(404, "notFound", "There is no such upload.", domain="global")
        if call.method != "PUT":
            raise YoutubeError(
                405, "httpMethodNotAllowed", "Bytes are sent with PUT.", domain="global"
            )
        if session.started + self.world.settings["youtube_session_seconds"] <= self.world.world():
            raise YoutubeError(410, "gone", "The upload has expired.", domain="global")
        if session.finished is not None:
            return Reply(self.result(session))
        start, end, total = self.range_of(call, session)
        session.size = total if session.size is None else session.size
        if end is not None:
            last = end + 1 == session.size
            if not last and (end + 1 - start) % BLOCK:
                raise bad_request(f"Chunks other than the last must be multiples of {BLOCK} bytes.")
            if start > session.received:
                raise bad_request(
                    f"Invalid request. According to the Content-Range header, the upload "
                    f"offset is {start} byte(s), "
                    f"which exceeds already uploaded size of {session.received} byte(s)."
                )
            if call.body is not None:
                most = self.world.settings["youtube_bytes_a_put"]
                session.take(call.body, skip=session.received - start, most=most, last=last)
        if session.size is not None and session.received == session.size:
            return Reply(self.finish(session, call, plan))
        return Reply(
            "", 308, {"Range": f"bytes=0-{session.received - 1}"} if session.received else {}
        )

    @staticmethod
    def range_of(call: Call, session: Session) -> tuple[int, int | None, int | None]:
        """Read which bytes a PUT brings: first and last of them and of how many. A probe brings
        none."""
        content_range = call.headers.get("Content-Range", "")
        sent = int(call.headers.get("Content-Length") or (call.body.seek(0, 2) if call.body else 0))
        if not content_range:
            if session.size is not None and sent != session.size:
                raise bad_request(
                    f"Invalid request. There were {sent} byte(s) in the request body. "
                    f"There should have been "
                    f"{session.size} byte(s)."
                )
            return 0, sent - 1, sent
        match = re.fullmatch(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)", content_range)
        if match is None:
            raise bad_request(f"Failed to parse Content-Range header: {content_range}")
        total = None if match[3] == "*" else int(match[3])
        if total is not None and session.size is not None and total != session.size:
            raise bad_request(
                f"Invalid request. The file was announced with {session.size} byte(s), not {total}."
            )
        if match[1] is None:
            return 0, None, total
        start, end = int(match[1]), int(match[2])
        if sent != end + 1 - start or (total is not None and end >= total):
            raise bad_request(
                f"Invalid request. There were {sent} byte(s) in the request body. There "
                f"should have been "
                f"{end + 1 - start} byte(s) (starting at offset {start} and ending at "
                f"offset {end}) according to the "
                "Content-Range header."
            )
        return start, end, total

    def result(self, session: Session) -> dict[str, Any]:
        """Show what a finished session made, as it is by now."""
        post = self.videos.video(session.video) if session.kind == "videos" else None
        if post is None:
            assert session.finished is not None
            return session.finished
        return self.views.view(
            self.world.pages[YoutubeSpec.name][session.page], post, session.meta["part"]
        )

    def finish(self, session: Session, call: Call, plan: Plan) -> dict[str, Any]:
        """Make exactly one thing of a whole file, however often its last bytes are sent."""
        page = self.world.pages[YoutubeSpec.name][session.page]
        match session.kind:
            case "videos":
                session.finished = self.new_video(session, page, call, plan)
            case "thumbnails":
                session.finished = self.extras.new_thumbnail(session, page, call)
            case _:
                session.finished = self.extras.new_caption(session, page)
        session.intake.data = None
        return session.finished

    def new_video(self, session: Session, page: Page, call: Call, plan: Plan) -> dict[str, Any]:
        now, meta = self.world.world(), session.meta
        digest = session.intake.sha256
        ends = "failed/conversion" if plan.fails else self.ending(session, page, digest)
        self.world.keep_intake(session.intake)
        post = Post(self.videos.new_id(page), "", self.world.wall(), app=next(iter(CLIENTS)))
        post.pictures = [Picture(digest, "video", size=session.received)]
        post.details = {
            "exists_from": now,
            "processed_from": now + self.world.settings["youtube_processing_seconds"],
            "ends": ends,
            "mime": session.mime,
            "bytes": session.received,
            "seconds": images.read_seconds(session.head),
            "notify": session.notify,
        }
        page.posts[post.id] = post
        session.video = post.id
        self.videos.channel_of[post.id] = page.external_id
        self.videos.overwrite(post, meta)
        self.videos.update_visibility(post, call.arrived, plan.late)
        self.world.dirty = True
        return self.views.view(page, post, meta["part"])

    def ending(self, session: Session, page: Page, digest: str) -> str:
        """Say what processing will come to: the setting's word, or what the file itself
        deserves.
        """
        setting = self.world.settings["youtube_processing_ends"]
        if setting != "processed":
            return setting
        if not session.received:
            return "failed/emptyFile"
        if not images.detect_kind(session.head).startswith("video/"):
            return "failed/invalidFile"
        verified = self.world.settings["youtube_verified_channels"]
        if not verified and images.read_seconds(session.head) > LONGEST_UNVERIFIED:
            return "rejected/length"
        twice = any(
            post.pictures
            and post.pictures[0].sha256 == digest
            and not post.gone(self.world.world())
            for post in page.posts.values()
        )
        return (
            "rejected/duplicate"
            if twice and self.world.settings["youtube_rejects_duplicates"]
            else "processed"
        )
