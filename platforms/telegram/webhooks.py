"""Receive what people write in the channel, and changes of the bot's rights."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from platforms.messages import Account
from platforms.telegram.api import Api
from platforms.webhooks import (
    Event,
    EventKind,
    decode_object,
    list_accepted_secrets,
    parse_timestamp,
    require_any_secret,
    require_equal,
)

_RENEWED_WITHIN = timedelta(days=7)  # it has no end; set again in case somebody removed it


class Webhooks(Api):
    """Subscribe a bot to its channel, and read what comes."""

    async def subscribe_webhook(self, account: Account, callback: str) -> timedelta | None:
        """Subscribe the bot. It hears what people write in its channel, not what it posts there
        itself. https://core.telegram.org/bots/api#setwebhook
        """
        secrets = list_accepted_secrets(account.app.get("hook_secret", ""))
        if not secrets:
            return None
        secret = secrets[0]
        request = {
            "url": callback,
            "secret_token": secret,
            "allowed_updates": ["channel_post", "my_chat_member"],
        }
        url = f"{account.base_url}/bot{account.token}/setWebhook"
        await self.call("POST", url, redact=(account.token, secret), json=request, timeout=20)
        return _RENEWED_WITHIN

    @classmethod
    def parse_webhook(
        cls, app: Mapping[str, Any], headers: Mapping[str, str], raw: bytes
    ) -> list[Event]:
        given = headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        require_any_secret(app.get("hook_secret", ""), lambda secret: require_equal(given, secret))
        update = decode_object(raw)
        update_id = update.get("update_id")
        match update:
            case {"channel_post": {"chat": {"id": chat}, "message_id": message, **more}}:
                album = more.get("media_group_id")  # one post in several messages
                key = f"{chat} album {album}" if album else f"{chat} {message} {update_id}"
                at = parse_timestamp(more.get("date"))
                return [Event(EventKind.POSTED, str(chat), str(message), key, at)]
            case {"my_chat_member": {"chat": {"id": chat}, **more}}:
                key, at = f"member {chat} {update_id}", parse_timestamp(more.get("date"))
                return [Event(EventKind.CHANGED, str(chat), "", key, at)]
        return []
