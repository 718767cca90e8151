"""List, answer and hide what residents write under a post."""

from collections.abc import Mapping
from typing import Any

from platforms.errors import OutcomeUnknown
from platforms.messages import MOST_COMMENTS, Account, Comment
from platforms.meta.errors import reject_on_missing_right
from platforms.meta.graph import Graph, make_path, parse_time


class Comments(Graph):
    """Answer residents in the page's name."""

    @reject_on_missing_right
    async def list_comments(self, account: Account, external_id: str) -> list[Comment]:
        """List comments without their authors: of ``from`` only the number is requested, to compare
        it with the page's own, and then forgotten.
        """
        params = {
            "filter": "stream",
            "order": "reverse_chronological",
            "limit": "100",
            "fields": "id,message,created_time,from{id},parent{id},is_hidden,comment_count",
        }
        path = make_path(external_id, "comments")
        comments: list[dict[str, Any]] = []
        own: list[dict[str, Any]] = []
        async for row in self.iter_rows(account, path, params):
            is_own = row.get("from", {}).get("id") == account.external_id
            (own if is_own else comments).append(row)
            if len(comments) == MOST_COMMENTS:
                break
        newest_last = [row for row in reversed(own) if row.get("parent")]
        answers = {row["parent"]["id"]: row.get("message", "") for row in newest_last}
        return [_parse_comment(row, answers) for row in comments]

    @reject_on_missing_right
    async def reply_to_comment(self, account: Account, comment_id: str, text: str) -> str:
        path = make_path(comment_id, "comments")
        form = {"message": text}
        reply = await self.call_api(account, path, method="POST", data=form, writes=True)
        if "id" not in reply:
            raise OutcomeUnknown("a success without an id")
        return str(reply["id"])

    @reject_on_missing_right
    async def hide_comment(self, account: Account, comment_id: str, *, hidden: bool = True) -> None:
        form = {"is_hidden": "true" if hidden else "false"}
        await self.call_api(account, make_path(comment_id), method="POST", data=form)


def _parse_comment(row: Mapping[str, Any], answers: Mapping[str, str]) -> Comment:
    return Comment(
        external_id=row["id"],
        text=row.get("message", ""),  # a sticker has none
        written_at=parse_time(row["created_time"]),
        hidden=bool(row.get("is_hidden")),
        answered=row["id"] in answers,
        answer=answers.get(row["id"], ""),
        replies=row.get("comment_count", 0),
    )
