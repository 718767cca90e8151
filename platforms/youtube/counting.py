"""Count how residents took videos up, and the channel's own figures by day."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import batched
from typing import Any
from urllib.parse import urlencode

from platforms.errors import AccessLost, Rejected
from platforms.messages import Account, Figures, PageFigures
from platforms.youtube.api import Api

_STATISTICS = frozenset({"viewCount", "likeCount", "commentCount"})
_PAGE_METRICS = {
    "views": "views",
    "subscribersGained": "followers_gained",
    "subscribersLost": "followers_lost",
}
_RIGHT_MISSING = ("insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT")
_MOST_AT_ONCE = 50


class Counting(Api):
    """Read figures from the Data API and from Analytics."""

    async def measure(self, account: Account, external_ids: Sequence[str]) -> dict[str, Figures]:
        """Read figures by the call that has a quota of its own, then by the ordinary one what that
        left out. Only what is missing there as well is gone, or not public where it is another
        channel's. If the first call is refused, it has left out everything.
        """
        figures: dict[str, Figures] = {}
        for path in ("videos:batchGetStats", "videos"):
            missing = [external_id for external_id in external_ids if external_id not in figures]
            try:
                figures |= await self._read_statistics(account, path, missing)
            except Rejected:
                if path == "videos":
                    raise
        return figures

    async def _read_statistics(
        self, account: Account, path: str, ids: Sequence[str]
    ) -> dict[str, Figures]:
        queries = [
            urlencode({"part": "id,statistics", "id": ",".join(chunk)})
            for chunk in batched(ids, _MOST_AT_ONCE)
        ]
        answers = await asyncio.gather(
            *(self.call_api(account, f"{path}?{query}") for query in queries)
        )
        figures = {}
        for video in (item for answer in answers for item in answer.get("items", ())):
            statistics = video.get("statistics", {})
            self.metrics.record(_STATISTICS, _STATISTICS & statistics.keys())
            figures[video["id"]] = _parse_figures(statistics)
        return figures

    async def measure_page(self, account: Account, first: date, last: date) -> list[PageFigures]:
        """Read figures of days in California; a day without figures has no row. Raises Rejected
        where the right is missing: channels that were connected before it was asked for have not
        granted it. https://developers.google.com/youtube/analytics/reference/reports/query
        """
        names = self.metrics.without_skipped(_PAGE_METRICS)
        try:
            report = await self._read_report(account, names, first, last)
        except AccessLost as error:
            if error.code not in _RIGHT_MISSING:
                raise
            raise Rejected(error.detail, code=error.code) from None
        figures = {_PAGE_METRICS[name]: by_day for name, by_day in report.items()}
        return PageFigures.by_day(figures, first, last)

    async def _read_report(
        self, account: Account, names: Sequence[str], first: date, last: date
    ) -> dict[str, dict[date, int]]:
        """Return figures of the channel by name and day. A name that YouTube does not know fails
        the whole query: then each is asked for by itself.
        """
        if not names:
            return {}
        try:
            answer = await self._query_report(account, names, first, last)
        except Rejected as error:
            if "query" not in error.detail.casefold() and "metric" not in error.detail.casefold():
                raise
            if len(names) == 1:
                self.metrics.refused.update(names)
                return {}
            merged: dict[str, dict[date, int]] = {}
            for name in names:
                merged |= await self._read_report(account, [name], first, last)
            return merged
        headers = [header["name"] for header in answer["columnHeaders"] if header["name"] != "day"]
        rows = answer.get("rows", ())
        if rows:
            self.metrics.record(names, headers)
        return {
            name: {date.fromisoformat(row[0]): int(row[column]) for row in rows}
            for column, name in enumerate(headers, start=1)
            if name in _PAGE_METRICS
        }

    async def _query_report(
        self, account: Account, names: Sequence[str], first: date, last: date
    ) -> Any:
        query = {
            "ids": "channel==MINE",
            "startDate": first.isoformat(),
            "endDate": last.isoformat(),
            "metrics": ",".join(names),
            "dimensions": "day",
            "sort": "day",
        }
        url = f"{account.app['analytics_url']}/v2/reports?{urlencode(query)}"
        headers = {"Authorization": f"Bearer {account.token}"}
        return await self.call("GET", url, headers=headers, redact=(account.token,))


def _parse_figures(statistics: Mapping[str, str]) -> Figures:
    """Read a video's figures. What the owner hides is missing, which is not zero."""

    def number(name: str) -> int | None:
        return int(statistics[name]) if name in statistics else None

    return Figures(
        views=number("viewCount"), reactions=number("likeCount"), comments=number("commentCount")
    )
