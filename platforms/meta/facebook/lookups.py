"""Find posts of the page, list them and take them down."""

from collections.abc import AsyncIterator, Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any

from platforms.errors import OutcomeUnknown, Rejected, TryLater
from platforms.messages import Account, LivePost, Message, Receipt, Visibility
from platforms.meta.errors import ABSENT_CODES, reject_on_missing_right
from platforms.meta.facebook.posts import (
    FAILED,
    FINISHED_AT_ONCE,
    Upload,
    is_accepted,
    is_ours,
    is_published,
    make_failure,
    parse_permalink,
    parse_post_id,
    parse_story_id,
)
from platforms.meta.graph import Graph, parse_time
from platforms.text import collapse_spaces

_CLOCK_SKEW = timedelta(minutes=2)  # so much earlier than the try a list is read from
_SESSION_ABSENT = "6000"
_POST_FIELDS = "id,message,created_time,permalink_url,application,attachments{media_type,target}"
_REEL_FIELDS = "id,description,updated_time,permalink_url"
_STORY_FIELDS = "post_id,status,creation_time,media_type,media_id,url"


class Lookups(Graph):
    """Ask the draft, else the page's lists, what became of a post."""

    # --- finding ----------------------------------------------------------------------------------

    async def find(
        self, account: Account, message: Message, draft_ref: str, since: datetime
    ) -> Receipt | None:
        if draft_ref:
            try:
                return await self.find_by_draft(account, draft_ref, since)
            except Rejected as error:
                if error.code == FAILED:
                    return None
                if error.code != "100/33":
                    raise
        # Without a draft, or with one that this token cannot see any more.
        return await self._find_in_list(account, message, draft_ref, since)

    async def find_by_draft(
        self, account: Account, draft_ref: str, since: datetime
    ) -> Receipt | None:
        """Return the receipt of a draft if it is live."""
        upload = Upload.parse(draft_ref)
        if upload is None:
            params = {"fields": "is_published,permalink_url"}
            post = await self.call_api(account, draft_ref, params=params)
            if not post.get("is_published"):
                return None
            return Receipt(draft_ref, parse_permalink(account, post))
        if upload.kind != "photo_story":
            return await self.read_video_receipt(account, upload)
        async for story in self._iter_stories(account, since):
            if str(story.get("media_id")) == upload.id:
                story_id = f"{account.external_id}_{story['post_id']}"
                return Receipt(story_id, str(story.get("url", "")))
        return None

    async def read_video_receipt(
        self, account: Account, upload: Upload, **request: Any
    ) -> Receipt | None:
        """Return the receipt of a video that is live, or that was accepted and is still processed;
        None if neither. Raises Rejected when it failed.
        """
        params = {"fields": "status,published,permalink_url,post_id"}
        video = await self.call_api(account, upload.id, params=params, **request)
        status = video.get("status", {})
        if failure := make_failure(status):
            raise failure
        if is_published(video):
            return Receipt(upload.id, parse_permalink(account, video))
        # A Reel may have a post as soon as it is accepted; an unpublished video has one that nobody
        # sees.
        has_post = video.get("post_id") and upload.kind in FINISHED_AT_ONCE
        if is_accepted(status) or has_post:
            return Receipt(upload.id, processing=True)
        if status.get("processing_phase", {}).get("status") == "in_progress":
            raise OutcomeUnknown("still processed, perhaps because it was accepted")
        return None

    async def _find_in_list(
        self, account: Account, message: Message, draft_ref: str, since: datetime
    ) -> Receipt | None:
        """Find the post on the page's lists: a draft post by its id, anything else by its text.
        Raises OutcomeUnknown where several fit, or one that is not the draft's.
        """
        form = self.facts.format(message.format).name
        if form in ("photo_story", "video_story"):
            async for _story in self._iter_stories(account, since):
                raise OutcomeUnknown("a story has no words to be known by", code="story")
            return None
        if form == "reel":
            posts = [reel async for reel in self._iter_reels(account, since)]
        else:
            listed = self._iter_posts(account, since)
            posts = [post async for post in listed if is_ours(post, account)]
        if form == "post" and draft_ref:
            matches = [post for post in posts if post["id"] == draft_ref]
        else:
            text = collapse_spaces(message.text)
            matches = [
                post
                for post in posts
                if collapse_spaces(post.get("message") or post.get("description", "")) == text
            ]
        if not matches:
            return None
        upload = Upload.parse(draft_ref)
        if len(matches) > 1 or (upload and parse_post_id(matches[0]) != upload.id):
            raise OutcomeUnknown("another post may say this")
        return Receipt(parse_post_id(matches[0]), parse_permalink(account, matches[0]))

    # --- lists ------------------------------------------------------------------------------------

    def _iter_posts(self, account: Account, since: datetime) -> AsyncIterator[Any]:
        return self._iter_edge(account, "published_posts", _POST_FIELDS, since)

    async def _iter_reels(self, account: Account, since: datetime) -> AsyncIterator[Any]:
        """Yield Reels since then. Whether this list knows ``since`` is not documented."""
        async for reel in self._iter_edge(account, "video_reels", _REEL_FIELDS, since):
            if parse_time(reel["updated_time"]) >= since - _CLOCK_SKEW:
                yield reel

    def _iter_stories(self, account: Account, since: datetime) -> AsyncIterator[Any]:
        return self._iter_edge(account, "stories", _STORY_FIELDS, since)

    def _iter_edge(
        self, account: Account, edge: str, fields: str, since: datetime
    ) -> AsyncIterator[Any]:
        start = str(int((since - _CLOCK_SKEW).timestamp()))
        params = {"fields": fields, "since": start, "limit": "100"}
        return self.iter_rows(account, f"{account.external_id}/{edge}", params)

    async def list_posts(self, account: Account, since: datetime) -> list[LivePost]:
        """List posts, Reels and stories. Of Reels and stories Facebook does not say which
        application made them.
        """
        posts = [
            LivePost(
                external_id=parse_post_id(post),
                permalink=parse_permalink(account, post),
                published_at=parse_time(post["created_time"]),
                ours=is_ours(post, account),
                text=post.get("message", ""),
            )
            async for post in self._iter_posts(account, since)
        ]
        reels = [
            LivePost(
                external_id=str(reel["id"]),
                permalink=parse_permalink(account, reel),
                published_at=parse_time(reel["updated_time"]),
                text=reel.get("description", ""),
            )
            async for reel in self._iter_reels(account, since)
        ]
        stories = [
            LivePost(
                external_id=parse_story_id(story, account),
                permalink=str(story.get("url", "")),
                published_at=datetime.fromtimestamp(int(story["creation_time"]), UTC),
            )
            async for story in self._iter_stories(account, since)
        ]
        # A video may be on two lists: then the earlier list knows more of it.
        unique = {post.external_id: post for post in reversed([*posts, *reels, *stories])}
        start = since.replace(microsecond=0)
        recent = [post for post in unique.values() if post.published_at >= start]
        return sorted(recent, key=lambda post: post.published_at, reverse=True)

    @classmethod
    def ids_of(cls, reference: str) -> frozenset[str]:
        upload = Upload.parse(reference)
        return super().ids_of(upload.id if upload else reference)

    # --- taking down ------------------------------------------------------------------------------

    @reject_on_missing_right
    async def withdraw(self, account: Account, external_id: str) -> bool:
        upload = Upload.parse(external_id)
        if upload and upload.kind == "video" and upload.to:
            cancel = {"upload_phase": "cancel", "upload_session_id": upload.to}
            path = f"{account.external_id}/videos"
            if await _does_succeed(self.call_api(account, path, method="POST", data=cancel)):
                return True
            # The session has ended, perhaps because the video is whole and only the answer to its
            # finish was lost.
        node = upload.id if upload else external_id
        return await _does_succeed(self.call_api(account, node, method="DELETE"))

    async def read_visibility(self, account: Account, external_id: str) -> Visibility:
        upload = Upload.parse(external_id)
        node = upload.id if upload else external_id
        is_video = upload.kind != "photo_story" if upload else "_" not in external_id
        published_fields = "status,published" if is_video else "is_published"
        fields = "id" if upload and not is_video else published_fields
        try:
            answer = await self.call_api(account, node, params={"fields": fields})
        except Rejected as error:
            if error.code not in ABSENT_CODES:
                raise
        else:
            is_visible = is_published(answer) if is_video else answer.get("is_published")
            return Visibility.VISIBLE if is_visible else Visibility.HIDDEN
        # Only who may see the page's posts reads its list: then absence is no lack of rights.
        path = f"{account.external_id}/published_posts"
        posts = await self.call_api(account, path, params={"fields": "id", "limit": "100"})
        is_listed = any(post["id"] == external_id for post in posts["data"])
        return Visibility.VISIBLE if is_listed else Visibility.GONE


async def _does_succeed(call: Awaitable[Any]) -> bool:
    """Make the call; False if Facebook knows of no such object or upload session."""
    try:
        await call
    except (Rejected, TryLater) as error:
        if error.code not in ABSENT_CODES and error.code != _SESSION_ABSENT:
            raise
        return False
    return True
