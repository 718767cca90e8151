"""Count how residents took videos up."""

import asyncio
from collections.abc import Sequence
from itertools import batched

from platforms.errors import Rejected
from platforms.messages import Account, Figures
from platforms.tiktok.lookups import Lookups
from platforms.tiktok.posts import PHOTO, is_post

_FIGURES = {
    "view_count": "views",
    "like_count": "reactions",
    "comment_count": "comments",
    "share_count": "shares",
}
_MOST_AT_ONCE = 20


class Counting(Lookups):
    """Read the figures of public videos."""

    async def measure(self, account: Account, external_ids: Sequence[str]) -> dict[str, Figures]:
        posts = {
            external_id.removeprefix(PHOTO): external_id
            for external_id in external_ids
            if is_post(external_id)
        }
        names = self.metrics.without_skipped(_FIGURES)
        counts_by_chunk = await asyncio.gather(
            *(self._read_counts(account, chunk, names) for chunk in batched(posts, _MOST_AT_ONCE))
        )
        figures = {
            posts[number]: Figures(**{_FIGURES[name]: count for name, count in counts.items()})
            for chunk in counts_by_chunk
            for number, counts in chunk.items()
        }
        # Photos need not be listed, and what is not public never is: it exists, as far as we know,
        # but is not measured.
        unlisted = [
            external_id
            for external_id in external_ids
            if not external_id.isdecimal() and external_id not in figures
        ]
        return figures | dict.fromkeys(unlisted, Figures())

    async def _read_counts(
        self, account: Account, ids: Sequence[str], names: Sequence[str]
    ) -> dict[str, dict[str, int]]:
        """Return counts by video and field. A field that TikTok has retired fails the whole call:
        then each is asked for by itself.
        """
        try:
            videos = await self.query_videos(account, ids, fields=",".join(["id", *names]))
        except Rejected as error:
            if error.code != "invalid_params" or "field" not in error.detail.casefold():
                raise
            if len(names) < 2:
                self.metrics.refused.update(names)
                return {}
            merged: dict[str, dict[str, int]] = {}
            for name in names:
                for number, counts in (await self._read_counts(account, ids, [name])).items():
                    merged.setdefault(number, {}).update(counts)
            return merged
        counts_by_video = {}
        for video in videos:
            counts = {name: video[name] for name in names if video.get(name) is not None}
            self.metrics.record(names, counts)
            counts_by_video[video["id"]] = counts
        return counts_by_video
