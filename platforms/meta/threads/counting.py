"""Count how residents took posts up, and the profile's own figures by day."""

from datetime import date

from platforms.messages import Account, Figures, PageFigures
from platforms.meta.containers.connector import Containers
from platforms.meta.errors import reject_on_missing_right
from platforms.meta.insights import make_day_range, parse_values_by_day

_METRICS = {"views": "views", "likes": "reactions", "replies": "comments"}
_SHARES = ("reposts", "quotes", "shares")


class Counting(Containers):
    """Read figures; what was reposted, quoted or shared is one figure of ours."""

    async def read_figures(self, account: Account, post_id: str) -> Figures:
        insights = await self.read_insights(account, post_id, [*_METRICS, *_SHARES])
        values = {_METRICS[name]: value for name, value in insights.items() if name in _METRICS}
        shares = [insights[name] for name in _SHARES if name in insights]
        return Figures(**values, shares=sum(shares) if shares else None)

    @reject_on_missing_right
    async def measure_page(self, account: Account, first: date, last: date) -> list[PageFigures]:
        """Read views, the only figure of a profile by day.
        https://developers.facebook.com/docs/threads/insights
        """
        self.require_spare_calls(account)
        path = f"{account.external_id}/threads_insights"
        rows = await self.read_insight_rows(account, path, ["views"], make_day_range(first, last))
        return PageFigures.by_day(parse_values_by_day(rows), first, last)
