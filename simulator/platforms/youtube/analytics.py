"""Report YouTube Analytics: days in California, two days late."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

from simulator import growth
from simulator.calls import Call
from simulator.growth import PACIFIC
from simulator.model import DAY, Page, Post, Token
from simulator.platforms.youtube.errors import bad_request
from simulator.platforms.youtube.videos import Videos

METRICS = (
    "views", "engagedViews", "estimatedMinutesWatched", "averageViewDuration",
    "averageViewPercentage", "likes",
    "comments", "shares", "subscribersGained", "subscribersLost",
)  # fmt: skip


class Analytics:
    def __init__(self, videos: Videos) -> None:
        self.videos = videos
        self.world = videos.world

    def report(self, call: Call, token: Token) -> dict[str, Any]:
        """Report days in California, two days late. Without a row the key is missing."""
        self.videos.needs(token, ("yt-analytics.readonly",))
        page = self.videos.channel(token)
        metrics, dimensions = call.text("metrics").split(","), call.text("dimensions")
        filters = dict(
            part.split("==", 1) for part in call.text("filters").split(";") if "==" in part
        )
        known = (
            all(metric in METRICS for metric in metrics)
            and not {*metrics} & {*self.world.settings["youtube_retired_metrics"]}
            and dimensions in ("", "day")
            and set(filters) <= {"video"}
        )
        if call.text("ids") not in ("channel==MINE", f"channel=={page.external_id}") or not known:
            raise bad_request(
                "The query is not supported. Check the documentation for supported queries."
            )
        try:
            first, last = (
                date.fromisoformat(call.text("startDate")),
                date.fromisoformat(call.text("endDate")),
            )
        except ValueError:
            raise bad_request("startDate and endDate are dates, YYYY-MM-DD.") from None
        newest = datetime.fromtimestamp(self.world.world() - 2 * DAY, PACIFIC).date() - timedelta(
            days=1
        )
        days = [first + timedelta(days=at) for at in range((min(last, newest) - first).days + 1)]
        posts = [
            post
            for post in page.posts.values()
            if filters.get("video", post.id) in post.id.split(",")
        ]
        spans = (
            [(day, day) for day in days] if dimensions else [(days[0], days[-1])] if days else []
        )
        rows = []
        for begins, ends in spans:
            row = self.figures(page, posts, begins, ends)
            if row["views"] or (not filters and row["subscribersGained"]):
                rows.append(
                    ([begins.isoformat()] if dimensions else [])
                    + [row[metric] for metric in metrics]
                )
        headers = (
            [{"name": "day", "columnType": "DIMENSION", "dataType": "STRING"}] if dimensions else []
        )
        headers += [
            {
                "name": name,
                "columnType": "METRIC",
                "dataType": "FLOAT" if name.startswith("averageViewP") else "INTEGER",
            }
            for name in metrics
        ]
        answer = {"kind": "youtubeAnalytics#resultTable", "columnHeaders": headers}
        return answer | ({"rows": rows} if rows else {})

    @staticmethod
    def figures(page: Page, posts: list[Post], first: date, last: date) -> dict[str, float]:
        """Count what was gained from the first midnight to the one after the last day."""
        start = datetime(first.year, first.month, first.day, tzinfo=PACIFIC).timestamp()
        after = last + timedelta(days=1)
        end = datetime(after.year, after.month, after.day, tzinfo=PACIFIC).timestamp()
        gained: Counter[str] = Counter()
        for post in posts:
            old, new = (
                growth.compute_counts(page, post, start),
                growth.compute_counts(page, post, end),
            )
            length = post.details["seconds"] or 60
            views = new.views - old.views
            gained["views"] += views
            gained["engagedViews"] += int(views * 0.6)
            gained["estimatedMinutesWatched"] += int(views * length * 0.4 / 60)
            gained["likes"] += new.all_reactions - old.all_reactions
            gained["comments"] += new.comments - old.comments
            gained["shares"] += new.shares - old.shares
        people = growth.count_day(page, start, end, offset=0, now=end + DAY)
        gained["subscribersGained"], gained["subscribersLost"] = people.gained, people.lost
        views = max(1, gained["views"])
        averages = {
            "averageViewDuration": gained["estimatedMinutesWatched"] * 60 // views,
            "averageViewPercentage": 40.0,
        }
        return {metric: gained[metric] for metric in METRICS} | averages
