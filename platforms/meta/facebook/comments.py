"""List, answer and hide what residents write under a post."""

from platforms.errors import OutcomeUnknown
from platforms.messages import Account, Comment
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
        rows = (await self.call_api(account, path, params=params))["data"]
        own = [row for row in rows if row.get("from", {}).get("id") == account.external_id]
        answered = {row["parent"]["id"] for row in own if row.get("parent")}
        return [
            Comment(
                external_id=row["id"],
                text=row.get("message", ""),  # a sticker has none
                written_at=parse_time(row["created_time"]),
                hidden=bool(row.get("is_hidden")),
                answered=row["id"] in answered,
                replies=row.get("comment_count", 0),
            )
            for row in rows
            if row not in own
        ]

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
