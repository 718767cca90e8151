"""Find posts of the account, list them and take them down.

A container's state tells for certain whether it was published, but not as which post: that is
looked up in the account's own list.
"""

from datetime import datetime, timedelta

from platforms.errors import ConnectorError, OutcomeUnknown
from platforms.messages import Account, LivePost, Message, Receipt, Visibility
from platforms.meta.containers.api import Api
from platforms.meta.containers.staged_post import ContainerState, StagedPost
from platforms.meta.errors import reject_on_missing_right
from platforms.meta.graph import parse_time

_CLOCK_SKEW = timedelta(minutes=2)  # so much earlier than the try a list is read from


class Lookups(Api):
    """Ask the container, then the account's lists, what became of a post."""

    async def find(
        self, account: Account, message: Message, draft_ref: str, since: datetime
    ) -> Receipt | None:
        staged = StagedPost.parse(draft_ref)
        if staged is None:
            fingerprint = self.fingerprint_of_message(message)
            return await self.find_in_list(account, fingerprint, since)
        state, receipt = await self._find_by_container(account, staged)
        if receipt is None and state is ContainerState.UNKNOWN:
            # None would mean that the post is certainly not live, and another would be made.
            raise OutcomeUnknown("neither the container nor the post is there")
        return receipt

    async def _find_by_container(
        self, account: Account, staged: StagedPost
    ) -> tuple[ContainerState, Receipt | None]:
        """Return the state of a draft, and the receipt of the post that it became."""
        if not staged.container:  # items of a carousel alone: nothing was ever published
            return ContainerState.EXPIRED, None
        state, _why = await self.read_state(account, staged.container)
        if state not in (ContainerState.PUBLISHED, ContainerState.UNKNOWN):
            return state, None
        receipt = await self.find_in_list(account, staged.words, staged.began_at)
        if receipt is None and state is ContainerState.PUBLISHED:
            # Missing on a list that lags, or taken down by a person: not for us to say, and never
            # to be sent again.
            raise OutcomeUnknown("published, and not on the list")
        return state, receipt

    async def find_in_list(
        self, account: Account, fingerprint: str, since: datetime
    ) -> Receipt | None:
        """Find the post on the account's list by the fingerprint of its words.

        Raises OutcomeUnknown where that does not suffice: for a post without words, and for two
        that say the same.
        """
        edge = self.list_edges[0 if fingerprint else -1]
        posts = await self.read_posts(account, [edge], since - _CLOCK_SKEW)
        matches = [
            post
            for post in posts
            if not fingerprint or self.fingerprint_of_post(post) == fingerprint
        ]
        if not matches:
            return None
        if len(matches) > 1 or not fingerprint:
            raise OutcomeUnknown("not told from another post by its words")
        return Receipt(str(matches[0]["id"]), matches[0].get("permalink", ""))

    async def list_posts(self, account: Account, since: datetime) -> list[LivePost]:
        posts = [
            LivePost(
                str(post["id"]),
                post.get("permalink", ""),
                parse_time(post["timestamp"]),
                text=self.text_of_post(post),
            )
            for post in await self.read_posts(account, self.list_edges, since)
        ]
        return sorted(posts, key=lambda post: post.published_at, reverse=True)

    @classmethod
    def ids_of(cls, reference: str) -> frozenset[str]:
        """Return no id for a container: the post that it became has an id of its own."""
        return frozenset() if StagedPost.parse(reference) else super().ids_of(reference)

    @reject_on_missing_right
    async def withdraw(self, account: Account, external_id: str) -> bool:
        """Delete a post. A container cannot be deleted and expires by itself; only the post that it
        became, if any, is.
        """
        if staged := StagedPost.parse(external_id):
            _state, post = await self._find_by_container(account, staged)
            return post is not None and await self.withdraw(account, post.external_id)
        try:
            await self.call_api(account, external_id, method="DELETE")
        except ConnectorError as error:
            if error.code not in self.absent_codes:
                raise
            return False
        return True

    async def read_visibility(self, account: Account, external_id: str) -> Visibility:
        """Check whether a post is visible. A draft is not, not even to the account's own people."""
        if staged := StagedPost.parse(external_id):
            is_live = await self._is_live(account, staged)
            return Visibility.VISIBLE if is_live else Visibility.GONE
        try:
            await self.call_api(account, external_id, params={"fields": "id"})
        except ConnectorError as error:
            if error.code not in self.absent_codes:
                raise
        else:
            return Visibility.VISIBLE
        # Only who may see the account's posts reads its list: then absence is no lack of rights.
        path = f"{account.external_id}/{self.create_edge}"
        await self.call_api(account, path, params={"fields": "id", "limit": "1"})
        return Visibility.GONE

    async def _is_live(self, account: Account, staged: StagedPost) -> bool:
        if not staged.container:
            return False
        state, _why = await self.read_state(account, staged.container)
        if state is not ContainerState.PUBLISHED:
            return False
        return await self.find_in_list(account, staged.words, staged.began_at) is not None
