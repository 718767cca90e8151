"""Create containers, and read their states and the account's posts."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from platforms.errors import ConnectorError, TryLater
from platforms.messages import Account, Image, Message, Video
from platforms.meta.containers.staged_post import ContainerState, make_fingerprint
from platforms.meta.graph import Graph, parse_time


class Api(Graph):
    """Make the calls that every part of the connector needs."""

    # The account's edges: where containers are created, published and counted against the quota.
    create_edge: ClassVar[str]
    publish_edge: ClassVar[str]
    quota_edge: ClassVar[str]
    # Where posts are listed: the first edge has the posts with words, the last those without.
    list_edges: ClassVar[Sequence[str]]
    state_fields: ClassVar[str]  # of a container
    text_fields: ClassVar[str]  # of a post, to be asked for
    # Codes with which a publication is refused because of its container: the state tells why.
    unpublishable_codes: ClassVar[frozenset[str]]
    # Why containers fail that may succeed when they are created again.
    transient_failures: ClassVar[frozenset[str]]

    # --- where the two platforms differ -----------------------------------------------------------

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
    def text_of_post(self, post: Mapping[str, Any]) -> str:
        """Return the text of a post, as its message had it."""

    @abstractmethod
    def container_state(self, container: Mapping[str, Any]) -> tuple[str, str]:
        """Return a container's state, and why it failed."""

    # --- calls ------------------------------------------------------------------------------------

    async def create_container(self, account: Account, fields: Mapping[str, str]) -> str:
        path = f"{account.external_id}/{self.create_edge}"
        answer = await self.call_api(account, path, method="POST", data=dict(fields))
        return str(answer["id"])

    async def read_state(self, account: Account, container: str) -> tuple[ContainerState, str]:
        """Read a container's state, and why it failed."""
        params = {"fields": self.state_fields}
        try:
            answer = await self.call_api(account, container, params=params)
        except ConnectorError as error:
            if error.code not in self.absent_codes:
                raise
            return ContainerState.UNKNOWN, ""
        state, why = self.container_state(answer)
        try:
            return ContainerState(state), why
        except ValueError:
            raise TryLater(f"an unknown state: {state}") from None

    async def read_posts(
        self, account: Account, edges: Sequence[str], since: datetime
    ) -> list[Mapping[str, Any]]:
        """Read the account's posts since then from these of its lists."""
        params = {
            "fields": f"id,timestamp,permalink,{self.text_fields}",
            "since": str(int(since.timestamp())),
            "limit": "100",
        }
        posts = []
        for edge in edges:
            async for post in self.iter_rows(account, f"{account.external_id}/{edge}", params):
                if parse_time(post["timestamp"]) >= since:
                    posts.append(post)
        return posts

    def fingerprint_of_message(self, message: Message) -> str:
        """Return the fingerprint that the post of this message will have."""
        shows_text = self.facts.format(message.format).max_text
        return make_fingerprint(message.text if shows_text else "")

    def fingerprint_of_post(self, post: Mapping[str, Any]) -> str:
        return make_fingerprint(self.text_of_post(post))
