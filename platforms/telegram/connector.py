"""Post to Telegram channels by the Bot API. A bot cannot read what it posted, so an unknown outcome
goes to a person.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from platforms.errors import OutcomeUnknown, Rejected
from platforms.messages import Account, Figures, Image, Message, Receipt, Video
from platforms.multipart import Form
from platforms.telegram.connection import Connection
from platforms.telegram.errors import is_bad_markup, is_nothing_to_delete
from platforms.telegram.facts import FACTS, RICH, SETTINGS
from platforms.telegram.messages import (
    make_album_form,
    make_link_preview,
    make_permalink,
    make_photo_form,
    make_plain_text_fields,
    make_text_fields,
    make_video_form,
)
from platforms.telegram.webhooks import Webhooks
from platforms.telegram.words import FORM, WORDS

log = logging.getLogger(__name__)


class Telegram(Connection, Webhooks):
    """https://core.telegram.org/bots/api"""

    kind = "telegram"
    words = WORDS
    facts = FACTS
    settings = SETTINGS
    form = FORM
    paths_without_page = frozenset({"addlist", "joinchat", "proxy", "share"})

    # --- publishing -------------------------------------------------------------------------------

    async def commit(self, account: Account, message: Message, draft_ref: str = "") -> Receipt:
        form = self.facts.format(message.format)
        texts = make_text_fields(form, message)
        try:
            sent = await self._send_post(account, message, texts)
        except Rejected as error:
            if not message.html or not is_bad_markup(error):
                raise
            # A defect of ours. Nothing was sent, and the text is what was approved: it goes out
            # without markup.
            log.error("Telegram cannot read our markup")
            sent = await self._send_post(account, message, make_plain_text_fields(form, message))
        message_ids = [str(sent_message["message_id"]) for sent_message in sent]
        if "0" in message_ids:
            # Telegram queues it and numbers it later, and no call returns that number.
            raise OutcomeUnknown("accepted, and not numbered yet", code="queued")
        return Receipt(",".join(message_ids), make_permalink(account, message_ids[0]))

    async def _send_post(
        self, account: Account, message: Message, texts: Mapping[str, Any]
    ) -> list[Any]:
        """Send the post by the method that fits its media; return the messages that it became."""
        fields = {"chat_id": account.external_id}
        if message.options.get("silent"):
            fields["disable_notification"] = "true"
        match list(message.media):
            case [] if message.format == RICH:
                body = {**fields, **texts}
                return [await self.call_api(account, "sendRichMessage", json=body, writes=True)]
            case []:
                body = {**fields, **texts, "link_preview_options": make_link_preview(message)}
                return [await self.call_api(account, "sendMessage", json=body, writes=True)]
            case [Image() as image]:
                form = make_photo_form(fields, texts, image)
                return [await self._send_form(account, "sendPhoto", form)]
            case [Video() as video]:
                form = make_video_form(fields, texts, video)
                return [await self._send_form(account, "sendVideo", form)]
            case media:
                form = make_album_form(fields, texts, media)
                return await self._send_form(account, "sendMediaGroup", form)

    async def _send_form(self, account: Account, bot_method: str, form: Form) -> Any:
        return await self.call_api(account, bot_method, **form.request(), writes=True)

    async def withdraw(self, account: Account, external_id: str) -> bool:
        ids = [int(message_id) for message_id in external_id.split(",")]
        request: dict[str, Any] = {"chat_id": account.external_id}
        if len(ids) == 1:
            bot_method, request["message_id"] = "deleteMessage", ids[0]
        else:
            bot_method, request["message_ids"] = "deleteMessages", ids
        try:
            await self.call_api(account, bot_method, json=request)
        except Rejected as error:
            if not is_nothing_to_delete(error):
                raise
            return False
        return True

    @classmethod
    def ids_of(cls, reference: str) -> frozenset[str]:
        """Return the ids of all messages of an album: one for each medium."""
        return frozenset(reference.split(",")) - {""}

    # --- counting ---------------------------------------------------------------------------------

    async def measure(self, account: Account, external_ids: Sequence[str]) -> dict[str, Figures]:
        """Return empty figures: a bot cannot read views and reactions of single posts."""
        return dict.fromkeys(external_ids, Figures())

    # --- addresses, as residents see them ---------------------------------------------------------

    @classmethod
    def page_from_address(cls, steps: Sequence[str], query: Mapping[str, str]) -> str:
        match steps:
            case ["c", number, *_rest]:
                return f"-100{number}"
            case ["s", name, *_rest]:
                return name
        return super().page_from_address(steps, query)
