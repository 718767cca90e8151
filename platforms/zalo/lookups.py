"""Find articles of the account, list them and take them down."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from platforms.errors import ConnectorError, Rejected, TryLater
from platforms.messages import Account, LivePost, Message, Receipt, Visibility
from platforms.zalo.api import Api
from platforms.zalo.articles import KINDS, choose_kind, list_texts, make_html_body, parse_reference
from platforms.zalo.errors import INVALID, REFUSED, TRANSIENT
from platforms.zalo.facts import compose_letters
from platforms.zalo.undocumented import parse_creation_time

_CLOCK_SKEW = timedelta(minutes=2)  # so much earlier than the try a list is read from
MAX_LIST_CALLS = 30  # how far back a list of articles is read


class Lookups(Api):
    """Ask the article, else the account's lists, what became of a post."""

    async def find(
        self, account: Account, message: Message, draft_ref: str, since: datetime
    ) -> Receipt | None:
        article_id, _video_id = parse_reference(draft_ref)
        if article_id and (status := await self.read_status(account, article_id)):
            if status != "show":
                return None
            permalink = await self.read_permalink(account, article_id, choose_kind(message))
            return Receipt(article_id, permalink)
        # Without a draft, or with one that is gone.
        return await self._find_in_list(account, message, since)

    async def _find_in_list(
        self, account: Account, message: Message, since: datetime
    ) -> Receipt | None:
        """Find the post on the account's list by its title, time and texts."""
        kind, earliest = choose_kind(message), (since - _CLOCK_SKEW).timestamp()
        texts = [compose_letters(message.text) if kind == "video" else make_html_body(message)]
        async for article in self.iter_articles(account, kind, max_calls=3):
            if not _may_be(article, message, earliest):
                continue
            whole = await self.read_article(account, article["id"])
            if list_texts(whole, kind) == texts:
                return Receipt(article["id"], article.get("link_view", ""))
        return None

    async def read_permalink(self, account: Account, article_id: str, kind: str) -> str:
        """Return the article's address, which only lists contain; nothing where that fails: the
        article is live already, which no error here may call in doubt.
        """
        try:
            async for article in self.iter_articles(account, kind, max_calls=2, timeout=5):
                if article["id"] == article_id:
                    return article.get("link_view", "")
        except ConnectorError:
            pass
        return ""

    async def list_posts(self, account: Account, since: datetime) -> list[LivePost]:
        """List live articles. Zalo does not say who created one: somebody in its app, or we."""
        posts = []
        for kind in KINDS:
            async for article in self.iter_articles(account, kind, max_calls=MAX_LIST_CALLS):
                if parse_creation_time(article) < since.timestamp():
                    break
                if article["status"] == "show":
                    at = datetime.fromtimestamp(parse_creation_time(article), UTC)
                    link, title = article.get("link_view", ""), article["title"]
                    posts.append(LivePost(article["id"], link, at, text=title))
        return sorted(posts, key=lambda post: post.published_at, reverse=True)

    @classmethod
    def ids_of(cls, reference: str) -> frozenset[str]:
        article_id, _video_id = parse_reference(reference)
        return frozenset({article_id}) - {""}

    async def withdraw(self, account: Account, external_id: str) -> bool:
        article_id = await self._resolve_article_id(account, external_id)
        if not article_id:
            # Also for a video that is in no article yet: nobody sees it, and no call removes it.
            return False
        await self.reserve_calls(account, 1)
        try:
            await self.call_api(account, "article/remove", json={"id": article_id})
        except Rejected as error:
            if error.code != INVALID:
                raise
            return False
        return True

    async def read_visibility(self, account: Account, external_id: str) -> Visibility:
        article_id = await self._resolve_article_id(account, external_id)
        if article_id is None:
            return Visibility.HIDDEN
        if not article_id:
            return Visibility.GONE
        await self.reserve_calls(account, 1)
        status = await self.read_status(account, article_id)
        if not status:
            return Visibility.GONE
        return Visibility.VISIBLE if status == "show" else Visibility.HIDDEN

    async def _resolve_article_id(self, account: Account, reference: str) -> str | None:
        """Return the article that a reference or a receipt means; empty where there is none, None
        while a job creates it.
        """
        step, _, job = reference.partition(":")
        if step != "job":
            return parse_reference(reference)[0]
        await self.reserve_calls(account, 1)
        try:
            return await self.read_job(account, job.split("/", 2)[2]) or None
        except (Rejected, TryLater) as error:
            if error.code not in REFUSED | TRANSIENT:
                raise
            return ""  # the job has ended and created nothing


def _may_be(article: Mapping[str, Any], message: Message, earliest: float) -> bool:
    return (
        compose_letters(article["title"]) == compose_letters(message.title)
        and article["status"] == "show"
        and parse_creation_time(article) >= earliest
    )
