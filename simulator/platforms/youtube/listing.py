"""List videos by id, figures of many, channels, uploads of a channel, and what a search finds."""

from __future__ import annotations

import secrets
from typing import Any

from simulator import growth
from simulator.calls import Call
from simulator.faults import Plan
from simulator.model import Page, Post, Token
from simulator.platforms.youtube.errors import YoutubeError, bad_request, forbidden, missing
from simulator.platforms.youtube.formats import format_iso_duration, format_moment, round_figure
from simulator.platforms.youtube.spec import YoutubeSpec
from simulator.platforms.youtube.videos import MANAGES, READS, Videos
from simulator.platforms.youtube.views import OWNER_PARTS, VIDEO_PARTS, Views

# Of a channel's branding what may be written, but for its name.
BRANDED, LONGEST_DESCRIPTION = ("description", "keywords"), 1000
CHANNEL_PARTS = (
    "id", "snippet", "contentDetails", "statistics", "status", "brandingSettings", "topicDetails",
    "localizations",
    "auditDetails", "contentOwnerDetails",
)  # fmt: skip


class Listing:
    def __init__(self, videos: Videos, views: Views) -> None:
        self.videos = videos
        self.views = views
        self.world = videos.world

    def ids(self, call: Call) -> list[str]:
        ids = [key for key in call.text("id").split(",") if key]
        if len(ids) > 50:
            raise YoutubeError(
                400,
                "invalidFilters",
                "At most 50 ids a call.",
                domain="youtube.parameter",
                where="id",
            )
        return ids

    def list_videos(self, call: Call, token: Token) -> dict[str, Any]:
        self.videos.needs(token, READS)
        parts = self.videos.parts(call.params, VIDEO_PARTS)
        ids = self.ids(call)
        if not ids:
            raise YoutubeError(
                400, "missingRequiredParameter", "No filter selected.", domain="youtube.parameter"
            )
        items = []
        for video_id in ids:
            post = self.videos.video(video_id)
            if post is None:
                continue
            page = self.world.pages[YoutubeSpec.name][self.videos.channel_of[video_id]]
            own = page.external_id == token.page
            if not own and post.details["status"]["privacyStatus"] == "private":
                continue
            if not own and any(part in OWNER_PARTS for part in parts):
                raise forbidden("The request cannot access the video's owner-only parts.")
            answer = self.views.view(page, post, parts)
            if not own and "statistics" in answer:
                answer["statistics"].pop("dislikeCount")
            items.append(answer)
        return {
            "kind": "youtube#videoListResponse",
            "etag": secrets.token_hex(8),
            "items": items,
            "pageInfo": {"totalResults": len(items), "resultsPerPage": len(items)},
        }

    def stats_of_many(self, call: Call, token: Token) -> dict[str, Any]:
        """Give figures of many videos; leave out one that is not there."""
        self.videos.needs(token, READS)
        parts = self.videos.parts(call.params, ("id", "snippet", "statistics", "contentDetails"))
        items = []
        for video_id in self.ids(call):
            post = self.videos.video(video_id)
            if post is None or not post.visible(self.world.world()):
                continue
            page = self.world.pages[YoutubeSpec.name][self.videos.channel_of[video_id]]
            answer: dict[str, Any] = {
                "kind": "youtube#videoStats",
                "etag": self.views.etag(post),
                "id": video_id,
            }
            if "snippet" in parts:
                answer["snippet"] = {"publishTime": format_moment(post.published_at)}
            if "statistics" in parts:
                answer["statistics"] = self.views.statistics(page, post)
                del answer["statistics"]["favoriteCount"]
            if "contentDetails" in parts:
                answer["contentDetails"] = {
                    "duration": format_iso_duration(post.details["seconds"])
                }
            items.append(answer)
        return {"kind": "youtube#batchGetStatsResponse", "items": items}

    def list_channels(self, call: Call, token: Token) -> dict[str, Any]:
        self.videos.needs(token, READS)
        parts = self.videos.parts(call.params, CHANNEL_PARTS)
        pages = self.world.pages[YoutubeSpec.name]
        if call.flag("mine"):
            channels = [pages[token.page]] if token.page in pages else []
        elif call.text("id"):
            channels = [pages[channel_id] for channel_id in self.ids(call) if channel_id in pages]
        elif call.text("forHandle"):
            one = self.world.find_page(YoutubeSpec.name, call.text("forHandle").removeprefix("@"))
            channels = [one] if one else []
        else:
            raise YoutubeError(
                400, "missingRequiredParameter", "No filter selected.", domain="youtube.parameter"
            )
        answer: dict[str, Any] = {
            "kind": "youtube#channelListResponse",
            "etag": secrets.token_hex(8),
            "pageInfo": {"totalResults": len(channels), "resultsPerPage": 5},
        }
        # A list without items comes without the key as well as with an empty one: this is the
        # harder case.
        return answer | (
            {"items": [self.channel_view(page, parts, call) for page in channels]}
            if channels
            else {}
        )

    def change_channel(self, call: Call, token: Token) -> dict[str, Any]:
        """Overwrite a part as a whole: what it does not name is erased."""
        self.videos.needs(token, MANAGES)
        page = self.videos.channel(token)
        if self.videos.parts(call.params, CHANNEL_PARTS) != ["brandingSettings"]:
            raise YoutubeError(400, "unexpectedPart", "Only brandingSettings is played here.")
        if call.text("id") != page.external_id:
            raise YoutubeError(403, "channelForbidden", "The channel is not the token's.")
        settings = call.params.get("brandingSettings")
        channel = settings.get("channel") if isinstance(settings, dict) else None
        if not isinstance(channel, dict):
            raise YoutubeError(
                400, "requiredParameterMissing", "brandingSettings.channel is missing."
            )
        description = str(channel.get("description", ""))
        if len(description) > LONGEST_DESCRIPTION or {"<", ">"} & set(description):
            raise YoutubeError(400, "channelDescriptionTooLong", "The description does not fit.")
        for name in BRANDED:
            page.profile[name] = str(channel.get(name, ""))
        self.world.dirty = True
        return self.channel_view(page, ["brandingSettings"], call)

    def channel_view(self, page: Page, parts: list[str], call: Call) -> dict[str, Any]:
        now = self.world.world()
        link = f"{self.world.public_url or call.origin}/pages/youtube/{page.external_id}/"
        answer: dict[str, Any] = {
            "kind": "youtube#channel",
            "etag": secrets.token_hex(8),
            "id": page.external_id,
        }
        every = {
            "snippet": lambda: {
                "title": page.name, "description": page.profile.get("description", ""),
                "customUrl": f"@{page.username}",
                "publishedAt": format_moment(page.created_at), "country": "VN",
                "thumbnails": {size: {"url": f"{link}avatar.svg"} for size in ("default", "medium",
                "high")},
            },
            "brandingSettings": lambda: {
                "channel": {"title": page.name, "country": "VN"} | {
                    name: page.profile[name]
                    for name in BRANDED
                    if page.profile.get(name)
                },
                **({"image": {"bannerExternalUrl": f"{link}avatar.svg"}}
                if page.profile.get("cover") else {}),
            },
            "contentDetails": lambda: {"relatedPlaylists": {"likes": "",
            "uploads": f"UU{page.external_id[2:]}"}},
            "statistics": lambda: {
                "viewCount": str(sum(growth.compute_counts(page, post,
                now).views for post in page.posts.values())),
                "subscriberCount": str(round_figure(growth.count_followers(page, now))),
                "hiddenSubscriberCount": "subscriberCount" in self.world.settings["youtube_hidden"],
                "videoCount": str(len(self.world.visible_posts(page))),
            },
            "status": lambda: {
                "privacyStatus": "public", "isLinked": True, "madeForKids": False,
                "longUploadsStatus": "allowed" if self.world.settings["youtube_verified_channels"] else "eligible",  # noqa: E501
            },
        }  # fmt: skip
        return answer | {part: every[part]() for part in parts if part in every}

    def listed(self, page: Page, lag: float, own: bool) -> list[Post]:
        """List a channel's uploads, newest first, as they were a while ago."""
        then = self.world.world() - max(lag, self.world.settings["youtube_listing_seconds"])
        posts = [
            post
            for post in page.posts.values()
            if post.details["exists_from"] <= then
            and not post.gone(then)
            and (own or post.visible(then))
        ]
        for post in posts:
            self.videos.video(post.id)
        posts.sort(key=lambda post: post.created_at, reverse=True)
        return posts

    def screen(self, call: Call, posts: list[Post]) -> tuple[list[Post], dict[str, Any]]:
        """Give one page of a list and the words that lead to the next."""
        most = call.number("maxResults", 5)
        if not 0 <= most <= 50:
            raise YoutubeError(
                400,
                "invalidParameter",
                "maxResults is 0 to 50.",
                domain="global",
                where="maxResults",
            )
        at = call.number("pageToken", 0)
        answer: dict[str, Any] = {"pageInfo": {"totalResults": len(posts), "resultsPerPage": most}}
        if at + most < len(posts):
            answer["nextPageToken"] = str(at + most)
        return posts[at : at + most], answer

    def playlist(self, call: Call, token: Token, plan: Plan) -> dict[str, Any]:
        self.videos.needs(token, READS)
        parts = self.videos.parts(call.params, ("id", "snippet", "contentDetails", "status"))
        playlist = call.text("playlistId")
        if not playlist:
            raise missing("playlistId")
        page = (
            self.world.pages[YoutubeSpec.name].get(f"UC{playlist[2:]}")
            if playlist.startswith("UU")
            else None
        )
        if page is None:
            raise YoutubeError(
                404, "playlistNotFound",
                ("The playlist identified with " "the request's " "playlistId cannot be found."),
                domain="youtube.playlistItem", where="playlistId",
            )  # fmt: skip
        posts, answer = self.screen(
            call, self.listed(page, plan.lag, page.external_id == token.page)
        )
        items = []
        for at, post in enumerate(posts):
            item: dict[str, Any] = {
                "kind": "youtube#playlistItem",
                "etag": self.views.etag(post),
                "id": f"{playlist}.{post.id}",
            }
            video = {"kind": "youtube#video", "videoId": post.id}
            if "snippet" in parts:
                item["snippet"] = {
                    "publishedAt": format_moment(post.created_at), "channelId": page.external_id,
                    "title": post.title,
                    "description": post.text, "channelTitle": page.name, "playlistId": playlist,
                    "position": at,
                    "resourceId": video, "thumbnails": {},
                }  # fmt: skip
            if "contentDetails" in parts:
                item["contentDetails"] = {"videoId": post.id}
                if self.videos.was_public(post):
                    item["contentDetails"]["videoPublishedAt"] = format_moment(post.published_at)
            if "status" in parts:
                item["status"] = {"privacyStatus": post.details["status"]["privacyStatus"]}
            items.append(item)
        return {
            "kind": "youtube#playlistItemListResponse",
            "etag": secrets.token_hex(8),
            "items": items,
        } | answer

    def search(self, call: Call, token: Token, plan: Plan) -> dict[str, Any]:
        self.videos.needs(token, READS)
        self.videos.parts(call.params, ("id", "snippet"))
        mine = call.flag("forMine")
        page = self.world.pages[YoutubeSpec.name].get(
            token.page if mine else call.text("channelId")
        )
        if mine and call.text("type") != "video":
            raise bad_request("forMine needs type=video.")
        query_words = call.text("q").lower().split()
        matching = [
            post
            for post in (self.listed(page, plan.lag, mine) if page else [])
            if all(word in f"{post.title} {post.text}".lower() for word in query_words)
        ]
        posts, answer = self.screen(call, matching)
        items = [
            {
                "kind": "youtube#searchResult",
                "etag": self.views.etag(post),
                "id": {"kind": "youtube#video", "videoId": post.id},
                "snippet": {
                    "publishedAt": format_moment(post.created_at),
                    "channelId": page.external_id if page else "",
                    "title": post.title, "description": post.text[:160], "thumbnails": {},
                },
            }
            for post in posts
        ]  # fmt: skip
        return {
            "kind": "youtube#searchListResponse",
            "etag": secrets.token_hex(8),
            "items": items,
        } | answer
