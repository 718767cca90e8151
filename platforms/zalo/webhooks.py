"""Receive messages and followers, which is all that Zalo reports, and keep nothing of them."""

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from typing import Any

from platforms.webhooks import Event, ForgedWebhook, list_accepted_secrets
from platforms.zalo.api import Api


class Webhooks(Api):
    """Check calls to the address in the application's own settings."""

    @classmethod
    def parse_webhook(
        cls, app: Mapping[str, Any], headers: Mapping[str, str], raw: bytes
    ) -> list[Event]:
        """Check the signature and return nothing: no event is about an article or a comment.
        https://developers.zalo.me/docs/official-account/webhook
        """
        given = headers.get("X-ZEvent-Signature", "").encode()
        expected = list(_list_signatures(app, headers, raw))
        if not any(hmac.compare_digest(given, signature.encode()) for signature in expected):
            raise ForgedWebhook("the signature does not fit")
        return []


def _list_signatures(
    app: Mapping[str, Any], headers: Mapping[str, str], raw: bytes
) -> Iterator[str]:
    """Yield all signatures that a call may bear, one for each time and secret. The time is signed,
    too, and is in a header or in the body: there it is read without decoding that.
    """
    times = [
        headers.get("X-ZEvent-Timestamp", "").encode(),
        *re.findall(rb'"timestamp"\s*:\s*"?(\d{10,16})', raw)[:4],
    ]
    app_id = str(app["app_id"]).encode()
    for time in filter(None, times):
        for secret in list_accepted_secrets(app.get("hook_secret", "")):
            digest = hashlib.sha256(app_id + raw + time + secret.encode())
            yield f"mac={digest.hexdigest()}"
