"""List, answer and hold back what residents write under a video."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from platforms.messages import Account, Comment
from platforms.youtube.api import Api


class Comments(Api):
    """Speak with residents under the channel's videos."""

    async def list_comments(self, account: Account, external_id: str) -> list[Comment]:
        shown, awaiting_review = await asyncio.gather(
            self._threads(account, external_id, "published"),
            self._threads(account, external_id, "heldForReview"),
        )
        found = [_comment(each, account, hidden=False) for each in shown]
        found += [_comment(each, account, hidden=True) for each in awaiting_review]
        return sorted(found, key=lambda each: each.written_at, reverse=True)

    async def _threads(self, account: Account, video_id: str, state: str) -> list[dict[str, Any]]:
        asked = {
            "part": "snippet,replies",
            "videoId": video_id,
            "order": "time",
            "maxResults": "100",
            "textFormat": "plainText",
            "moderationStatus": state,
        }
        return (await self._data("GET", account, f"commentThreads?{urlencode(asked)}")).get(
            "items", []
        )

    async def reply_to_comment(self, account: Account, comment_id: str, text: str) -> str:
        reply = {"snippet": {"parentId": comment_id, "textOriginal": text}}
        data = await self._data("POST", account, "comments?part=snippet", json=reply, writes=True)
        return str(data["id"])

    async def hide_comment(self, account: Account, comment_id: str, *, hidden: bool = True) -> None:
        """Held for review rather than rejected: that can be taken back."""
        asked = {"id": comment_id, "moderationStatus": "heldForReview" if hidden else "published"}
        await self._data("POST", account, f"comments/setModerationStatus?{urlencode(asked)}")


def _comment(thread: Mapping[str, Any], account: Account, *, hidden: bool) -> Comment:
    """Without whoever wrote it. Only up to five replies come along, among which ours is looked
    for.
    """
    top = thread["snippet"]["topLevelComment"]["snippet"]
    replies = thread.get("replies", {}).get("comments", ())
    authors = [reply["snippet"].get("authorChannelId", {}).get("value") for reply in replies]
    return Comment(
        external_id=thread["id"],
        text=top.get("textOriginal") or top.get("textDisplay", ""),
        written_at=datetime.fromisoformat(top["publishedAt"]),
        hidden=hidden,
        answered=account.external_id in authors,
        may_hide=top.get("authorChannelId", {}).get("value") != account.external_id,
        replies=thread["snippet"].get("totalReplyCount", 0),
    )
