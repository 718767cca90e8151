"""YouTube by the Data API: a private video by a resumable upload, then one call that makes it public."""

import asyncio
import base64
import hashlib
import json
import re
import secrets
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

from channels.connectors import sayings
from channels.connectors.base import (
    AccessLost,
    Account,
    Answer,
    Challenge,
    Comment,
    Connector,
    ConnectorError,
    Draft,
    Event,
    Facts,
    Figures,
    Forged,
    Format,
    Hook,
    Message,
    Offer,
    Option,
    Origin,
    OutcomeUnknown,
    Profile,
    Receipt,
    Rejected,
    Setting,
    Standing,
    Term,
    Tokens,
    Trace,
    TryLater,
    Video,
    VideoLimits,
    Words,
)
from channels.connectors.base import gettext_noop as _
from channels.connectors.hooks import require_signature

_SCOPE = "https://www.googleapis.com/auth/"
_SCOPES = {"youtube.upload": True, "youtube.force-ssl": True}
_PACIFIC = ZoneInfo("America/Los_Angeles")
# What of a video's status may be written; the part is overwritten as a whole, so all of it goes back.
_WRITABLE = (
    "license",
    "embeddable",
    "publicStatsViewable",
    "selfDeclaredMadeForKids",
    "containsSyntheticMedia",
)
# A session takes whole blocks of 256 KiB.
_PIECE = 32 * 262_144
# An upright or square video no longer than this becomes a Short by itself; there is no flag.
_SHORT = 180

_MANY = {"rateLimitExceeded", "userRateLimitExceeded", "RESOURCE_EXHAUSTED"}
_QUOTA = {"quotaExceeded", "dailyLimitExceeded"}
# What is used up for the day may also be told as too many calls; only the words say which it is.
_OF_THE_DAY = re.compile(r"per day|daily", re.IGNORECASE)
_NOT_SET_UP = {"accessNotConfigured", "SERVICE_DISABLED"}
_LOST = {
    "authError",
    "UNAUTHENTICATED",
    "youtubeSignupRequired",
    "insufficientPermissions",
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
    "channelClosed",
    "channelSuspended",
    "authenticatedUserAccountClosed",
    "authenticatedUserAccountSuspended",
    "accountDelegationForbidden",
    "invalid_grant",
}
_DOWN = {"backendError", "internalError", "processingFailure"}
_ABSENT = {"videoNotFound"}


def _utf8(text: str) -> int:
    return len(text.encode())


@dataclass(frozen=True, slots=True)
class _Draft:
    """An upload under way, then a private video, as a draft's reference tells it."""

    key: str  # the delivery's, with which the video is marked
    session: str = ""  # whoever knows it may send: a secret, gone from the reference once the video is there
    video: str = ""
    short: bool = False
    since: int = 0  # when the video came to be
    left: Sequence[str] = ()  # what is still to be added to it

    @property
    def ref(self) -> str:
        if self.session:
            return json.dumps({"key": self.key, "session": self.session})
        told = {"key": self.key, "video": self.video, "short": self.short}
        if self.left:
            told |= {"since": self.since, "left": list(self.left)}
        return json.dumps(told, separators=(",", ":"))


_FEED = "https://www.youtube.com/xml/feeds/videos.xml?channel_id="
_XML = {"atom": "http://www.w3.org/2005/Atom", "yt": "http://www.youtube.com/xml/schemas/2015"}
_LEASE = timedelta(days=5)
# What errors mean to an officer, and what to do.
_REASONS = {
    **dict.fromkeys(("authError", "UNAUTHENTICATED", "invalid_grant", "401"), sayings.AGAIN),
    **dict.fromkeys(("insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"), sayings.RIGHTS),
    "no_refresh_token": _(
        "Google gave only a passing permission; remove the portal's access at myaccount.google.com, then connect again"
    ),
    "youtubeSignupRequired": _(
        "this Google account has no YouTube channel; choose the unit's channel when Google asks for the account"
    ),
    **dict.fromkeys(
        (
            "channelClosed",
            "channelSuspended",
            "authenticatedUserAccountClosed",
            "authenticatedUserAccountSuspended",
            "accountDelegationForbidden",
            "uploaderAccountClosed",
            "uploaderAccountSuspended",
        ),
        sayings.CLOSED,
    ),
    **dict.fromkeys(
        ("quotaExceeded", "dailyLimitExceeded"),
        _("the portal has used up its calls to YouTube for today; they begin anew in the afternoon"),
    ),
    "uploadLimitExceeded": _("the channel has used up its uploads of the day; publish again tomorrow"),
    **dict.fromkeys(("rateLimitExceeded", "userRateLimitExceeded", "RESOURCE_EXHAUSTED"), sayings.MANY),
    **dict.fromkeys(
        ("accessNotConfigured", "SERVICE_DISABLED"),
        _("YouTube is not switched on for the portal's project; ask the system administrator"),
    ),
    **dict.fromkeys(
        ("invalidTitle", "invalidDescription"),
        _("YouTube takes a title of 1 to 100 characters, a text of 5,000 bytes, and neither < nor >"),
    ),
    **dict.fromkeys(("conversion", "invalidFile", "codec", "emptyFile", "tooSmall", "uploadAborted"), sayings.FILM),
    "length": _(
        "the video is longer than 15 minutes, which YouTube takes from verified channels alone; verify the channel"
        " by telephone, or cut the video"
    ),
    **dict.fromkeys(
        ("copyright", "claim", "trademark"),
        _("YouTube sees somebody else's rights in the video; replace pictures, film or music"),
    ),
    **dict.fromkeys(("inappropriate", "termsOfUse", "legal"), sayings.CONTENT),
    "duplicate": _("the same video stands on the channel already"),
    "videoNotFound": _("the video is no longer on the channel"),
    "commentsDisabled": _("comments are switched off under this video"),
    **dict.fromkeys(("backendError", "internalError", "processingFailure"), sayings.DOWN),
    "no_draft": sayings.LAY,
    "needs_video": _("YouTube needs a video"),
}


class Youtube(Connector):
    """https://developers.google.com/youtube/v3/guides/using_resumable_upload_protocol"""

    kind = "youtube"
    words = Words(
        label="YouTube",
        page=_("YouTube channel %(name)s"),
        icon="brand-youtube",
        formats={"video": sayings.VIDEO},
        reasons=_REASONS,
        options={
            "category": Term(
                _("Category"),
                choices={
                    "22": _("People and blogs"),
                    "25": _("News and politics"),
                    "27": _("Education"),
                    "29": _("Nonprofits and activism"),
                },
            ),
            "made_for_kids": Term(
                _("Made for children"),
                _("The law on children's privacy asks for it. Comments and notices are then off."),
            ),
            "notify": Term(_("Tell the subscribers of the channel")),
        },
        rights={
            "youtube.upload": _("uploading videos"),
            "youtube.force-ssl": _("publishing, withdrawing and counting videos, and answering comments"),
        },
    )
    facts = Facts(
        formats=[
            Format(
                "video",
                max_title=100,
                max_text=5000,
                without="<>",
                count=_utf8,
                videos=VideoLimits(
                    max_bytes=256 * 1024**3,
                    max_seconds=12 * 3600,
                    types=frozenset({"video/mp4", "video/quicktime", "video/webm"}),
                    codecs=frozenset({"h264", "hevc", "vp8", "vp9", "av1", "mpeg4"}),
                ),
                labels_ai=True,
                options=[
                    Option("category", choices=("25", "27", "29", "22"), default="25"),
                    Option("made_for_kids"),
                    Option("notify", default=True),
                ],
            ),
        ],
        stages=True,
        shows_by_reference=True,
        finds=True,
        comments=True,
        lists_posts=True,
        per_app_day=100,
        measures={
            "views": Origin(
                "statistics.viewCount", _("Each start counts since August 2026; earlier numbers cannot be compared.")
            ),
            "reactions": Origin("statistics.likeCount", _("Missing where the channel hides its likes.")),
            "comments": Origin("statistics.commentCount", _("Missing where comments are off.")),
        },
        rights=_SCOPES,
        hosts=("youtube.com", "youtu.be"),
        source="developers.google.com/youtube/v3, revision of 2026-11-04",
    )
    settings = {
        "app_id": Setting("YOUTUBE_CLIENT_ID", try_out="400000000004-simulator.apps.googleusercontent.com"),
        "app_secret": Setting("YOUTUBE_CLIENT_SECRET", try_out="simulator-google-secret"),
        "dialog_url": Setting("YOUTUBE_DIALOG_URL", "https://accounts.google.com", simulated="/youtube/accounts"),
        "oauth_url": Setting("YOUTUBE_OAUTH_URL", "https://oauth2.googleapis.com", simulated="/youtube/oauth2"),
        "base_url": Setting("YOUTUBE_API_URL", "https://www.googleapis.com", simulated="/youtube/googleapis"),
        "link_url": Setting("YOUTUBE_LINK_URL", "https://www.youtube.com", simulated="/youtube/www"),
        "hub_url": Setting("YOUTUBE_HUB_URL", "https://pubsubhubbub.appspot.com", simulated="/youtube/hub"),
        "hook_secret": Setting("YOUTUBE_HOOK_SECRET", try_out="try-out-youtube"),
        # New videos are pushed; to list 3,319 channels every few minutes would take the project's units many times.
        "look_seconds": Setting("YOUTUBE_LOOK_SECONDS", 24 * 3600),
    }
    # How long one step goes on sending.
    step: ClassVar[timedelta] = timedelta(seconds=15)
    # How long a draft waits for YouTube to have processed the video. One that is shown before is shown all the same,
    # in a lesser picture at first.
    patience: ClassVar[timedelta] = timedelta(minutes=3)
    look: ClassVar[timedelta] = timedelta(seconds=10)

    # --- before the second ----------------------------------------------------------------------------------------

    async def stage(self, account: Account, message: Message, draft_ref: str = "") -> Draft:
        """Opens a session; sends what it lacks; adds captions and cover; waits for the processing. A step each."""
        draft = _draft_of(draft_ref)
        if draft is None:
            return Draft((await self._open(account, message)).ref, ready=False)
        if draft.session:
            return await self._send_on(account, message, draft)
        if not draft.left:
            return Draft(draft.ref)
        return await self._complete(account, message, draft)

    async def _open(self, account: Account, message: Message) -> _Draft:
        """A session: nothing but an address until its last byte has come."""
        video = _video_of(message)
        asked = {
            "uploadType": "resumable",
            "part": "snippet,status",
            "notifySubscribers": "true" if _chosen(message, "notify") else "false",
        }
        headers = {"X-Upload-Content-Length": str(video.size), "X-Upload-Content-Type": video.content_type}
        url = f"{account.base_url}/upload/youtube/v3/videos"
        answer = await self._ask("POST", account, url, params=asked, json=_meta(message), headers=headers)
        session = answer.headers.get("Location", "")
        if answer.status != 200 or not session:
            refusal = self._told_off(answer, account)
            if isinstance(refusal, TryLater):
                refusal.only_new = refusal.code in _QUOTA  # uploads have a quota of their own
            raise refusal
        if not _may_receive(session, account):
            raise Rejected("the platform named a host that is not its own for the upload", code="upload_host")
        return _Draft(message.key, session=session)

    async def _send_on(self, account: Account, message: Message, draft: _Draft) -> Draft:
        """Asks the session what it holds, which alone is the truth, and sends on from there for a while."""
        video, end = _video_of(message), time.monotonic() + self.step.total_seconds()
        answer = await self._put(account, draft.session, size=video.size)
        while answer.status == 308:
            start = _held(answer)
            answer = await self._put(account, draft.session, size=video.size, video=video, start=start)
            if answer.status == 308 and _held(answer) <= start:
                raise TryLater("the upload does not go on", code="stuck")
            if answer.status == 308 and time.monotonic() >= end:
                return Draft(draft.ref, ready=False)
        if answer.status in (404, 410):
            # Over, or forgotten; perhaps with the last byte.
            if found := await self._marked(account, message):
                return Draft(self._made(found, message).ref, ready=False)
            return Draft((await self._open(account, message)).ref, ready=False)
        if answer.status not in (200, 201) or not isinstance(answer.body, dict) or "id" not in answer.body:
            raise self._told_off(answer, account, draft.session)
        return Draft(self._made(answer.body["id"], message).ref, ready=False)

    @staticmethod
    def _made(video_id: str, message: Message) -> _Draft:
        video = _video_of(message)
        left = [*(["captions"] if video.captions else []), *(["cover"] if video.cover else []), "processing"]
        return _Draft(message.key, video=video_id, short=_is_short(message), since=int(time.time()), left=left)

    async def _complete(self, account: Account, message: Message, draft: _Draft) -> Draft:
        """The next of what is still missing. Neither cover nor captions nor a slow platform stand in the way of the
        post: what cannot be had in time is left out."""
        video = await self._video(account, draft.video, "status")
        if video is None:
            raise Rejected("the video is no longer on the channel", code="videoNotFound")
        status = video["status"]
        if _is_refused(status):
            return await self._refused(account, message, draft, status)
        done, left = status.get("uploadStatus") == "processed", list(draft.left)
        if "captions" in left and await self._added(self._add_captions(account, message, draft.video)):
            left.remove("captions")
        # YouTube takes a Short's cover only once the video is processed.
        if (
            "cover" in left
            and (done or not draft.short)
            and await self._added(self._add_cover(account, message, draft.video))
        ):
            left.remove("cover")
        if done and "processing" in left:
            left.remove("processing")
        late = time.time() - draft.since > self.patience.total_seconds()
        if not left or late:
            return Draft(replace(draft, left=()).ref)
        return Draft(replace(draft, left=left).ref, ready=False, wait=self.look)

    async def _refused(self, account: Account, message: Message, draft: _Draft, status: Mapping[str, Any]) -> Draft:
        refusal = _refusal(status)
        if refusal.code == "duplicate":
            # Of our own earlier upload, most often.
            earlier = await self._marked(account, message, but=draft.video)
            if earlier:
                return Draft(replace(draft, video=earlier).ref, ready=False)
        raise refusal

    @staticmethod
    async def _added(call: Any) -> bool:
        """Whether there is nothing more to try: it was added, or never will be."""
        try:
            await call
        except (TryLater, OutcomeUnknown):
            return False
        except Rejected:
            return True
        return True

    async def _add_cover(self, account: Account, message: Message, video_id: str) -> None:
        cover = _video_of(message).cover
        if cover is None or not cover.content:
            return
        asked = urlencode({"videoId": video_id, "uploadType": "media"})
        await self._data(
            "POST",
            account,
            f"thumbnails/set?{asked}",
            upload=True,
            data=cover.content,
            headers={"Content-Type": cover.content_type},
        )

    async def _add_captions(self, account: Account, message: Message, video_id: str) -> None:
        """A second set of the same language and name is refused, so a repetition does no harm."""
        snippet = {"videoId": video_id, "language": "vi", "name": "Tiếng Việt", "isDraft": False}
        mark = secrets.token_hex(16)
        parts = (
            ("application/json; charset=UTF-8", json.dumps({"snippet": snippet})),
            ("text/vtt", _video_of(message).captions),
        )
        body = "".join(f"--{mark}\r\nContent-Type: {kind}\r\n\r\n{text}\r\n" for kind, text in parts)
        await self._data(
            "POST",
            account,
            "captions?part=snippet&uploadType=multipart",
            upload=True,
            data=f"{body}--{mark}--\r\n".encode(),
            headers={"Content-Type": f"multipart/related; boundary={mark}"},
        )

    # --- the second -----------------------------------------------------------------------------------------------

    async def commit(self, account: Account, message: Message, draft_ref: str = "") -> Receipt:
        """Makes the private video public; the same video, however often. Read first, because what the part does not
        name is erased: what somebody set at YouTube meanwhile stays as it is."""
        draft = _draft_of(draft_ref)
        if draft is None or draft.session:
            raise TryLater("there is no whole video that could be shown", code="no_draft")
        video = await self._video(account, draft.video, "status")
        if video is None:
            raise Rejected("the video is no longer on the channel", code="videoNotFound")
        status = video["status"]
        if _is_refused(status):
            raise _refusal(status)
        if status.get("privacyStatus") != "public":
            kept = {name: status[name] for name in _WRITABLE if name in status}
            shown = {"id": draft.video, "status": {**kept, "privacyStatus": "public"}}
            body = json.dumps(shown).encode()
            headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
            await self._data("PUT", account, "videos?part=status", data=_once(body), headers=headers, changes=True)
        return _receipt(account, draft.video, short=draft.short, status=status)

    async def progress(self, account: Account, message: Message, external_id: str) -> Receipt | None:
        video = await self._video(account, external_id, "status")
        if video is None:
            raise Rejected("the video is no longer on the channel", code="videoNotFound")
        status = video["status"]
        if _is_refused(status):
            raise _refusal(status)
        receipt = _receipt(account, external_id, short=_is_short(message), status=status)
        return None if receipt.processing else receipt

    # --- looking --------------------------------------------------------------------------------------------------

    async def find(self, account: Account, message: Message, draft_ref: str, since: datetime) -> Receipt | None:
        draft = _draft_of(draft_ref)
        if draft and draft.session:
            return None  # private whatever became of it
        if draft:
            video = await self._video(account, draft.video, "status")
            if video is None or not _is_public(video["status"]):
                return None
            return _receipt(account, draft.video, short=draft.short, status=video["status"])
        found = await self._marked(account, message, since=since)
        return Receipt(found, _link(account, found, short=_is_short(message))) if found else None

    async def _marked(
        self, account: Account, message: Message, *, but: str = "", since: datetime | None = None
    ) -> str | None:
        """The channel's newest video that bears this post's mark and words; with ``since``, a public one that was
        published from then on."""
        wanted = {"title": message.title, "description": message.text}
        earliest = since - timedelta(minutes=2) if since else None
        async for video in self._uploads(account, "snippet,status"):
            snippet = video["snippet"]
            if video["id"] == but or _mark(message.key) not in snippet.get("tags", ()):
                continue
            if any(_bare(snippet.get(name, "")) != _bare(words) for name, words in wanted.items()):
                continue
            published = datetime.fromisoformat(snippet["publishedAt"])
            if earliest and (published < earliest or not _is_public(video["status"])):
                continue
            return str(video["id"])
        return None

    async def _uploads(self, account: Account, part: str, *, most: int = 4) -> AsyncIterator[dict[str, Any]]:
        """The channel's newest uploads, fifty a page, private ones among them."""
        playlist = f"UU{account.external_id.removeprefix('UC')}"
        asked = {"part": "contentDetails", "playlistId": playlist, "maxResults": "50"}
        for _page in range(most):
            try:
                listed = await self._data("GET", account, f"playlistItems?{urlencode(asked)}")
            except Rejected as error:
                if error.code != "playlistNotFound":  # a channel that never had a video
                    raise
                return
            ids = [each["contentDetails"]["videoId"] for each in listed.get("items", ())]
            if ids:
                told = await self._data("GET", account, f"videos?{urlencode({'part': part, 'id': ','.join(ids)})}")
                by_id = {each["id"]: each for each in told.get("items", ())}
                for each in ids:
                    if each in by_id:
                        yield by_id[each]
            if not listed.get("nextPageToken"):
                return
            asked["pageToken"] = listed["nextPageToken"]

    async def standing(self, account: Account, since: datetime) -> list[Standing]:
        found = []
        async for video in self._uploads(account, "snippet,status"):
            snippet = video["snippet"]
            at = datetime.fromisoformat(snippet["publishedAt"])
            if at >= since and _is_public(video["status"]):
                ours = any(tag.startswith("vp-") for tag in snippet.get("tags", ()))
                text = f"{snippet['title']}\n\n{snippet.get('description', '')}".strip()
                found.append(Standing(video["id"], _link(account, video["id"]), at, ours=ours, text=text))
        return sorted(found, key=lambda each: each.published_at, reverse=True)

    async def withdraw(self, account: Account, external_id: str) -> bool:
        video_id = await self._video_behind(account, external_id)
        if not video_id:
            return False
        try:
            await self._data("DELETE", account, f"videos?{urlencode({'id': video_id})}")
        except Rejected as error:
            if error.code not in _ABSENT:
                raise
            return False
        return True

    async def trace(self, account: Account, external_id: str) -> Trace:
        """The channel's own token sees every video of the channel, so what is missing is gone."""
        video_id = await self._video_behind(account, external_id)
        video = await self._video(account, video_id, "status") if video_id else None
        if video is None:
            return Trace.GONE
        # Unlisted: whoever has the address sees it.
        open_to_some = video["status"].get("privacyStatus") in ("public", "unlisted")
        return Trace.VISIBLE if open_to_some and not _is_refused(video["status"]) else Trace.HIDDEN

    async def _video_behind(self, account: Account, external_id: str) -> str:
        """The video that an id or a draft's reference means; empty while there is none. A session that is not whole
        makes none and dies by itself."""
        draft = _draft_of(external_id)
        if draft is None or not draft.session:
            return draft.video if draft else external_id
        answer = await self._put(account, draft.session)
        if answer.status in (200, 201) and isinstance(answer.body, dict):
            return str(answer.body.get("id", ""))
        if answer.status == 308:
            return ""
        if answer.status not in (404, 410):
            raise self._told_off(answer, account, draft.session)
        async for video in self._uploads(account, "snippet", most=1):
            if _mark(draft.key) in video["snippet"].get("tags", ()):
                return str(video["id"])
        return ""

    async def _video(self, account: Account, video_id: str, part: str) -> dict[str, Any] | None:
        told = await self._data("GET", account, f"videos?{urlencode({'part': part, 'id': video_id})}")
        return next((each for each in told.get("items", ()) if each["id"] == video_id), None)

    # --- counting -------------------------------------------------------------------------------------------------

    async def measure(self, account: Account, external_ids: Sequence[str]) -> dict[str, Figures]:
        """By the call that has a quota of its own. It may answer for some alone, so the others are asked after: only
        what is missing there as well is gone."""
        found: dict[str, Figures] = {}
        for path in ("videos:batchGetStats", "videos"):
            wanted = [each for each in external_ids if each not in found]
            asked = [
                self._data("GET", account, f"{path}?{urlencode({'part': 'id,statistics', 'id': ','.join(chunk)})}")
                for chunk in batched(wanted, 50)
            ]
            for told in await asyncio.gather(*asked):
                found |= {each["id"]: _figures(each.get("statistics", {})) for each in told.get("items", ())}
        return found

    # --- comments -------------------------------------------------------------------------------------------------

    async def comments(self, account: Account, external_id: str) -> list[Comment]:
        shown, held = await asyncio.gather(
            self._threads(account, external_id, "published"), self._threads(account, external_id, "heldForReview")
        )
        found = [_comment(each, account, hidden=False) for each in shown]
        found += [_comment(each, account, hidden=True) for each in held]
        return sorted(found, key=lambda each: each.written_at, reverse=True)

    async def _threads(self, account: Account, video_id: str, state: str) -> list[dict[str, Any]]:
        asked = {
            "part": "snippet,replies",
            "videoId": video_id,
            "order": "time",
            "maxResults": "100",
            "textFormat": "plainText",
            "moderationStatus": state,
        }
        return (await self._data("GET", account, f"commentThreads?{urlencode(asked)}")).get("items", [])

    async def answer(self, account: Account, comment_id: str, text: str) -> str:
        reply = {"snippet": {"parentId": comment_id, "textOriginal": text}}
        told = await self._data("POST", account, "comments?part=snippet", json=reply, changes=True)
        return str(told["id"])

    async def hide(self, account: Account, comment_id: str, *, hidden: bool = True) -> None:
        """Held for review rather than rejected: that can be taken back."""
        asked = {"id": comment_id, "moderationStatus": "heldForReview" if hidden else "published"}
        await self._data("POST", account, f"comments/setModerationStatus?{urlencode(asked)}")

    # --- connection -----------------------------------------------------------------------------------------------

    async def profile(self, account: Account) -> Profile:
        told = await self._data("GET", account, "channels?part=id,snippet,statistics&mine=true")
        if not told.get("items"):
            raise AccessLost("the account has no channel", code="youtubeSignupRequired")
        channel = told["items"][0]
        counted = channel.get("statistics", {})
        hidden = counted.get("hiddenSubscriberCount") or "subscriberCount" not in counted
        return Profile(
            external_id=channel["id"],
            name=channel["snippet"]["title"],
            handle=channel["snippet"].get("customUrl", "").removeprefix("@"),
            address=f"{account.app['link_url']}/channel/{channel['id']}",
            followers=None if hidden else int(counted["subscriberCount"]),
        )

    @classmethod
    def dialog(cls, app: Mapping[str, Any], *, redirect_uri: str, state: str, verifier: str) -> str:
        asked = {
            "client_id": app["app_id"],
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": " ".join(_SCOPE + each for each in _SCOPES),
            "access_type": "offline",
            "prompt": "consent",  # else a second consent brings no refresh token
            "include_granted_scopes": "true",
            "state": state,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        return f"{app['dialog_url']}/o/oauth2/v2/auth?{urlencode(asked)}"

    async def offers(
        self, app: Mapping[str, Any], answer: Mapping[str, str], *, redirect_uri: str = "", verifier: str = ""
    ) -> list[Offer]:
        """One grant opens one channel: the one that was chosen in the dialog."""
        told = await self._grant(
            app,
            grant_type="authorization_code",
            code=answer.get("code", ""),
            redirect_uri=redirect_uri,
            code_verifier=verifier,
        )
        if not told.get("refresh_token"):
            raise Rejected("Google gave no refresh token", code="no_refresh_token")
        tokens = _tokens(told, told["refresh_token"])
        granted = str(told.get("scope", "")).split()
        missing = [right for right in _SCOPES if _SCOPE + right not in granted]
        if "youtube.force-ssl" in missing:
            raise Rejected("the channel was not opened to the portal", code="insufficientPermissions")
        account = Account(external_id="", token=tokens.token, base_url=app["base_url"], app=app)
        return [Offer(replace(await self.profile(account), missing=missing), tokens, usable=not missing)]

    async def refresh(self, account: Account) -> Tokens | None:
        """The refresh token stays the same and is not told again."""
        told = await self._grant(account.app, grant_type="refresh_token", refresh_token=account.refresh_token)
        return _tokens(told, told.get("refresh_token") or account.refresh_token)

    async def _grant(self, app: Mapping[str, Any], **grant: str) -> dict[str, Any]:
        told = await self.call(
            "POST",
            f"{app['oauth_url']}/token",
            data={"client_id": app["app_id"], "client_secret": app["app_secret"], **grant},
            hide=(app["app_secret"], *(grant.get(name, "") for name in ("code", "refresh_token", "code_verifier"))),
            timeout=20,
        )
        if not told.get("access_token"):
            raise TryLater("an answer without a token")
        return told

    # --- the wire -------------------------------------------------------------------------------------------------

    async def _data(self, method: str, account: Account, path: str, *, upload: bool = False, **request: Any) -> Any:
        url = f"{account.base_url}{'/upload' if upload else ''}/youtube/v3/{path}"
        headers = {"Authorization": f"Bearer {account.token}", **request.pop("headers", {})}
        return await self.call(method, url, headers=headers, hide=(account.token,), **request)

    async def _ask(self, method: str, account: Account, url: str, **request: Any) -> Answer:
        headers = {"Authorization": f"Bearer {account.token}", **request.pop("headers", {})}
        return await self.exchange(method, url, headers=headers, **request)

    async def _put(
        self, account: Account, session: str, *, size: int = 0, video: Video | None = None, start: int = 0
    ) -> Answer:
        """A piece of the video from ``start`` on; without a video, the question what the session holds."""
        if not _may_receive(session, account):
            raise TryLater("the upload's address is not on the platform's own host", code="upload_host")
        if video is None:
            asked = {"Content-Length": "0", "Content-Range": f"bytes */{size or '*'}"}
            return await self._ask("PUT", account, session, headers=asked)
        length = min(_PIECE, size - start)
        headers = {
            "Content-Type": video.content_type,
            "Content-Length": str(length),
            "Content-Range": f"bytes {start}-{start + length - 1}/{size}",
        }
        return await self._ask("PUT", account, session, headers=headers, data=self.pieces(video, start, length))

    def _told_off(self, answer: Answer, account: Account, *hide: str) -> ConnectorError:
        return self.problem(answer, hide=(account.token, *hide))

    def is_success(self, status: int, body: Any) -> bool:
        return status == 204 or (status in (200, 201) and isinstance(body, dict) and "error" not in body)

    def error_for(self, status: int, body: Any, *, changes: bool) -> ConnectorError:
        match body:
            case {"error": {} as error}:
                reasons, detail = _reasons(error), str(error.get("message") or f"HTTP {status}")
            case {"error": str(name)}:  # the token server's
                reasons, detail = [name], str(body.get("error_description") or name)
            case _:
                return super().error_for(status, body, changes=changes)
        code = reasons[0] if reasons else str(status)
        if status >= 500 or _DOWN & set(reasons):
            return (OutcomeUnknown if changes else TryLater)(detail, code=code)
        return _sorted(status, reasons, code, detail)

    # --- addresses, as residents see them -----------------------------------------------------------------------------

    @classmethod
    def page_in(cls, steps: Sequence[str], asked: Mapping[str, str]) -> str:
        match steps:
            case ["channel", number, *_rest]:
                return number
            case [name, *_rest] if name.startswith("@"):
                return name
        return ""  # a video's address, a shortened one, or a name of the old kinds

    @classmethod
    def is_number(cls, key: str) -> bool:
        return super().is_number(key) or bool(re.fullmatch(r"uc[\w-]{22}", key))

    # --- webhooks -----------------------------------------------------------------------------------------------------

    async def subscribe(self, account: Account, callback: str) -> timedelta | None:
        """To a push feed of the channel's new and changed videos, by lease.
        https://developers.google.com/youtube/v3/guides/push_notifications"""
        if not account.app.get("hook_secret"):
            return None
        asked = {
            "hub.mode": "subscribe",
            "hub.topic": _FEED + account.external_id,
            "hub.callback": callback,
            "hub.verify": "async",
            "hub.secret": account.app["hook_secret"],
            "hub.lease_seconds": str(int(_LEASE.total_seconds())),
        }
        answer = await self.exchange("POST", f"{account.app['hub_url']}/subscribe", data=asked, timeout=20)
        if answer.status not in (202, 204):
            raise TryLater(f"HTTP {answer.status}", code=str(answer.status))
        return _LEASE

    @classmethod
    def hook_challenge(cls, app: Mapping[str, Any], query: Mapping[str, str]) -> Challenge:
        """The hub proves nothing, so it is answered only for channels of ours; and we never ask it to stop."""
        topic = urlsplit(query.get("hub.topic", ""))
        page = parse_qs(topic.query).get("channel_id", [""])[0]
        if query.get("hub.mode") != "subscribe" or topic.hostname != "www.youtube.com" or not page:
            raise Forged("nothing that we asked for")
        return Challenge(query.get("hub.challenge", ""), page)

    @classmethod
    def hook_events(cls, app: Mapping[str, Any], headers: Mapping[str, str], raw: bytes) -> list[Event]:
        require_signature(headers.get("X-Hub-Signature", ""), app.get("hook_secret", ""), raw, "sha1")
        if b"<!" in raw:
            raise ValueError("a feed declares nothing")  # entities that grow are declared
        try:
            feed = ElementTree.fromstring(raw)  # noqa: S314 - signed, and without declarations
        except ElementTree.ParseError as error:
            raise ValueError(str(error)) from None
        events = []
        for entry in feed.iterfind("atom:entry", _XML):
            video, page, changed = (
                entry.findtext(tag, "", _XML) for tag in ("yt:videoId", "yt:channelId", "atom:updated")
            )
            events.append(Event(Hook.POSTED, page, video, f"posted {video} {changed}", _iso(changed)))
        for gone in feed.iterfind("{http://purl.org/atompub/tombstones/1.0}deleted-entry"):
            video = gone.get("ref", "").rpartition(":")[2]
            uri = gone.findtext(".//atom:uri", "", _XML)  # …/channel/UC…
            events.append(Event(Hook.GONE, uri.rpartition("/")[2], video, f"gone {video}", _iso(gone.get("when", ""))))
        return events


def _sorted(status: int, reasons: Sequence[str], code: str, detail: str) -> ConnectorError:
    """Google tells a reason in the old way, in the new one, or in both: one that we know is enough."""
    told = set(reasons)
    is_many = bool(_MANY & told) or status == 429
    if _QUOTA & told or (is_many and _OF_THE_DAY.search(detail)):
        used_up = code if code in _QUOTA else "quotaExceeded"
        return TryLater(detail, code=used_up, wait=_until_midnight(), whole_app=True)
    if _NOT_SET_UP & told:
        return TryLater(detail, code=code, wait=timedelta(hours=1), whole_app=True)
    if "uploadLimitExceeded" in told:
        return TryLater(detail, code=code, wait=timedelta(hours=24))
    if "uploadRateLimitExceeded" in told:
        return TryLater(detail, code=code, wait=timedelta(hours=1))
    if is_many:
        return TryLater(detail, code=code, wait=timedelta(seconds=10 + secrets.randbelow(20)))
    if _LOST & told or (status == 401 and "invalid_client" not in told):
        return AccessLost(detail, code=code)
    return Rejected(detail, code=code)


def _reasons(error: Mapping[str, Any]) -> list[str]:
    old = [str(each.get("reason", "")) for each in error.get("errors") or () if isinstance(each, dict)]
    new = [str(each.get("reason", "")) for each in error.get("details") or () if isinstance(each, dict)]
    return [each for each in (*old, *new, str(error.get("status", ""))) if each]


def _until_midnight() -> timedelta:
    """Until the project's quota begins anew, at midnight in California, and a moment more."""
    now = datetime.now(_PACIFIC)
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.astimezone(UTC) - now.astimezone(UTC) + timedelta(minutes=1)


# --- an upload --------------------------------------------------------------------------------------------------------


def _draft_of(ref: str) -> _Draft | None:
    if not ref:
        return None
    try:
        return _Draft(**json.loads(ref))
    except (ValueError, TypeError):
        return None


def _held(answer: Answer) -> int:
    """Where the next byte belongs, which may be less far than was sent."""
    found = re.fullmatch(r"bytes=0-(\d+)", answer.headers.get("Range", ""))
    return int(found[1]) + 1 if found else 0


def _may_receive(url: str, account: Account) -> bool:
    """Only Google's own hosts get the bytes of a private video, or the one that stands in for them."""
    parts, ours = urlsplit(url), urlsplit(account.base_url)
    if (parts.scheme, parts.netloc) == (ours.scheme, ours.netloc):
        return True
    return parts.scheme == "https" and (parts.hostname or "").endswith(".googleapis.com") and parts.port in (None, 443)


async def _once(body: bytes) -> AsyncIterator[bytes]:
    """A body that can be read one time: else the HTTP library sends a PUT again by itself when a connection breaks."""
    yield body


# --- a video ----------------------------------------------------------------------------------------------------------


def _video_of(message: Message) -> Video:
    if not message.videos:
        raise Rejected("YouTube needs a video", code="needs_video")
    return message.videos[0]


def _chosen(message: Message, name: str) -> Any:
    options = {each.name: each.default for each in Youtube.facts.format(message.format).options}
    return message.options.get(name, options.get(name))


def _mark(key: str) -> str:
    """A tag that tells our video from others; viewers do not see it."""
    return f"vp-{key}"


def _meta(message: Message) -> dict[str, Any]:
    return {
        "snippet": {
            "title": message.title,
            "description": message.text,
            "tags": [_mark(message.key)],
            "categoryId": _chosen(message, "category"),
            "defaultLanguage": "vi",
        },
        "status": {
            "privacyStatus": "private",  # left out, it would be public at once
            "selfDeclaredMadeForKids": bool(_chosen(message, "made_for_kids")),
            "containsSyntheticMedia": message.ai_made,
            "embeddable": True,
            "license": "youtube",
        },
    }


def _is_short(message: Message) -> bool:
    return any(0 < video.width <= video.height and video.seconds <= _SHORT for video in message.videos)


def _is_public(status: Mapping[str, Any]) -> bool:
    return status.get("privacyStatus") == "public" and not _is_refused(status)


def _is_refused(status: Mapping[str, Any]) -> bool:
    return status.get("uploadStatus") in ("failed", "rejected", "deleted")


def _refusal(status: Mapping[str, Any]) -> Rejected:
    reason = str(status.get("failureReason") or status.get("rejectionReason") or status.get("uploadStatus"))
    return Rejected(f"the video was refused in processing: {reason}", code=reason)


def _receipt(account: Account, video_id: str, *, short: bool, status: Mapping[str, Any]) -> Receipt:
    working = status.get("uploadStatus") == "uploaded"
    return Receipt(video_id, _link(account, video_id, short=short), processing=working)


def _link(account: Account, video_id: str, *, short: bool = False) -> str:
    base = account.app["link_url"]
    return f"{base}/shorts/{video_id}" if short else f"{base}/watch?v={video_id}"


def _figures(told: Mapping[str, str]) -> Figures:
    """What the owner hides is missing, which is not zero."""

    def number(name: str) -> int | None:
        return int(told[name]) if name in told else None

    return Figures(views=number("viewCount"), reactions=number("likeCount"), comments=number("commentCount"))


def _comment(thread: Mapping[str, Any], account: Account, *, hidden: bool) -> Comment:
    """Without whoever wrote it. Only up to five replies come along, among which ours is looked for."""
    top = thread["snippet"]["topLevelComment"]["snippet"]
    replies = thread.get("replies", {}).get("comments", ())
    authors = [reply["snippet"].get("authorChannelId", {}).get("value") for reply in replies]
    return Comment(
        external_id=thread["id"],
        text=top.get("textOriginal") or top.get("textDisplay", ""),
        written_at=datetime.fromisoformat(top["publishedAt"]),
        hidden=hidden,
        answered=account.external_id in authors,
        may_hide=top.get("authorChannelId", {}).get("value") != account.external_id,
        replies=thread["snippet"].get("totalReplyCount", 0),
    )


def _tokens(told: Mapping[str, Any], refresh_token: str) -> Tokens:
    ends = told.get("refresh_token_expires_in")  # only where the person granted it for a time
    return Tokens(
        token=told["access_token"],
        refresh_token=refresh_token,
        lifetime=timedelta(seconds=int(told["expires_in"])),
        grant_lifetime=timedelta(seconds=int(ends)) if ends else None,
    )


def _bare(text: str) -> str:
    return " ".join(text.split())


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
