"""List, answer and hide replies to a post."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from platforms.errors import TryLater
from platforms.messages import MOST_COMMENTS, Account, Comment
from platforms.meta.containers.connector import Containers
from platforms.meta.containers.staged_post import ContainerState
from platforms.meta.errors import reject_on_missing_right
from platforms.meta.graph import make_path, parse_time

_FIELDS = "id,text,timestamp,username,replied_to,hide_status"
_WAITS = (0, 1, 3, 6, 10)  # seconds before each check of a reply's container


class Comments(Containers):
    """Answer residents in the profile's name."""

    @reject_on_missing_right
    async def list_comments(self, account: Account, external_id: str) -> list[Comment]:
        path = make_path(external_id, "conversation")
        params = {"fields": _FIELDS, "reverse": "true", "limit": "100"}
        # By the id of what is replied to, the newest first.
        replies: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        async for row in self.iter_rows(account, path, params):
            replies[str(row.get("replied_to", {}).get("id", ""))].append(row)
            if len(replies[external_id]) == MOST_COMMENTS:
                break
        return [
            _parse_comment(row, account, replies.get(str(row["id"]), []))
            for row in replies[external_id]
        ]

    @reject_on_missing_right
    async def reply_to_comment(self, account: Account, comment_id: str, text: str) -> str:
        """Reply by a container, which is published once it is ready."""
        fields = {"media_type": "TEXT", "text": text, "reply_to_id": comment_id}
        container = await self.create_container(account, fields)
        for wait in _WAITS:
            await asyncio.sleep(wait)
            state, _why = await self.read_state(account, container)
            if state is ContainerState.FINISHED:
                return await self.publish_container(account, container)
        raise TryLater("the reply is not ready yet", code="not ready")

    @reject_on_missing_right
    async def hide_comment(self, account: Account, comment_id: str, *, hidden: bool = True) -> None:
        form = {"hide": "true" if hidden else "false"}
        path = make_path(comment_id, "manage_reply")
        await self.call_api(account, path, method="POST", data=form)


def _parse_comment(
    row: Mapping[str, Any], account: Account, replies: list[Mapping[str, Any]]
) -> Comment:
    answers = [reply.get("text", "") for reply in replies if _is_own(reply, account)]
    return Comment(
        external_id=str(row["id"]),
        text=row.get("text", ""),
        written_at=parse_time(row["timestamp"]),
        hidden=row.get("hide_status") in ("HIDDEN", "COVERED"),
        answered=bool(answers),
        answer=answers[0] if answers else "",
        may_hide=not _is_own(row, account),
        replies=len(replies),
    )


def _is_own(reply: Mapping[str, Any], account: Account) -> bool:
    return reply.get("username") == account.handle
