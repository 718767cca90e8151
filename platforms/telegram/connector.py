"""Telegram channels by the Bot API. A bot cannot read what it posted, so an unknown outcome goes to
a person.
"""

import json
import logging
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from platforms import common_messages
from platforms.connector import Connector
from platforms.errors import AccessLost, ConnectorError, OutcomeUnknown, Rejected, TryLater
from platforms.facts import Facts, Format, ImageLimits, Option, PageItem, Setting, VideoLimits
from platforms.limits import text_limit, visible_text
from platforms.messages import (
    Account,
    Figures,
    Image,
    Message,
    Offer,
    PageDetails,
    Profile,
    Receipt,
    Tokens,
    Video,
)
from platforms.multipart import Form
from platforms.telegram.markup import subset
from platforms.webhooks import (
    Event,
    EventKind,
    accepted_secrets,
    decode_object,
    from_timestamp,
    require_any_secret,
    require_equal,
)
from platforms.words import Field, Term, Words
from platforms.words import gettext_noop as _

log = logging.getLogger(__name__)

_RIGHTS = {"can_post_messages": True, "can_delete_messages": False}
_TOKEN = re.compile(r"\d{5,15}:[A-Za-z0-9_-]{30,60}")
# The Bot API's descriptions are no stable interface, but it has no other names for its errors.
_LOST = (
    "chat not found",
    "chat_id_invalid",
    "chat_id is empty",
    "need administrator rights",
    "not enough rights",
    "upgraded to a supergroup",
)
_PARTLY_SENT = ("failed to send message #", "group send failed")
_UNREADABLE = "can't parse entities"
# Who comes back in the very second that was named may come too early, and waits longer for it.
_REST = timedelta(seconds=1)
# Raw texts, tags and all, are refused above this, whatever is left of them.
_MOST_BYTES = 32_768
# A thumbnail of other measures is left out rather than refused.
_THUMBNAIL_SIDE, _THUMBNAIL_BYTES = 320, 200_000


def _chat(typed: str) -> str:
    """A channel's name with @ or its number, out of what a person copies."""
    chat = typed.removeprefix("https://").removeprefix("t.me/")
    if re.fullmatch(r"-100\d{5,15}", chat):
        return chat
    return (
        f"@{chat.removeprefix('@')}" if re.fullmatch(r"@?[A-Za-z][A-Za-z0-9_]{3,31}", chat) else ""
    )


# What errors mean to an officer, and what to do.
_REASONS = {
    "info": _(
        "the bot may not change the channel's description; give it the right “Change channel info”"
    ),
    "401": _("the bot's token was withdrawn; connect the channel with the new one"),
    **dict.fromkeys(
        ("403", "left", "kicked"),
        _("the bot was removed from the channel; make it an administrator again, then connect"),
    ),
    **dict.fromkeys(("token", "404"), _("this is not a bot's token")),
    "421": _(
        "the portal's own Telegram server does not serve this bot; tell those who run the portal"
    ),
    "queued": _("Telegram took the video and has not given it a number yet; look in the channel"),
    "400": _(
        "Telegram does not accept the post as it is; check text, pictures and the bot's rights"
    ),
    "413": common_messages.PICTURE,
    "429": common_messages.MANY,
}


class Telegram(Connector):
    """https://core.telegram.org/bots/api"""

    kind = "telegram"
    words = Words(
        label="Telegram",
        page=_("Telegram channel %(name)s"),
        icon="brand-telegram",
        how_to_revoke=_(
            "An administrator of the channel takes the portal's bot out of the list of "
            "administrators."
        ),
        formats={"message": Term(_("Message"))},
        reasons=_REASONS,
        options={
            "link_preview": Term(_("Show a card of the link")),
            "silent": Term(_("Send without a sound"), _("Followers see it when they look.")),
        },
        rights={
            "can_post_messages": _("posting in the channel"),
            "can_delete_messages": common_messages.WITHDRAW,
        },
        connect_steps=[
            _("Open @BotFather in Telegram, send /newbot and copy the token it gives you."),
            _(
                "In your channel, add the bot as an administrator with the rights to "
                "post and to delete messages."
            ),
            _("Enter both here. The next page shows which channel was found."),
        ],
    )
    facts = Facts(
        comfortable_length=1500,
        formats=[
            Format(
                "message",
                max_text=4096,
                max_text_with_media=1024,
                images=ImageLimits(
                    most=10, max_bytes=10 * 1024 * 1024, min_ratio=1 / 20, max_ratio=20
                ),
                # Other videos arrive as documents, to be downloaded before they are seen.
                videos=VideoLimits(
                    most=10,
                    fewest=0,
                    max_bytes=50 * 1024 * 1024,
                    types=frozenset({"video/mp4"}),
                    codecs=frozenset({"h264"}),
                ),
                max_mixed=10,
                markup=subset,
                options=[Option("link_preview", default=True), Option("silent")],
            )
        ],
        per_app_second=28,
        per_page_second=1,
        off_by_default=True,
        page={
            "picture": PageItem(),
            "description": PageItem(longest=255),
            "register": PageItem(),
            "pinned": PageItem(),
            "recent": PageItem(),
        },
        rights=_RIGHTS,
        hosts=("t.me", "telegram.me"),
        connects_by_dialog=False,
        source="core.telegram.org/bots/api 10.3, core.telegram.org/bots/faq, 2026-08",
    )
    settings = {
        "base_url": Setting("TELEGRAM_API_URL", "https://api.telegram.org", simulated="/telegram"),
        "link_url": Setting("TELEGRAM_LINK_URL", "https://t.me", simulated="/t.me"),
        "hook_secret": Setting("TELEGRAM_HOOK_SECRET", try_out="try-out-telegram"),
    }
    form = {
        "token": Field(
            label=_("Bot token"),
            help=_(
                "From @BotFather. Whoever has it can post as the bot: it is stored "
                "sealed and never shown again."
            ),
            missing=_("Please enter the bot token."),
            wrong=_("A bot token looks like 123456789:AA…, as @BotFather shows it."),
            clean=lambda typed: typed if _TOKEN.fullmatch(typed) else "",
            longest=80,
            secret=True,
        ),
        "chat": Field(
            label=_("Channel"),
            help=_("Its public name with @, or its number, which begins with -100."),
            missing=_("Please enter the channel."),
            wrong=_("Enter the name with @, such as @conganphuong, or the number with -100."),
            clean=_chat,
            longest=64,
            example="@congan…",
        ),
    }
    paths_without_page = frozenset({"addlist", "joinchat", "proxy", "share"})

    # --- publishing -------------------------------------------------------------------------------

    async def commit(self, account: Account, message: Message, draft_ref: str = "") -> Receipt:
        words = _words(self.facts.format(message.format), message)
        try:
            sent = await self._send(account, message, words)
        except Rejected as error:
            if "parse_mode" not in words or _UNREADABLE not in error.detail.lower():
                raise
            # A defect of ours. Nothing was sent, and the words are what was approved: they go out
            # without their marks.
            log.error("Telegram cannot read our markup")
            sent = await self._send(
                account, message, _plain(self.facts.format(message.format), message)
            )
        numbers = [str(each["message_id"]) for each in sent]
        if "0" in numbers:
            # It waits at Telegram, which tells its number later, and not to those who ask.
            raise OutcomeUnknown("accepted, and not numbered yet", code="queued")
        return Receipt(",".join(numbers), _permalink(account, numbers[0]))

    async def _send(
        self, account: Account, message: Message, words: Mapping[str, str]
    ) -> list[Any]:
        fields = {"chat_id": account.external_id}
        if message.options.get("silent"):
            fields["disable_notification"] = "true"
        match list(message.media):
            case []:
                body = {**fields, **words, "link_preview_options": _link_preview(message)}
                return [await self._bot(account, "sendMessage", json=body, writes=True)]
            case [Image() as image]:
                form = Form({**fields, **_captioned(words)})
                form.add("photo", image)
                return [await self._upload(account, "sendPhoto", form)]
            case [Video() as video]:
                pictures = _pictures_of(video, "")
                form = Form({**fields, **_captioned(words), **_about(video, pictures)})
                form.add("video", video)
                for name, image in pictures.items():
                    form.add(name, image)
                return [await self._upload(account, "sendVideo", form)]
            case media:
                return await self._upload(account, "sendMediaGroup", _album(fields, words, media))

    async def _upload(self, account: Account, method: str, form: Form) -> Any:
        return await self._bot(account, method, **form.request(), writes=True)

    async def withdraw(self, account: Account, external_id: str) -> bool:
        ids = [int(each) for each in external_id.split(",")]
        try:
            if len(ids) == 1:
                await self._bot(
                    account,
                    "deleteMessage",
                    json={"chat_id": account.external_id, "message_id": ids[0]},
                )
            else:
                await self._bot(
                    account,
                    "deleteMessages",
                    json={"chat_id": account.external_id, "message_ids": ids},
                )
        except Rejected as error:
            if "message to delete not found" not in error.detail.lower():
                raise
            return False
        return True

    @classmethod
    def ids_of(cls, reference: str) -> frozenset[str]:
        """An album is as many messages as it has pictures."""
        return frozenset(reference.split(",")) - {""}

    async def measure(self, account: Account, external_ids: Sequence[str]) -> dict[str, Figures]:
        """Nothing: a bot is told neither views nor reactions of single posts when it asks."""
        return dict.fromkeys(external_ids, Figures())

    # --- connection -------------------------------------------------------------------------------

    async def read_profile(self, account: Account) -> Profile:
        chat_id = account.external_id
        bot_id = account.token.partition(":")[0]
        chat = await self._bot(account, "getChat", json={"chat_id": chat_id})
        member = await self._bot(
            account, "getChatMember", json={"chat_id": chat_id, "user_id": int(bot_id)}
        )
        if member["status"] in ("left", "kicked"):
            raise AccessLost("the bot is not a member of the channel", code=member["status"])
        followers = await self._bot(account, "getChatMemberCount", json={"chat_id": chat_id})
        handle = chat.get("username", "")
        return Profile(
            external_id=str(chat["id"]),
            name=chat["title"],
            handle=handle,
            address=f"{account.app['link_url']}/{handle}" if handle else "",
            followers=followers,
            missing=[right for right in _RIGHTS if not member.get(right)],
        )

    async def read_page_details(self, account: Account) -> PageDetails:
        chat = await self._bot(account, "getChat", json={"chat_id": account.external_id})
        return PageDetails(
            picture=bool(chat.get("photo")),
            pinned=bool(chat.get("pinned_message")),
            description=str(chat.get("description", "")),
        )

    async def write_page_details(self, account: Account, changes: Mapping[str, str]) -> None:
        """Asks for the bot's right to change the channel's info, which it needs for nothing else.
        Where it stands already, Telegram says that it is not modified.
        https://core.telegram.org/bots/api#setchatdescription
        """
        asked = {"chat_id": account.external_id, "description": changes["description"]}
        try:
            await self._bot(account, "setChatDescription", json=asked, writes=True)
        except Rejected as error:
            if "is not modified" not in error.detail.lower():
                raise
        except AccessLost as error:
            if "enough rights" not in error.detail.lower():
                raise
            raise Rejected(error.detail, code="info") from None

    async def list_connectable_pages(
        self,
        app: Mapping[str, Any],
        answer: Mapping[str, str],
        *,
        redirect_uri: str = "",
        verifier: str = "",
    ) -> list[Offer]:
        token = answer["token"]
        if not _TOKEN.fullmatch(token):
            raise AccessLost("this is not a bot's token", code="token")
        account = Account(
            external_id=answer["chat"], token=token, base_url=app["base_url"], app=app
        )
        await self._bot(account, "getMe")
        profile = await self.read_profile(account)
        return [Offer(profile, Tokens(token), usable="can_post_messages" not in profile.missing)]

    # --- requests ---------------------------------------------------------------------------------

    async def _bot(self, account: Account, method: str, **request: Any) -> Any:
        url = f"{account.base_url}/bot{account.token}/{method}"
        return (await self.call("POST", url, redact=(account.token,), **request))["result"]

    def is_success(self, status: int, body: Any) -> bool:
        return (
            status == 200 and isinstance(body, dict) and body.get("ok") is True and "result" in body
        )

    def error_for(self, status: int, body: Any, *, writes: bool) -> ConnectorError:
        match body:
            case {"ok": False, "description": str(detail)}:
                pass
            case _:
                return super().error_for(status, body, writes=writes)
        words, code = detail.lower(), str(body.get("error_code", status))
        if any(part in words for part in _PARTLY_SENT):
            # One bad item fails the whole answer although the others may be out, be it that it came
            # too soon.
            return OutcomeUnknown(detail, code=code) if writes else TryLater(detail, code=code)
        match body:
            case {"parameters": {"retry_after": int(seconds)}}:
                return TryLater(detail, code=code, wait=timedelta(seconds=seconds) + _REST)
        # 404 stands for a token that is none, as our methods exist; 421 for a bot that an own
        # server does not serve.
        if status in (401, 403, 404, 421) or any(part in words for part in _LOST):
            return AccessLost(detail, code=code)
        if status >= 500 or status < 400 or status == 429:
            return super().error_for(status, body, writes=writes)
        return Rejected(detail, code=code)

    def wait_from_headers(self, headers: Mapping[str, str]) -> timedelta | None:
        wait = super().wait_from_headers(headers)
        return wait and wait + _REST

    # --- addresses, as residents see them ---------------------------------------------------------

    @classmethod
    def page_from_address(cls, steps: Sequence[str], query: Mapping[str, str]) -> str:
        match steps:
            case ["c", number, *_rest]:
                return f"-100{number}"
            case ["s", name, *_rest]:
                return name
        return super().page_from_address(steps, query)

    # --- webhooks ---------------------------------------------------------------------------------

    async def subscribe_webhook(self, account: Account, callback: str) -> timedelta | None:
        """A bot hears what people write into its channel, not what it sends there itself.
        https://core.telegram.org/bots/api#setwebhook"""
        words = accepted_secrets(account.app.get("hook_secret", ""))
        if not words:
            return None
        secret = words[0]
        asked = {
            "url": callback,
            "secret_token": secret,
            "allowed_updates": ["channel_post", "my_chat_member"],
        }
        url = f"{account.base_url}/bot{account.token}/setWebhook"
        await self.call("POST", url, redact=(account.token, secret), json=asked, timeout=20)
        return timedelta(days=7)

    @classmethod
    def parse_webhook(
        cls, app: Mapping[str, Any], headers: Mapping[str, str], raw: bytes
    ) -> list[Event]:
        given = headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        require_any_secret(app.get("hook_secret", ""), lambda word: require_equal(given, word))
        update = decode_object(raw)
        number = update.get("update_id")
        match update:
            case {"channel_post": {"chat": {"id": chat}, "message_id": message, **more}}:
                group = more.get("media_group_id")  # an album is one post in several messages
                key = f"{chat} album {group}" if group else f"{chat} {message} {number}"
                return [
                    Event(
                        EventKind.POSTED,
                        str(chat),
                        str(message),
                        key,
                        from_timestamp(more.get("date")),
                    )
                ]
            case {"my_chat_member": {"chat": {"id": chat}, **more}}:
                return [
                    Event(
                        EventKind.CHANGED,
                        str(chat),
                        "",
                        f"member {chat} {number}",
                        from_timestamp(more.get("date")),
                    )
                ]
        return []


def _words(form: Format, message: Message) -> dict[str, str]:
    """The text as a text message takes it; with its marks where the officers made any."""
    markup = subset(message.html) if message.html else ""
    if not markup or len(markup.encode()) > _MOST_BYTES:
        return _plain(form, message)
    return {"text": markup, "parse_mode": "HTML"}


def _plain(form: Format, message: Message) -> dict[str, str]:
    """Links show their addresses, unless there is no room for them."""
    fits = form.count(message.text) <= text_limit(form, media=len(message.media))
    return {"text": message.text if fits else visible_text(form, message.text, message.html)}


def _captioned(words: Mapping[str, str]) -> dict[str, str]:
    return {"caption" if name == "text" else name: value for name, value in words.items()}


def _link_preview(message: Message) -> dict[str, Any]:
    """A card of the post's own link, else of the first in the text; none where the author wants
    none.
    """
    if not message.options.get("link_preview", True):
        return {"is_disabled": True}
    return {"url": message.link} if message.link else {}


def _album(
    fields: Mapping[str, str], words: Mapping[str, str], media: Sequence[Image | Video]
) -> Form:
    """The caption of the first item stands under the whole album, as long as it is the only one."""
    items: list[dict[str, Any]] = []
    files: dict[str, Image | Video] = {}
    for number, each in enumerate(media):
        item: dict[str, Any] = {"type": "photo", "media": f"attach://m{number}"}
        files[f"m{number}"] = each
        if isinstance(each, Video):
            pictures = _pictures_of(each, str(number))
            item |= {"type": "video", **_about(each, pictures)}
            files |= pictures
        items.append(item)
    items[0] |= _captioned(words)
    form = Form({**fields, "media": json.dumps(items)})
    for name, file in files.items():
        form.add(name, file)
    return form


def _about(video: Video, pictures: Mapping[str, Image]) -> dict[str, Any]:
    """Tell what Telegram does not find out by itself before it shows a video."""
    facts = {"width": video.width, "height": video.height, "duration": max(1, round(video.seconds))}
    named = {name.rstrip("0123456789"): f"attach://{name}" for name in pictures}
    return {**facts, "supports_streaming": True, **named}


def _pictures_of(video: Video, number: str) -> dict[str, Image]:
    """Return what is shown for a video before it plays: its cover, and a thumbnail where the cover
    is small enough for one."""
    cover = video.cover
    if cover is None or not cover.content:
        return {}
    small = cover.content_type == "image/jpeg" and len(cover.content) < _THUMBNAIL_BYTES
    if small and 0 < max(cover.width, cover.height) <= _THUMBNAIL_SIDE:
        return {f"thumbnail{number}": cover}
    return {f"cover{number}": cover}


def _permalink(account: Account, message_id: str) -> str:
    """No answer tells it. A channel without a name has addresses for its members only."""
    place = account.handle or f"c/{account.external_id.removeprefix('-100')}"
    return f"{account.app['link_url']}/{place}/{message_id}"
