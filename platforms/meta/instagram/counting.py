"""Count how residents took posts up, and the account's own figures by day."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from platforms.messages import Account, Figures, PageFigures
from platforms.meta.containers.connector import Containers
from platforms.meta.errors import reject_on_missing_right
from platforms.meta.insights import make_day_range, parse_values_by_day

# A metric that is not the product's own fails the whole call.
_COMMON = {"views": "views", "reach": "reach", "shares": "shares"}
_OF_POSTS = {"likes": "reactions", "comments": "comments", "saved": "saves"}
_METRICS = {
    "FEED": {**_COMMON, **_OF_POSTS},
    "REELS": {**_COMMON, **_OF_POSTS, "ig_reels_video_view_total_time": "watch_seconds"},
    "STORY": {**_COMMON, "replies": "comments", "link_clicks": "clicks"},
}
# As the breakdown of follows_and_unfollows calls followers gained and lost.
_FOLLOWS = {"FOLLOWER": "followers_gained", "NON_FOLLOWER": "followers_lost"}


class Counting(Containers):
    """Read figures, by the metrics of each product."""

    async def read_figures(self, account: Account, post_id: str) -> Figures:
        fields = "media_product_type,like_count,comments_count"
        post = await self.call_api(account, post_id, params={"fields": fields})
        product = post.get("media_product_type", "")
        names = _METRICS.get(product, _COMMON)
        insights = await self.read_insights(account, post_id, list(names))
        values = {names[metric]: value for metric, value in insights.items() if metric in names}
        # Insights lag by up to two days; these two are there at once. Likes are left out where the
        # owner hides them.
        if product != "STORY":
            counts = {"reactions": post.get("like_count"), "comments": post.get("comments_count")}
            values = {**counts, **values}
        if values.get("watch_seconds") is not None:
            values["watch_seconds"] = round(values["watch_seconds"] / 1000)
        return Figures(**values)

    @reject_on_missing_right
    async def measure_page(self, account: Account, first: date, last: date) -> list[PageFigures]:
        """Read figures of days, at most 30. Reach alone comes as a series; the others are one total
        of what was requested, so a day is a call of its own.
        https://developers.facebook.com/docs/instagram-platform/api-reference/instagram-user/insights,
        2026-06
        """
        self.require_spare_calls(account)
        path = f"{account.external_id}/insights"
        params = {"period": "day", **make_day_range(first, last)}
        series = await self.read_insight_rows(account, path, ["reach"], params)
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        totals = await asyncio.gather(*(self._read_totals(account, path, day) for day in days))
        figures: dict[str, dict[date, int]] = {
            "reach": parse_values_by_day(series).get("reach", {})
        }
        for day, values in zip(days, totals, strict=True):
            for name, value in values.items():
                figures.setdefault(name, {})[day] = value
        return PageFigures.by_day(figures, first, last)

    async def _read_totals(self, account: Account, path: str, day: date) -> dict[str, int]:
        """Read the figures of one day that come as a total. Followers gained and lost are a
        breakdown of one figure, which accounts of fewer than 100 followers do not have.
        """
        total = {"period": "day", "metric_type": "total_value", **make_day_range(day, day)}
        by_type = {**total, "breakdown": "follow_type"}
        views, follows = await asyncio.gather(
            self.read_insight_rows(account, path, ["views"], total),
            self.read_insight_rows(account, path, ["follows_and_unfollows"], by_type),
        )
        totals = _parse_counts_by_follow_type(follows)
        for row in views:
            value = row.get("total_value", {}).get("value")
            if isinstance(value, int):
                totals["views"] = value
        return totals


def _parse_counts_by_follow_type(rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Read from the breakdown of one figure how many began to follow and how many ceased to."""
    results = [
        result
        for row in rows
        for breakdown in row.get("total_value", {}).get("breakdowns", ())
        for result in breakdown.get("results", ())
    ]
    counts = {}
    for result in results:
        match result:
            case {"dimension_values": [str(kind)], "value": int(value)} if kind in _FOLLOWS:
                counts[_FOLLOWS[kind]] = value
    return counts
