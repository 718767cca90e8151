"""Count how residents took posts and videos up, and the page's own figures by day."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from platforms.errors import Rejected
from platforms.messages import Account, Figures, PageFigures
from platforms.meta.errors import ABSENT_CODES, reject_on_missing_right
from platforms.meta.insights import (
    Insights,
    make_day_range,
    parse_lifetime_values,
    parse_values_by_day,
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


class Counting(Insights):
    """Read figures, and do without those that a page cannot have."""

    spare_calls_code = "80001"

    @reject_on_missing_right
    async def measure(self, account: Account, external_ids: Sequence[str]) -> dict[str, Figures]:
        self.require_spare_calls(account)
        figures = await asyncio.gather(
            *(self._read_figures(account, post) for post in external_ids)
        )
        return {
            post: measured for post, measured in zip(external_ids, figures, strict=True) if measured
        }

    async def _read_figures(self, account: Account, external_id: str) -> Figures | None:
        try:
            if "_" in external_id:
                counts = await self.call_api(account, external_id, params={"fields": _COUNTS})
                insights = await self._read_insights(
                    account, f"{external_id}/insights", _INSIGHTS, all_have_all=True
                )
            else:
                counts = await self._read_video_counts(account, external_id)
                edge = f"{external_id}/video_insights"
                insights = await self._read_insights(
                    account, edge, _VIDEO_INSIGHTS, all_have_all=False
                )
        except Rejected as error:
            if error.code in ABSENT_CODES:
                return None
            raise
        if "watch_seconds" in insights:
            insights["watch_seconds"] //= 1000  # milliseconds
        return Figures(
            reactions=_parse_total(counts.get("reactions")),
            comments=_parse_total(counts.get("comments")),
            shares=counts.get("shares", {}).get("count", 0) if counts else None,  # left out at zero
            **insights,
        )

    async def _read_video_counts(self, account: Account, video: str) -> Mapping[str, Any]:
        """Read the counts of the post that shows a video: people react to that."""
        post = (await self.call_api(account, video, params={"fields": "post_id"})).get("post_id")
        if not post:
            return {}
        try:
            return await self.call_api(
                account, f"{account.external_id}_{post}", params={"fields": _COUNTS}
            )
        except Rejected:
            return {}

    async def _read_insights(
        self, account: Account, edge: str, names: Mapping[str, str], *, all_have_all: bool
    ) -> dict[str, int]:
        try:
            rows = await self.read_insight_rows(account, edge, names, all_have_all=all_have_all)
        except Rejected:
            return {}  # the other counts are there all the same
        return {
            names[name]: value
            for name, value in parse_lifetime_values(rows).items()
            if name in names
        }

    @reject_on_missing_right
    async def measure_page(self, account: Account, first: date, last: date) -> list[PageFigures]:
        """Read figures of days in California. A Page of fewer than 100 likes has none, and
        ``until`` is excluded. https://developers.facebook.com/docs/graph-api/reference/insights,
        2026-06
        """
        self.require_spare_calls(account)
        rows = await self.read_insight_rows(
            account,
            f"{account.external_id}/insights",
            _PAGE_INSIGHTS,
            {"period": "day", **make_day_range(first, last)},
        )
        days = {_PAGE_INSIGHTS[name]: values for name, values in parse_values_by_day(rows).items()}
        return PageFigures.by_day(days, first, last)


def _parse_total(edge: Mapping[str, Any] | None) -> int | None:
    return (edge or {}).get("summary", {}).get("total_count")
