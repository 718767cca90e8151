"""TikTok by the Content Posting API: an upload whose last piece publishes it, and then asking what became of it."""

import asyncio
import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import Any
from urllib.parse import urlencode, urlsplit

from channels.connectors import sayings
from channels.connectors.base import (
    AccessLost,
    Account,
    Answer,
    Connector,
    ConnectorError,
    Draft,
    Event,
    Facts,
    Figures,
    Forged,
    Format,
    Hook,
    ImageLimits,
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
from channels.connectors.hooks import body_of, moment, require_same

_PRIVACY = ("PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY")
_PUBLIC = _PRIVACY[0]
_VIDEO = VideoLimits(
    max_bytes=4 * 1000**3,
    max_seconds=600,
    min_side=360,
    max_side=4096,
    min_fps=23,
    max_fps=60,
    types=frozenset({"video/mp4", "video/quicktime", "video/webm"}),
    codecs=frozenset({"h264", "hevc", "vp8", "vp9"}),
)
# "Up to 1080p", say TikTok's pages; that this means 1920 by 1080, upright as well, is our reading.
_PHOTOS = ImageLimits(
    most=35, fewest=1, max_bytes=20_000_000, types=frozenset({"image/jpeg"}), max_long=1920, max_short=1080
)
_SCOPES = {
    "user.info.basic": True,
    "user.info.profile": False,
    "user.info.stats": False,
    "video.list": False,
    "video.publish": True,
    "video.upload": False,
}
# Only by leaving a draft would one see whether it was granted.
_UNTRIED = ("video.upload",)
# What of a person's profile each right opens.
_FIELDS = {
    "user.info.basic": ("open_id", "display_name"),
    "user.info.profile": ("username",),
    "user.info.stats": ("follower_count",),
}
# An upload's address lives an hour; one that is nearly over is not relied on for the second of publication.
_ADDRESS = timedelta(minutes=50)
# Between 5 and 64 MB, and whether a megabyte is 10^6 or 2^20 bytes nobody says: both hold for what this gives.
_PIECE = 10_000_000
# A photo post's id bears this mark, for lists may leave photos out: their absence tells nothing.
_PHOTO = "photo/"

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
_WAITS = {
    "rate_limit_exceeded": _MINUTE,
    "spam_risk_too_many_posts": _DAY,
    "spam_risk_too_many_pending_share": _DAY,
    "reached_active_user_cap": _DAY,
}
_OF_APP = {"reached_active_user_cap"}
_LOST = {
    "access_token_invalid",
    "scope_not_authorized",
    "scope_permission_missed",
    "spam_risk_user_banned_from_posting",
    "invalid_grant",
}
# Why a publication failed that does not lie in the video: another one of it may come through.
_PASSING = {"internal", "auth_removed", "spam_risk_too_many_posts", "spam_risk_user_banned_from_posting"}
_UNKNOWN_UPLOAD = {"invalid_publish_id", "token_not_authorized_for_specified_publish_id"}


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@dataclass(frozen=True, slots=True)
class _Upload:
    """A publication under way, as a draft's reference tells it."""

    publish_id: str
    url: str  # whoever knows it may send: a secret
    sent: int
    begun: int

    @property
    def ref(self) -> str:
        return json.dumps([self.publish_id, self.url, self.sent, self.begun], separators=(",", ":"))

    @property
    def is_old(self) -> bool:
        return time.time() - self.begun > _ADDRESS.total_seconds()


# Seconds between a webhook's signing and our hearing: what is older was recorded and is played again.
_LATEST = 300
# What it tells. One of the names is misspelt by TikTok.
_NEWS = {
    "post.publish.complete": Hook.POSTED,
    "post.publish.publicly_available": Hook.POSTED,
    "video.publish.completed": Hook.POSTED,
    "post.publish.failed": Hook.FAILED,
    "video.upload.failed": Hook.FAILED,
    "post.publish.no_longer_publicaly_available": Hook.GONE,
    "post.publish.no_longer_publicly_available": Hook.GONE,
    "authorization.removed": Hook.UNLINKED,
}
# What errors mean to an officer, and what to do.
_REASONS = {
    **dict.fromkeys(("access_token_invalid", "invalid_grant"), sayings.AGAIN),
    **dict.fromkeys(("scope_not_authorized", "scope_permission_missed"), sayings.RIGHTS),
    "auth_removed": sayings.UNPLUGGED,
    "spam_risk_user_banned_from_posting": _("TikTok no longer lets this account post; its owner must look in the app"),
    "spam_risk_too_many_posts": sayings.QUOTA,
    "spam_risk_too_many_pending_share": _(
        "too many drafts wait in the inbox of the TikTok app; finish or delete some there"
    ),
    "reached_active_user_cap": _(
        "the portal's application may post for no more accounts today; publish again tomorrow"
    ),
    "unaudited_client_can_only_post_to_private_accounts": _(
        "TikTok has not audited the portal's application yet: until then it posts to private accounts alone, and"
        " only for the account itself to see"
    ),
    "privacy_level_option_mismatch": _(
        "the account's settings no longer allow the audience that was chosen; choose again who can see the post"
    ),
    "url_ownership_unverified": _(
        "TikTok has not verified the portal's address yet, so it takes no pictures from there; ask the system"
        " administrator"
    ),
    "duration_check_failed": _("the video is longer than TikTok lets this account post; cut it"),
    "file_format_check_failed": sayings.FILM,
    "frame_rate_check_failed": _("TikTok takes videos of 23 to 60 frames a second; save it anew"),
    "picture_size_check_failed": _("TikTok does not take a picture or a video of this size; save it anew"),
    **dict.fromkeys(("video_pull_failed", "photo_pull_failed"), sayings.FETCH),
    "internal": _("TikTok could not finish the post because of an error of its own"),
    **dict.fromkeys(("internal_error", "server_error"), sayings.DOWN),
    "publish_cancelled": _("the publication was cancelled in TikTok"),
    **dict.fromkeys(("spam_risk", "spam_risk_text"), sayings.CONTENT),
    **dict.fromkeys(("rate_limit_exceeded", "429"), sayings.MANY),
    **dict.fromkeys(("upload_expired", "no_draft"), sayings.LAY),
    "no_removal": _("TikTok lets nobody delete a post but in its own app"),
    "needs_video": _("TikTok needs a video"),
}


class Tiktok(Connector):
    """https://developers.tiktok.com/doc/content-posting-api-reference-direct-post"""

    kind = "tiktok"
    words = Words(
        label="TikTok",
        page=_("TikTok account %(name)s"),
        icon="brand-tiktok",
        formats={
            "video": sayings.VIDEO,
            "photo": Term(_("Photo post")),
            "inbox": Term(
                _("Draft in the app's inbox"),
                _(
                    "A person must finish and post it in the app, on the telephone of the page; until then nobody sees "
                    "it."
                ),
            ),
        },
        reasons=_REASONS,
        options={
            "privacy": Term(
                _("Who can see the post"),
                _("What residents shall know is for everyone."),
                {
                    "PUBLIC_TO_EVERYONE": _("Everyone"),
                    "MUTUAL_FOLLOW_FRIENDS": _("Friends: followers that the page follows back"),
                    "FOLLOWER_OF_CREATOR": _("Followers"),
                    "SELF_ONLY": _("Only the page itself"),
                },
            ),
            "comments": sayings.COMMENTS,
            "duet": Term(_("Allow Duet"), _("Others may show a video of their own beside this one.")),
            "stitch": Term(_("Allow Stitch"), _("Others may cut a part out into a video of theirs.")),
            "own_brand": Term(
                _("Disclose promotional content"),
                _(
                    "Only when the post promotes goods or services of the unit. It is then labelled “Promotional "
                    "content”."
                ),
            ),
        },
        rights={
            "user.info.basic": _("the account's name, needed to connect"),
            "user.info.profile": _("the account's address"),
            "user.info.stats": _("number of followers"),
            "video.list": _("reading and counting the account's videos"),
            "video.publish": sayings.PUBLISH,
            "video.upload": _("leaving drafts in the app's inbox"),
        },
    )
    facts = Facts(
        formats=[
            Format(
                "video",
                max_text=2200,
                count=_utf16,
                videos=_VIDEO,
                takes_link=False,
                labels_ai=True,
                options=[
                    Option("privacy", choices=_PRIVACY, default=None),
                    Option("comments"),
                    Option("duet"),
                    Option("stitch"),
                    Option("own_brand"),
                ],
            ),
            Format(
                "photo",
                max_text=4000,
                max_title=90,
                count_title=_utf16,
                count=_utf16,
                images=_PHOTOS,
                takes_link=False,
                media_by_url=True,
                options=[Option("privacy", choices=_PRIVACY, default=None), Option("comments"), Option("own_brand")],
            ),
            Format("inbox", max_text=0, videos=_VIDEO, takes_link=False, by_choice=True),
        ],
        stages=True,
        finds=True,
        withdraws=False,
        lists_posts=True,
        per_page_day=15,
        measures={
            "views": Origin("view_count", _("Public videos only; photo posts are not told.")),
            "reactions": Origin("like_count"),
            "comments": Origin("comment_count"),
            "shares": Origin("share_count"),
        },
        rights=_SCOPES,
        hosts=("tiktok.com",),
        source="developers.tiktok.com/doc/content-posting-api-…, 2026-11",
    )
    settings = {
        "app_id": Setting("TIKTOK_CLIENT_KEY", try_out="awsimulator500000"),
        "app_secret": Setting("TIKTOK_CLIENT_SECRET", try_out="simulator-tiktok-secret"),
        # none, hex or base64url: which coding of the PKCE challenge the web takes, TikTok's pages do not agree on.
        "pkce": Setting("TIKTOK_PKCE", "none"),
        "dialog_url": Setting("TIKTOK_DIALOG_URL", "https://www.tiktok.com", simulated="/tiktok/www"),
        "base_url": Setting("TIKTOK_API_URL", "https://open.tiktokapis.com", simulated="/tiktok/open"),
        "link_url": Setting("TIKTOK_LINK_URL", "https://www.tiktok.com", simulated="/tiktok/www"),
    }

    # --- before the second ----------------------------------------------------------------------------------------

    async def choices(self, account: Account) -> Mapping[str, Sequence[str]]:
        """An interaction that the account has switched off has nothing to choose; ``max_seconds`` is no option, but
        the longest video that this account may post."""
        info = await self._creator(account)
        closed = [name for name in ("comments", "duet", "stitch") if _is_off(info, name)]
        longest = info.get("max_video_post_duration_sec")
        return {
            "privacy": [each for each in info.get("privacy_level_options", ()) if each in _PRIVACY],
            **dict.fromkeys(closed, ()),
            "max_seconds": [str(longest)] if longest else (),
        }

    async def _creator(self, account: Account) -> Mapping[str, Any]:
        """What the account allows just now. TikTok asks that this be read anew for every post."""
        return await self._api(account, "post/publish/creator_info/query/", json={})

    async def stage(self, account: Account, message: Message, draft_ref: str = "") -> Draft:
        """A video: everything but its last piece, which would publish it. Photos are one call, so there is nothing to
        send ahead: only what the account allows is looked at."""
        form = self.facts.format(message.format)
        if form.images:
            if not draft_ref:
                _check(message, await self._creator(account))
            return Draft(draft_ref or f"photos {message.key}")
        video = _video_of(message)
        upload = _upload_of(draft_ref)
        if upload and upload.sent < _last(video) and not upload.is_old:
            return await self._send_on(account, message, video, upload)
        # One that lacked its last piece alone comes here again because that was not taken.
        if upload and upload.sent >= _last(video) and await self._has_come(account, upload, video):
            return Draft(upload.ref)
        return await self._begin(account, message, video)

    async def _begin(self, account: Account, message: Message, video: Video) -> Draft:
        piece, pieces = _pieces_of(video)
        source = {
            "source": "FILE_UPLOAD",
            "video_size": video.size,
            "chunk_size": piece,
            "total_chunk_count": pieces,
        }
        if message.format == "inbox":
            told = await self._api(account, "post/publish/inbox/video/init/", json={"source_info": source})
        else:
            info = await self._creator(account)
            _check(message, info)
            post = {"post_info": _post_info(message, info), "source_info": source}
            told = await self._api(account, "post/publish/video/init/", json=post)
        if not _may_receive(told["upload_url"], account):
            raise Rejected("the platform named a host that is not its own for the upload", code="upload_host")
        upload = _Upload(told["publish_id"], told["upload_url"], 0, int(time.time()))
        return Draft(upload.ref, ready=pieces == 1)

    async def _send_on(self, account: Account, message: Message, video: Video, upload: _Upload) -> Draft:
        piece, _pieces = _pieces_of(video)
        answer = await self._put(account, upload, video, piece)
        match answer.status:
            case 206 | 416 if (held := _held(answer)) is not None:
                upload = replace(upload, sent=held)
            case 206:
                upload = replace(upload, sent=upload.sent + piece)
            case 403 | 404:  # the address is over; nothing can have been published, for the last piece was never sent
                return await self._begin(account, message, video)
            case _:
                raise self.problem(answer, hide=(upload.url,))
        return Draft(upload.ref, ready=upload.sent >= _last(video))

    async def _has_come(self, account: Account, upload: _Upload, video: Video) -> bool:
        """Whether all bytes have come, so that another upload beside this one would be a second post."""
        try:
            status = await self._status(account, upload.publish_id)
        except OutcomeUnknown as error:
            if error.code in _UNKNOWN_UPLOAD:
                return False
            raise
        if status["status"] == "FAILED":
            if (failure := _failure(status)).code not in _PASSING:
                raise failure
            return False
        return not _is_waiting(status) or status.get("uploaded_bytes", 0) >= video.size

    # --- the second -----------------------------------------------------------------------------------------------

    async def commit(self, account: Account, message: Message, draft_ref: str = "") -> Receipt:
        """The last piece of a video, or the one call of a photo post. After either there is no way back, and what came
        of it is only told by `progress`."""
        if self.facts.format(message.format).images:
            return await self._post_photos(account, message)
        upload = _upload_of(draft_ref)
        if upload is None:
            raise TryLater("nothing was sent ahead that could be finished", code="no_draft")
        video = _video_of(message)
        if upload.sent < _last(video):
            raise TryLater("the upload is not whole yet", code="no_draft")
        if upload.sent >= video.size:
            return await self._heard_before(account, upload, video)
        answer = await self._put(account, upload, video, video.size - upload.sent, changes=True)
        match answer.status:
            case 201:
                return Receipt(upload.publish_id, processing=True)
            case 403 | 404 | 416:
                return await self._heard_before(account, upload, video)
        raise self.problem(answer, changes=True, hide=(upload.url,))

    async def _heard_before(self, account: Account, upload: _Upload, video: Video) -> Receipt:
        """The last piece was not taken: because it came already, or because the address is over?"""
        try:
            status = await self._status(account, upload.publish_id)
        except ConnectorError as error:
            raise OutcomeUnknown(error.detail, code=error.code) from None
        if status["status"] == "FAILED":
            raise _failure(status)
        if _is_waiting(status) and status.get("uploaded_bytes", 0) < video.size:
            raise TryLater("the upload's address is over", code="upload_expired")
        return Receipt(upload.publish_id, processing=True)

    async def _post_photos(self, account: Account, message: Message) -> Receipt:
        post = {
            "media_type": "PHOTO",
            "post_mode": "DIRECT_POST",
            "post_info": {
                "title": message.title,
                "description": message.text,
                "privacy_level": _chosen(message, "privacy"),
                "disable_comment": not _chosen(message, "comments"),
                "auto_add_music": False,  # nothing may sound that nobody approved
                "brand_content_toggle": False,
                "brand_organic_toggle": bool(_chosen(message, "own_brand")),
            },
            "source_info": {
                "source": "PULL_FROM_URL",
                "photo_cover_index": 0,
                "photo_images": [image.url for image in message.images],
            },
        }
        told = await self._api(account, "post/publish/content/init/", json=post, changes=True)
        if not told.get("publish_id"):
            raise OutcomeUnknown("no publication was named")
        return Receipt(told["publish_id"], processing=True)

    async def progress(self, account: Account, message: Message, external_id: str) -> Receipt | None:
        """A public post is out once moderation has let it pass: then its id is told, and before that nobody sees it.
        What is meant for fewer people never gets an id that is told, and stands when TikTok says that it is done. A
        draft in the inbox waits for a person."""
        status = await self._status(account, external_id)
        if status["status"] == "FAILED":
            raise _failure(status)
        if status["status"] != "PUBLISH_COMPLETE":
            return None
        if told := _post_id(status):
            photo = bool(self.facts.format(message.format).images)
            return Receipt(_PHOTO + told if photo else told, _link(account, told, photo=photo))
        if message.format == "inbox" or _chosen(message, "privacy") == _PUBLIC:
            return None
        return Receipt(external_id)

    # --- looking --------------------------------------------------------------------------------------------------

    async def find(self, account: Account, message: Message, draft_ref: str, since: datetime) -> Receipt | None:
        upload = _upload_of(draft_ref)
        if upload is None:
            if found := await self._listed(account, message, since):
                return found
            if self.facts.format(message.format).images:
                raise OutcomeUnknown("photo posts need not be listed", code="unlisted")
            return None
        try:
            status = await self._status(account, upload.publish_id)
        except OutcomeUnknown:
            if found := await self._listed(account, message, since):
                return found
            raise
        size = sum(video.size for video in message.videos)
        if status["status"] == "FAILED" or (_is_waiting(status) and status.get("uploaded_bytes", 0) < size):
            return None
        if status["status"] == "PUBLISH_COMPLETE" and (told := _post_id(status)):
            return Receipt(told, _link(account, told))
        return Receipt(upload.publish_id, processing=True)

    async def _listed(self, account: Account, message: Message, since: datetime) -> Receipt | None:
        wanted, photo = _bare(message.text), bool(self.facts.format(message.format).images)
        async for each in self._videos(account, since, fields="id,create_time,title,video_description,share_url"):
            if wanted and wanted in (_bare(each.get("video_description", "")), _bare(each.get("title", ""))):
                return Receipt(_PHOTO + each["id"] if photo else each["id"], _link(account, each["id"], photo=photo))
        return None

    async def _videos(self, account: Account, since: datetime, *, fields: str) -> AsyncIterator[dict[str, Any]]:
        """The public posts since then, newest first."""
        earliest, cursor = (since - timedelta(minutes=2)).timestamp(), 0
        while True:
            page = {"max_count": 20, **({"cursor": cursor} if cursor else {})}
            told = await self._api(account, f"video/list/?{urlencode({'fields': fields})}", json=page)
            for each in told.get("videos", ()):
                if each["create_time"] < earliest:
                    return
                yield each
            if not told.get("has_more") or told.get("cursor") == cursor:
                return
            cursor = told["cursor"]

    async def standing(self, account: Account, since: datetime) -> list[Standing]:
        found = []
        async for each in self._videos(account, since, fields="id,create_time,video_description,share_url"):
            at = datetime.fromtimestamp(each["create_time"], UTC)
            if at >= since:
                link = str(each.get("share_url", "")).partition("?")[0]
                found.append(Standing(each["id"], link, at, text=each.get("video_description", "")))
        return found

    async def withdraw(self, account: Account, external_id: str) -> bool:
        """A publication that is not finished can be stopped, if TikTok is not too far with it. What stands, people
        delete in TikTok's own app."""
        if external_id.startswith("photos "):
            return False  # nothing was sent yet
        upload = _upload_of(external_id)
        publish_id = upload.publish_id if upload else external_id
        if _is_post(publish_id):
            raise Rejected("TikTok lets nobody but its own app delete a post", code="no_removal")
        try:
            await self._api(account, "post/publish/cancel/", json={"publish_id": publish_id})
        except Rejected as error:
            if error.code == "publish_not_cancellable":
                return await self._too_late(account, publish_id)
            raise
        return True

    async def _too_late(self, account: Account, publish_id: str) -> bool:
        """Of a publication that could not be stopped: False where it came to nothing anyway."""
        match (await self._status(account, publish_id))["status"]:
            case "FAILED":
                return False
            case "PUBLISH_COMPLETE":
                raise Rejected("TikTok lets nobody but its own app delete a post", code="no_removal")
        raise TryLater("TikTok is at work on it and cannot be stopped", code="publish_not_cancellable", wait=_MINUTE)

    async def trace(self, account: Account, external_id: str) -> Trace:
        """Lists know public videos alone: of one that is missing there residents see nothing, but whether it was
        deleted or only closed to them, TikTok does not tell."""
        upload = _upload_of(external_id)
        if external_id.startswith("photos "):
            return Trace.GONE
        publish_id = upload.publish_id if upload else external_id
        if not _is_post(publish_id):
            return await self._trace_upload(account, publish_id)
        number = publish_id.removeprefix(_PHOTO)
        if await self._query(account, [number], fields="id"):
            return Trace.VISIBLE
        if publish_id.startswith(_PHOTO):
            raise Rejected("photo posts need not be listed", code="unlisted")
        return Trace.HIDDEN

    async def _trace_upload(self, account: Account, publish_id: str) -> Trace:
        status = await self._status(account, publish_id)
        if status["status"] == "FAILED":
            return Trace.GONE
        return Trace.VISIBLE if _post_id(status) else Trace.HIDDEN

    # --- counting -------------------------------------------------------------------------------------------------

    async def measure(self, account: Account, external_ids: Sequence[str]) -> dict[str, Figures]:
        posts = {each.removeprefix(_PHOTO): each for each in external_ids if _is_post(each)}
        fields = "id,view_count,like_count,comment_count,share_count"
        chunks = [self._query(account, list(chunk), fields=fields) for chunk in batched(posts, 20)]
        found = {
            posts[each["id"]]: Figures(
                views=each.get("view_count"),
                reactions=each.get("like_count"),
                comments=each.get("comment_count"),
                shares=each.get("share_count"),
            )
            for told in await asyncio.gather(*chunks)
            for each in told
        }
        # Photos need not be listed, and what is not public never is: there, as far as we know, but not measured.
        unlisted = [each for each in external_ids if not each.isdecimal() and each not in found]
        return found | dict.fromkeys(unlisted, Figures())

    async def _query(self, account: Account, ids: list[str], *, fields: str) -> list[dict[str, Any]]:
        wanted = {"filters": {"video_ids": ids}}
        return (await self._api(account, f"video/query/?{urlencode({'fields': fields})}", json=wanted))["videos"]

    # --- connection -----------------------------------------------------------------------------------------------

    async def profile(self, account: Account) -> Profile:
        """A right that was unticked or taken away is only seen by trying: what the profile, a look at the account's
        settings and one at its list are refused for. What only a draft would try stays as it was granted."""
        rights = [right for right in _FIELDS if right != "user.info.basic"]
        creator, listed, *others = await asyncio.gather(
            self._unless_missing(self._creator(account)),
            self._unless_missing(self._api(account, "video/list/?fields=id", json={"max_count": 1})),
            *(self._unless_missing(self._user(account, right)) for right in rights),
        )
        basic = await self._user(account, "user.info.basic")
        tried = {**dict(zip(rights, others, strict=True)), "video.list": listed, "video.publish": creator}
        told = {**(tried["user.info.profile"] or {}), **(tried["user.info.stats"] or {})}
        handle = str(told.get("username") or (creator or {}).get("creator_username") or account.handle)
        return Profile(
            external_id=basic["open_id"],
            name=basic["display_name"],
            handle=handle,
            address=f"{account.app['link_url']}/@{handle}" if handle else "",
            followers=told.get("follower_count"),
            missing=[right for right, answer in tried.items() if answer is None]
            + [right for right in _UNTRIED if account.granted and right not in account.granted],
        )

    async def _unless_missing(self, call: Any) -> Mapping[str, Any] | None:
        """What was answered, empty where something other than a missing right stood in the way; None without the
        right."""
        try:
            return await call
        except AccessLost as error:
            if error.code not in ("scope_not_authorized", "scope_permission_missed"):
                raise
            return None
        except (TryLater, Rejected):
            return {}

    async def _user(self, account: Account, right: str) -> Mapping[str, Any]:
        fields = urlencode({"fields": ",".join(_FIELDS[right])})
        return (await self._api(account, f"user/info/?{fields}", method="GET"))["user"]

    @classmethod
    def dialog(cls, app: Mapping[str, Any], *, redirect_uri: str, state: str, verifier: str) -> str:
        asked = {
            "client_key": app["app_id"],
            "response_type": "code",
            "scope": ",".join(_SCOPES),
            "redirect_uri": redirect_uri,
            "state": state,
            "disable_auto_auth": "1",  # else who is signed in is connected without being asked which account it is
        }
        if app["pkce"] != "none":
            asked |= {"code_challenge": _challenge(verifier, app["pkce"]), "code_challenge_method": "S256"}
        return f"{app['dialog_url']}/v2/auth/authorize/?{urlencode(asked)}"

    async def offers(
        self, app: Mapping[str, Any], answer: Mapping[str, str], *, redirect_uri: str = "", verifier: str = ""
    ) -> list[Offer]:
        grant = {"grant_type": "authorization_code", "code": answer.get("code", ""), "redirect_uri": redirect_uri}
        if app["pkce"] != "none":
            grant["code_verifier"] = verifier
        tokens, granted = await self._grant(app, **grant)
        account = Account(external_id="", token=tokens.token, base_url=app["base_url"], app=app)
        missing = [right for right in _SCOPES if right not in granted]
        usable = not any(_SCOPES[right] for right in missing)
        if "user.info.basic" in missing:
            raise Rejected("the account's name was not opened to the portal", code="scope_not_authorized")
        return [Offer(replace(await self.profile(account), missing=missing), tokens, usable=usable)]

    async def refresh(self, account: Account) -> Tokens | None:
        tokens, _granted = await self._grant(
            account.app, grant_type="refresh_token", refresh_token=account.refresh_token
        )
        return tokens

    async def _grant(self, app: Mapping[str, Any], **grant: str) -> tuple[Tokens, list[str]]:
        """A new pair of tokens, and the rights they carry. The old refresh token dies with it, so a lost answer is
        doubt, not delay."""
        told = await self.call(
            "POST",
            f"{app['base_url']}/v2/oauth/token/",
            data={"client_key": app["app_id"], "client_secret": app["app_secret"], **grant},
            hide=(app["app_secret"], *(grant.get(name, "") for name in ("code", "refresh_token", "code_verifier"))),
            changes=True,
            timeout=20,
        )
        if not told.get("access_token"):
            raise OutcomeUnknown("an answer without a token")
        tokens = Tokens(
            token=told["access_token"],
            refresh_token=told["refresh_token"],
            lifetime=timedelta(seconds=told["expires_in"]),
            grant_lifetime=timedelta(seconds=told["refresh_expires_in"]),
        )
        return tokens, told.get("scope", "").split(",")

    # --- the wire -------------------------------------------------------------------------------------------------

    async def _status(self, account: Account, publish_id: str) -> Mapping[str, Any]:
        """What TikTok tells of a publication. One of which it tells nothing may stand all the same: how long they are
        remembered nobody says."""
        try:
            return await self._api(account, "post/publish/status/fetch/", json={"publish_id": publish_id})
        except Rejected as error:
            raise OutcomeUnknown(error.detail, code=error.code) from None

    async def _put(
        self, account: Account, upload: _Upload, video: Video, length: int, *, changes: bool = False
    ) -> Answer:
        if not _may_receive(upload.url, account):
            raise TryLater("the upload's address is not on the platform's own host", code="upload_host")
        start = upload.sent
        headers = {
            "Content-Type": video.content_type,
            "Content-Length": str(length),
            "Content-Range": f"bytes {start}-{start + length - 1}/{video.size}",
        }
        body = self.pieces(video, start, length)
        return await self.exchange("PUT", upload.url, changes=changes, data=body, headers=headers)

    async def _api(self, account: Account, path: str, *, method: str = "POST", **request: Any) -> Any:
        headers = {"Authorization": f"Bearer {account.token}"}
        url = f"{account.base_url}/v2/{path}"
        return (await self.call(method, url, headers=headers, hide=(account.token,), **request))["data"]

    def is_success(self, status: int, body: Any) -> bool:
        if status != 200 or not isinstance(body, dict):
            return False
        return "access_token" in body or _code(body) == "ok"

    def error_for(self, status: int, body: Any, *, changes: bool) -> ConnectorError:
        code = _code(body)
        if not code or code == "ok":
            problem = super().error_for(status, body, changes=changes)
            if isinstance(problem, TryLater) and status == 429:
                problem.wait = _MINUTE
            return problem
        error = body["error"] if isinstance(body["error"], dict) else body
        words = error.get("message") or error.get("error_description") or code
        detail = f"{words} (log {error['log_id']})" if error.get("log_id") else str(words)
        if status >= 500 or code in ("internal_error", "server_error"):
            return (OutcomeUnknown if changes else TryLater)(detail, code=code)
        return _sorted(code, detail)

    # --- addresses, as residents see them -----------------------------------------------------------------------------

    @classmethod
    def page_in(cls, steps: Sequence[str], asked: Mapping[str, str]) -> str:
        match steps:
            case [name, *_rest] if name.startswith("@"):
                return name
        return ""  # a video's address, or a shortened one

    @classmethod
    def stands_in_addresses(cls, key: str) -> bool:
        """TikTok's number for an account does not, unlike any name that was registered to be posted to by hand."""
        return "-" not in key

    # --- webhooks -----------------------------------------------------------------------------------------------------

    @classmethod
    def hook_events(cls, app: Mapping[str, Any], headers: Mapping[str, str], raw: bytes) -> list[Event]:
        """https://developers.tiktok.com/doc/webhooks-overview"""
        told = dict(part.strip().partition("=")[::2] for part in headers.get("Tiktok-Signature", "").split(","))
        signed = told.get("t", "")
        made = hmac.new(app.get("app_secret", "").encode(), signed.encode() + b"." + raw, hashlib.sha256).hexdigest()
        require_same(told.get("s", ""), made if app.get("app_secret") else "")
        if not signed.isdigit() or abs(time.time() - int(signed)) > _LATEST:
            raise Forged("signed too long ago")
        body = body_of(raw)
        kind = _NEWS.get(str(body.get("event")))
        if kind is None or body.get("client_key") != app.get("app_id"):
            return []
        content = json.loads(body.get("content") or "{}")
        publish, post = str(content.get("publish_id") or ""), str(content.get("post_id") or "")
        number = (_PHOTO + post if publish.startswith("p_") else post) if post else publish
        key = f"{body['event']} {body.get('create_time')} {number}"
        return [Event(kind, str(body["user_openid"]), number, key, moment(body.get("create_time")))]


def _sorted(code: str, detail: str) -> ConnectorError:
    if code in _WAITS:
        return TryLater(detail, code=code, wait=_WAITS[code], whole_app=code in _OF_APP)
    return (AccessLost if code in _LOST else Rejected)(detail, code=code)


def _failure(status: Mapping[str, Any]) -> Rejected:
    """A publication that failed after all is over for certain, whatever the reason: nothing of it stands, and nothing
    will. Whether the account lets us in now, the next call tells."""
    reason = str(status.get("fail_reason") or "failed")
    return Rejected(reason, code=reason)


def _code(body: Any) -> str:
    """The name of an error: in an envelope from the interface, flat from the token server."""
    match body:
        case {"error": {"code": str(code)}} | {"error": str(code)}:
            return code
    return ""


# --- an upload --------------------------------------------------------------------------------------------------------


def _upload_of(ref: str) -> _Upload | None:
    try:
        return _Upload(*json.loads(ref))
    except (ValueError, TypeError):
        return None


def _pieces_of(video: Video) -> tuple[int, int]:
    """How long a piece is and how many there are; what is left over belongs to the last, and is next to nothing."""
    pieces = max(1, video.size // _PIECE)
    return video.size // pieces, pieces


def _last(video: Video) -> int:
    """Where the last piece begins."""
    piece, pieces = _pieces_of(video)
    return piece * (pieces - 1)


def _held(answer: Answer) -> int | None:
    """How many bytes the platform says that it holds."""
    found = re.fullmatch(r"bytes (?:\d+-(\d+)|\*)/\d+", answer.headers.get("Content-Range", ""))
    return (int(found[1]) + 1 if found[1] else 0) if found else None


def _may_receive(url: str, account: Account) -> bool:
    """Only TikTok's own hosts get the bytes of an unpublished video, or the one that stands in for them."""
    parts, ours = urlsplit(url), urlsplit(account.base_url)
    if (parts.scheme, parts.netloc) == (ours.scheme, ours.netloc):
        return True
    return parts.scheme == "https" and (parts.hostname or "").endswith(".tiktokapis.com") and parts.port in (None, 443)


def _is_waiting(status: Mapping[str, Any]) -> bool:
    return status["status"] in ("PROCESSING_UPLOAD", "PROCESSING_DOWNLOAD")


def _post_id(status: Mapping[str, Any]) -> str:
    """The id of a post that residents see. The field's name is misspelt, and its numbers are too long for a float."""
    return next((str(each) for each in status.get("publicaly_available_post_id") or ()), "")


# --- a post -----------------------------------------------------------------------------------------------------------


def _video_of(message: Message) -> Video:
    if not message.videos:
        raise Rejected("TikTok needs a video", code="needs_video")
    return message.videos[0]


def _chosen(message: Message, name: str) -> Any:
    options = {each.name: each.default for each in Tiktok.facts.format(message.format).options}
    return message.options.get(name, options.get(name))


def _is_off(info: Mapping[str, Any], name: str) -> bool:
    return bool(info.get({"comments": "comment_disabled"}.get(name, f"{name}_disabled")))


def _check(message: Message, info: Mapping[str, Any]) -> None:
    """What the author chose against what the account allows now."""
    if _chosen(message, "privacy") not in info.get("privacy_level_options", ()):
        words = "the account does not allow the audience that was chosen"
        raise Rejected(words, code="privacy_level_option_mismatch")
    longest = info.get("max_video_post_duration_sec") or _VIDEO.max_seconds
    if any(video.seconds > longest for video in message.videos):
        raise Rejected(f"the account may post videos of {longest} seconds", code="duration_check_failed")


def _post_info(message: Message, info: Mapping[str, Any]) -> dict[str, Any]:
    closed = {
        f"disable_{theirs}": not _chosen(message, ours) or _is_off(info, ours)
        for ours, theirs in (("comments", "comment"), ("duet", "duet"), ("stitch", "stitch"))
    }
    return {
        **({"title": message.text} if message.text else {}),
        "privacy_level": _chosen(message, "privacy"),
        **closed,
        "brand_content_toggle": False,
        "brand_organic_toggle": bool(_chosen(message, "own_brand")),
        "is_aigc": message.ai_made,
    }


def _is_post(external_id: str) -> bool:
    return external_id.removeprefix(_PHOTO).isdecimal()


def _link(account: Account, post: str, *, photo: bool = False) -> str:
    if not account.handle:
        return ""
    return f"{account.app['link_url']}/@{account.handle}/{'photo' if photo else 'video'}/{post}"


def _bare(text: str) -> str:
    return " ".join(text.split())


def _challenge(verifier: str, coding: str) -> str:
    """TikTok's guide for desktop programs says hex, everybody else base64url."""
    digest = hashlib.sha256(verifier.encode())
    return digest.hexdigest() if coding == "hex" else base64.urlsafe_b64encode(digest.digest()).decode().rstrip("=")
