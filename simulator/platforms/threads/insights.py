"""Count a post and a profile."""

from __future__ import annotations

from typing import Any

from simulator import growth
from simulator.calls import Call
from simulator.model import DAY, Page, Post
from simulator.platforms.meta.containers import ContainerPlatform
from simulator.platforms.meta.graph import format_moment, parse_moment
from simulator.platforms.threads.errors import wrong

EARLIEST_INSIGHT = 1_712_991_600
METRICS = ("views", "likes", "replies", "reposts", "quotes", "shares")
ACCOUNT_METRICS = (
    "views",
    "likes",
    "replies",
    "reposts",
    "quotes",
    "clicks",
    "followers_count",
    "follower_demographics",
)


class Insights:
    def __init__(self, platform: ContainerPlatform) -> None:
        self.platform = platform
        self.world = platform.world

    def post_insights(self, call: Call, page: Page, post: Post) -> dict[str, Any]:
        counts = growth.compute_counts(page, post, self.world.world())
        numbers = (counts.views, counts.all_reactions, counts.comments, counts.shares,
                   counts.shares // 4, counts.shares // 2)  # fmt: skip
        values = dict(zip(METRICS, numbers, strict=True))
        return self.platform.insights(post.id, values, self.platform.requested_metrics(call))

    def account_insights(self, call: Call, page: Page) -> dict[str, Any]:
        """Count in the form that each metric has of its own: days, one total, or a total a link."""
        requested = self.platform.requested_metrics(call)
        retired = self.world.settings["threads_retired_metrics"]
        if not requested or set(requested) - (set(ACCOUNT_METRICS) - set(retired)):
            raise wrong("Param metric must be one of the known metrics")
        since = parse_moment(call.text("since"))
        if since is not None and since < EARLIEST_INSIGHT:
            raise wrong("Param since must not be before 1712991600")
        if "followers_count" in requested and since is not None and len(requested) == 1:
            raise wrong("Param since cannot be used with followers_count")
        now = self.world.world()

        def sums(moment: float) -> dict[str, int]:
            counts = [growth.compute_counts(page, post, moment) for post in page.posts.values()]
            return {
                "views": sum(one.views for one in counts),
                "likes": sum(one.all_reactions for one in counts),
                "replies": sum(one.comments for one in counts),
                "reposts": sum(one.shares for one in counts),
                "quotes": sum(one.shares // 4 for one in counts),
                "clicks": sum(one.clicks // 3 for one in counts),
            }

        days = [sums(now), sums(now - DAY), sums(now - 2 * DAY)]
        data = []
        for name in requested:
            row: dict[str, Any] = {"name": name, "period": "day", "title": name}
            match name:
                case "views":
                    end = self.world.wall() // DAY * DAY + 8 * 3600
                    row["values"] = [
                        {
                            "value": days[1][name] - days[2][name],
                            "end_time": format_moment(end - DAY),
                        },
                        {"value": days[0][name] - days[1][name], "end_time": format_moment(end)},
                    ]
                    if since is not None:
                        by_day = growth.count_days(
                            page,
                            since,
                            parse_moment(call.text("until")),
                            wall=self.world.wall(),
                            offset=self.world.offset,
                        )
                        row["values"] = [
                            {"value": day.views, "end_time": format_moment(ends)}
                            for ends, day in by_day
                        ]
                case "clicks":
                    links = {post.link for post in page.posts.values() if post.link}
                    row["link_total_values"] = [
                        {"value": days[0][name] // len(links), "link_url": link}
                        for link in sorted(links)
                    ]
                case "followers_count":
                    row["total_value"] = {"value": growth.count_followers(page, now)}
                case "follower_demographics":
                    if growth.count_followers(page, now) < 100:
                        raise wrong("The profile has fewer than 100 followers")
                    row |= {"period": "lifetime", "total_value": {"breakdowns": []}}
                case _:
                    row["total_value"] = {"value": days[0][name] - days[2][name]}
            data.append(row | {"id": f"{page.external_id}/insights/{name}/day"})
        return {"data": data}
