"""YouTube by the Data API: a private video by a resumable upload, then one call that makes it
public.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import batched
from urllib.parse import urlencode

from platforms.errors import AccessLost, Rejected, TryLater
from platforms.messages import (
    Account,
    Figures,
    LivePost,
    Message,
    PageFigures,
    Receipt,
    Visibility,
)
from platforms.youtube.comments import Comments
from platforms.youtube.connection import Connection
from platforms.youtube.errors import ABSENT
from platforms.youtube.facts import FACTS, SETTINGS
from platforms.youtube.news import News
from platforms.youtube.uploads import Uploads, once
from platforms.youtube.videos import (
    draft_of,
    is_public,
    is_refused,
    is_short,
    link_to,
    mark_of,
    receipt_of,
    refusal_of,
)
from platforms.youtube.words import WORDS

# What of a video's status may be written; the part is overwritten as a whole, so all of it goes
# back.
_WRITABLE = (
    "license",
    "embeddable",
    "publicStatsViewable",
    "selfDeclaredMadeForKids",
    "containsSyntheticMedia",
)

_STATISTICS = frozenset({"viewCount", "likeCount", "commentCount"})
_PAGE_METRICS = {
    "views": "views",
    "subscribersGained": "followers_gained",
    "subscribersLost": "followers_lost",
}
_RIGHT_MISSING = ("insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT")


class Youtube(Uploads, Comments, Connection, News):
    """https://developers.google.com/youtube/v3/guides/using_resumable_upload_protocol"""

    kind = "youtube"
    words = WORDS
    facts = FACTS
    settings = SETTINGS

    # --- the second -------------------------------------------------------------------------------

    async def commit(self, account: Account, message: Message, draft_ref: str = "") -> Receipt:
        """Makes the private video public; the same video, however often. Read first, because what
        the part does not name is erased: what somebody set at YouTube meanwhile stays as it is.
        """
        draft = draft_of(draft_ref)
        if draft is None or draft.session:
            raise TryLater("there is no whole video that could be shown", code="no_draft")
        video = await self._video(account, draft.video, "status")
        if video is None:
            raise Rejected("the video is no longer on the channel", code="videoNotFound")
        status = video["status"]
        if is_refused(status):
            raise refusal_of(status)
        if status.get("privacyStatus") != "public":
            kept = {name: status[name] for name in _WRITABLE if name in status}
            shown = {"id": draft.video, "status": {**kept, "privacyStatus": "public"}}
            body = json.dumps(shown).encode()
            headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
            await self._data(
                "PUT", account, "videos?part=status", data=once(body), headers=headers, writes=True
            )
        return receipt_of(account, draft.video, short=draft.short, status=status)

    async def check_processing(
        self, account: Account, message: Message, external_id: str
    ) -> Receipt | None:
        video = await self._video(account, external_id, "status")
        if video is None:
            raise Rejected("the video is no longer on the channel", code="videoNotFound")
        status = video["status"]
        if is_refused(status):
            raise refusal_of(status)
        receipt = receipt_of(account, external_id, short=is_short(message), status=status)
        return None if receipt.processing else receipt

    # --- the channel itself ---

    async def write_page_details(self, account: Account, changes: Mapping[str, str]) -> None:
        """Writes the whole part, because what it does not name is erased: read first, as a video's
        status is. https://developers.google.com/youtube/v3/docs/channels/update, 50 units.
        """
        channel = await self._channel(account, "id,brandingSettings")
        if channel["id"] != account.external_id:
            raise Rejected("the token opens another channel", code="otherChannel")
        now = channel.get("brandingSettings", {}).get("channel", {})
        part = {"channel": {**now, **changes}}
        body = json.dumps({"id": channel["id"], "brandingSettings": part}).encode()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        path = "channels?part=brandingSettings"
        await self._data("PUT", account, path, data=once(body), headers=headers, writes=True)

    # --- looking ----------------------------------------------------------------------------------

    async def find(
        self, account: Account, message: Message, draft_ref: str, since: datetime
    ) -> Receipt | None:
        draft = draft_of(draft_ref)
        if draft and draft.session:
            return None  # private whatever became of it
        if draft:
            video = await self._video(account, draft.video, "status")
            if video is None or not is_public(video["status"]):
                return None
            return receipt_of(account, draft.video, short=draft.short, status=video["status"])
        found = await self._marked(account, message, since=since)
        return Receipt(found, link_to(account, found, short=is_short(message))) if found else None

    async def list_posts(self, account: Account, since: datetime) -> list[LivePost]:
        found = []
        async for video in self._uploads(account, "snippet,status"):
            snippet = video["snippet"]
            at = datetime.fromisoformat(snippet["publishedAt"])
            if at >= since and is_public(video["status"]):
                ours = any(tag.startswith("vp-") for tag in snippet.get("tags", ()))
                text = f"{snippet['title']}\n\n{snippet.get('description', '')}".strip()
                found.append(
                    LivePost(video["id"], link_to(account, video["id"]), at, ours=ours, text=text)
                )
        return sorted(found, key=lambda each: each.published_at, reverse=True)

    @classmethod
    def ids_of(cls, reference: str) -> frozenset[str]:
        draft = draft_of(reference)
        return super().ids_of(draft.video if draft else reference)

    async def withdraw(self, account: Account, external_id: str) -> bool:
        video_id = await self._video_behind(account, external_id)
        if not video_id:
            return False
        try:
            await self._data("DELETE", account, f"videos?{urlencode({'id': video_id})}")
        except Rejected as error:
            if error.code not in ABSENT:
                raise
            return False
        return True

    async def read_visibility(self, account: Account, external_id: str) -> Visibility:
        """The channel's own token sees every video of the channel, so what is missing is gone."""
        video_id = await self._video_behind(account, external_id)
        video = await self._video(account, video_id, "status") if video_id else None
        if video is None:
            return Visibility.GONE
        # Unlisted: whoever has the address sees it.
        open_to_some = video["status"].get("privacyStatus") in ("public", "unlisted")
        return (
            Visibility.VISIBLE
            if open_to_some and not is_refused(video["status"])
            else Visibility.HIDDEN
        )

    async def _video_behind(self, account: Account, external_id: str) -> str:
        """The video that an id or a draft's reference means; empty while there is none. A session
        that is not whole makes none and dies by itself.
        """
        draft = draft_of(external_id)
        if draft is None or not draft.session:
            return draft.video if draft else external_id
        answer = await self._put(account, draft.session)
        if answer.status in (200, 201) and isinstance(answer.body, dict):
            return str(answer.body.get("id", ""))
        if answer.status == 308:
            return ""
        if answer.status not in (404, 410):
            raise self._error_of(answer, account, draft.session)
        async for video in self._uploads(account, "snippet", most=1):
            if mark_of(draft.key) in video["snippet"].get("tags", ()):
                return str(video["id"])
        return ""

    # --- counting ---------------------------------------------------------------------------------

    async def measure(self, account: Account, external_ids: Sequence[str]) -> dict[str, Figures]:
        """By the call that has a quota of its own. It may answer for some alone, so the others are
        asked after: only what is missing there as well is gone, or closed to residents where it is
        another channel's. One that is refused has left out all.
        """
        found: dict[str, Figures] = {}
        for path in ("videos:batchGetStats", "videos"):
            missing = [each for each in external_ids if each not in found]
            asked = [
                self._data(
                    "GET",
                    account,
                    f"{path}?{urlencode({'part': 'id,statistics', 'id': ','.join(chunk)})}",
                )
                for chunk in batched(missing, 50)
            ]
            try:
                answers = await asyncio.gather(*asked)
            except Rejected:
                if path == "videos":
                    raise
                continue
            for answer in answers:
                for each in answer.get("items", ()):
                    statistics = each.get("statistics", {})
                    self.metrics.record(_STATISTICS, _STATISTICS & statistics.keys())
                    found[each["id"]] = _figures(statistics)
        return found

    async def measure_page(self, account: Account, first: date, last: date) -> list[PageFigures]:
        """https://developers.google.com/youtube/analytics/reference/reports/query: days of
        California; one that is not told has no row. A name that is not known fails the whole
        query. Channels that were connected before this right was asked for have not granted it.
        """
        names = self.metrics.without_skipped(_PAGE_METRICS)
        try:
            answer = await self._report(account, names, first, last)
        except AccessLost as error:
            if error.code not in _RIGHT_MISSING:
                raise
            raise Rejected(error.detail, code=error.code) from None
        days = {_PAGE_METRICS[name]: values for name, values in answer.items()}
        return PageFigures.by_day(days, first, last)

    async def _report(
        self, account: Account, names: Sequence[str], first: date, last: date
    ) -> dict[str, dict[date, int]]:
        """Return figures of the channel by name and day."""
        if not names:
            return {}
        asked = {
            "ids": "channel==MINE",
            "startDate": first.isoformat(),
            "endDate": last.isoformat(),
            "metrics": ",".join(names),
            "dimensions": "day",
            "sort": "day",
        }
        url = f"{account.app['analytics_url']}/v2/reports?{urlencode(asked)}"
        headers = {"Authorization": f"Bearer {account.token}"}
        try:
            answer = await self.call("GET", url, headers=headers, redact=(account.token,))
        except Rejected as error:
            if "query" not in error.detail.casefold() and "metric" not in error.detail.casefold():
                raise
            if len(names) == 1:
                self.metrics.refused.update(names)
                return {}
            found: dict[str, dict[date, int]] = {}
            for name in names:
                found |= await self._report(account, [name], first, last)
            return found
        told = [each["name"] for each in answer["columnHeaders"] if each["name"] != "day"]
        rows = answer.get("rows", ())
        if rows:
            self.metrics.record(names, told)
        return {
            name: {date.fromisoformat(row[0]): int(row[at]) for row in rows}
            for at, name in enumerate(told, start=1)
            if name in _PAGE_METRICS
        }


def _figures(statistics: Mapping[str, str]) -> Figures:
    """Read figures. What the owner hides is missing, which is not zero."""

    def number(name: str) -> int | None:
        return int(statistics[name]) if name in statistics else None

    return Figures(
        views=number("viewCount"), reactions=number("likeCount"), comments=number("commentCount")
    )
