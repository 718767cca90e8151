"""Create a post's containers, step by step: of a carousel its items first, then its own."""

import asyncio
import time
from datetime import timedelta

from platforms.errors import Rejected, TryLater
from platforms.messages import Account, Draft, Message
from platforms.meta.containers.api import Api
from platforms.meta.containers.staged_post import ContainerState, StagedPost

# What the platforms fetch and process may fail for reasons of theirs: so often a post's containers
# are created again.
_MOST_RESTARTS = 2
_SOON, _LATER = timedelta(seconds=5), timedelta(minutes=1)


class Drafts(Api):
    """Create containers until the post's own may be published."""

    async def stage(self, account: Account, message: Message, draft_ref: str = "") -> Draft:
        staged = StagedPost.parse(draft_ref)
        if staged is None:
            await self._require_quota(account)
            return await self._create_containers(account, message)
        state, why = await self._read_worst_state(account, staged)
        if state in (ContainerState.FINISHED, ContainerState.PUBLISHED):
            if staged.container:
                return Draft(staged.ref)
            return await self._create_carousel(account, message, staged)
        if staged.is_pending(state):
            wait = _SOON if staged.is_recent else _LATER
            return Draft(staged.ref, ready=False, wait=wait)
        is_permanent = state is ContainerState.ERROR and why not in self.transient_failures
        if is_permanent or staged.again >= _MOST_RESTARTS:
            raise Rejected(f"the media could not be taken: {why or state}", code=why or state)
        return await self._create_containers(account, message, again=staged.again + 1)

    async def _read_worst_state(
        self, account: Account, staged: StagedPost
    ) -> tuple[ContainerState, str]:
        containers = [staged.container] if staged.container else staged.items
        states = await asyncio.gather(
            *(self.read_state(account, container) for container in containers)
        )
        return min(states, key=lambda state_and_reason: state_and_reason[0].rank)

    async def _require_quota(self, account: Account) -> None:
        """Raise TryLater where the account itself says that its posts of the day are used up."""
        path = f"{account.external_id}/{self.quota_edge}"
        answer = await self.call_api(account, path, params={"fields": "quota_usage,config"})
        match answer:
            case {"data": [{"quota_usage": int(used), "config": {"quota_total": int(most)}}]} if (
                used >= most
            ):
                raise TryLater(
                    f"{used} of {most} posts a day", code="quota", wait=timedelta(hours=1)
                )

    async def _create_containers(
        self, account: Account, message: Message, *, again: int = 0
    ) -> Draft:
        """Create the post's container, or those of a carousel's items."""
        began = int(time.time())
        fingerprint = self.fingerprint_of_message(message)
        if len(message.media) > 1:
            fields = [self.item_container(medium) for medium in message.media]
            ids = await asyncio.gather(*(self.create_container(account, field) for field in fields))
            staged = StagedPost(items=tuple(ids), began=began, words=fingerprint, again=again)
        else:
            container = await self.create_container(account, self.single_container(message))
            staged = StagedPost(container, began=began, words=fingerprint, again=again)
        return Draft(staged.ref, ready=False)

    async def _create_carousel(
        self, account: Account, message: Message, items: StagedPost
    ) -> Draft:
        """Create the container that shows the items, which are ready."""
        fields = {**self.carousel_container(message), "children": ",".join(items.items)}
        container = await self.create_container(account, fields)
        staged = StagedPost(container, began=int(time.time()), words=items.words, again=items.again)
        return Draft(staged.ref, ready=False)
