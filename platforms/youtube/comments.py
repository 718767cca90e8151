"""List, answer and hide what residents write under a video."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from platforms.messages import MOST_COMMENTS, Account, Comment
from platforms.youtube.api import Api


class Comments(Api):
    """Answer residents under the channel's videos."""

    async def list_comments(self, account: Account, external_id: str) -> list[Comment]:
        visible, hidden = await asyncio.gather(
            self._read_threads(account, external_id, "published"),
            self._read_threads(account, external_id, "heldForReview"),
        )
        comments = [_parse_comment(item, account, hidden=False) for item in visible]
        comments += [_parse_comment(item, account, hidden=True) for item in hidden]
        return sorted(comments, key=lambda comment: comment.written_at, reverse=True)

    async def _read_threads(
        self, account: Account, video_id: str, state: str
    ) -> list[dict[str, Any]]:
        query = {
            "part": "snippet,replies",
            "videoId": video_id,
            "order": "time",
            "maxResults": "100",
            "textFormat": "plainText",
            "moderationStatus": state,
        }
        threads: list[dict[str, Any]] = []
        while True:
            data = await self.call_api(account, f"commentThreads?{urlencode(query)}")
            threads += data.get("items", [])
            if "nextPageToken" not in data or len(threads) >= MOST_COMMENTS:
                return threads
            query["pageToken"] = data["nextPageToken"]

    async def reply_to_comment(self, account: Account, comment_id: str, text: str) -> str:
        reply = {"snippet": {"parentId": comment_id, "textOriginal": text}}
        path = "comments?part=snippet"
        data = await self.call_api(account, path, method="POST", json=reply, writes=True)
        return str(data["id"])

    async def hide_comment(self, account: Account, comment_id: str, *, hidden: bool = True) -> None:
        """Hold a comment for review, which can be undone, rather than reject it."""
        query = {"id": comment_id, "moderationStatus": "heldForReview" if hidden else "published"}
        path = f"comments/setModerationStatus?{urlencode(query)}"
        await self.call_api(account, path, method="POST")


def _parse_comment(thread: Mapping[str, Any], account: Account, *, hidden: bool) -> Comment:
    """Read a comment without its author. Only up to five of its replies come along, among which
    ours is looked for.
    """
    top = thread["snippet"]["topLevelComment"]["snippet"]
    replies = thread.get("replies", {}).get("comments", ())
    own = [
        reply["snippet"]
        for reply in replies
        if reply["snippet"].get("authorChannelId", {}).get("value") == account.external_id
    ]
    return Comment(
        external_id=thread["id"],
        text=top.get("textOriginal") or top.get("textDisplay", ""),
        written_at=datetime.fromisoformat(top["publishedAt"]),
        hidden=hidden,
        answered=bool(own),
        answer=own[-1].get("textOriginal", "") if own else "",
        may_hide=top.get("authorChannelId", {}).get("value") != account.external_id,
        replies=thread["snippet"].get("totalReplyCount", 0),
    )
