"""Read insights, as Meta calls the figures of posts and pages."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, ClassVar

from platforms.errors import Rejected, TryLater
from platforms.messages import Account
from platforms.meta.errors import RightMissing
from platforms.meta.graph import Graph, parse_time
from platforms.pacific import find_day_before, get_midnight

_MAX_USAGE = 80  # percent of a page's calls; the rest is left to publishing


class Insights(Graph):
    """A connector that reads insights."""

    spare_calls_code: ClassVar[str] = "80002"  # of the error where calls are left to publishing

    def require_spare_calls(self, account: Account) -> None:
        """Raise TryLater where only the last fifth of the page's calls is left."""
        if self.usage.get(account.external_id, 0) >= _MAX_USAGE:
            raise TryLater(
                "most of the page's calls are used up",
                code=self.spare_calls_code,
                wait=timedelta(hours=1),
            )

    async def read_insight_rows(
        self,
        account: Account,
        path: str,
        metrics: Iterable[str],
        params: Mapping[str, str] = {},
        *,
        all_have_all: bool = True,
    ) -> list[Mapping[str, Any]]:
        """Return the rows of insights; none without the right to them. One name that the platform
        has retired fails the whole call: then each is asked for by itself, and the one that is
        refused again is recorded. ``all_have_all``: a name without a row is recorded as left out.
        """
        names = self.metrics.without_skipped(metrics)
        if not names:
            return []
        query = {"metric": ",".join(names), **params}
        try:
            answer = await self.call_api(account, path, params=query)
        except RightMissing:
            return []
        except Rejected as error:
            if error.code in self.absent_codes:
                raise
            if len(names) > 1:
                calls = [
                    self.read_insight_rows(account, path, [name], params, all_have_all=all_have_all)
                    for name in names
                ]
                return [row for rows in await asyncio.gather(*calls) for row in rows]
            if error.code == "100" and "metric" in error.detail.casefold():
                self.metrics.refused.update(names)
            return []
        rows = list(answer["data"])
        returned = [str(row["name"]) for row in rows]
        self.metrics.record(names if all_have_all else returned, returned)
        return rows


def parse_lifetime_values(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return lifetime figures by metric; one without data is left out."""
    return {row["name"]: row["values"][0]["value"] for row in rows if row.get("values")}


def parse_values_by_day(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[date, int]]:
    """Return figures of a page by metric and day. A value bears the moment at which its day ended
    in California.
    """
    return {
        str(row["name"]): {
            find_day_before(parse_time(value["end_time"])): value["value"]
            for value in row.get("values", ())
            if "end_time" in value and isinstance(value.get("value"), int)
        }
        for row in rows
    }


def make_day_range(first: date, last: date) -> dict[str, str]:
    """Return the parameters that ask for the days from ``first`` to ``last``."""
    after = last + timedelta(days=1)
    return {
        "since": str(int(get_midnight(first).timestamp())),
        "until": str(int(get_midnight(after).timestamp())),
    }
