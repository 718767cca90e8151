"""Facebook Pages by the Graph API. Everything is there, unseen, before one call shows it: an unpublished post, an
unpublished video, a Reel or a story whose bytes have been taken in."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from channels.connectors import sayings
from channels.connectors.base import (
    Account,
    Comment,
    ConnectorError,
    Draft,
    Facts,
    Figures,
    Format,
    ImageLimits,
    Message,
    Offer,
    Origin,
    OutcomeUnknown,
    Profile,
    Receipt,
    Rejected,
    Standing,
    Term,
    Tokens,
    Trace,
    TryLater,
    VideoLimits,
    Words,
)
from channels.connectors.base import gettext_noop as _
from channels.connectors.graph import (
    ABSENT,
    COMMON,
    ByPage,
    RightMissing,
    Sort,
    bare,
    beside_publishing,
    moment_of,
    path_of,
    proof_of,
    values_of,
)

# What the dialog asks for, and whether posting needs it.
_SCOPES = {
    "pages_show_list": False,
    "pages_read_engagement": True,
    "pages_manage_posts": True,
    "read_insights": False,
    "pages_manage_engagement": False,
    "pages_read_user_content": False,
    "pages_manage_metadata": False,
    "business_management": False,
}
_INSIGHTS = {"post_media_view": "views", "post_total_media_view_unique": "reach", "post_clicks": "clicks"}
# Of videos and of Reels: each has no rows for the other's names, so both can be asked at once.
_VIDEO_INSIGHTS = {
    "total_video_views": "views",
    "total_video_view_total_time": "watch_seconds",
    "blue_reels_play_count": "views",
    "post_video_view_time": "watch_seconds",
}
_COUNTS = "shares,reactions.limit(0).summary(total_count),comments.limit(0).summary(total_count)"
_DUPLICATE = "506"
_PHOTO_USED = "1366051"
# The upload is lost, and a new one may succeed.
_UPLOAD_FAULTS = {"6000", "6001", "ProcessingFailedError"}
_FAILED = "processing"  # our word, where the platform has none

_MB, _GB = 1024**2, 1024**3
_CHUNK = 4 * _MB
_PHOTO = ImageLimits(most=1, fewest=1, max_bytes=4 * _MB)
_UPRIGHT = VideoLimits(
    max_bytes=_GB,
    min_seconds=3,
    max_seconds=90,
    narrowest=0.55,
    widest=0.57,
    min_side=540,
    min_fps=24,
    max_fps=60,
    types=frozenset({"video/mp4"}),
    codecs=frozenset({"h264", "hevc", "vp9", "av1"}),
)
_EARLIER = timedelta(minutes=2)  # than the try a list is read from: clocks differ
# The edges of what is sent to the upload host and shown by one call that finishes it.
_FINISHED_AT_ONCE = {"reel": "video_reels", "video_story": "video_stories"}


@dataclass(frozen=True, slots=True)
class _Upload:
    """A draft that is no post yet, as its reference tells: a video or a photo, and where its bytes go."""

    kind: str  # the format
    id: str
    to: str = ""  # upload session of a video, address of a Reel or a story; empty: nothing more to send
    at: int = 0  # of a video, so much is there for certain
    times: int = 1  # begun anew so often
    looks: int = 0  # after its bytes were in, without processing having begun

    @classmethod
    def read(cls, ref: str) -> "_Upload | None":
        return cls(**json.loads(ref)) if ref.startswith("{") else None

    def draft(self, *, ready: bool = False, wait: float = 0) -> Draft:
        told = {name: value for name, value in asdict(self).items() if value}
        return Draft(json.dumps(told, separators=(",", ":")), ready, timedelta(seconds=wait))


# What errors mean to an officer, and what to do.
_REASONS = {
    **dict.fromkeys(("190", "190/466", "190/467", "102"), sayings.AGAIN),
    "190/458": _("the portal's application was removed from the Facebook account; connect again"),
    **dict.fromkeys(
        ("190/459", "190/464"), _("Facebook asks the person who connected the page to sign in at facebook.com first")
    ),
    "190/460": _("the password of the Facebook account that connected the page was changed; connect again"),
    "190/463": _("the connection has expired; connect the channel again"),
    "190/468": _("Facebook ended the connection because it had not been used for long; connect again"),
    "190/492": sayings.NO_ROLE,
    **dict.fromkeys(("10", *map(str, range(200, 300))), sayings.RIGHTS),
    "3": _("Facebook does not allow the portal's application to do this; tell its administrators"),
    "100": _("Facebook does not accept a part of the post; check text, pictures and link"),
    **dict.fromkeys(
        ("100/36007", "100/36008", "100/36009"), _("Facebook's answer was used already or is too old; connect again")
    ),
    "100/33": sayings.NO_OBJECT,
    "gone": _("the page is no longer on Facebook, or hidden from the portal; look there, then connect it again"),
    "368": _("Facebook blocks the page for a while, for its rules or for posting too fast; try hours later"),
    "506": _("the page's last post has the same text"),
    "upload_host": _(
        "the platform named an address that is not its own for the upload; tell the system's administrators"
    ),
    "1366051": _("the photo stands in another post already"),
    "processing": _("Facebook could not process the video; save it anew as MP4 (H.264), and schedule the post again"),
    "story": _("Facebook does not tell stories apart; look on the page whether it stands"),
    **dict.fromkeys(
        ("6000", "6001", "ProcessingFailedError"),
        _("the upload to Facebook broke off; it is tried again"),
    ),
    **dict.fromkeys(("4", "17", "32", "341", "613", "80001"), sayings.MANY),
    **dict.fromkeys(("1", "2", "1363047", "1609010"), sayings.DOWN),
    **dict.fromkeys(("382", "1349125", "1366046", "2061006"), sayings.PICTURE),
    "1404102": sayings.CONTENT,
    **dict.fromkeys(("1609005", "1609008"), _("the platform could not open the link; check the address")),
    **dict.fromkeys(("1404078", "1404006", "1404112", "4854002"), sayings.CLOSED),
}
_NOT_BELOW_100 = _("Pages with fewer than 100 followers are told nothing.")


class Facebook(ByPage):
    """https://developers.facebook.com/docs/pages-api/posts, …/video-api/guides/reels-publishing, …/page-stories-api"""

    kind = "facebook"
    told_as, news = "page", "feed,name"
    words = Words(
        label="Facebook",
        page=_("Facebook page %(name)s"),
        icon="brand-facebook",
        formats={
            "post": sayings.POST,
            "reel": sayings.REEL,
            "video": sayings.VIDEO,
            "photo_story": Term(_("Photo story"), sayings.PICTURE_STORY),
            "video_story": Term(_("Video story"), sayings.VIDEO_STORY),
        },
        reasons=_REASONS,
        rights={
            **ByPage.RIGHTS,
            "pages_manage_posts": _("publishing and withdrawing posts"),
            "read_insights": sayings.FIGURES,
            "pages_manage_engagement": _("answering and hiding comments"),
            "pages_read_user_content": _("reading what residents write under the page's posts"),
        },
    )
    sorts = {
        **COMMON,
        # Page authorisation, identity, security check, account limited: somebody has to act at facebook.com first.
        **dict.fromkeys(("1404006", "1404078", "1404112", "4854002"), Sort.LOST),
        **dict.fromkeys(("1363047", "1609010"), Sort.DOWN),
        **dict.fromkeys(("389", "1609005", "6000", "6001"), Sort.AGAIN),
        _DUPLICATE: Sort.DUPLICATE,
        _PHOTO_USED: Sort.DUPLICATE,
    }
    facts = Facts(
        formats=[
            Format("post", max_text=63_206, images=replace(_PHOTO, most=10, fewest=0)),
            Format("reel", max_text=63_206, videos=_UPRIGHT, takes_link=False, labels_ai=True),
            Format(
                "video",
                max_text=63_206,
                videos=VideoLimits(max_bytes=10 * _GB, min_seconds=1, max_seconds=4 * 3600),
                labels_ai=True,
            ),
            Format("photo_story", max_text=0, images=_PHOTO, takes_link=False, by_choice=True),
            Format(
                "video_story",
                max_text=0,
                videos=replace(_UPRIGHT, max_seconds=60),
                takes_link=False,
                labels_ai=True,
                by_choice=True,
            ),
        ],
        stages=True,
        finds=True,
        comments=True,
        lists_posts=True,
        measures={
            "views": Origin("post_media_view · total_video_views · blue_reels_play_count", _NOT_BELOW_100),
            "reach": Origin("post_total_media_view_unique", _NOT_BELOW_100),
            "reactions": Origin("reactions.summary(total_count)"),
            "comments": Origin("comments.summary(total_count)"),
            "shares": Origin("shares.count"),
            "clicks": Origin("post_clicks", _NOT_BELOW_100),
            "watch_seconds": Origin("total_video_view_total_time · post_video_view_time", _("Videos and reels only.")),
        },
        rights=_SCOPES,
        hosts=("facebook.com", "fb.com", "fb.watch"),
        source="developers.facebook.com/docs/graph-api/reference/page/{feed,photos,videos,video_reels}, 2026-09",
    )
    pages_by_query = frozenset({"profile.php"})
    no_pages = frozenset(
        {
            "events",
            "groups",
            "hashtag",
            "home.php",
            "login",
            "media",
            "permalink.php",
            "photo",
            "photo.php",
            "plugins",
            "reel",
            "search",
            "share",
            "sharer",
            "sharer.php",
            "story.php",
            "watch",
        }
    )

    # --- staging --------------------------------------------------------------------------------------------------

    async def stage(self, account: Account, message: Message, draft_ref: str = "") -> Draft:
        form = self.facts.format(message.format).name
        upload = _Upload.read(draft_ref)
        whole = draft_ref and form in ("post", "photo_story")  # made in one step; but it may have died since
        if whole and await self._is_there(account, upload.id if upload else draft_ref):
            return Draft(draft_ref)
        if form == "post":
            return await self._stage_post(account, message)
        if form == "photo_story":
            return _Upload(form, await self._upload_photo(account, message, 0)).draft(ready=True)
        return await (self._go_on(account, message, upload) if upload else self._begin(account, message, form))

    async def _is_there(self, account: Account, draft: str) -> bool:
        try:
            await self.graph("GET", account, draft, params={"fields": "id"})
        except Rejected as error:
            if error.code not in ABSENT:
                raise
            return False
        return True

    async def _stage_post(self, account: Account, message: Message) -> Draft:
        photos = await asyncio.gather(*(self._upload_photo(account, message, n) for n in range(len(message.images))))
        post = {"message": message.text, "published": "false"}
        if photos:
            post["attached_media"] = json.dumps([{"media_fbid": photo} for photo in photos])
        elif message.link:
            post["link"] = message.link
        return Draft(str((await self.graph("POST", account, f"{account.external_id}/feed", data=post))["id"]))

    async def _upload_photo(self, account: Account, message: Message, number: int) -> str:
        image = message.images[number]
        form = aiohttp.FormData({"published": "false"})
        if image.alt:
            form.add_field("alt_text_custom", image.alt)
        form.add_field("source", image.content, filename=f"{image.sha256}", content_type=image.content_type)
        return str((await self.graph("POST", account, f"{account.external_id}/photos", data=form))["id"])

    async def _begin(self, account: Account, message: Message, form: str, *, times: int = 1) -> Draft:
        start = {"upload_phase": "start"}
        if form == "video":
            start["file_size"] = str(message.videos[0].size)
        answer = await self.graph("POST", account, self._edge(account, form), data=start)
        to = answer["upload_session_id"] if form == "video" else answer["upload_url"]
        return _Upload(form, str(answer["video_id"]), str(to), times=times).draft()

    @staticmethod
    def _edge(account: Account, form: str) -> str:
        return f"{account.external_id}/{_FINISHED_AT_ONCE.get(form, 'videos')}"

    async def _go_on(self, account: Account, message: Message, upload: _Upload) -> Draft:
        """Where the video stands, the platform says; what a worker that died had sent is not sent again."""
        if upload.kind == "video" and upload.to:
            return await self._send_video(account, message, upload)
        status = await self._status(account, upload)
        stands = status.get("video_status", "gone")
        if stands in ("gone", "expired", "upload_failed"):
            return await self._anew(account, message, upload, f"the upload is {stands}")
        if failed := _failure(status):
            raise failed
        if stands == "ready":
            return replace(upload, to="").draft(ready=True)
        if upload.to and stands != "processing":
            return await self._send(account, message, upload, status.get("uploading_phase", {}))
        if upload.kind in _FINISHED_AT_ONCE and status.get("processing_phase", {}).get("status") == "not_started":
            # Some are processed only once they are finished: what has not begun by the third look will not.
            upload = replace(upload, to="", looks=upload.looks + 1)
            return upload.draft(ready=upload.looks > 2, wait=5)
        return replace(upload, to="").draft(wait=5)

    async def _status(self, account: Account, upload: _Upload) -> Mapping[str, Any]:
        """Empty when there is no such video."""
        try:
            return (await self.graph("GET", account, upload.id, params={"fields": "status"})).get("status", {})
        except Rejected as error:
            if error.code not in ABSENT:
                raise
            return {}

    async def _anew(self, account: Account, message: Message, upload: _Upload, why: str) -> Draft:
        if upload.times > 2:
            raise Rejected(why, code=_FAILED)
        return await self._begin(account, message, upload.kind, times=upload.times + 1)

    async def _send(self, account: Account, message: Message, upload: _Upload, sent: Mapping[str, Any]) -> Draft:
        """To the upload host."""
        start = _sent(sent)
        try:
            whole = sent.get("status") == "complete" or await self.rupload(account, upload.to, message.videos[0], start)
        except Rejected as error:
            if error.code not in _UPLOAD_FAULTS:
                raise
            return await self._anew(account, message, upload, error.detail)
        return (replace(upload, to="") if whole else upload).draft(wait=2)

    async def _send_video(self, account: Account, message: Message, upload: _Upload) -> Draft:
        """A session may know more than was heard of it, and a video that is not whole yet may not be readable."""
        told = _sent((await self._status(account, upload)).get("uploading_phase", {}))
        try:
            return await self._transfer(account, message, replace(upload, at=max(told, upload.at)))
        except TryLater as error:
            if error.code not in _UPLOAD_FAULTS:
                raise
            # The session is over: perhaps because the video is whole, and only the answer to its finish was lost.
            if (await self._status(account, upload)).get("video_status") in ("processing", "ready"):
                return replace(upload, to="").draft(wait=2)
            return await self._anew(account, message, upload, error.detail)

    async def _transfer(self, account: Account, message: Message, upload: _Upload) -> Draft:
        """Piece by piece, each from where the platform says, for as long as a step may last; then the finish, which
        leaves the video unpublished."""
        video, until = message.videos[0], time.monotonic() + self.step.total_seconds()
        session, start = {"upload_session_id": upload.to}, upload.at
        while start < video.size:
            piece = b"".join([part async for part in self.pieces(video, start, min(_CHUNK, video.size - start))])
            form = aiohttp.FormData({**session, "upload_phase": "transfer", "start_offset": str(start)})
            form.add_field("video_file_chunk", piece, filename="piece", content_type="application/octet-stream")
            try:
                start = await self._piece(account, form, until - time.monotonic())
            except TryLater as error:
                if not error.silent:
                    raise
                return replace(upload, at=start).draft(wait=2)
            if start < video.size and time.monotonic() >= until:
                return replace(upload, at=start).draft()
        finish = {**session, "upload_phase": "finish", "published": "false", "description": message.text}
        await self.graph("POST", account, f"{account.external_id}/videos", data=finish | _label(message))
        return replace(upload, to="", at=0).draft(wait=2)

    async def _piece(self, account: Account, form: aiohttp.FormData, seconds: float) -> int:
        """Sends one; where the next one starts. A piece from the wrong place is refused with the right one."""
        answer = await self.exchange(
            "POST",
            self.address(account.base_url, account.app, f"{account.external_id}/videos"),
            params={"appsecret_proof": proof_of(account.app, account.token)},
            headers={"Authorization": f"Bearer {account.token}"},
            timeout=max(1, seconds),
            data=form,
        )
        match answer.body:
            case {"start_offset": start} | {"error": {"error_data": {"start_offset": start}}}:
                return int(start)
        raise self.problem(answer, hide=(account.token,))

    # --- publishing -----------------------------------------------------------------------------------------------

    async def commit(self, account: Account, message: Message, draft_ref: str = "") -> Receipt:
        upload = _Upload.read(draft_ref)
        draft = draft_ref or (await self._stage_post(account, message)).ref
        try:
            return await (self._show(account, message, upload) if upload else self._show_post(account, draft))
        except OutcomeUnknown as doubt:
            if doubt.code not in (_DUPLICATE, _PHOTO_USED):
                raise
            # The page's last post says the same: most often this very draft, shown by an earlier try.
            try:
                receipt = await self._shown(account, draft, datetime.now(UTC) - timedelta(days=1))
            except ConnectorError:
                raise doubt from None
            if receipt is None:
                raise Rejected(doubt.detail, code=doubt.code) from None
            return receipt

    async def _show_post(self, account: Account, draft: str) -> Receipt:
        show = {"is_published": "true", "fields": "permalink_url"}
        answer = await self.graph("POST", account, draft, data=show, changes=True)
        return Receipt(draft, self._absolute(account, answer) or await self._permalink(account, draft))

    async def _show(self, account: Account, message: Message, upload: _Upload) -> Receipt:
        if upload.kind == "video":
            await self.graph("POST", account, upload.id, data={"published": "true"}, changes=True)
            return Receipt(upload.id, await self._permalink(account, upload.id))
        if upload.kind == "photo_story":
            path, data = f"{account.external_id}/photo_stories", {"photo_id": upload.id}
            answer = await self.graph("POST", account, path, data=data, changes=True)
            story = f"{account.external_id}_{answer['post_id']}"
            return Receipt(story, await self._permalink(account, story))
        finish = {"upload_phase": "finish", "video_id": upload.id, "video_state": "PUBLISHED"}
        if message.text and upload.kind == "reel":
            finish["description"] = message.text
        data = finish | _label(message)
        await self.graph("POST", account, self._edge(account, upload.kind), data=data, changes=True)
        try:
            return await self._video(account, upload, timeout=10) or Receipt(upload.id, processing=True)
        except ConnectorError:  # what came of it, `progress` tells
            return Receipt(upload.id, processing=True)

    async def _permalink(self, account: Account, post: str) -> str:
        """The address is worth a read, but it stands already: nothing that goes wrong here may put that in doubt."""
        try:
            answer = await self.graph("GET", account, post, params={"fields": "permalink_url"}, timeout=10)
        except ConnectorError:
            return ""
        return self._absolute(account, answer)

    @staticmethod
    def _absolute(account: Account, answer: Mapping[str, Any]) -> str:
        address = str(answer.get("permalink_url", ""))  # of videos without its host
        return f"{account.app['dialog_url']}{address}" if address.startswith("/") else address

    async def progress(self, account: Account, message: Message, external_id: str) -> Receipt | None:
        try:
            receipt = await self._video(account, _Upload("reel", external_id))
        except Rejected as error:
            if error.code == _FAILED:
                raise
            raise OutcomeUnknown(error.detail, code=error.code) from None  # the look was refused, not the video
        return None if receipt is None or receipt.processing else receipt

    # --- looking --------------------------------------------------------------------------------------------------

    async def find(self, account: Account, message: Message, draft_ref: str, since: datetime) -> Receipt | None:
        if draft_ref:
            try:
                return await self._shown(account, draft_ref, since)
            except Rejected as error:
                if error.code == _FAILED:
                    return None
                if error.code != "100/33":
                    raise
        # Without a draft, or with one that this token cannot see any more: the page's own lists.
        return await self._listed(account, message, draft_ref, since)

    async def _shown(self, account: Account, draft: str, since: datetime) -> Receipt | None:
        """The receipt of a draft if it stands."""
        upload = _Upload.read(draft)
        if upload is None:
            fields = {"fields": "is_published,permalink_url"}
            answer = await self.graph("GET", account, draft, params=fields)
            return Receipt(draft, self._absolute(account, answer)) if answer.get("is_published") else None
        if upload.kind != "photo_story":
            return await self._video(account, upload)
        async for story in self._stories(account, since):
            if str(story.get("media_id")) == upload.id:
                return Receipt(f"{account.external_id}_{story['post_id']}", str(story.get("url", "")))
        return None

    async def _video(self, account: Account, upload: _Upload, **request: Any) -> Receipt | None:
        """The receipt of a video that stands, or that was accepted and is still worked on. Rejected when it failed."""
        params = {"fields": "status,published,permalink_url,post_id"}
        answer = await self.graph("GET", account, upload.id, params=params, **request)
        status = answer.get("status", {})
        if failed := _failure(status):
            raise failed
        if _is_shown(answer):
            return Receipt(upload.id, self._absolute(account, answer))
        # A Reel may have a post as soon as it is accepted; an unpublished video has one that nobody sees.
        if _is_accepted(status) or (answer.get("post_id") and upload.kind in _FINISHED_AT_ONCE):
            return Receipt(upload.id, processing=True)
        if status.get("processing_phase", {}).get("status") == "in_progress":
            raise OutcomeUnknown("still processed, perhaps because it was accepted")
        return None

    async def _listed(self, account: Account, message: Message, draft: str, since: datetime) -> Receipt | None:
        form, wanted = self.facts.format(message.format).name, bare(message.text)
        if form in ("photo_story", "video_story"):
            async for _story in self._stories(account, since):
                raise OutcomeUnknown("a story has no words to be known by", code="story")
            return None
        rows = self._reels(account, since) if form == "reel" else self._posts(account, since)
        ours = [row async for row in rows if form == "reel" or _is_ours(row, account)]
        if form == "post" and draft:  # it keeps its id
            found = [row for row in ours if row["id"] == draft]
        else:
            found = [row for row in ours if bare(row.get("message") or row.get("description", "")) == wanted]
        upload = _Upload.read(draft)
        if len(found) > 1 or (upload and found and _id_of(found[0]) != upload.id):
            raise OutcomeUnknown("another post may say this")
        return Receipt(_id_of(found[0]), self._absolute(account, found[0])) if found else None

    def _posts(self, account: Account, since: datetime) -> AsyncIterator[Any]:
        fields = "id,message,created_time,permalink_url,application,attachments{media_type,target}"
        return self._since(account, "published_posts", fields, since)

    async def _reels(self, account: Account, since: datetime) -> AsyncIterator[Any]:
        """That this list knows of ``since`` nobody says."""
        async for reel in self._since(account, "video_reels", "id,description,updated_time,permalink_url", since):
            if moment_of(reel["updated_time"]) >= since - _EARLIER:
                yield reel

    def _stories(self, account: Account, since: datetime) -> AsyncIterator[Any]:
        return self._since(account, "stories", "post_id,status,creation_time,media_type,media_id,url", since)

    def _since(self, account: Account, edge: str, fields: str, since: datetime) -> AsyncIterator[Any]:
        start = str(int((since - _EARLIER).timestamp()))
        return self.rows(account, f"{account.external_id}/{edge}", {"fields": fields, "since": start, "limit": "100"})

    @beside_publishing
    async def withdraw(self, account: Account, external_id: str) -> bool:
        upload = _Upload.read(external_id)
        try:
            if upload and upload.kind == "video" and upload.to:
                cancel = {"upload_phase": "cancel", "upload_session_id": upload.to}
                await self.graph("POST", account, f"{account.external_id}/videos", data=cancel)
            else:
                await self.graph("DELETE", account, upload.id if upload else external_id)
        except (Rejected, TryLater) as error:
            if error.code not in (*ABSENT, "6000"):
                raise
            return False
        return True

    async def trace(self, account: Account, external_id: str) -> Trace:
        upload = _Upload.read(external_id)
        node = upload.id if upload else external_id
        is_video = upload.kind != "photo_story" if upload else "_" not in external_id
        fields = "id" if upload and not is_video else "status,published" if is_video else "is_published"
        try:
            answer = await self.graph("GET", account, node, params={"fields": fields})
        except Rejected as error:
            if error.code not in ABSENT:
                raise
        else:
            shown = _is_shown(answer) if is_video else answer.get("is_published")
            return Trace.VISIBLE if shown else Trace.HIDDEN
        # The page's own list is read only by who may see its posts: then absence is no lack of rights.
        params = {"fields": "id", "limit": "100"}
        listed = await self.graph("GET", account, f"{account.external_id}/published_posts", params=params)
        return Trace.VISIBLE if any(post["id"] == external_id for post in listed["data"]) else Trace.GONE

    async def standing(self, account: Account, since: datetime) -> list[Standing]:
        """Posts, Reels and stories. Of the latter two nobody tells which application made them."""
        found = [
            Standing(
                external_id=_id_of(post),
                permalink=self._absolute(account, post),
                published_at=moment_of(post["created_time"]),
                ours=_is_ours(post, account),
                text=post.get("message", ""),
            )
            async for post in self._posts(account, since)
        ]
        found += [
            Standing(
                external_id=str(reel["id"]),
                permalink=self._absolute(account, reel),
                published_at=moment_of(reel["updated_time"]),
                text=reel.get("description", ""),
            )
            async for reel in self._reels(account, since)
        ]
        found += [
            Standing(
                external_id=str(story["media_id"])
                if str(story.get("media_type", "")).lower() == "video"
                else f"{account.external_id}_{story['post_id']}",
                permalink=str(story.get("url", "")),
                published_at=datetime.fromtimestamp(int(story["creation_time"]), UTC),
            )
            async for story in self._stories(account, since)
        ]
        unique = {each.external_id: each for each in reversed(found)}  # a video may stand in two lists
        recent = [each for each in unique.values() if each.published_at >= since.replace(microsecond=0)]
        return sorted(recent, key=lambda each: each.published_at, reverse=True)

    # --- comments -------------------------------------------------------------------------------------------------

    @beside_publishing
    async def comments(self, account: Account, external_id: str) -> list[Comment]:
        """Of ``from`` only the number is asked for, compared with the page's own, and forgotten."""
        params = {
            "filter": "stream",
            "order": "reverse_chronological",
            "limit": "100",
            "fields": "id,message,created_time,from{id},parent{id},is_hidden,comment_count",
        }
        rows = (await self.graph("GET", account, path_of(external_id, "comments"), params=params))["data"]
        own = [row for row in rows if row.get("from", {}).get("id") == account.external_id]
        answered = {row["parent"]["id"] for row in own if row.get("parent")}
        return [
            Comment(
                external_id=row["id"],
                text=row.get("message", ""),  # a sticker has none
                written_at=moment_of(row["created_time"]),
                hidden=bool(row.get("is_hidden")),
                answered=row["id"] in answered,
                replies=row.get("comment_count", 0),
            )
            for row in rows
            if row not in own
        ]

    @beside_publishing
    async def answer(self, account: Account, comment_id: str, text: str) -> str:
        path = path_of(comment_id, "comments")
        answer = await self.graph("POST", account, path, data={"message": text}, changes=True)
        if "id" not in answer:
            raise OutcomeUnknown("a success without an id")
        return str(answer["id"])

    @beside_publishing
    async def hide(self, account: Account, comment_id: str, *, hidden: bool = True) -> None:
        await self.graph("POST", account, path_of(comment_id), data={"is_hidden": "true" if hidden else "false"})

    # --- counting -------------------------------------------------------------------------------------------------

    @beside_publishing
    async def measure(self, account: Account, external_ids: Sequence[str]) -> dict[str, Figures]:
        if self.usage.get(account.external_id, 0) >= 80:
            raise TryLater("most of the page's calls are used up", code="80001", wait=timedelta(hours=1))
        figures = await asyncio.gather(*(self._figures(account, post) for post in external_ids))
        return {post: found for post, found in zip(external_ids, figures, strict=True) if found}

    async def _figures(self, account: Account, external_id: str) -> Figures | None:
        try:
            if "_" in external_id:
                counts = await self.graph("GET", account, external_id, params={"fields": _COUNTS})
                insights = await self._insights(account, f"{external_id}/insights", _INSIGHTS, list(_INSIGHTS))
            else:
                counts = await self._counts_of_video(account, external_id)
                edge = f"{external_id}/video_insights"
                insights = await self._insights(account, edge, _VIDEO_INSIGHTS, list(_VIDEO_INSIGHTS))
        except Rejected as error:
            if error.code in ABSENT:
                return None
            raise
        if "watch_seconds" in insights:
            insights["watch_seconds"] //= 1000  # told in milliseconds
        return Figures(
            reactions=_total(counts.get("reactions")),
            comments=_total(counts.get("comments")),
            shares=counts.get("shares", {}).get("count", 0) if counts else None,  # left out at zero
            **insights,
        )

    async def _counts_of_video(self, account: Account, video: str) -> Mapping[str, Any]:
        """People react to the post in which a video stands."""
        post = (await self.graph("GET", account, video, params={"fields": "post_id"})).get("post_id")
        if not post:
            return {}
        try:
            return await self.graph("GET", account, f"{account.external_id}_{post}", params={"fields": _COUNTS})
        except Rejected:
            return {}

    async def _insights(
        self, account: Account, edge: str, names: Mapping[str, str], metrics: list[str]
    ) -> dict[str, int]:
        try:
            answer = await self.graph("GET", account, edge, params={"metric": ",".join(metrics)})
        except Rejected:
            # One metric that the platform has retired fails them all: ask one by one.
            if len(metrics) == 1:
                return {}
            found = [await self._insights(account, edge, names, [metric]) for metric in metrics]
            return {name: value for each in found for name, value in each.items()}
        except RightMissing:
            return {}  # read_insights was not granted; the other counts need it not
        return {names[name]: value for name, value in values_of(answer).items() if name in names}

    # --- connection -----------------------------------------------------------------------------------------------

    async def profile(self, account: Account) -> Profile:
        page = await self.own_node(account, "id,name,username,link,followers_count")
        return _profile(page, await self.rights(account))

    async def offers(
        self, app: Mapping[str, Any], answer: Mapping[str, str], *, redirect_uri: str = "", verifier: str = ""
    ) -> list[Offer]:
        fields = "id,name,username,access_token,link,followers_count"
        pages, _granted = await self.pages(app, answer, redirect_uri=redirect_uri, fields=fields)
        # A page's own token outlives the 60 days of the person's; it has no date and nothing to renew. It is left out
        # where the person may do nothing.
        return [
            Offer(_profile(page, page["rights"]), Tokens(page.get("access_token", "")), usable=self.may_post(page))
            for page in pages
        ]

    # --- addresses, as residents see them -----------------------------------------------------------------------------

    @classmethod
    def page_in(cls, steps: Sequence[str], asked: Mapping[str, str]) -> str:
        match steps:
            case ["profile.php" | "permalink.php" | "story.php", *_rest]:
                return asked.get("id", "")
            case ["people", _name, number, *_rest]:
                return number
            case ["pages", *_rest, name] | ["p", name, *_rest]:
                found = re.search(r"\d{5,}$", name)
                return found[0] if found else ""
        return super().page_in(steps, asked)


def _label(message: Message) -> dict[str, str]:
    return {"is_ai_generated": "true"} if message.ai_made else {}


def _sent(phase: Mapping[str, Any]) -> int:
    return int(phase.get("bytes_transferred") or phase.get("bytes_transfered") or 0)  # the guide has both spellings


def _failure(status: Mapping[str, Any]) -> Rejected | None:
    """Of a video that the platform could not take."""
    phases = [status.get(f"{name}_phase", {}) for name in ("uploading", "processing", "publishing")]
    if status.get("video_status") not in ("error", "upload_failed", "expired") and not any(
        phase.get("status") == "error" or phase.get("publish_status") == "error" for phase in phases
    ):
        return None
    told = [error.get("message", "") for phase in phases for error in phase.get("errors", ())]
    return Rejected("; ".join(filter(None, told)) or "the video could not be processed", code=_FAILED)


def _is_shown(video: Mapping[str, Any]) -> bool:
    """A Reel may call itself published before it is; an ordinary video may have no phases."""
    phase = video.get("status", {}).get("publishing_phase", {})
    told = phase.get("publish_status", "published" if phase.get("status", "complete") == "complete" else "")
    return bool(video.get("published")) and told == "published"


def _is_accepted(status: Mapping[str, Any]) -> bool:
    """Of a video, to be shown by and by."""
    phase = status.get("publishing_phase", {})
    told = phase.get("publish_status", "published" if phase.get("status") == "complete" else "")
    return phase.get("status") == "in_progress" or told in ("published", "scheduled")


def _is_ours(post: Mapping[str, Any], account: Account) -> bool:
    return post.get("application", {}).get("id") == account.app["app_id"]


def _id_of(post: Mapping[str, Any]) -> str:
    """A video's post goes by the video's own id, as it does when it is published."""
    for attachment in post.get("attachments", {}).get("data", ()):
        if attachment.get("media_type") == "video" and attachment.get("target", {}).get("id"):
            return str(attachment["target"]["id"])
    return str(post["id"])


def _total(edge: Mapping[str, Any] | None) -> int | None:
    return (edge or {}).get("summary", {}).get("total_count")


def _profile(page: Mapping[str, Any], granted: Sequence[str]) -> Profile:
    return Profile(
        external_id=str(page["id"]),
        name=page["name"],
        handle=page.get("username", ""),
        address=page.get("link", ""),
        followers=page.get("followers_count"),
        missing=[scope for scope in _SCOPES if scope not in granted],
    )
