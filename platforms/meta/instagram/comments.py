"""List, answer and hide what residents write under a post."""

from collections.abc import Mapping
from typing import Any

from platforms.errors import OutcomeUnknown
from platforms.messages import MOST_COMMENTS, Account, Comment
from platforms.meta.errors import reject_on_missing_right
from platforms.meta.graph import Graph, make_path, parse_time

_FIELDS = "id,text,timestamp,from{id},hidden,replies{id,text,from{id}}"


class Comments(Graph):
    """Answer residents in the account's name."""

    @reject_on_missing_right
    async def list_comments(self, account: Account, external_id: str) -> list[Comment]:
        comments: list[Comment] = []
        path, params = make_path(external_id, "comments"), {"fields": _FIELDS, "limit": "50"}
        async for row in self.iter_rows(account, path, params):  # newest first
            comments.append(_parse_comment(row, account))
            if len(comments) == MOST_COMMENTS:
                break
        return comments

    @reject_on_missing_right
    async def reply_to_comment(self, account: Account, comment_id: str, text: str) -> str:
        path, form = make_path(comment_id, "replies"), {"message": text}
        reply = await self.call_api(account, path, method="POST", data=form, writes=True)
        if "id" not in reply:
            raise OutcomeUnknown("a success without an id")
        return str(reply["id"])

    @reject_on_missing_right
    async def hide_comment(self, account: Account, comment_id: str, *, hidden: bool = True) -> None:
        form = {"hide": "true" if hidden else "false"}
        await self.call_api(account, make_path(comment_id), method="POST", data=form)


def _parse_comment(row: Mapping[str, Any], account: Account) -> Comment:
    replies = row.get("replies", {}).get("data", ())
    answers = [reply.get("text", "") for reply in replies if _is_own(reply, account)]
    return Comment(
        external_id=str(row["id"]),
        text=row.get("text", ""),
        written_at=parse_time(row["timestamp"]),
        hidden=bool(row.get("hidden")),
        answered=bool(answers),
        answer=answers[-1] if answers else "",
        may_hide=not _is_own(row, account),
        replies=len(replies),
    )


def _is_own(comment: Mapping[str, Any], account: Account) -> bool:
    """Tell whether the account itself wrote a comment. The author's id is compared, and then
    forgotten.
    """
    return str(comment.get("from", {}).get("id", "")) == account.external_id
