"""List, answer and hide what residents write under a post."""

from platforms.errors import OutcomeUnknown
from platforms.messages import Account, Comment
from platforms.meta.graph import ByPage, moment_of, path_of, reject_on_missing_right


class Comments(ByPage):
    """Speak with residents in the page's name."""

    @reject_on_missing_right
    async def list_comments(self, account: Account, external_id: str) -> list[Comment]:
        """List comments without people: of ``from`` only the number is asked for, compared with the
        page's own, and forgotten."""
        params = {
            "filter": "stream",
            "order": "reverse_chronological",
            "limit": "100",
            "fields": "id,message,created_time,from{id},parent{id},is_hidden,comment_count",
        }
        rows = (await self.graph("GET", account, path_of(external_id, "comments"), params=params))[
            "data"
        ]
        own = [row for row in rows if row.get("from", {}).get("id") == account.external_id]
        answered = {row["parent"]["id"] for row in own if row.get("parent")}
        return [
            Comment(
                external_id=row["id"],
                text=row.get("message", ""),  # a sticker has none
                written_at=moment_of(row["created_time"]),
                hidden=bool(row.get("is_hidden")),
                answered=row["id"] in answered,
                replies=row.get("comment_count", 0),
            )
            for row in rows
            if row not in own
        ]

    @reject_on_missing_right
    async def reply_to_comment(self, account: Account, comment_id: str, text: str) -> str:
        path = path_of(comment_id, "comments")
        answer = await self.graph("POST", account, path, data={"message": text}, writes=True)
        if "id" not in answer:
            raise OutcomeUnknown("a success without an id")
        return str(answer["id"])

    @reject_on_missing_right
    async def hide_comment(self, account: Account, comment_id: str, *, hidden: bool = True) -> None:
        await self.graph(
            "POST", account, path_of(comment_id), data={"is_hidden": "true" if hidden else "false"}
        )
