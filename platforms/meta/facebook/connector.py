"""Facebook Pages by the Graph API. Everything is there, unseen, before one call shows it: an
unpublished post, an unpublished video, a Reel or a story whose bytes have been taken in.
"""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from platforms import hours
from platforms.errors import ConnectorError, OutcomeUnknown, Rejected, TryLater
from platforms.messages import (
    Account,
    LivePost,
    Message,
    Offer,
    PageDetails,
    Profile,
    Receipt,
    Tokens,
    Visibility,
)
from platforms.meta.facebook.comments import Comments
from platforms.meta.facebook.counting import Counting
from platforms.meta.facebook.facts import FACTS, NO_PAGES, SCOPES
from platforms.meta.facebook.uploads import (
    FAILED,
    FINISHED_AT_ONCE,
    Upload,
    Uploads,
    failure_of,
)
from platforms.meta.facebook.words import WORDS
from platforms.meta.graph import (
    ABSENT_CODES,
    COMMON_ERROR_KINDS,
    ErrorKind,
    ai_label_fields,
    collapse_spaces,
    moment_of,
    reject_on_missing_right,
)

_DUPLICATE = "506"
_PHOTO_USED = "1366051"
_DETAILS = (
    "picture{url,is_silhouette},cover{source},about,single_line_address,phone,hours,website,"
    "verification_status"
)
_EARLIER = timedelta(minutes=2)  # than the try a list is read from: clocks differ


class Facebook(Uploads, Comments, Counting):
    """https://developers.facebook.com/docs/pages-api/posts, …/video-api/guides/reels-publishing,
    …/page-stories-api
    """

    kind = "facebook"
    webhook_object = "page"
    webhook_fields = "feed,name"
    words = WORDS
    error_kinds = {
        **COMMON_ERROR_KINDS,
        # Page authorisation, identity, security check, account limited: somebody has to act at
        # facebook.com first.
        **dict.fromkeys(("1404006", "1404078", "1404112", "4854002"), ErrorKind.ACCESS_LOST),
        **dict.fromkeys(("1363047", "1609010"), ErrorKind.PLATFORM_BROKEN),
        **dict.fromkeys(("389", "1609005", "6000", "6001"), ErrorKind.TRY_AGAIN),
        _DUPLICATE: ErrorKind.DUPLICATE,
        _PHOTO_USED: ErrorKind.DUPLICATE,
    }
    facts = FACTS
    paths_with_page_in_query = frozenset({"profile.php"})
    paths_without_page = NO_PAGES

    # --- publishing -------------------------------------------------------------------------------

    async def commit(self, account: Account, message: Message, draft_ref: str = "") -> Receipt:
        upload = Upload.read(draft_ref)
        draft = draft_ref or (await self._create_draft_post(account, message)).ref
        try:
            return await (
                self._show(account, message, upload) if upload else self._show_post(account, draft)
            )
        except OutcomeUnknown as error:
            if error.code not in (_DUPLICATE, _PHOTO_USED):
                raise
            # The page's last post says the same: most often this very draft, shown by an earlier
            # try.
            try:
                receipt = await self._shown(account, draft, datetime.now(UTC) - timedelta(days=1))
            except ConnectorError:
                raise error from None
            if receipt is None:
                raise Rejected(error.detail, code=error.code) from None
            return receipt

    async def _show_post(self, account: Account, draft: str) -> Receipt:
        show = {"is_published": "true", "fields": "permalink_url"}
        answer = await self.graph("POST", account, draft, data=show, writes=True)
        return Receipt(
            draft, self._absolute(account, answer) or await self._permalink(account, draft)
        )

    async def _show(self, account: Account, message: Message, upload: Upload) -> Receipt:
        if upload.kind == "video":
            await self.graph("POST", account, upload.id, data={"published": "true"}, writes=True)
            return Receipt(upload.id, await self._permalink(account, upload.id))
        if upload.kind == "photo_story":
            path, data = f"{account.external_id}/photo_stories", {"photo_id": upload.id}
            answer = await self.graph("POST", account, path, data=data, writes=True)
            story = f"{account.external_id}_{answer['post_id']}"
            return Receipt(story, await self._permalink(account, story))
        finish = {"upload_phase": "finish", "video_id": upload.id, "video_state": "PUBLISHED"}
        if message.text and upload.kind == "reel":
            finish["description"] = message.text
        data = finish | ai_label_fields(message)
        await self.graph("POST", account, self._edge(account, upload.kind), data=data, writes=True)
        try:
            return await self._video(account, upload, timeout=10) or Receipt(
                upload.id, processing=True
            )
        except ConnectorError:  # what came of it, `progress` tells
            return Receipt(upload.id, processing=True)

    async def _permalink(self, account: Account, post: str) -> str:
        """The address is worth a read, but it stands already: nothing that goes wrong here may put
        that in doubt.
        """
        try:
            answer = await self.graph(
                "GET", account, post, params={"fields": "permalink_url"}, timeout=10
            )
        except ConnectorError:
            return ""
        return self._absolute(account, answer)

    @staticmethod
    def _absolute(account: Account, answer: Mapping[str, Any]) -> str:
        address = str(answer.get("permalink_url", ""))  # of videos without its host
        return f"{account.app['dialog_url']}{address}" if address.startswith("/") else address

    async def check_processing(
        self, account: Account, message: Message, external_id: str
    ) -> Receipt | None:
        try:
            receipt = await self._video(account, Upload("reel", external_id))
        except Rejected as error:
            if error.code == FAILED:
                raise
            raise OutcomeUnknown(
                error.detail, code=error.code
            ) from None  # the look was refused, not the video
        return None if receipt is None or receipt.processing else receipt

    # --- looking ----------------------------------------------------------------------------------

    async def find(
        self, account: Account, message: Message, draft_ref: str, since: datetime
    ) -> Receipt | None:
        if draft_ref:
            try:
                return await self._shown(account, draft_ref, since)
            except Rejected as error:
                if error.code == FAILED:
                    return None
                if error.code != "100/33":
                    raise
        # Without a draft, or with one that this token cannot see any more: the page's own lists.
        return await self._listed(account, message, draft_ref, since)

    async def _shown(self, account: Account, draft: str, since: datetime) -> Receipt | None:
        """The receipt of a draft if it stands."""
        upload = Upload.read(draft)
        if upload is None:
            fields = {"fields": "is_published,permalink_url"}
            answer = await self.graph("GET", account, draft, params=fields)
            return (
                Receipt(draft, self._absolute(account, answer))
                if answer.get("is_published")
                else None
            )
        if upload.kind != "photo_story":
            return await self._video(account, upload)
        async for story in self._stories(account, since):
            if str(story.get("media_id")) == upload.id:
                return Receipt(
                    f"{account.external_id}_{story['post_id']}", str(story.get("url", ""))
                )
        return None

    async def _video(self, account: Account, upload: Upload, **request: Any) -> Receipt | None:
        """The receipt of a video that stands, or that was accepted and is still worked on. Rejected
        when it failed.
        """
        params = {"fields": "status,published,permalink_url,post_id"}
        answer = await self.graph("GET", account, upload.id, params=params, **request)
        status = answer.get("status", {})
        if failed := failure_of(status):
            raise failed
        if _is_shown(answer):
            return Receipt(upload.id, self._absolute(account, answer))
        # A Reel may have a post as soon as it is accepted; an unpublished video has one that nobody
        # sees.
        if _is_accepted(status) or (answer.get("post_id") and upload.kind in FINISHED_AT_ONCE):
            return Receipt(upload.id, processing=True)
        if status.get("processing_phase", {}).get("status") == "in_progress":
            raise OutcomeUnknown("still processed, perhaps because it was accepted")
        return None

    async def _listed(
        self, account: Account, message: Message, draft: str, since: datetime
    ) -> Receipt | None:
        form, text = self.facts.format(message.format).name, collapse_spaces(message.text)
        if form in ("photo_story", "video_story"):
            async for _story in self._stories(account, since):
                raise OutcomeUnknown("a story has no words to be known by", code="story")
            return None
        rows = self._reels(account, since) if form == "reel" else self._posts(account, since)
        ours = [row async for row in rows if form == "reel" or _is_ours(row, account)]
        if form == "post" and draft:  # it keeps its id
            found = [row for row in ours if row["id"] == draft]
        else:
            found = [
                row
                for row in ours
                if collapse_spaces(row.get("message") or row.get("description", "")) == text
            ]
        upload = Upload.read(draft)
        if len(found) > 1 or (upload and found and _id_of(found[0]) != upload.id):
            raise OutcomeUnknown("another post may say this")
        return Receipt(_id_of(found[0]), self._absolute(account, found[0])) if found else None

    def _posts(self, account: Account, since: datetime) -> AsyncIterator[Any]:
        fields = "id,message,created_time,permalink_url,application,attachments{media_type,target}"
        return self._since(account, "published_posts", fields, since)

    async def _reels(self, account: Account, since: datetime) -> AsyncIterator[Any]:
        """Yield Reels since then. That this list knows of ``since`` nobody says."""
        async for reel in self._since(
            account, "video_reels", "id,description,updated_time,permalink_url", since
        ):
            if moment_of(reel["updated_time"]) >= since - _EARLIER:
                yield reel

    def _stories(self, account: Account, since: datetime) -> AsyncIterator[Any]:
        return self._since(
            account, "stories", "post_id,status,creation_time,media_type,media_id,url", since
        )

    def _since(
        self, account: Account, edge: str, fields: str, since: datetime
    ) -> AsyncIterator[Any]:
        start = str(int((since - _EARLIER).timestamp()))
        return self.rows(
            account,
            f"{account.external_id}/{edge}",
            {"fields": fields, "since": start, "limit": "100"},
        )

    @reject_on_missing_right
    async def withdraw(self, account: Account, external_id: str) -> bool:
        upload = Upload.read(external_id)
        if upload and upload.kind == "video" and upload.to:
            cancel = {"upload_phase": "cancel", "upload_session_id": upload.to}
            if await _found(
                self.graph("POST", account, f"{account.external_id}/videos", data=cancel)
            ):
                return True
            # The session is over: perhaps because the video is whole, and only the answer to its
            # finish was lost.
        return await _found(self.graph("DELETE", account, upload.id if upload else external_id))

    async def read_visibility(self, account: Account, external_id: str) -> Visibility:
        upload = Upload.read(external_id)
        node = upload.id if upload else external_id
        is_video = upload.kind != "photo_story" if upload else "_" not in external_id
        fields = (
            "id" if upload and not is_video else "status,published" if is_video else "is_published"
        )
        try:
            answer = await self.graph("GET", account, node, params={"fields": fields})
        except Rejected as error:
            if error.code not in ABSENT_CODES:
                raise
        else:
            shown = _is_shown(answer) if is_video else answer.get("is_published")
            return Visibility.VISIBLE if shown else Visibility.HIDDEN
        # The page's own list is read only by who may see its posts: then absence is no lack of
        # rights.
        params = {"fields": "id", "limit": "100"}
        listed = await self.graph(
            "GET", account, f"{account.external_id}/published_posts", params=params
        )
        return (
            Visibility.VISIBLE
            if any(post["id"] == external_id for post in listed["data"])
            else Visibility.GONE
        )

    @classmethod
    def ids_of(cls, reference: str) -> frozenset[str]:
        upload = Upload.read(reference)
        return super().ids_of(upload.id if upload else reference)

    async def list_posts(self, account: Account, since: datetime) -> list[LivePost]:
        """Posts, Reels and stories. Of the latter two nobody tells which application made them."""
        found = [
            LivePost(
                external_id=_id_of(post),
                permalink=self._absolute(account, post),
                published_at=moment_of(post["created_time"]),
                ours=_is_ours(post, account),
                text=post.get("message", ""),
            )
            async for post in self._posts(account, since)
        ]
        found += [
            LivePost(
                external_id=str(reel["id"]),
                permalink=self._absolute(account, reel),
                published_at=moment_of(reel["updated_time"]),
                text=reel.get("description", ""),
            )
            async for reel in self._reels(account, since)
        ]
        found += [
            LivePost(
                external_id=str(story["media_id"])
                if str(story.get("media_type", "")).lower() == "video"
                else f"{account.external_id}_{story['post_id']}",
                permalink=str(story.get("url", "")),
                published_at=datetime.fromtimestamp(int(story["creation_time"]), UTC),
            )
            async for story in self._stories(account, since)
        ]
        unique = {
            each.external_id: each for each in reversed(found)
        }  # a video may stand in two lists
        recent = [
            each for each in unique.values() if each.published_at >= since.replace(microsecond=0)
        ]
        return sorted(recent, key=lambda each: each.published_at, reverse=True)

    # --- connection -------------------------------------------------------------------------------

    async def read_profile(self, account: Account) -> Profile:
        page = await self.own_node(account, "id,name,username,link,followers_count")
        return _profile(page, await self.rights(account))

    async def read_page_details(self, account: Account) -> PageDetails:
        """https://developers.facebook.com/docs/graph-api/reference/page. A pinned post is told by
        no field."""
        page = await self.own_node(account, _DETAILS)
        picture = page.get("picture", {}).get("data", {})
        return PageDetails(
            picture=bool(picture.get("url")) and not picture.get("is_silhouette"),
            cover=bool(page.get("cover", {}).get("source")),
            verified=page.get("verification_status", "not_verified") != "not_verified",
            description=str(page.get("about", "")),
            address=str(page.get("single_line_address", "")),
            phone=str(page.get("phone", "")),
            hours=hours.write(_week(page.get("hours", {}))),
            website=str(page.get("website", "")),
        )

    @reject_on_missing_right
    async def write_page_details(self, account: Account, changes: Mapping[str, str]) -> None:
        """Asks for pages_manage_metadata; the description that residents see first is `about`."""
        data = {"about" if name == "description" else name: each for name, each in changes.items()}
        if "hours" in data:
            data["hours"] = json.dumps(_hours(hours.read(data["hours"])))
        await self.graph("POST", account, account.external_id, data=data, writes=True)

    async def list_connectable_pages(
        self,
        app: Mapping[str, Any],
        answer: Mapping[str, str],
        *,
        redirect_uri: str = "",
        verifier: str = "",
    ) -> list[Offer]:
        fields = "id,name,username,access_token,link,followers_count"
        pages, _granted = await self.pages(app, answer, redirect_uri=redirect_uri, fields=fields)
        # A page's own token outlives the 60 days of the person's; it has no date and nothing to
        # renew. It is left out where the person may do nothing.
        return [
            Offer(
                _profile(page, page["rights"]),
                Tokens(page.get("access_token", "")),
                usable=self.may_post(page),
            )
            for page in pages
        ]

    # --- addresses, as residents see them ---------------------------------------------------------

    @classmethod
    def page_from_address(cls, steps: Sequence[str], query: Mapping[str, str]) -> str:
        match steps:
            case ["profile.php" | "permalink.php" | "story.php", *_rest]:
                return query.get("id", "")
            case ["people", _name, number, *_rest]:
                return number
            case ["pages", *_rest, name] | ["p", name, *_rest]:
                found = re.search(r"(?<!\d)\d{5,}$", name)
                return found[0] if found else ""
        return super().page_from_address(steps, query)


def _week(told: Mapping[str, str]) -> dict[str, list[tuple[str, str]]]:
    """Return the hours of each day from a page's field, whose keys are such as mon_1_open; of an
    hour that is missing there, "?".
    """
    week: dict[str, list[tuple[str, str]]] = {}
    for day in hours.DAYS:
        for number in range(1, hours.MOST_SPANS + 1):
            first, last = (told.get(f"{day}_{number}_{at}") for at in ("open", "close"))
            if first or last:
                week.setdefault(day, []).append((first or "?", last or "?"))
    return week


def _hours(week: hours.Week) -> dict[str, str]:
    """Return the field of a page for these hours: ``{day}_{1 or 2}_{open or close}``, each an hour
    on the page's own clock, two spans a day at most, up to 24:00; a day that it does not name is
    closed. `hours` of https://developers.facebook.com/docs/graph-api/reference/page, and a map
    among the parameters of the update in Meta's SDK (facebook_business/adobjects/page.py).
    """
    return {
        f"{day}_{number}_{at}": when
        for day, spans in week.items()
        for number, span in enumerate(spans, start=1)
        for at, when in zip(("open", "close"), span, strict=True)
    }


async def _found(request: Awaitable[Any]) -> bool:
    """Send a request; False if Facebook knows of no such object or upload session."""
    try:
        await request
    except (Rejected, TryLater) as error:
        if error.code not in (*ABSENT_CODES, "6000"):
            raise
        return False
    return True


def _is_shown(video: Mapping[str, Any]) -> bool:
    """A Reel may call itself published before it is; an ordinary video may have no phases."""
    phase = video.get("status", {}).get("publishing_phase", {})
    status = phase.get(
        "publish_status", "published" if phase.get("status", "complete") == "complete" else ""
    )
    return bool(video.get("published")) and status == "published"


def _is_accepted(status: Mapping[str, Any]) -> bool:
    """Tell whether a video was accepted, to be shown by and by."""
    phase = status.get("publishing_phase", {})
    publish_status = phase.get(
        "publish_status", "published" if phase.get("status") == "complete" else ""
    )
    return phase.get("status") == "in_progress" or publish_status in ("published", "scheduled")


def _is_ours(post: Mapping[str, Any], account: Account) -> bool:
    return post.get("application", {}).get("id") == account.app["app_id"]


def _id_of(post: Mapping[str, Any]) -> str:
    """A video's post goes by the video's own id, as it does when it is published."""
    for attachment in post.get("attachments", {}).get("data", ()):
        if attachment.get("media_type") == "video" and attachment.get("target", {}).get("id"):
            return str(attachment["target"]["id"])
    return str(post["id"])


def _profile(page: Mapping[str, Any], granted: Sequence[str]) -> Profile:
    return Profile(
        external_id=str(page["id"]),
        name=page["name"],
        handle=page.get("username", ""),
        address=page.get("link", ""),
        followers=page.get("followers_count"),
        missing=[scope for scope in SCOPES if scope not in granted],
    )
