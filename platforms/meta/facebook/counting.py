"""Count how residents took posts and videos up."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from platforms.errors import Rejected, TryLater
from platforms.messages import Account, Figures, PageFigures
from platforms.meta.graph import (
    ABSENT_CODES,
    ByPage,
    days_of,
    reject_on_missing_right,
    span,
    values_of,
)

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
_PAGE_INSIGHTS = {
    "page_media_view": "views",
    "page_total_media_view_unique": "reach",
    "page_views_total": "profile_visits",
    "page_daily_follows_unique": "followers_gained",
    "page_daily_unfollows_unique": "followers_lost",
}
_COUNTS = "shares,reactions.limit(0).summary(total_count),comments.limit(0).summary(total_count)"


class Counting(ByPage):
    """Ask for figures, and do without those that a page is not told."""

    @reject_on_missing_right
    async def measure(self, account: Account, external_ids: Sequence[str]) -> dict[str, Figures]:
        self._require_spare_calls(account)
        figures = await asyncio.gather(*(self._figures(account, post) for post in external_ids))
        return {post: found for post, found in zip(external_ids, figures, strict=True) if found}

    async def _figures(self, account: Account, external_id: str) -> Figures | None:
        try:
            if "_" in external_id:
                counts = await self.graph("GET", account, external_id, params={"fields": _COUNTS})
                insights = await self._insights(
                    account, f"{external_id}/insights", _INSIGHTS, all_have_all=True
                )
            else:
                counts = await self._counts_of_video(account, external_id)
                edge = f"{external_id}/video_insights"
                insights = await self._insights(account, edge, _VIDEO_INSIGHTS, all_have_all=False)
        except Rejected as error:
            if error.code in ABSENT_CODES:
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
        self, account: Account, edge: str, names: Mapping[str, str], *, all_have_all: bool
    ) -> dict[str, int]:
        try:
            rows = await self.insight_rows(account, edge, names, all_have_all=all_have_all)
        except Rejected:
            return {}  # the other counts are there all the same
        return {names[name]: value for name, value in values_of(rows).items() if name in names}

    @reject_on_missing_right
    async def measure_page(self, account: Account, first: date, last: date) -> list[PageFigures]:
        """https://developers.facebook.com/docs/graph-api/reference/insights, 2026-06: ``until`` is
        excluded, and a Page of fewer than 100 likes gets no rows.
        """
        self._require_spare_calls(account)
        rows = await self.insight_rows(
            account,
            f"{account.external_id}/insights",
            _PAGE_INSIGHTS,
            {"period": "day", **span(first, last)},
        )
        days = {_PAGE_INSIGHTS[name]: values for name, values in days_of(rows).items()}
        return PageFigures.by_day(days, first, last)

    def _require_spare_calls(self, account: Account) -> None:
        """Leave publishing the last fifth of the calls that the page has."""
        if self.usage.get(account.external_id, 0) >= 80:
            raise TryLater(
                "most of the page's calls are used up", code="80001", wait=timedelta(hours=1)
            )


def _total(edge: Mapping[str, Any] | None) -> int | None:
    return (edge or {}).get("summary", {}).get("total_count")
