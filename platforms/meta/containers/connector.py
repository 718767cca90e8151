"""Share how Instagram and Threads publish: a post is a container that nobody sees, that is
processed, and is then published once. A container cannot be deleted and expires by itself after a
day.
"""

import asyncio
from abc import abstractmethod
from collections.abc import Sequence
from datetime import timedelta

from platforms.errors import ConnectorError, OutcomeUnknown, Rejected, TryLater
from platforms.messages import Account, Figures, Message, Receipt
from platforms.meta.containers.drafts import Drafts
from platforms.meta.containers.lookups import Lookups
from platforms.meta.containers.staged_post import ContainerState, StagedPost
from platforms.meta.errors import reject_on_missing_right
from platforms.meta.insights import Insights, parse_lifetime_values
from platforms.meta.webhooks import Webhooks


class Containers(Drafts, Lookups, Insights, Webhooks):
    """A connector whose posts are containers first."""

    # --- publishing -------------------------------------------------------------------------------

    async def commit(self, account: Account, message: Message, draft_ref: str = "") -> Receipt:
        ref = draft_ref or (await self.stage(account, message)).ref
        staged = StagedPost.parse(ref) or StagedPost(container=ref)
        try:
            post_id = await self.publish_container(account, staged.container)
        except ConnectorError as error:
            if error.code not in self.unpublishable_codes:
                raise
            return await self._receipt_of_earlier_try(account, staged, error)
        return Receipt(post_id, await self._read_permalink(account, post_id))

    async def publish_container(self, account: Account, container: str) -> str:
        """Publish a container; return the id of the post that it became."""
        path, form = f"{account.external_id}/{self.publish_edge}", {"creation_id": container}
        answer = await self.call_api(account, path, method="POST", data=form, writes=True)
        if "id" not in answer:
            raise OutcomeUnknown("a success without an id")
        return str(answer["id"])

    async def _receipt_of_earlier_try(
        self, account: Account, staged: StagedPost, refusal: ConnectorError
    ) -> Receipt:
        """Return the receipt of a container that an earlier try published; else raise the error
        that its state stands for.
        """
        receipt = None
        try:
            state, why = await self.read_state(account, staged.container)
            if state in (ContainerState.PUBLISHED, ContainerState.UNKNOWN):
                receipt = await self.find_in_list(account, staged.words, staged.began_at)
        except ConnectorError:
            raise OutcomeUnknown(refusal.detail, code=refusal.code) from None
        if receipt:
            return receipt
        if state is ContainerState.PUBLISHED:
            raise OutcomeUnknown("published, and not on the list", code=refusal.code)
        if state is ContainerState.FINISHED or staged.is_pending(state):
            raise TryLater(refusal.detail, code=refusal.code, wait=timedelta(seconds=30))
        raise Rejected(refusal.detail, code=why or state)

    async def _read_permalink(self, account: Account, post_id: str) -> str:
        """Return the post's address, or nothing where that fails: the post is live already, which
        no error here may call in doubt.
        """
        params = {"fields": "permalink"}
        try:
            answer = await self.call_api(account, post_id, params=params, timeout=10)
        except ConnectorError:
            return ""
        return answer.get("permalink", "")

    # --- counting ---------------------------------------------------------------------------------

    @abstractmethod
    async def read_figures(self, account: Account, post_id: str) -> Figures:
        """Read the figures of one post."""

    @reject_on_missing_right
    async def measure(self, account: Account, external_ids: Sequence[str]) -> dict[str, Figures]:
        self.require_spare_calls(account)
        results = await asyncio.gather(
            *(self._measure_post(account, external_id) for external_id in external_ids)
        )
        posts = zip(external_ids, results, strict=True)
        return {post_id: figures for post_id, figures in posts if figures}

    async def _measure_post(self, account: Account, post_id: str) -> Figures | None:
        try:
            return await self.read_figures(account, post_id)
        except ConnectorError as error:
            if error.code not in self.absent_codes:
                raise
            return None

    async def read_insights(
        self, account: Account, post_id: str, metrics: Sequence[str]
    ) -> dict[str, int]:
        """Return lifetime figures by metric. What has no data yet, or may not be read, is left out:
        a story of too few viewers is refused as if the right to them was missing.
        """
        rows = await self.read_insight_rows(account, f"{post_id}/insights", metrics)
        return parse_lifetime_values(rows)
