"""Telegram channels by the Bot API. A bot cannot read what it posted, so a doubt goes to a person."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import aiohttp

from channels.connectors.base import (
    AccessLost,
    Account,
    Connector,
    ConnectorError,
    Facts,
    Figures,
    Format,
    ImageLimits,
    Message,
    Offer,
    OutcomeUnknown,
    Profile,
    Receipt,
    Rejected,
    Tokens,
    TryLater,
)

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


class Telegram(Connector):
    """https://core.telegram.org/bots/api"""

    kind = "telegram"
    facts = Facts(
        formats=[
            Format(
                "message",
                max_text=4096,
                max_text_with_media=1024,
                images=ImageLimits(most=10, max_bytes=10 * 1024 * 1024),
            )
        ],
        per_app_second=28,
        per_page_second=1,
        off_by_default=True,
        rights=_RIGHTS,
        hosts=("t.me", "telegram.me"),
        by_dialog=False,
        source="core.telegram.org/bots/api 10.3, core.telegram.org/bots/faq, 2026-08",
    )

    # --- publishing -----------------------------------------------------------------------------------------------

    async def commit(self, account: Account, message: Message, draft_ref: str = "") -> Receipt:
        match len(message.images):
            case 0:
                sent = [await self._send_text(account, message)]
            case 1:
                sent = [await self._send_photo(account, message)]
            case _:
                sent = await self._send_album(account, message)
        ids = [str(each["message_id"]) for each in sent]
        return Receipt(",".join(ids), _permalink(account, ids[0]))

    async def _send_text(self, account: Account, message: Message) -> Any:
        body: dict[str, Any] = {"chat_id": account.external_id, "text": message.text}
        if message.link:
            body["link_preview_options"] = {"url": message.link}
        return await self._bot(account, "sendMessage", json=body, changes=True)

    async def _send_photo(self, account: Account, message: Message) -> Any:
        image = message.images[0]
        form = aiohttp.FormData({"chat_id": account.external_id, "caption": message.text})
        form.add_field("photo", image.content, filename=image.sha256, content_type=image.content_type)
        return await self._bot(account, "sendPhoto", data=form, changes=True)

    async def _send_album(self, account: Account, message: Message) -> Any:
        """The caption of the first picture stands under the whole album, as long as it is the only one."""
        form = aiohttp.FormData({"chat_id": account.external_id})
        media = []
        for number, image in enumerate(message.images):
            media.append({"type": "photo", "media": f"attach://p{number}"})
            form.add_field(f"p{number}", image.content, filename=image.sha256, content_type=image.content_type)
        media[0]["caption"] = message.text
        form.add_field("media", json.dumps(media))
        return await self._bot(account, "sendMediaGroup", data=form, changes=True)

    async def withdraw(self, account: Account, external_id: str) -> bool:
        ids = [int(each) for each in external_id.split(",")]
        try:
            if len(ids) == 1:
                await self._bot(account, "deleteMessage", json={"chat_id": account.external_id, "message_id": ids[0]})
            else:
                await self._bot(account, "deleteMessages", json={"chat_id": account.external_id, "message_ids": ids})
        except Rejected as error:
            if "message to delete not found" not in error.detail.lower():
                raise
            return False
        return True

    async def measure(self, account: Account, external_ids: Sequence[str]) -> dict[str, Figures]:
        """Nothing: a bot is told neither views nor reactions of single posts when it asks."""
        return dict.fromkeys(external_ids, Figures())

    # --- connection -----------------------------------------------------------------------------------------------

    async def profile(self, account: Account) -> Profile:
        chat_id = account.external_id
        bot_id = account.token.partition(":")[0]
        chat = await self._bot(account, "getChat", json={"chat_id": chat_id})
        member = await self._bot(account, "getChatMember", json={"chat_id": chat_id, "user_id": int(bot_id)})
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

    async def offers(
        self, app: Mapping[str, Any], answer: Mapping[str, str], *, redirect_uri: str = "", verifier: str = ""
    ) -> list[Offer]:
        token = answer["token"]
        if not _TOKEN.fullmatch(token):
            raise AccessLost("this is not a bot's token", code="token")
        account = Account(external_id=answer["chat"], token=token, base_url=app["base_url"], app=app)
        await self._bot(account, "getMe")
        profile = await self.profile(account)
        return [Offer(profile, Tokens(token), usable="can_post_messages" not in profile.missing)]

    # --- the wire -------------------------------------------------------------------------------------------------

    async def _bot(self, account: Account, method: str, **request: Any) -> Any:
        url = f"{account.base_url}/bot{account.token}/{method}"
        return (await self.call("POST", url, hide=(account.token,), **request))["result"]

    def is_success(self, status: int, body: Any) -> bool:
        return status == 200 and isinstance(body, dict) and body.get("ok") is True and "result" in body

    def error_for(self, status: int, body: Any, *, changes: bool) -> ConnectorError:
        match body:
            case {"ok": False, "description": str(detail)}:
                pass
            case _:
                return super().error_for(status, body, changes=changes)
        words, code = detail.lower(), str(body.get("error_code", status))
        match body:
            case {"parameters": {"retry_after": int(seconds)}}:
                return TryLater(detail, code=code, wait=timedelta(seconds=seconds))
        if any(part in words for part in _PARTLY_SENT):
            # One bad item fails the whole answer although the others may be out.
            return OutcomeUnknown(detail, code=code) if changes else TryLater(detail, code=code)
        # 404 stands for a token that is none, as our methods exist.
        if status in (401, 403, 404) or any(part in words for part in _LOST):
            return AccessLost(detail, code=code)
        return super().error_for(status, body, changes=changes) if status >= 500 else Rejected(detail, code=code)


def _permalink(account: Account, message_id: str) -> str:
    """No answer tells it. A channel without a name has addresses for its members only."""
    place = account.handle or f"c/{account.external_id.removeprefix('-100')}"
    return f"{account.app['link_url']}/{place}/{message_id}"
