"""Post to Zalo Official Accounts: articles, which are created hidden and then shown. Every write is
a job whose end has to be checked.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import chain, repeat

from platforms.errors import ConnectorError, OutcomeUnknown, TryLater
from platforms.messages import Account, Message, Receipt
from platforms.zalo.articles import make_article_json, parse_reference
from platforms.zalo.connection import Connection
from platforms.zalo.counting import Counting
from platforms.zalo.drafts import Drafts
from platforms.zalo.errors import FAILED, PENDING, REFUSED, is_forgotten_job
from platforms.zalo.facts import FACTS, SETTINGS
from platforms.zalo.webhooks import Webhooks
from platforms.zalo.words import WORDS


class Zalo(Drafts, Counting, Connection, Webhooks):
    """https://developers.zalo.me/docs/official-account/bai-viet"""

    kind = "zalo"
    words = WORDS
    facts = FACTS
    settings = SETTINGS
    paths_without_page = frozenset({"articles", "d", "detail", "pc", "s"})

    # --- publishing -------------------------------------------------------------------------------

    async def commit(self, account: Account, message: Message, draft_ref: str = "") -> Receipt:
        """Replace the hidden article by itself, shown; the same article however often it is
        repeated.
        """
        article_id, video_id = parse_reference(draft_ref)
        if not article_id:
            raise TryLater("there is no article to show yet", code=str(PENDING))
        await self.reserve_calls(account, 3)  # update, its check, the address
        end = time.monotonic() + self.deadline.total_seconds()
        article = {"id": article_id, **make_article_json(message, "show", video_id)}
        token = await self.begin_job(account, "update", article, writes=True)
        await self._wait_for_update(account, token, end)
        permalink = await self.read_permalink(account, article_id, article["type"])
        return Receipt(article_id, permalink)

    async def _wait_for_update(self, account: Account, token: str, end: float) -> None:
        """Wait for a job that shows an article. Residents may see it by now, whatever goes wrong
        with checking: only that the job refused the article is certain.
        """
        waits = chain(self.waits, repeat(self.waits[-1]))
        wait = next(waits)
        while True:
            await asyncio.sleep(wait)
            wait = next(waits)
            try:
                if await self.read_job(account, token):
                    return
            except ConnectorError as error:
                if error.code in REFUSED and not is_forgotten_job(error):
                    raise
                if not isinstance(error, TryLater):
                    raise OutcomeUnknown(error.detail, code=error.code) from None
                wait = max(wait, (error.wait or timedelta(0)).total_seconds())
            if time.monotonic() + wait > end:
                raise OutcomeUnknown(
                    "the platform is still working on the article", code=str(PENDING)
                )

    async def broadcast(self, account: Account, external_id: str) -> str:
        """Send an article to all followers alike: the fields that would choose among them by age,
        sex or place are never sent.
        """
        await self.reserve_calls(account, 1)
        payload = {
            "template_type": "media",
            "elements": [{"media_type": "article", "attachment_id": external_id}],
        }
        message = {"attachment": {"type": "template", "payload": payload}}
        request = {"recipient": {"target": {}}, "message": message}
        try:
            answer = await self.call_api(account, "oa/message", json=request, writes=True)
        except TryLater as error:
            if error.code == FAILED:
                raise OutcomeUnknown(error.detail, code=error.code) from None
            raise
        if number := answer.get("data", {}).get("message_id"):
            return str(number)
        raise OutcomeUnknown("no sending was named")

    # --- addresses, as residents see them ---------------------------------------------------------

    @classmethod
    def page_from_address(cls, steps: Sequence[str], query: Mapping[str, str]) -> str:
        match steps:
            case ["articles" | "detail" | "d", *_rest]:
                return query.get("pageId", "")
            case ["s", name, *_rest]:
                return name
        return super().page_from_address(steps, query)
