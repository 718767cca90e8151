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
    Trace,
    Video,
)
from platforms.meta.graph import (
    ABSENT,
    Graph,
    bare,
    beside_publishing,
    moment_of,
    values_of,
)
from platforms.words import gettext_noop as _

# What they fetch and work on may fail for reasons of theirs: so often a post's containers are made
# anew.
_AGAIN = 2
# For so long a container may be unknown on some of their servers.
_FRESH = timedelta(minutes=2)
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


class State(StrEnum):
    """Rank containers' states from the worst to the best, in the platforms' own words but for the
    second.
    """

    ERROR = "ERROR"
    UNKNOWN = "UNKNOWN"  # none of this id, or none yet
    EXPIRED = "EXPIRED"  # not published within a day
    IN_PROGRESS = "IN_PROGRESS"
    FINISHED = "FINISHED"  # may be published
    PUBLISHED = "PUBLISHED"


_ORDER = list(State)


@dataclass(frozen=True, slots=True)
class Made:
    """Note what was made for a post so far. As JSON it is the draft's reference, and tells enough
    to find the post again where its message is not at hand."""

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
        return (
            cls(**{**body, "items": tuple(body.get("items", ()))})
            if isinstance(body, dict)
            else None
        )

    @property
    def ref(self) -> str:
        return json.dumps(
            {name: value for name, value in asdict(self).items() if value}, separators=(",", ":")
        )

    @property
    def since(self) -> datetime:
        return datetime.fromtimestamp(self.began, UTC)

    @property
    def fresh(self) -> bool:
        return time.time() - self.began < _FRESH.total_seconds()


class Containers(Graph):
    """A connector whose posts are containers first."""

    makes: ClassVar[str]  # the account's edges: where containers are made and posts are listed, …
    publishes: ClassVar[str]
    quota: ClassVar[str]
    lists: ClassVar[Sequence[str]]  # the first has the posts with words, the last those without
    status: ClassVar[str]  # the fields of a container that tell its state
    text: ClassVar[str]  # the field of a post that holds its words
    absent: ClassVar[frozenset[str]] = ABSENT
    # Codes with which a publication is refused for its container's sake: what is the matter, the
    # state tells.
    not_yet: ClassVar[frozenset[str]]
    # Why containers fail that may succeed when they are made anew.
    passing: ClassVar[frozenset[str]]

    @abstractmethod
    def single(self, message: Message) -> dict[str, str]:
        """The container of a post with one medium or none."""

    @abstractmethod
    def item(self, medium: Image | Video) -> dict[str, str]:
        """The container of one medium in a carousel."""

    @abstractmethod
    def carousel(self, message: Message) -> dict[str, str]:
        """The container of a carousel, without its items."""

    @abstractmethod
    def container_state(self, container: Mapping[str, Any]) -> tuple[str, str]:
        """The state, and why it failed."""

    # --- publishing -------------------------------------------------------------------------------

    async def stage(self, account: Account, message: Message, draft_ref: str = "") -> Draft:
        made = Made.read(draft_ref)
        if made is None:
            await self._require_quota(account)
            return await self._begin(account, message)
        ids = [made.container] if made.container else made.items
        states = await asyncio.gather(*(self._state(account, each) for each in ids))
        state, why = min(states, key=lambda each: _ORDER.index(each[0]))
        if state in (State.FINISHED, State.PUBLISHED):
            return Draft(made.ref) if made.container else await self._join(account, message, made)
        if state is State.IN_PROGRESS or (state is State.UNKNOWN and made.fresh):
            return Draft(made.ref, ready=False, wait=_SOON if made.fresh else _LATER)
        if made.again >= _AGAIN or (state is State.ERROR and why not in self.passing):
            raise Rejected(f"the media could not be taken: {why or state}", code=why or state)
        return await self._begin(account, message, again=made.again + 1)

    async def _require_quota(self, account: Account) -> None:
        """Raise TryLater where the account itself says that its posts of the day are used up."""
        path = f"{account.external_id}/{self.quota}"
        answer = await self.graph("GET", account, path, params={"fields": "quota_usage,config"})
        match answer:
            case {"data": [{"quota_usage": int(used), "config": {"quota_total": int(most)}}]} if (
                used >= most
            ):
                raise TryLater(
                    f"{used} of {most} posts a day", code="quota", wait=timedelta(hours=1)
                )

    async def _begin(self, account: Account, message: Message, *, again: int = 0) -> Draft:
        many = len(message.media) > 1
        bodies = [self.item(medium) for medium in message.media] if many else [self.single(message)]
        began = int(time.time())
        ids = await asyncio.gather(*(self._make(account, body) for body in bodies))
        draft_fields = {"items": tuple(ids)} if many else {"container": ids[0]}
        made = Made(
            **draft_fields, began=began, words=fingerprint(self._shown(message)), again=again
        )  # type: ignore[arg-type]
        return Draft(made.ref, ready=False)

    async def _join(self, account: Account, message: Message, made: Made) -> Draft:
        body = {**self.carousel(message), "children": ",".join(made.items)}
        whole = await self._make(account, body)
        return Draft(
            Made(whole, began=int(time.time()), words=made.words, again=made.again).ref, ready=False
        )

    async def _make(self, account: Account, body: Mapping[str, str]) -> str:
        return str(
            (
                await self.graph(
                    "POST", account, f"{account.external_id}/{self.makes}", data=dict(body)
                )
            )["id"]
        )

    def _shown(self, message: Message) -> str:
        return message.text if self.facts.format(message.format).max_text else ""

    async def commit(self, account: Account, message: Message, draft_ref: str = "") -> Receipt:
        ref = draft_ref or (await self.stage(account, message)).ref
        made = Made.read(ref) or Made(container=ref)
        path, body = f"{account.external_id}/{self.publishes}", {"creation_id": made.container}
        try:
            answer = await self.graph("POST", account, path, data=body, changes=True)
        except ConnectorError as error:
            if error.code not in self.not_yet:
                raise
            return await self._published_before(account, made, error)
        if "id" not in answer:
            raise OutcomeUnknown("a success without an id")
        return Receipt(str(answer["id"]), await self._permalink(account, str(answer["id"])))

    async def _published_before(
        self, account: Account, made: Made, refusal: ConnectorError
    ) -> Receipt:
        """The receipt of a container that was published by an earlier try; else the error that its
        state stands for.
        """
        try:
            state, why = await self._state(account, made.container)
            perhaps = state in (State.PUBLISHED, State.UNKNOWN)
            receipt = await self._listed(account, made.words, made.since) if perhaps else None
        except ConnectorError:
            raise OutcomeUnknown(refusal.detail, code=refusal.code) from None
        if receipt:
            return receipt
        if state is State.PUBLISHED:
            raise OutcomeUnknown("published, and not on the list", code=refusal.code)
        if state in (State.FINISHED, State.IN_PROGRESS) or (state is State.UNKNOWN and made.fresh):
            raise TryLater(refusal.detail, code=refusal.code, wait=timedelta(seconds=30))
        raise Rejected(refusal.detail, code=why or state)

    async def _permalink(self, account: Account, post: str) -> str:
        """The address is worth a read, but the post stands already: nothing that goes wrong here
        may doubt that.
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
        made = Made.read(draft_ref)
        if made is None:
            return await self._listed(account, fingerprint(self._shown(message)), since)
        state, found = await self._post_of(account, made)
        if found is None and state is State.UNKNOWN:
            raise OutcomeUnknown(
                "neither the container nor the post is there"
            )  # else it would be made anew
        return found

    async def _post_of(self, account: Account, made: Made) -> tuple[State, Receipt | None]:
        """The state of a draft, and the post that it became."""
        state, _why = (
            await self._state(account, made.container) if made.container else (State.EXPIRED, "")
        )
        if state not in (State.PUBLISHED, State.UNKNOWN):
            return state, None
        found = await self._listed(account, made.words, made.since)
        if found is None and state is State.PUBLISHED:
            # Shown by a list that lags, or taken down by a person: not for us to say, and never to
            # be sent again.
            raise OutcomeUnknown("published, and not on the list")
        return state, found

    async def _listed(self, account: Account, words: str, since: datetime) -> Receipt | None:
        """By its words: what has none may be anybody's, and so may each of two that say the
        same.
        """
        rows = await self._rows_since(
            account, [self.lists[0 if words else -1]], since - timedelta(minutes=2)
        )
        found = [row for row in rows if not words or self._words(row) == words]
        if len(found) > 1 or (found and not words):
            raise OutcomeUnknown("not told from another post by its words")
        return Receipt(str(found[0]["id"]), found[0].get("permalink", "")) if found else None

    async def _rows_since(
        self, account: Account, edges: Sequence[str], since: datetime
    ) -> list[Mapping[str, Any]]:
        params = {
            "fields": f"id,timestamp,permalink,{self.text}",
            "since": str(int(since.timestamp())),
            "limit": "100",
        }
        found = []
        for edge in edges:
            async for row in self.rows(account, f"{account.external_id}/{edge}", params):
                if moment_of(row["timestamp"]) >= since:
                    found.append(row)
        return found

    def _words(self, row: Mapping[str, Any]) -> str:
        return fingerprint(row.get(self.text, ""))

    async def _state(self, account: Account, container: str) -> tuple[State, str]:
        try:
            answer = await self.graph("GET", account, container, params={"fields": self.status})
        except ConnectorError as error:
            if error.code not in self.absent:
                raise
            return State.UNKNOWN, ""
        state, why = self.container_state(answer)
        try:
            return State(state), why
        except ValueError:
            raise TryLater(f"an unknown state: {state}") from None

    @beside_publishing
    async def withdraw(self, account: Account, external_id: str) -> bool:
        """A container cannot be taken down; it is only a post once it is published, and dies by
        itself.
        """
        if made := Made.read(external_id):
            _state, post = await self._post_of(account, made)
            return post is not None and await self.withdraw(account, post.external_id)
        try:
            await self.graph("DELETE", account, external_id)
        except ConnectorError as error:
            if error.code not in self.absent:
                raise
            return False
        return True

    async def trace(self, account: Account, external_id: str) -> Trace:
        """A draft is nothing that anybody could see, the account's own people included: it leaves
        no trace.
        """
        if made := Made.read(external_id):
            state = (
                (await self._state(account, made.container))[0] if made.container else State.EXPIRED
            )
            shown = state is State.PUBLISHED and await self._listed(account, made.words, made.since)
            return Trace.VISIBLE if shown else Trace.GONE
        try:
            await self.graph("GET", account, external_id, params={"fields": "id"})
        except ConnectorError as error:
            if error.code not in self.absent:
                raise
        else:
            return Trace.VISIBLE
        # Only who may see the account's posts reads its list: then absence is no lack of rights.
        await self.graph(
            "GET",
            account,
            f"{account.external_id}/{self.makes}",
            params={"fields": "id", "limit": "1"},
        )
        return Trace.GONE

    @classmethod
    def ids_of(cls, reference: str) -> frozenset[str]:
        """A container is no post, and the post made of it has an id of its own."""
        return frozenset() if Made.read(reference) else super().ids_of(reference)

    async def live_posts(self, account: Account, since: datetime) -> list[LivePost]:
        rows = await self._rows_since(account, self.lists, since)
        posts = [
            LivePost(
                str(row["id"]),
                row.get("permalink", ""),
                moment_of(row["timestamp"]),
                text=row.get(self.text, ""),
            )
            for row in rows
        ]
        return sorted(posts, key=lambda post: post.published_at, reverse=True)

    # --- counting ---------------------------------------------------------------------------------

    @abstractmethod
    async def figures(self, account: Account, post: str) -> Figures:
        """Return the figures of one post."""

    @beside_publishing
    async def measure(self, account: Account, external_ids: Sequence[str]) -> dict[str, Figures]:
        self.spare(account)
        found = await asyncio.gather(*(self._measured(account, post) for post in external_ids))
        return {post: figures for post, figures in zip(external_ids, found, strict=True) if figures}

    def spare(self, account: Account) -> None:
        """Leave publishing the last fifth of the calls that the account has."""
        if self.usage.get(account.external_id, 0) >= 80:
            raise TryLater(
                "most of the account's calls are used up", code="80002", wait=timedelta(hours=1)
            )

    async def _measured(self, account: Account, post: str) -> Figures | None:
        try:
            return await self.figures(account, post)
        except ConnectorError as error:
            if error.code not in self.absent:
                raise
            return None

    async def insights(self, account: Account, post: str, metrics: Sequence[str]) -> dict[str, int]:
        """Lifetime figures by metric. What has no data yet, or may not be read, is left out: a
        story of too few viewers is refused as if the right to them was missing.
        """
        return values_of(await self.told(account, f"{post}/insights", metrics))


def fingerprint(text: str) -> str:
    """Hash a post's words as the platform gives them back: trimmed, and composed as it likes."""
    words = bare(unicodedata.normalize("NFC", text))
    return hashlib.sha256(words.encode()).hexdigest()[:16] if words else ""
