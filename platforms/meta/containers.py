"""Share what Instagram and Threads have in common: a post is made as a container that nobody sees,
ripens, and is published once.

A container cannot be deleted and dies by itself after a day. Its state tells for certain whether it
was published, but not as which post: that is looked up in the account's own list.
"""

import asyncio
import hashlib
import json
import time
import unicodedata
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Self

from platforms import common_messages
from platforms.errors import ConnectorError, OutcomeUnknown, Rejected, TryLater
from platforms.messages import (
    Account,
    Draft,
    Figures,
    Image,
    LivePost,
    Message,
    Receipt,
    Video,
    Visibility,
)
from platforms.meta.graph import (
    ABSENT_CODES,
    Graph,
    collapse_spaces,
    moment_of,
    reject_on_missing_right,
    values_of,
)
from platforms.words import gettext_noop as _

# What they fetch and work on may fail for reasons of theirs: so often a post's containers are made
# anew.
_MOST_RESTARTS = 2
# For so long a container may be unknown on some of their servers.
_PROPAGATION = timedelta(minutes=2)
_SOON, _LATER = timedelta(seconds=5), timedelta(minutes=1)

# What the numbers that both have in common mean to an officer, and what to do.
COMMON_REASONS = {
    **dict.fromkeys(("190", "190/463", "190/467", "102"), common_messages.AGAIN),
    "190/458": common_messages.UNPLUGGED,
    "190/459": _("the platform asks the person who connected the account to sign in there first"),
    "190/460": _("the password of the account that connected the page was changed; connect again"),
    "190/464": _("the platform asks the person who connected the account to sign in there first"),
    "190/492": common_messages.NO_ROLE,
    **dict.fromkeys(("3", "10", *map(str, range(200, 300))), common_messages.RIGHTS),
    "368": common_messages.CONTENT,
    **dict.fromkeys(("4", "17", "32", "613", "80002"), common_messages.MANY),
    **dict.fromkeys(("1", "2"), common_messages.DOWN),
}


class ContainerState(StrEnum):
    """Rank containers' states from the worst to the best, in the platforms' own words but for the
    second.
    """

    ERROR = "ERROR"
    UNKNOWN = "UNKNOWN"  # none of this id, or none yet
    EXPIRED = "EXPIRED"  # not published within a day
    IN_PROGRESS = "IN_PROGRESS"
    FINISHED = "FINISHED"  # may be published
    PUBLISHED = "PUBLISHED"


_WORST_FIRST = list(ContainerState)


@dataclass(frozen=True, slots=True)
class StagedPost:
    """Note what was made for a post so far. As JSON it is the draft's reference, and tells enough
    to find the post again where its message is not at hand."""

    # The names of the fields are stored in references.
    container: str = ""
    items: tuple[str, ...] = ()  # of a carousel, in order, until its own container is made
    began: int = 0  # Unix seconds
    words: str = ""  # see `fingerprint`
    again: int = 0  # how often it was made anew

    @classmethod
    def read(cls, ref: str) -> Self | None:
        """Read a reference; None for what is none, as the id of a post."""
        try:
            body = json.loads(ref)
        except ValueError:
            return None
        if not isinstance(body, dict):
            return None
        return cls(**{**body, "items": tuple(body.get("items", ()))})

    @property
    def ref(self) -> str:
        fields = {name: value for name, value in asdict(self).items() if value}
        return json.dumps(fields, separators=(",", ":"))

    @property
    def began_at(self) -> datetime:
        return datetime.fromtimestamp(self.began, UTC)

    @property
    def is_recent(self) -> bool:
        return time.time() - self.began < _PROPAGATION.total_seconds()


def _is_pending(state: ContainerState, staged: StagedPost) -> bool:
    """Tell whether the platform works on a container, or may not know it everywhere yet."""
    if state is ContainerState.UNKNOWN:
        return staged.is_recent
    return state is ContainerState.IN_PROGRESS


class Containers(Graph):
    """A connector whose posts are containers first."""

    # The account's edges: where containers are created, published and counted against the quota.
    create_edge: ClassVar[str]
    publish_edge: ClassVar[str]
    quota_edge: ClassVar[str]
    # Where posts are listed: the first edge has the posts with words, the last those without.
    list_edges: ClassVar[Sequence[str]]
    state_fields: ClassVar[str]  # of a container
    text_field: ClassVar[str]  # of a post
    absent_codes: ClassVar[frozenset[str]] = ABSENT_CODES
    # Codes with which a publication is refused because of its container: the state tells why.
    unpublishable_codes: ClassVar[frozenset[str]]
    # Why containers fail that may succeed when they are made anew.
    transient_failures: ClassVar[frozenset[str]]

    @abstractmethod
    def single_container(self, message: Message) -> dict[str, str]:
        """Return the fields of the container of a post with one medium or none."""

    @abstractmethod
    def item_container(self, medium: Image | Video) -> dict[str, str]:
        """Return the fields of the container of one medium in a carousel."""

    @abstractmethod
    def carousel_container(self, message: Message) -> dict[str, str]:
        """Return the fields of a carousel's container, without its items."""

    @abstractmethod
    def container_state(self, container: Mapping[str, Any]) -> tuple[str, str]:
        """Read a container's state, and why it failed."""

    # --- publishing -------------------------------------------------------------------------------

    async def stage(self, account: Account, message: Message, draft_ref: str = "") -> Draft:
        staged = StagedPost.read(draft_ref)
        if staged is None:
            await self._require_quota(account)
            return await self._create_containers(account, message)
        containers = [staged.container] if staged.container else staged.items
        states = await asyncio.gather(*(self._read_state(account, each) for each in containers))
        state, why = min(states, key=lambda each: _WORST_FIRST.index(each[0]))
        if state in (ContainerState.FINISHED, ContainerState.PUBLISHED):
            if staged.container:
                return Draft(staged.ref)
            return await self._create_carousel(account, message, staged)
        if _is_pending(state, staged):
            wait = _SOON if staged.is_recent else _LATER
            return Draft(staged.ref, ready=False, wait=wait)
        is_permanent = state is ContainerState.ERROR and why not in self.transient_failures
        if is_permanent or staged.again >= _MOST_RESTARTS:
            raise Rejected(f"the media could not be taken: {why or state}", code=why or state)
        return await self._create_containers(account, message, again=staged.again + 1)

    async def _require_quota(self, account: Account) -> None:
        """Raise TryLater where the account itself says that its posts of the day are used up."""
        path = f"{account.external_id}/{self.quota_edge}"
        answer = await self.graph("GET", account, path, params={"fields": "quota_usage,config"})
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
        words = fingerprint(self._published_text(message))
        if len(message.media) > 1:
            bodies = [self.item_container(medium) for medium in message.media]
            ids = await asyncio.gather(*(self._create_container(account, body) for body in bodies))
            staged = StagedPost(items=tuple(ids), began=began, words=words, again=again)
        else:
            container = await self._create_container(account, self.single_container(message))
            staged = StagedPost(container, began=began, words=words, again=again)
        return Draft(staged.ref, ready=False)

    async def _create_carousel(
        self, account: Account, message: Message, items: StagedPost
    ) -> Draft:
        """Create the container that shows the items, which are ready."""
        body = {**self.carousel_container(message), "children": ",".join(items.items)}
        container = await self._create_container(account, body)
        whole = StagedPost(container, began=int(time.time()), words=items.words, again=items.again)
        return Draft(whole.ref, ready=False)

    async def _create_container(self, account: Account, body: Mapping[str, str]) -> str:
        path = f"{account.external_id}/{self.create_edge}"
        answer = await self.graph("POST", account, path, data=dict(body))
        return str(answer["id"])

    def _published_text(self, message: Message) -> str:
        return message.text if self.facts.format(message.format).max_text else ""

    async def commit(self, account: Account, message: Message, draft_ref: str = "") -> Receipt:
        ref = draft_ref or (await self.stage(account, message)).ref
        staged = StagedPost.read(ref) or StagedPost(container=ref)
        path, body = f"{account.external_id}/{self.publish_edge}", {"creation_id": staged.container}
        try:
            answer = await self.graph("POST", account, path, data=body, writes=True)
        except ConnectorError as error:
            if error.code not in self.unpublishable_codes:
                raise
            return await self._receipt_of_earlier_try(account, staged, error)
        if "id" not in answer:
            raise OutcomeUnknown("a success without an id")
        return Receipt(str(answer["id"]), await self._permalink(account, str(answer["id"])))

    async def _receipt_of_earlier_try(
        self, account: Account, staged: StagedPost, refusal: ConnectorError
    ) -> Receipt:
        """Return the receipt of a container that an earlier try published; else raise the error
        that its state stands for.
        """
        try:
            state, why = await self._read_state(account, staged.container)
            receipt = None
            if state in (ContainerState.PUBLISHED, ContainerState.UNKNOWN):
                receipt = await self._find_by_words(account, staged.words, staged.began_at)
        except ConnectorError:
            raise OutcomeUnknown(refusal.detail, code=refusal.code) from None
        if receipt:
            return receipt
        if state is ContainerState.PUBLISHED:
            raise OutcomeUnknown("published, and not on the list", code=refusal.code)
        if state is ContainerState.FINISHED or _is_pending(state, staged):
            raise TryLater(refusal.detail, code=refusal.code, wait=timedelta(seconds=30))
        raise Rejected(refusal.detail, code=why or state)

    async def _permalink(self, account: Account, post: str) -> str:
        """Return the post's address, or nothing where that fails: the post is live already, which
        no error here may call in doubt.
        """
        try:
            answer = await self.graph(
                "GET", account, post, params={"fields": "permalink"}, timeout=10
            )
        except ConnectorError:
            return ""
        return answer.get("permalink", "")

    # --- looking and withdrawing ------------------------------------------------------------------

    async def find(
        self, account: Account, message: Message, draft_ref: str, since: datetime
    ) -> Receipt | None:
        staged = StagedPost.read(draft_ref)
        if staged is None:
            words = fingerprint(self._published_text(message))
            return await self._find_by_words(account, words, since)
        state, found = await self._find_post(account, staged)
        if found is None and state is ContainerState.UNKNOWN:
            # None would mean that the post is certainly not live, and another would be made.
            raise OutcomeUnknown("neither the container nor the post is there")
        return found

    async def _find_post(
        self, account: Account, staged: StagedPost
    ) -> tuple[ContainerState, Receipt | None]:
        """Return the state of a draft, and the receipt of the post that it became."""
        if not staged.container:  # items of a carousel alone: nothing was ever published
            return ContainerState.EXPIRED, None
        state, _why = await self._read_state(account, staged.container)
        if state not in (ContainerState.PUBLISHED, ContainerState.UNKNOWN):
            return state, None
        found = await self._find_by_words(account, staged.words, staged.began_at)
        if found is None and state is ContainerState.PUBLISHED:
            # Shown by a list that lags, or taken down by a person: not for us to say, and never to
            # be sent again.
            raise OutcomeUnknown("published, and not on the list")
        return state, found

    async def _find_by_words(self, account: Account, words: str, since: datetime) -> Receipt | None:
        """Find the post on the account's list by the fingerprint of its words.

        Raises OutcomeUnknown where that does not suffice: for a post without words, and for two
        that say the same.
        """
        rows = await self._rows_since(
            account, [self.list_edges[0 if words else -1]], since - timedelta(minutes=2)
        )
        found = [row for row in rows if not words or self._fingerprint_of(row) == words]
        if not found:
            return None
        if len(found) > 1 or not words:
            raise OutcomeUnknown("not told from another post by its words")
        return Receipt(str(found[0]["id"]), found[0].get("permalink", ""))

    async def _rows_since(
        self, account: Account, edges: Sequence[str], since: datetime
    ) -> list[Mapping[str, Any]]:
        params = {
            "fields": f"id,timestamp,permalink,{self.text_field}",
            "since": str(int(since.timestamp())),
            "limit": "100",
        }
        found = []
        for edge in edges:
            async for row in self.rows(account, f"{account.external_id}/{edge}", params):
                if moment_of(row["timestamp"]) >= since:
                    found.append(row)
        return found

    def _fingerprint_of(self, row: Mapping[str, Any]) -> str:
        return fingerprint(row.get(self.text_field, ""))

    async def _read_state(self, account: Account, container: str) -> tuple[ContainerState, str]:
        try:
            answer = await self.graph(
                "GET", account, container, params={"fields": self.state_fields}
            )
        except ConnectorError as error:
            if error.code not in self.absent_codes:
                raise
            return ContainerState.UNKNOWN, ""
        state, why = self.container_state(answer)
        try:
            return ContainerState(state), why
        except ValueError:
            raise TryLater(f"an unknown state: {state}") from None

    @reject_on_missing_right
    async def withdraw(self, account: Account, external_id: str) -> bool:
        """Delete a post. A container cannot be deleted and dies by itself; only the post made of
        it, if any, is.
        """
        if staged := StagedPost.read(external_id):
            _state, post = await self._find_post(account, staged)
            return post is not None and await self.withdraw(account, post.external_id)
        try:
            await self.graph("DELETE", account, external_id)
        except ConnectorError as error:
            if error.code not in self.absent_codes:
                raise
            return False
        return True

    async def read_visibility(self, account: Account, external_id: str) -> Visibility:
        """Tell whether a post is visible. A draft is not, not even to the account's own people."""
        if staged := StagedPost.read(external_id):
            is_live = await self._is_live(account, staged)
            return Visibility.VISIBLE if is_live else Visibility.GONE
        try:
            await self.graph("GET", account, external_id, params={"fields": "id"})
        except ConnectorError as error:
            if error.code not in self.absent_codes:
                raise
        else:
            return Visibility.VISIBLE
        # Only who may see the account's posts reads its list: then absence is no lack of rights.
        await self.graph(
            "GET",
            account,
            f"{account.external_id}/{self.create_edge}",
            params={"fields": "id", "limit": "1"},
        )
        return Visibility.GONE

    async def _is_live(self, account: Account, staged: StagedPost) -> bool:
        if not staged.container:
            return False
        state, _why = await self._read_state(account, staged.container)
        if state is not ContainerState.PUBLISHED:
            return False
        post = await self._find_by_words(account, staged.words, staged.began_at)
        return post is not None

    @classmethod
    def ids_of(cls, reference: str) -> frozenset[str]:
        """Return no id for a container: the post made of it has an id of its own."""
        return frozenset() if StagedPost.read(reference) else super().ids_of(reference)

    async def list_posts(self, account: Account, since: datetime) -> list[LivePost]:
        rows = await self._rows_since(account, self.list_edges, since)
        posts = [
            LivePost(
                str(row["id"]),
                row.get("permalink", ""),
                moment_of(row["timestamp"]),
                text=row.get(self.text_field, ""),
            )
            for row in rows
        ]
        return sorted(posts, key=lambda post: post.published_at, reverse=True)

    # --- counting ---------------------------------------------------------------------------------

    @abstractmethod
    async def figures(self, account: Account, post: str) -> Figures:
        """Return the figures of one post."""

    @reject_on_missing_right
    async def measure(self, account: Account, external_ids: Sequence[str]) -> dict[str, Figures]:
        self.require_spare_calls(account)
        found = await asyncio.gather(*(self._measure_post(account, post) for post in external_ids))
        return {post: figures for post, figures in zip(external_ids, found, strict=True) if figures}

    def require_spare_calls(self, account: Account) -> None:
        """Leave publishing the last fifth of the calls that the account has."""
        if self.usage.get(account.external_id, 0) >= 80:
            raise TryLater(
                "most of the account's calls are used up", code="80002", wait=timedelta(hours=1)
            )

    async def _measure_post(self, account: Account, post: str) -> Figures | None:
        try:
            return await self.figures(account, post)
        except ConnectorError as error:
            if error.code not in self.absent_codes:
                raise
            return None

    async def insights(self, account: Account, post: str, metrics: Sequence[str]) -> dict[str, int]:
        """Return lifetime figures by metric. What has no data yet, or may not be read, is left out:
        a story of too few viewers is refused as if the right to them was missing.
        """
        return values_of(await self.insight_rows(account, f"{post}/insights", metrics))


def fingerprint(text: str) -> str:
    """Hash a post's words as the platform gives them back: trimmed, and composed as it likes."""
    words = collapse_spaces(unicodedata.normalize("NFC", text))
    return hashlib.sha256(words.encode()).hexdigest()[:16] if words else ""
