"""Count a post and an account."""

from __future__ import annotations

from typing import Any

from simulator import growth
from simulator.calls import Call
from simulator.model import DAY, Page, Post, Token
from simulator.platforms.meta.containers import ContainerPlatform
from simulator.platforms.meta.graph import GraphError, format_moment, parse_moment

COMMON = ("reach", "views", "shares", "total_interactions", "reposts")
LIKED = ("likes", "comments", "saved")
VISITED = ("follows", "profile_visits", "profile_activity")
METRICS = {
    "FEED": (*COMMON, *LIKED, *VISITED),
    "REELS": (
        *COMMON, *LIKED, "ig_reels_avg_watch_time", "ig_reels_video_view_total_time",
        "reels_skip_rate",
    ),
    "STORY": (*COMMON, *VISITED, "replies", "navigation", "link_clicks"),
}  # fmt: skip
METRICS_AT_FACEBOOK = ("facebook_views", "total_likes", "total_comments", "total_views")
ACCOUNT_METRICS = (
    "reach", "views", "accounts_engaged", "likes", "comments", "saves", "shares", "replies",
    "reposts",
    "total_interactions", "profile_links_taps", "follows_and_unfollows", "follower_count",
    "follower_demographics",
)  # fmt: skip


class Insights:
    def __init__(self, platform: ContainerPlatform) -> None:
        self.platform = platform
        self.world = platform.world

    def media_insights(self, call: Call, token: Token, page: Page, post: Post) -> dict[str, Any]:
        counts = growth.compute_counts(page, post, self.world.world())
        interactions = counts.all_reactions + counts.comments + counts.shares
        numbers: dict[str, Any] = {
            "reach": counts.viewers, "views": counts.views, "shares": counts.shares,
            "reposts": counts.shares // 3,
            "total_interactions": interactions, "likes": counts.all_reactions,
            "comments": counts.comments,
            "saved": counts.clicks // 4, "follows": counts.clicks // 20,
            "profile_visits": counts.clicks // 5,
            "profile_activity": counts.clicks // 8, "ig_reels_avg_watch_time": 4200,
            "ig_reels_video_view_total_time": counts.views * 4200, "reels_skip_rate": 37,
            "replies": counts.comments // 4, "navigation": counts.views,
            "link_clicks": counts.clicks // 6,
            "facebook_views": counts.views // 5, "total_likes": counts.all_reactions,
            "total_comments": counts.comments, "total_views": counts.views,
        }  # fmt: skip
        product = post.details["product"]
        known: tuple[str, ...] = METRICS[product]
        if token.platform == "facebook" and product != "STORY":
            known += METRICS_AT_FACEBOOK
        answer = self.platform.insights(
            post.id, {name: numbers[name] for name in known}, self.platform.requested_metrics(call)
        )
        if product == "STORY" and counts.viewers < 5:
            raise GraphError("(#10) Not enough viewers for the media to show insights", 10)
        return answer if counts.views else {"data": []}

    def account_insights(self, call: Call, token: Token, page: Page) -> dict[str, Any]:
        self.platform.need(token, "manage_insights")
        requested = self.platform.requested_metrics(call)
        retired = self.world.settings["instagram_retired_metrics"]
        if not requested or set(requested) - (set(ACCOUNT_METRICS) - set(retired)):
            raise GraphError("(#100) metric[0] must be one of the following values", 100)
        since, until = parse_moment(call.text("since")), parse_moment(call.text("until"))
        if since is not None and (until or self.world.wall()) - since > 30 * DAY:
            raise GraphError(
                "(#100) There cannot be more than 30 days (2592000 s) between since and until", 100
            )
        now = self.world.world()
        today = [growth.compute_counts(page, post, now) for post in page.posts.values()]
        before = [growth.compute_counts(page, post, now - DAY) for post in page.posts.values()]

        def gained(what: str) -> int:
            return sum(getattr(counts, what) for counts in today) - sum(
                getattr(counts, what) for counts in before
            )

        likes, comments, shares = gained("all_reactions"), gained("comments"), gained("shares")
        values = dict.fromkeys(ACCOUNT_METRICS, 0) | {
            "reach": gained("viewers"), "views": gained("views"), "likes": likes,
            "comments": comments,
            "shares": shares, "total_interactions": likes + comments + shares,
            "accounts_engaged": likes,
            "follower_count":
                growth.count_followers(page, now) - growth.count_followers(page, now - DAY),
        }  # fmt: skip
        told: list[tuple[float, growth.Day]] = []
        if since is not None:
            told = growth.count_days(
                page, since, until, wall=self.world.wall(), offset=self.world.offset
            )
            values |= {
                "reach": sum(day.viewers for _ends, day in told),
                "views": sum(day.views for _ends, day in told),
            }
        small = growth.count_followers(page, now) < 100
        data = []
        for name in requested:
            if small and name in ("follower_demographics", "follows_and_unfollows"):
                continue
            row: dict[str, Any] = {
                "name": name,
                "period": "lifetime" if name == "follower_demographics" else "day",
                "title": name.replace("_", " ").capitalize(),
            }
            if since is not None and call.text("metric_type") != "total_value":
                row |= self.series(name, told)
            else:
                row |= self.total(call, name, values[name], told)
            data.append(row | {"id": f"{page.external_id}/insights/{name}/{row['period']}"})
        return {"data": data}

    def series(self, name: str, told: list[tuple[float, growth.Day]]) -> dict[str, Any]:
        """Tell a figure by day; only two have one."""
        require_total(name)
        return {
            "values": [
                {
                    "value": day.viewers if name == "reach" else day.gained - day.lost,
                    "end_time": format_moment(ends),
                }
                for ends, day in told
            ]
        }

    def total(
        self, call: Call, name: str, value: int, told: list[tuple[float, growth.Day]]
    ) -> dict[str, Any]:
        """Tell one number of all that was asked for, or its parts."""
        if name == "follower_demographics":
            parts: dict[str, Any] = {
                "dimension_keys": [call.text("breakdown")],
                "results": [],
            }
            return {"total_value": {"breakdowns": [parts]}}
        if name == "follows_and_unfollows" and call.text("breakdown") == "follow_type":
            gained = sum(day.gained for _ends, day in told)
            lost = sum(day.lost for _ends, day in told)
            results = [
                {"dimension_values": ["FOLLOWER"], "value": gained},
                {"dimension_values": ["NON_FOLLOWER"], "value": lost},
            ]
            parts = {"dimension_keys": ["follow_type"], "results": results}
            return {"total_value": {"breakdowns": [parts]}}
        if call.text("metric_type") == "total_value":
            return {"total_value": {"value": value}}
        require_total(name)
        end = format_moment(self.world.wall() // DAY * DAY + 8 * 3600)
        return {"values": [{"value": value, "end_time": end}]}


def require_total(name: str) -> None:
    if name not in ("reach", "follower_count"):
        message = (
            "(#100) The following metrics should be specified with parameter "
            "metric_type=total_value"
        )
        raise GraphError(f"{message}: {name}", 100)
