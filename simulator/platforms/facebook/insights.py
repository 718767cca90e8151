"""Count a page and its posts."""

from __future__ import annotations

from typing import Any

from simulator import growth
from simulator.calls import Call
from simulator.model import DAY, Page, Post, Token
from simulator.platforms.meta.graph import GraphError, format_moment, parse_moment
from simulator.world import World


class Insights:
    def __init__(self, world: World) -> None:
        self.world = world

    def post_insights(self, call: Call, token: Token, page: Page, post: Post) -> dict[str, Any]:
        counts = growth.compute_counts(page, post, self.world.world())
        values: dict[str, Any] = {
            "post_media_view": counts.views,
            "post_total_media_view_unique": counts.viewers,
            "post_clicks": counts.clicks,
            "post_clicks_by_type": {
                "link clicks": counts.clicks // 3,
                "other clicks": counts.clicks - counts.clicks // 3,
            },
            "post_reactions_by_type_total": {
                kind: total for kind, total in counts.reactions.items() if total
            },
            "post_activity_by_action_type": {
                "like": counts.all_reactions,
                "comment": counts.comments,
                "share": counts.shares,
            },
        } | {f"post_reactions_{kind}_total": total for kind, total in counts.reactions.items()}
        videos = (
            "views",
            "views_15s",
            "views_60s_excludes_shorter",
            "avg_time_watched",
            "view_time",
        )
        values |= dict.fromkeys((f"post_video_{name}" for name in videos), 0)
        return self.series(call, token, page, post.id, values, "lifetime")

    def page_insights(self, call: Call, token: Token, page: Page) -> dict[str, Any]:
        now = self.world.world()
        today = [growth.compute_counts(page, post, now) for post in page.posts.values()]
        before = [growth.compute_counts(page, post, now - DAY) for post in page.posts.values()]
        people, people_before = (
            growth.count_followers(page, now),
            growth.count_followers(page, now - DAY),
        )
        views = sum(counts.views for counts in today) - sum(counts.views for counts in before)
        acts = sum(counts.all_reactions + counts.comments + counts.shares for counts in today)
        values = {
            "page_media_view": views,
            "page_total_media_view_unique": int(views * 0.7),
            "page_post_engagements": acts
            - sum(counts.all_reactions + counts.comments + counts.shares for counts in before),
            "page_follows": people,
            "page_daily_follows": people - people_before,
            "page_daily_follows_unique": people - people_before,
            "page_daily_unfollows_unique": 0,
            "page_views_total": int(views * 0.1),
            "page_total_actions": 0,
            "page_video_views": 0,
        }
        since, until = parse_moment(call.text("since")), parse_moment(call.text("until"))
        answer = self.series(call, token, page, page.external_id, values, "day")
        if since is None:
            return answer
        wall = self.world.wall()
        if (until or wall) - since > 90 * DAY:
            message = "(#100) There cannot be more than 90 days between since and until"
            raise GraphError(message, 100)
        days = growth.count_days(page, since, until, wall=wall, offset=self.world.offset)
        for row in answer["data"]:
            row["values"] = []
            for ends, figures in days:
                of_day = {
                    "page_media_view": figures.views,
                    "page_total_media_view_unique": figures.viewers,
                    "page_views_total": figures.visits,
                    "page_daily_follows_unique": figures.gained,
                    "page_daily_follows": figures.gained,
                    "page_daily_unfollows_unique": figures.lost,
                }
                value = of_day.get(row["name"], values[row["name"]])
                row["values"].append({"value": value, "end_time": format_moment(ends)})
        return answer

    def series(
        self, call: Call, token: Token, page: Page, node: str, values: dict[str, Any], period: str
    ) -> dict[str, Any]:
        if "read_insights" not in token.scopes:
            raise GraphError(
                "(#200) Requires read_insights permission to manage the object", 200, status=403
            )
        nested = call.nested("metric")
        requested = (
            nested
            if isinstance(nested, list)
            else [name.strip() for name in call.text("metric").split(",") if name.strip()]
        )
        if not requested:
            raise GraphError("(#3001) An insights metric is required", 3001, 1504028)
        retired = self.world.settings["facebook_retired_metrics"]
        if any(name not in values or name in retired for name in requested):
            raise GraphError("(#100) The value must be a valid insights metric", 100)
        if growth.count_followers(page, self.world.world()) < 100:
            return {"data": []}
        value_of = {name: {"value": values[name]} for name in requested}
        if period == "day":
            for value in value_of.values():
                value["end_time"] = format_moment(self.world.wall() // DAY * DAY + 8 * 3600)
        return {
            "data": [
                {
                    "name": name,
                    "period": period,
                    "values": [value_of[name]],
                    "title": name.replace("_", " ").capitalize(),
                    "description": "",
                    "id": f"{node}/insights/{name}/{period}",
                }
                for name in requested
            ]
        }
