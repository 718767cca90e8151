"""Count how residents took articles up."""

from collections.abc import Sequence

from platforms.messages import Account, Figures
from platforms.zalo.articles import KINDS
from platforms.zalo.lookups import MAX_LIST_CALLS, Lookups

_FIGURES = frozenset({"total_view", "total_share"})


class Counting(Lookups):
    """Read figures from the lists of articles, the only place that has them."""

    async def measure(self, account: Account, external_ids: Sequence[str]) -> dict[str, Figures]:
        requested = set(external_ids)
        figures: dict[str, Figures] = {}
        is_cut = False
        for kind in KINDS:
            count = 0
            async for article in self.iter_articles(account, kind, max_calls=MAX_LIST_CALLS):
                if len(figures) == len(requested):
                    return figures
                count += 1
                if article["id"] in requested:
                    self.metrics.record(_FIGURES, _FIGURES & article.keys())
                    views, shares = article.get("total_view"), article.get("total_share")
                    figures[article["id"]] = Figures(views=views, shares=shares)
            is_cut = is_cut or count >= MAX_LIST_CALLS * 10
        if is_cut:
            # Older than we read back: there, as far as we know, but not measured.
            figures |= dict.fromkeys(requested - figures.keys(), Figures())
        return figures
