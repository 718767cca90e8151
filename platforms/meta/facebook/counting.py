"""Count how residents took posts and videos up."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from platforms.errors import Rejected, TryLater
from platforms.messages import Account, Figures
from platforms.meta.graph import ABSENT, ByPage, RightMissing, beside_publishing, values_of

_INSIGHTS = {
    "post_media_view": "views",
    "post_total_media_view_unique": "reach",
    "post_clicks": "clicks",
}
# Of videos and of Reels: each has no rows for the other's names, so both can be asked at once.
_VIDEO_INSIGHTS = {
    "total_video_views": "views",
    "total_video_view_total_time": "watch_seconds",
    "blue_reels_play_count": "views",
    "post_video_view_time": "watch_seconds",
}
_COUNTS = "shares,reactions.limit(0).summary(total_count),comments.limit(0).summary(total_count)"


class Counting(ByPage):
    """Ask for figures, and do without those that a page is not told."""

    @beside_publishing
    async def measure(self, account: Account, external_ids: Sequence[str]) -> dict[str, Figures]:
        if self.usage.get(account.external_id, 0) >= 80:
            raise TryLater(
                "most of the page's calls are used up", code="80001", wait=timedelta(hours=1)
            )
        figures = await asyncio.gather(*(self._figures(account, post) for post in external_ids))
        return {post: found for post, found in zip(external_ids, figures, strict=True) if found}

    async def _figures(self, account: Account, external_id: str) -> Figures | None:
        try:
            if "_" in external_id:
                counts = await self.graph("GET", account, external_id, params={"fields": _COUNTS})
                insights = await self._insights(
                    account, f"{external_id}/insights", _INSIGHTS, list(_INSIGHTS)
                )
            else:
                counts = await self._counts_of_video(account, external_id)
                edge = f"{external_id}/video_insights"
                insights = await self._insights(
                    account, edge, _VIDEO_INSIGHTS, list(_VIDEO_INSIGHTS)
                )
        except Rejected as error:
            if error.code in ABSENT:
                return None
            raise
        if "watch_seconds" in insights:
            insights["watch_seconds"] //= 1000  # told in milliseconds
        return Figures(
            reactions=_total(counts.get("reactions")),
            comments=_total(counts.get("comments")),
            shares=counts.get("shares", {}).get("count", 0) if counts else None,  # left out at zero
            **insights,
        )

    async def _counts_of_video(self, account: Account, video: str) -> Mapping[str, Any]:
        """People react to the post in which a video stands."""
        post = (await self.graph("GET", account, video, params={"fields": "post_id"})).get(
            "post_id"
        )
        if not post:
            return {}
        try:
            return await self.graph(
                "GET", account, f"{account.external_id}_{post}", params={"fields": _COUNTS}
            )
        except Rejected:
            return {}

    async def _insights(
        self, account: Account, edge: str, names: Mapping[str, str], metrics: list[str]
    ) -> dict[str, int]:
        try:
            answer = await self.graph("GET", account, edge, params={"metric": ",".join(metrics)})
        except Rejected:
            # One metric that the platform has retired fails them all: ask one by one.
            if len(metrics) == 1:
                return {}
            found = [await self._insights(account, edge, names, [metric]) for metric in metrics]
            return {name: value for each in found for name, value in each.items()}
        except RightMissing:
            return {}  # read_insights was not granted; the other counts need it not
        return {names[name]: value for name, value in values_of(answer).items() if name in names}


def _total(edge: Mapping[str, Any] | None) -> int | None:
    return (edge or {}).get("summary", {}).get("total_count")
