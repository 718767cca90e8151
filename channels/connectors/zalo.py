"""Zalo Official Accounts: articles, made hidden first and then shown. Every write is a job that one asks after."""

import asyncio
import base64
import hashlib
import hmac
import html
import re
import time
import unicodedata
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from itertools import chain, repeat
from textwrap import shorten
from typing import Any, ClassVar
from urllib.parse import urlencode

import aiohttp

from channels.connectors import sayings
from channels.connectors.base import (
    AccessLost,
    Account,
    Connector,
    ConnectorError,
    Draft,
    Event,
    Facts,
    Figures,
    Forged,
    Format,
    Image,
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
from channels.connectors.multipart import Form

_LIMIT, _PENDING, _NOT_AUTHORISED, _NIGHT = -32, -214, -223, -234
_INVALID = "-201"  # no such article, when an article is asked for
_FAILED = "-200"  # "send failed": of what, it does not say
# With these a job is over for a reason that may pass: a picture that could not be fetched, no articles left, …
_PASSING = {_INVALID, _FAILED, "-211", str(_NOT_AUTHORISED)}
# With these it refuses the article itself. Whatever else is said about a job speaks of the asking.
_REFUSED = {_INVALID, "-210", "-248"}
_PICTURE_PLACES = ("photo_url", "avatar", "body.url", "body.thumb")
_LOST = {-204, -205, -216, -219, -220}
_BACK_OFF = {int(_FAILED), -211, -218}
# A refresh token works once within three months; each renewal starts them anew.
_GRANT = timedelta(days=90)
# How far back a list of articles, ten a call, is walked.
_SLICES = 30
_TITLE, _AUTHOR, _DESCRIPTION = 150, 50, 300
_VIDEO = "video_article"
# What Zalo says of a video that is being converted.
_READY, _LOCKED, _FILM_FAILED, _DELETED = 1, 2, 4, 5
_SOON = timedelta(seconds=5)  # between looks at it
# What may pass is given so long. A job that makes an article is asked after as rarely at last, and for so long.
_AGAIN, _LONGEST = timedelta(seconds=30), timedelta(minutes=10)

# --- What Zalo's documentation leaves open: all that rests on one weak source, or on none, stands here ----------------

# The length of an article's body is not published: our own bound.
_BODY = 10_000
# No list of tags is published either; of all that articles were seen with, these.
_TAGS = (("strong>", "b>"), ("em>", "i>"))
# Which codecs it converts, how long and of what shape a video may be, is not published: only type and size are.
_FILMS: Any = {
    "most": 1,
    "max_bytes": 50 * 1024 * 1024,
    "types": frozenset({"video/mp4"}),
    "codecs": frozenset({"h264", "hevc"}),
    "uploaded": True,
}


def _made_at(article: Mapping[str, Any]) -> float:
    """``create_date`` in seconds. It is likely to be in milliseconds."""
    return int(article["create_date"]) / 1000


def _film_asked(token: str) -> dict[str, Any]:
    """A video's upload token: the documentation sends it in the address, the platform's own Java SDK as a header."""
    return {"params": {"token": token}, "headers": {"token": token}}


def _is_ours(code: int, words: str) -> bool:
    """Whether the consent server refuses our application, which says nothing of the account: it is inactive, or its
    address is not the one that was saved. The number for a wrong secret is not published."""
    return code in (-14_002, -14_003) or "secret" in words.lower()


def _is_spent(words: str) -> bool:
    """A refresh token that is refused may be told in words alone, without a number."""
    return "refresh token" in words.lower()


def _is_quota(words: str) -> bool:
    """-223 means two things: no consent, or no articles left this month. Only the words tell."""
    return "quota" in words


# ----------------------------------------------------------------------------------------------------------------------


def _nfc(text: str) -> str:
    """As Zalo counts: letters with their marks as one."""
    return unicodedata.normalize("NFC", text)


def _count(text: str) -> int:
    return len(_nfc(text))


class Room:
    """The calls a minute that Zalo grants to the whole application. A quarter may go out at once, the rest evenly."""

    LONGEST_WAIT = 20  # seconds in the queue; the lease of a publication is longer

    def __init__(self) -> None:
        self.free_at = self.promised = 0.0

    async def take(self, calls: int, per_minute: int) -> None:
        """Waits until there is room for ``calls``. Who would wait too long is sent away with a time of its own,
        so that a national campaign comes back in a row and not in a crowd."""
        if not per_minute:
            return
        now, rate = time.monotonic(), per_minute * 0.7 / 60
        start = max(self.free_at, now - per_minute * 0.25 / rate)
        if start - now > self.LONGEST_WAIT:
            self.promised = max(self.promised, start) + calls / rate
            wait = timedelta(seconds=self.promised - now)
            raise TryLater("the application's calls of this minute are used up", code=str(_LIMIT), wait=wait)
        self.free_at = start + calls / rate
        await asyncio.sleep(max(0.0, start - now))


# What errors mean to an officer, and what to do.
_REASONS = {
    **dict.fromkeys(("-216", "-220"), sayings.AGAIN),
    "-219": _("the portal's application was removed from the Zalo OA; connect again"),
    **dict.fromkeys(("-204", "-205"), sayings.CLOSED),
    "-221": _("Zalo asks that the OA be verified first"),
    "-224": _("the OA's service package does not allow this; ask the owner of the OA"),
    "-211": _("the OA's quota of articles is used up"),
    "-223": _("the OA has not allowed this, or its quota of articles is used up"),
    "-201": _("Zalo does not accept a part of the article; check title, text and pictures"),
    "-210": _("a picture or a text is larger than Zalo allows"),
    "-248": sayings.CONTENT,
    "-32": sayings.MANY,
    "-200": _("Zalo could not carry it out and does not say why"),
    "-214": _("Zalo is still working on it"),
    "-218": _("the followers have already received the most messages that Zalo allows"),
    "-234": _("Zalo sends nothing to followers between 22:00 and 06:00"),
    "-235": _("Zalo does not offer this to accounts of this kind"),
    **dict.fromkeys(("-209", "-212", "-215", "-233", "-240", "-242", "-14002", "-14003"), sayings.PORTAL),
    "-320": _("the OA needs a Zalo Cloud Account; ask the owner of the OA"),
    "-321": _("the Zalo Cloud Account has no money left; ask the owner of the OA"),
    "needs_image": _("Zalo needs at least one picture"),
    "needs_video": _("a video article needs a video"),
    "needs_poster": _("the video has no picture that stands for it; choose the video again"),
    "video": _("Zalo could not convert the video; save it anew as MP4 (H.264)"),
}


class Zalo(Connector):
    """https://developers.zalo.me/docs/official-account/bai-viet"""

    kind = "zalo"
    words = Words(
        label="Zalo OA",
        short="Zalo",
        page=_("Zalo OA %(name)s"),
        icon="message-circle",
        formats={
            "article": Term(_("Article"), _("A page of its own, with headings, bold letters and a cover.")),
            _VIDEO: Term(_("Video article"), _("A page of its own with the video, its title and a description.")),
        },
        reasons=_REASONS,
        options={"comments": sayings.COMMENTS},
        rights={"oa_verified": _("verification of the account by Zalo, needed to publish")},
        asked=[
            _("publishing, reading and withdrawing articles"),
            _("the account's name, verification and number of followers"),
        ],
    )
    facts = Facts(
        formats=[
            Format(
                "article",
                max_text=_BODY,
                count=_count,
                max_title=_TITLE,
                images=ImageLimits(most=10, max_bytes=1024 * 1024),
                videos=VideoLimits(fewest=0, **_FILMS),
                mixed=11,
                needs_media=True,  # the first picture is the cover; where there is none, the video
                article=True,
                media_by_url=True,
                options=[Option("comments", default=True)],
            ),
            Format(
                _VIDEO,
                max_text=_DESCRIPTION,
                count=_count,
                max_title=_TITLE,
                videos=VideoLimits(**_FILMS),
                takes_link=False,
                media_by_url=True,
                options=[Option("comments", default=True)],
            ),
        ],
        # 4,000 calls a minute less a reserve; to show an article takes three.
        per_app_second=15,
        stages=True,
        finds=True,
        broadcasts=True,
        lists_posts=True,
        measures={
            "views": Origin("total_view", _("Articles among the newest 300 of the account.")),
            "shares": Origin("total_share"),
        },
        rights={"oa_verified": True},
        hosts=("zalo.me", "zapps.vn"),  # articles open at rd.zapps.vn
        source="developers.zalo.me/docs/official-account/bai-viet, 2026-09; the length of a body is our own bound",
    )
    settings = {
        "app_id": Setting("ZALO_APP_ID", None, "3608465249409039671"),
        "app_secret": Setting("ZALO_APP_SECRET", None, "simulator-zalo-secret"),
        # Empty: a fresh PKCE pair a request. Zalo's newer consoles store one fixed pair an application.
        "code_verifier": Setting("ZALO_CODE_VERIFIER"),
        "oauth_url": Setting("ZALO_OAUTH_URL", "https://oauth.zaloapp.com", simulated="/zalo/oauth"),
        "base_url": Setting("ZALO_API_URL", "https://openapi.zalo.me", simulated="/zalo/openapi"),
        "calls_per_minute": Setting("ZALO_CALLS_PER_MINUTE", 4000),  # of the application; 0: not counted
        "link_url": Setting("ZALO_LINK_URL", "https://zalo.me", simulated="/pages/zalo"),
        "hook_secret": Setting("ZALO_HOOK_SECRET", try_out="try-out-zalo"),  # the OA secret key of the webhook's page
    }
    no_pages = frozenset({"articles", "d", "detail", "pc", "s"})
    # Seconds between looks at a job, which usually takes one or two.
    waits: ClassVar[Sequence[float]] = (1, 1, 2, 3, 5, 10)

    def __init__(self, session: aiohttp.ClientSession):
        super().__init__(session)
        self.room = Room()

    # --- publishing -----------------------------------------------------------------------------------------------

    async def stage(self, account: Account, message: Message, draft_ref: str = "") -> Draft:
        """A video first, in steps of their own: its upload, its conversion. Then the article, hidden: a job, and what
        the job has made."""
        step, _, number = draft_ref.partition(":")
        article, video_id = _parts(draft_ref)
        video = message.videos[0] if message.videos else None
        if step == "job":
            return await self._made(account, message, number)
        if article:
            # It may stand already, shown by a call whose answer was lost: another must not be made beside it.
            await self.room.take(1, account.app["calls_per_minute"])
            lives = await self._status(account, article)
            return Draft(draft_ref) if lives else await self._begun(account, message, video_id)
        if video and step == "film":
            return await self._converted(account, video, number)
        if video and step != "video":
            return await self._uploaded(account, video)
        return await self._begun(account, message, number if step == "video" else "")

    async def _uploaded(self, account: Account, video: Video) -> Draft:
        _poster(video)  # before fifty megabytes leave
        await self.room.take(1, account.app["calls_per_minute"])
        form = Form()
        form.add("file", video)
        answer = await self._api("POST", account, "article/upload_video/preparevideo", **form.request())
        if token := answer.get("data", {}).get("token"):
            return Draft(f"film:{token}", ready=False, wait=_SOON)
        raise TryLater("the upload was not named")

    async def _converted(self, account: Account, video: Video, token: str) -> Draft:
        await self.room.take(1, account.app["calls_per_minute"])
        try:
            answer = await self._api("GET", account, "article/upload_video/verify", **_film_asked(token))
        except Rejected as error:
            if error.code != _INVALID:
                raise
            return await self._uploaded(account, video)  # the platform has forgotten it
        told = answer.get("data", {})
        match told.get("status"):
            case status if status == _READY and told.get("video_id"):
                return Draft(f"video:{told['video_id']}", ready=False)
            case status if status in (_LOCKED, _FILM_FAILED):
                raise Rejected(str(told.get("status_message") or f"video status {status}"), code="video")
            case status if status == _DELETED:
                return await self._uploaded(account, video)
        return Draft(f"film:{token}", ready=False, wait=_SOON)

    async def _begun(self, account: Account, message: Message, video_id: str) -> Draft:
        await self.room.take(2, account.app["calls_per_minute"])
        token = await self._job(account, "create", _article(message, "hide", video_id))
        return Draft(f"job:{int(time.time())}/{video_id}/{token}", ready=False, wait=timedelta(seconds=self.waits[0]))

    async def _made(self, account: Account, message: Message, job: str) -> Draft:
        began, video_id, token = job.split("/", 2)
        age = timedelta(seconds=time.time() - int(began))
        if age > _SOON:
            await self.room.take(1, account.app["calls_per_minute"])
        try:
            article = await self._article_of(account, token)
        except (Rejected, TryLater) as error:
            # What may pass ends this try. The next one is made after the wait, and begins another job.
            passed = isinstance(error, TryLater) and error.code in _PASSING and age >= (error.wait or _AGAIN)
            if not (passed or _is_forgotten(error)):
                raise
            return await self._begun(account, message, video_id)
        if article:
            # Of an old one it is asked first whether it still lies there.
            return Draft(_reference(article, video_id), ready=age < _LONGEST)
        if age >= _LONGEST:
            return await self._begun(account, message, video_id)
        wait = min(max(age, timedelta(seconds=self.waits[0])), _AGAIN)
        return Draft(f"job:{job}", ready=False, wait=wait)

    async def commit(self, account: Account, message: Message, draft_ref: str = "") -> Receipt:
        """Replaces the hidden article by itself, shown; the same article however often it is repeated."""
        article, video_id = _parts(draft_ref)
        if not article:
            raise TryLater("there is no article to show yet", code=str(_PENDING))
        await self.room.take(3, account.app["calls_per_minute"])  # update, verify, the address
        end = time.monotonic() + self.deadline.total_seconds()
        shown = {"id": article, **_article(message, "show", video_id)}
        token = await self._job(account, "update", shown, changes=True)
        await self._done(account, token, end)
        return Receipt(article, await self._link(account, article, shown["type"]))

    async def _job(self, account: Account, verb: str, article: dict[str, Any], *, changes: bool = False) -> str:
        answer = await self._api("POST", account, f"article/{verb}", json=article, changes=changes, timeout=20)
        if token := answer.get("data", {}).get("token"):
            return token
        raise (OutcomeUnknown if changes else TryLater)("no job was named")

    async def _article_of(self, account: Account, token: str) -> str:
        """The article that a job has made or changed; empty while it is at work."""
        try:
            answer = await self._api("POST", account, "article/verify", json={"token": token}, timeout=10)
        except TryLater as error:
            if error.code != str(_PENDING):
                raise
            return ""
        return answer.get("data", {}).get("id", "")

    async def _done(self, account: Account, token: str, end: float) -> None:
        """Waits for a job that shows an article. Residents may see it by now, whatever goes wrong with the asking: only
        that the job refused the article is certain."""
        waits = chain(self.waits, repeat(self.waits[-1]))
        wait = next(waits)
        while True:
            await asyncio.sleep(wait)
            wait = next(waits)
            try:
                if await self._article_of(account, token):
                    return
            except ConnectorError as error:
                if error.code in _REFUSED and not _is_forgotten(error):
                    raise
                if not isinstance(error, TryLater):
                    raise OutcomeUnknown(error.detail, code=error.code) from None
                wait = max(wait, (error.wait or timedelta(0)).total_seconds())
            if time.monotonic() + wait > end:
                raise OutcomeUnknown("the platform is still working on the article", code=str(_PENDING))

    async def _link(self, account: Account, article: str, kind: str) -> str:
        """The public address, told by lists alone. It stands already: nothing here may put that in doubt."""
        try:
            async for each in self._slices(account, kind, most=2, timeout=5):
                if each["id"] == article:
                    return each.get("link_view", "")
        except ConnectorError:
            pass
        return ""

    async def find(self, account: Account, message: Message, draft_ref: str, since: datetime) -> Receipt | None:
        kind = "video" if message.format == _VIDEO else "normal"
        draft, _video_id = _parts(draft_ref)
        if draft and (status := await self._status(account, draft)):
            return Receipt(draft, await self._link(account, draft, kind)) if status == "show" else None
        # Without a draft, or with one that is gone: the account's own list.
        earliest = (since - timedelta(minutes=2)).timestamp()
        title, text = _nfc(message.title), [_nfc(message.text) if kind == "video" else _body(message)]
        async for each in self._slices(account, kind, most=3):
            if _nfc(each["title"]) == title and each["status"] == "show" and _made_at(each) >= earliest:
                answer = await self._api("GET", account, "article/getdetail", params={"id": each["id"]})
                if _text_of(answer["data"], kind) == text:
                    return Receipt(each["id"], each.get("link_view", ""))
        return None

    async def withdraw(self, account: Account, external_id: str) -> bool:
        article = await self._behind(account, external_id)
        if not article:  # a video that is in no article yet: nobody sees it, and no call takes it away
            return False
        await self.room.take(1, account.app["calls_per_minute"])
        try:
            await self._api("POST", account, "article/remove", json={"id": article})
        except Rejected as error:
            if error.code != _INVALID:
                raise
            return False
        return True

    async def trace(self, account: Account, external_id: str) -> Trace:
        article = await self._behind(account, external_id)
        if not article:
            return Trace.HIDDEN if article is None else Trace.GONE
        await self.room.take(1, account.app["calls_per_minute"])
        status = await self._status(account, article)
        if not status:
            return Trace.GONE
        return Trace.VISIBLE if status == "show" else Trace.HIDDEN

    async def _status(self, account: Account, article: str) -> str:
        """`show`, or else it is hidden; empty where there is no such article."""
        try:
            answer = await self._api("GET", account, "article/getdetail", params={"id": article})
        except Rejected as error:
            if error.code != _INVALID:
                raise
            return ""
        return answer["data"].get("status") or "hide"

    async def _behind(self, account: Account, reference: str) -> str | None:
        """The article that a reference or a receipt stands for; empty where there is none, None while it is made."""
        step, _, job = reference.partition(":")
        if step != "job":
            return _parts(reference)[0]
        await self.room.take(1, account.app["calls_per_minute"])
        try:
            return await self._article_of(account, job.split("/", 2)[2]) or None
        except (Rejected, TryLater) as error:
            if error.code not in _REFUSED | _PASSING:
                raise
            return ""  # the job is over, and has made nothing

    async def broadcast(self, account: Account, external_id: str) -> str:
        """To all followers alike: the fields that would choose among them by age, sex or place are never sent."""
        await self.room.take(1, account.app["calls_per_minute"])
        payload = {
            "template_type": "media",
            "elements": [{"media_type": "article", "attachment_id": external_id}],
        }
        message = {"attachment": {"type": "template", "payload": payload}}
        body = {"recipient": {"target": {}}, "message": message}
        try:
            answer = await self._api("POST", account, "oa/message", json=body, changes=True)
        except TryLater as error:
            if error.code == _FAILED:
                raise OutcomeUnknown(error.detail, code=error.code) from None
            raise
        if number := answer.get("data", {}).get("message_id"):
            return str(number)
        raise OutcomeUnknown("no sending was named")

    # --- counting -------------------------------------------------------------------------------------------------

    async def measure(self, account: Account, external_ids: Sequence[str]) -> dict[str, Figures]:
        wanted = set(external_ids)
        found: dict[str, Figures] = {}
        unseen = False
        for kind in ("normal", "video"):
            seen = 0
            async for each in self._slices(account, kind, most=_SLICES):
                if len(found) == len(wanted):
                    return found
                seen += 1
                if each["id"] in wanted:
                    found[each["id"]] = Figures(views=each.get("total_view"), shares=each.get("total_share"))
            unseen = unseen or seen >= _SLICES * 10
        if unseen:
            # Older than we walk: there, as far as we know, but not measured.
            found |= dict.fromkeys(wanted - found.keys(), Figures())
        return found

    async def standing(self, account: Account, since: datetime) -> list[Standing]:
        """Zalo does not say who made an article: somebody in its app, or we."""
        found = []
        for kind in ("normal", "video"):
            async for each in self._slices(account, kind, most=_SLICES):
                if _made_at(each) < since.timestamp():
                    break
                if each["status"] == "show":
                    made = datetime.fromtimestamp(_made_at(each), UTC)
                    found.append(Standing(each["id"], each.get("link_view", ""), made, text=each["title"]))
        return sorted(found, key=lambda each: each.published_at, reverse=True)

    async def _slices(
        self, account: Account, kind: str, *, most: int, timeout: float = 0
    ) -> AsyncIterator[dict[str, Any]]:
        for offset in range(0, most * 10, 10):
            params = {"offset": str(offset), "limit": "10", "type": kind}
            answer = await self._api("GET", account, "article/getslice", params=params, timeout=timeout)
            articles = answer["data"]["medias"]
            for article in articles:
                yield article
            if len(articles) < 10:
                return

    # --- connection -----------------------------------------------------------------------------------------------

    async def profile(self, account: Account) -> Profile:
        page = (await self._api("GET", account, "oa/getoa"))["data"]
        external_id = str(page.get("oa_id") or page["oaid"])
        return Profile(
            external_id=external_id,
            name=page["name"],
            handle=page.get("oa_alias", ""),
            address=f"{account.app['link_url']}/{external_id}",
            followers=page.get("num_follower"),
            missing=() if page.get("is_verified") else ("oa_verified",),
        )

    async def refresh(self, account: Account) -> Tokens | None:
        return await self._grant(account.app, grant_type="refresh_token", refresh_token=account.refresh_token)

    @classmethod
    def dialog(cls, app: Mapping[str, Any], *, redirect_uri: str, state: str, verifier: str) -> str:
        asked = {
            "app_id": app["app_id"],
            "redirect_uri": redirect_uri,
            "code_challenge": _challenge(verifier),
            "state": state,
        }
        return f"{app['oauth_url']}/v4/oa/permission?{urlencode(asked)}"

    async def offers(
        self, app: Mapping[str, Any], answer: Mapping[str, str], *, redirect_uri: str = "", verifier: str = ""
    ) -> list[Offer]:
        tokens = await self._grant(
            app, grant_type="authorization_code", code=answer.get("code", ""), code_verifier=verifier
        )
        account = Account(external_id="", token=tokens.token, base_url=app["base_url"], app=app)
        profile = await self.profile(account)
        if profile.external_id != answer.get("oa_id", profile.external_id):
            raise Rejected("the token opens another account than the dialog named")
        return [Offer(profile, tokens, usable=not profile.missing)]

    async def _grant(self, app: Mapping[str, Any], **grant: str) -> Tokens:
        """A new pair of tokens. The old refresh token dies with it, so a lost answer is doubt, not delay."""
        hide = (app["app_secret"], *(grant[name] for name in ("code", "refresh_token") if name in grant))
        answer = await self.call(
            "POST",
            f"{app['oauth_url']}/v4/oa/access_token",
            data={"app_id": app["app_id"], **grant},
            headers={"secret_key": app["app_secret"]},
            hide=hide,
            changes=True,
            timeout=20,
        )
        if not answer.get("access_token"):
            raise OutcomeUnknown("an answer without a token")
        return Tokens(
            token=answer["access_token"],
            refresh_token=answer.get("refresh_token", ""),
            lifetime=timedelta(seconds=int(answer["expires_in"])),
            grant_lifetime=_GRANT,
        )

    # --- the wire -------------------------------------------------------------------------------------------------

    async def _api(
        self, method: str, account: Account, path: str, *, headers: Mapping[str, str] | None = None, **request: Any
    ) -> Any:
        url = f"{account.base_url}/v2.0/{path}"
        headers = {"access_token": account.token, **(headers or {})}
        return await self.call(method, url, headers=headers, hide=(account.token,), **request)

    def is_success(self, status: int, body: Any) -> bool:
        """Tokens come without the envelope, and so do some failures."""
        whole = isinstance(body, dict) and ("error" in body or "access_token" in body)
        return status == 200 and whole and not int(body.get("error") or 0)

    def error_for(self, status: int, body: Any, *, changes: bool) -> ConnectorError:
        """Failures arrive with status 200 as well. From -14000 downwards the consent server speaks."""
        match body:
            case {"error": int() | str() as given} if status < 500 and (code := int(given)):
                pass
            case {"message": str(words)} if status < 400 and _is_spent(words):
                return AccessLost(words)
            case _:
                return super().error_for(status, body, changes=changes)
        detail = str(body.get("error_description") or body.get("message") or f"code {code}")
        if code == _LIMIT:
            left = 60 - time.time() % 60
            whole_app = "your oa" not in detail.lower()  # one account has a limit of its own, by its package
            return TryLater(detail, code=str(code), wait=timedelta(seconds=left + 1), whole_app=whole_app)
        if code == _PENDING:
            return TryLater(detail, code=str(code))
        if code in _BACK_OFF or (code == _NOT_AUTHORISED and _is_quota(detail)):
            wait = timedelta(hours=1) if str(code) != _FAILED else None
            return TryLater(detail, code=str(code), wait=wait)
        if code == _NIGHT:
            return TryLater(detail, code=str(code), wait=_until_morning(datetime.now(UTC)))
        if str(code) == _INVALID and any(place in detail for place in _PICTURE_PLACES):
            # It could not fetch a picture from us just then, which says nothing of the article.
            return TryLater(detail, code=str(code), wait=_AGAIN)
        if code in _LOST or code == _NOT_AUTHORISED or (code <= -14_000 and not _is_ours(code, detail)):
            return AccessLost(detail, code=str(code))
        return Rejected(detail, code=str(code))

    # --- addresses, as residents see them -----------------------------------------------------------------------------

    @classmethod
    def page_in(cls, steps: Sequence[str], asked: Mapping[str, str]) -> str:
        match steps:
            case ["articles" | "detail" | "d", *_rest]:
                return asked.get("pageId", "")
            case ["s", name, *_rest]:
                return name
        return super().page_in(steps, asked)

    # --- webhooks -----------------------------------------------------------------------------------------------------

    @classmethod
    def hook_events(cls, app: Mapping[str, Any], headers: Mapping[str, str], raw: bytes) -> list[Event]:
        """Zalo tells of messages and followers, of no article and no comment: all of it is proven and then let go.
        https://developers.zalo.me/docs/official-account/webhook"""
        secret = app.get("hook_secret", "")
        # The time is part of what is signed, and stands in a header or in the body: read without decoding that.
        times = [headers.get("X-ZEvent-Timestamp", ""), *re.findall(rb'"timestamp"\s*:\s*"?(\d{10,16})', raw)[:4]]
        made = [
            hashlib.sha256(
                str(app["app_id"]).encode() + raw + (each.encode() if isinstance(each, str) else each) + secret.encode()
            )
            for each in times
            if each
        ]
        given = headers.get("X-ZEvent-Signature", "")
        fitting = [each for each in made if hmac.compare_digest(given.encode(), f"mac={each.hexdigest()}".encode())]
        if not secret or not fitting:
            raise Forged("the signature does not fit")
        return []


def _article(message: Message, status: str, video_id: str) -> dict[str, Any]:
    """The whole article. What is left out falls back to a default: hidden, for its state."""
    stated = {"status": status, "comment": "show" if message.options.get("comments", True) else "hide"}
    if message.format == _VIDEO:
        if not message.videos:
            raise Rejected("a video article needs a video", code="needs_video")
        shown = {"video_id": video_id, "avatar": _poster(message.videos[0])}
        return {"type": "video", "title": _nfc(message.title), "description": _nfc(message.text), **shown, **stated}
    if not message.media:
        raise Rejected("an article needs a picture", code="needs_image")
    media = list(message.media)
    cover = next(iter(message.images), media[0])
    media.remove(cover)
    article: dict[str, Any] = {
        "type": "normal",
        "title": _nfc(message.title),
        "author": shorten(_nfc(message.author), _AUTHOR, placeholder="…"),
        "description": shorten(_nfc(message.text), _DESCRIPTION, placeholder="…"),
        "cover": {**_cover(cover, video_id), "status": "show"},
        "body": [{"type": "text", "content": _body(message)}, *(_block(each, video_id) for each in media)],
        **stated,
    }
    return {**article, "tracking_link": message.link} if message.link else article


def _body(message: Message) -> str:
    words = message.html or f"<p>{html.escape(message.text, quote=False)}</p>"
    for ours, theirs in _TAGS:
        words = words.replace(f"<{ours}", f"<{theirs}").replace(f"</{ours}", f"</{theirs}")
    return words


def _cover(shown: Image | Video, video_id: str) -> dict[str, str]:
    if isinstance(shown, Image):
        return {"cover_type": "photo", "photo_url": shown.url}
    view = "square" if shown.width == shown.height else "horizontal" if shown.width > shown.height else "vertical"
    return {"cover_type": "video", "cover_view": view, "video_id": video_id}


def _block(shown: Image | Video, video_id: str) -> dict[str, str]:
    if isinstance(shown, Image):
        return {"type": "image", "url": shown.url, "caption": shown.alt}
    return {"type": "video", "video_id": video_id, "thumb": _poster(shown)}


def _poster(video: Video) -> str:
    if video.cover is None or not video.cover.url:
        raise Rejected("a video needs a picture that stands for it", code="needs_poster")
    return video.cover.url


def _text_of(article: Mapping[str, Any], kind: str) -> list[str]:
    if kind == "video":
        return [article.get("description", "")]
    return [block["content"] for block in article.get("body", ()) if block["type"] == "text"]


def _until_morning(now: datetime) -> timedelta:
    local = now.astimezone(timezone(timedelta(hours=7)))  # Viet Nam's
    morning = local.replace(hour=6, minute=0, second=0, microsecond=0)
    return morning + timedelta(days=morning <= local) - local


# A draft's reference: `film:` the upload that is being converted, `video:` a video that waits for its article,
# `job:` when an article was begun, its video and the job that makes it, or the article itself, with the video that it
# shows.


def _reference(article: str, video_id: str) -> str:
    return f"{article}/{video_id}" if video_id else article


def _parts(reference: str) -> tuple[str, str]:
    """The article that a reference or a receipt names, and its video; empty where there is none yet."""
    article, _, video_id = ("" if ":" in reference else reference).partition("/")
    return article, video_id


def _is_forgotten(error: ConnectorError) -> bool:
    """Whether Zalo no longer knows the job, which tells nothing of the article."""
    return error.code == _INVALID and "token" in error.detail


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
