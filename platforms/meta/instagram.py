"""Instagram professional accounts, through the Facebook Page that they are linked to: a container
first, then one call that publishes it.

The other way in, Instagram's own login, cannot delete a post. A recall has to.
"""

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from platforms import common_messages
from platforms.errors import AccessLost, ConnectorError, OutcomeUnknown
from platforms.facts import Facts, Fold, Format, ImageLimits, Origin, PageItem, Setting, VideoLimits
from platforms.messages import (
    Account,
    Comment,
    Figures,
    Image,
    Message,
    Offer,
    PageDetails,
    PageFigures,
    Profile,
    Tokens,
    Video,
)
from platforms.meta.containers import COMMON_REASONS, Containers
from platforms.meta.graph import (
    ABSENT_CODES,
    COMMON_ERROR_KINDS,
    ByPage,
    ErrorKind,
    ai_label_fields,
    days_of,
    moment_of,
    path_of,
    reject_on_missing_right,
    span,
)
from platforms.words import Term, Words
from platforms.words import gettext_noop as _

_MB = 1024 * 1024
_LONGEST_ALT = 1000
_VIDEO = VideoLimits(
    max_bytes=300 * _MB,
    min_seconds=3,
    max_seconds=900,
    min_ratio=0.01,
    max_ratio=10,
    max_side=1920,
    min_fps=23,
    max_fps=60,
)
_IMAGES = ImageLimits(
    most=10, max_bytes=8 * _MB, types=frozenset({"image/jpeg"}), min_ratio=4 / 5, max_ratio=1.91
)
_REEL = Format(
    "reel",
    max_text=2200,
    max_hashtags=30,
    max_mentions=20,
    # Since December 2025 Instagram's own app takes 5 and 3; Meta's reference still says 30 and 20.
    useful_hashtags=5,
    useful_mentions=3,
    videos=_VIDEO,
    takes_link=False,
    media_by_url=True,
    labels_ai=True,
)
_SCOPES = {
    "pages_show_list": False,
    "pages_read_engagement": True,
    "instagram_basic": True,
    "instagram_content_publish": True,
    "instagram_manage_contents": False,
    "instagram_manage_comments": False,
    "instagram_manage_insights": False,
    "pages_manage_metadata": False,
}
# A metric that is not the product's own fails the whole call.
_COUNTED = {"views": "views", "reach": "reach", "shares": "shares"}
_COUNTED_UNDER_POSTS = {"likes": "reactions", "comments": "comments", "saved": "saves"}
_METRICS = {
    "FEED": {**_COUNTED, **_COUNTED_UNDER_POSTS},
    "REELS": {
        **_COUNTED,
        **_COUNTED_UNDER_POSTS,
        "ig_reels_video_view_total_time": "watch_seconds",
    },
    "STORY": {**_COUNTED, "replies": "comments", "link_clicks": "clicks"},
}
# What the breakdown of follows_and_unfollows calls them.
_FOLLOWS = {"FOLLOWER": "followers_gained", "NON_FOLLOWER": "followers_lost"}
# Words without a number of their own: the page or the person has to pass a check at facebook.com
# first.
_HUMAN = re.compile(r"Page Publishing Authorization|two-factor", re.IGNORECASE)


# What errors mean to an officer, and what to do.
_REASONS = {
    "2635": common_messages.RETIRED,
    **COMMON_REASONS,
    "100/33": common_messages.NO_OBJECT,
    "gone": _(
        "the Instagram account is no longer linked to the Facebook Page, or no longer there; link "
        "it in the Page's settings, then connect again"
    ),
    "check": _(
        "Facebook asks the page, or the person who connected it, to pass a check at "
        "facebook.com first"
    ),
    "25/2207050": common_messages.CLOSED,
    "4/2207051": common_messages.SPAM,
    **dict.fromkeys(("quota", "9/2207042"), common_messages.QUOTA),
    **dict.fromkeys(("36000/2207004", "36001/2207005"), common_messages.PICTURE),
    "36003/2207009": _("a picture is too tall or too wide; cut it to between 4:5 and 1.91:1"),
    "36004/2207010": _("the text is longer than the platform allows"),
    "100/2207040": _("the text mentions more accounts than the platform allows"),
    **dict.fromkeys(("352/2207026", "2207026"), common_messages.UNREADABLE_MEDIA),
    **dict.fromkeys(
        ("9004/2207052", "-2/2207003", "2207003", "2207052", "2207076", "2207077", "2207082"),
        common_messages.FETCH,
    ),
    **dict.fromkeys(
        ("-1/2207001", "-1/2207032", "-1/2207053", "2207001", "2207032", "2207053"),
        common_messages.DOWN,
    ),
    **dict.fromkeys(("EXPIRED", "UNKNOWN", "24/2207006", "24/2207008"), common_messages.LAY),
}
_LATE = _("Up to two days late.")
_NOT_BELOW_100 = _("Not told of accounts with fewer than 100 followers.")


class Instagram(Containers, ByPage):
    """https://developers.facebook.com/docs/instagram-platform/content-publishing"""

    kind = "instagram"
    webhook_object = "instagram"
    # Of comments and mentions alone: nothing of what is published or deleted.
    webhook_fields = "feed"
    words = Words(
        label="Instagram",
        page=_("Instagram account %(name)s"),
        icon="brand-instagram",
        how_to_revoke=common_messages.LEAVING_FACEBOOK,
        formats={
            "post": common_messages.POST,
            "reel": common_messages.REEL,
            "story": Term(_("Story"), common_messages.PICTURE_STORY),
        },
        reasons=_REASONS,
        rights={
            **ByPage.RIGHTS,
            "instagram_basic": common_messages.READ,
            "instagram_content_publish": common_messages.PUBLISH,
            "instagram_manage_contents": common_messages.WITHDRAW,
            "instagram_manage_comments": _("reading, answering and hiding comments"),
            "instagram_manage_insights": common_messages.FIGURES,
        },
        connect_steps=[
            _(
                "Instagram is connected through Facebook: sign in there with the account that "
                "administers the Facebook Page which the Instagram account is linked to, agree, "
                "and you come back here to confirm."
            ),
            _(
                "The Instagram account must be a professional one, and linked to the "
                "Page beforehand."
            ),
        ],
        dialog_of="Facebook",
        no_page_offered=_(
            "None of the Facebook Pages that you agreed to is linked to a professional Instagram "
            "account. Link it in the Page's settings, then connect again."
        ),
    )
    create_edge = "media"
    publish_edge = "media_publish"
    quota_edge = "content_publishing_limit"
    list_edges = ("media", "stories")
    state_fields = "status_code,status"
    text_field = "caption"
    absent_codes = ABSENT_CODES | {"24/2207008"}
    unpublishable_codes = absent_codes | {"9007/2207027", "24/2207006"}
    transient_failures = frozenset(
        f"22070{end}" for end in ("01", "03", "20", "32", "52", "53", "76", "77", "82")
    )
    error_kinds = {
        **COMMON_ERROR_KINDS,
        "3": ErrorKind.RIGHT_MISSING,
        "25/2207050": ErrorKind.ACCESS_LOST,  # restricted: somebody has to look in the app
        **dict.fromkeys(
            ("-1/2207001", "-1/2207032", "-1/2207053", "-1/2207073"), ErrorKind.PLATFORM_BROKEN
        ),
        **dict.fromkeys(
            ("-2/2207003", "-2/2207020", "24/2207008", "9004/2207052", "9007/2207027"),
            ErrorKind.TRY_AGAIN,
        ),
        "9/2207042": ErrorKind.PAGE_LIMIT,
        "4/2207051": ErrorKind.REFUSED,  # looks like spam: a "limit" that no waiting of ours lifts
        **dict.fromkeys(("1/2207057", "24/2207006", "352/2207026"), ErrorKind.REFUSED),
        **dict.fromkeys(
            ("36000/2207004", "36001/2207005", "36003/2207009", "36004/2207010"), ErrorKind.REFUSED
        ),
    }
    facts = Facts(
        fold=Fold(125, 3),
        comfortable_length=1000,
        formats=[
            replace(
                _REEL,
                name="post",
                images=_IMAGES,
                videos=replace(_VIDEO, most=10, fewest=0, max_seconds=60),
                max_mixed=10,
                needs_media=True,
            ),
            replace(_REEL, per_page_day=30),
            replace(
                _REEL,
                name="story",
                max_text=0,
                images=replace(_IMAGES, most=1, min_ratio=0, max_ratio=0),
                videos=replace(_VIDEO, fewest=0, max_bytes=100 * _MB, max_seconds=60),
                max_mixed=1,
                needs_media=True,
                only_on_request=True,
            ),
        ],
        stages=True,
        shows_by_reference=True,
        finds=True,
        comments=True,
        lists_posts=True,
        per_page_day=50,  # posts of all formats; Reels have 30 of their own
        measures={
            "views": Origin(
                "views",
                _LATE,
                date(2025, 4, 21),
                _("Instagram counts “views” instead of impressions and plays."),
            ),
            "reach": Origin("reach", _LATE),
            "reactions": Origin(
                "likes", _("Missing where the account hides its likes. Stories have none.")
            ),
            "comments": Origin("comments", _("Stories: their replies.")),
            "shares": Origin("shares", _LATE),
            "saves": Origin("saved", _("Not for stories.")),
            "clicks": Origin("link_clicks", _("Stories only.")),
            "watch_seconds": Origin("ig_reels_video_view_total_time", _("Reels only.")),
        },
        page_measures={
            "views": Origin("views", _LATE),
            "reach": Origin("reach", _LATE),
            "followers_gained": Origin("follows_and_unfollows (FOLLOWER)", _NOT_BELOW_100),
            "followers_lost": Origin("follows_and_unfollows (NON_FOLLOWER)", _NOT_BELOW_100),
        },
        page={
            "picture": PageItem(),
            "description": PageItem(),
            "address": PageItem(readable=False),
            "phone": PageItem(readable=False),
            "register": PageItem(),
            "pinned": PageItem(readable=False),
            "recent": PageItem(),
        },
        edit_url="https://www.instagram.com/accounts/edit/",
        rights=_SCOPES,
        optional_rights=("business_management",),
        hosts=("instagram.com",),
        source="developers.facebook.com/docs/instagram-platform, 2026-09",
    )
    settings = {
        **ByPage.settings,
        "link_url": Setting(
            "INSTAGRAM_LINK_URL", "https://www.instagram.com", simulated="/instagram/www"
        ),
    }
    paths_without_page = frozenset(
        {
            "about",
            "accounts",
            "direct",
            "explore",
            "legal",
            "p",
            "reel",
            "reels",
            "stories",
            "tv",
            "web",
        }
    )

    # --- containers -------------------------------------------------------------------------------

    def single_container(self, message: Message) -> dict[str, str]:
        (medium,) = message.media
        fields = ai_label_fields(message)
        if message.format == "story":
            return {**fields, "media_type": "STORIES", **_media_url(medium)}
        fields["caption"] = message.text
        if isinstance(medium, Video):
            # Every video that stands alone is a Reel; it is shown among the account's posts, too.
            fields |= {"media_type": "REELS", "share_to_feed": "true"}
            fields |= {"cover_url": medium.cover.url} if medium.cover and medium.cover.url else {}
        return {**fields, **self._media_fields(medium)}

    def item_container(self, medium: Image | Video) -> dict[str, str]:
        kind = {"media_type": "VIDEO"} if isinstance(medium, Video) else {}
        return {"is_carousel_item": "true", **kind, **self._media_fields(medium)}

    def carousel_container(self, message: Message) -> dict[str, str]:
        return {"media_type": "CAROUSEL", "caption": message.text, **ai_label_fields(message)}

    @staticmethod
    def _media_fields(medium: Image | Video) -> dict[str, str]:
        alt = (
            {"alt_text": medium.alt[:_LONGEST_ALT]}
            if isinstance(medium, Image) and medium.alt
            else {}
        )
        return {**_media_url(medium), **alt}

    def container_state(self, container: Mapping[str, Any]) -> tuple[str, str]:
        found = re.search(r"\b(22070\d\d)\b", container.get("status", ""))
        return container.get("status_code", ""), found[1] if found else ""

    # --- counting ---------------------------------------------------------------------------------

    async def figures(self, account: Account, post: str) -> Figures:
        fields = "media_product_type,like_count,comments_count"
        data = await self.graph("GET", account, post, params={"fields": fields})
        metrics = _METRICS.get(data.get("media_product_type", ""), _COUNTED)
        found = await self.insights(account, post, list(metrics))
        values = {metrics[name]: value for name, value in found.items() if name in metrics}
        # Insights lag by up to two days; these two are there at once. Likes are left out where the
        # owner hides them.
        if metrics is not _METRICS["STORY"]:
            values = {
                "reactions": data.get("like_count"),
                "comments": data.get("comments_count"),
                **values,
            }
        if values.get("watch_seconds") is not None:
            values["watch_seconds"] = round(values["watch_seconds"] / 1000)
        return Figures(**values)

    @reject_on_missing_right
    async def measure_page(self, account: Account, first: date, last: date) -> list[PageFigures]:
        """https://developers.facebook.com/docs/instagram-platform/api-reference/instagram-user/insights,
        2026-06: reach alone is told as a series; the others are one total of what was asked for, so
        a day is a call of its own. At most 30 days a call.
        """
        self.require_spare_calls(account)
        path = f"{account.external_id}/insights"
        series = await self.insight_rows(
            account, path, ["reach"], {"period": "day", **span(first, last)}
        )
        asked = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        totals = await asyncio.gather(*(self._day_totals(account, path, day) for day in asked))
        days: dict[str, dict[date, int]] = {"reach": days_of(series).get("reach", {})}
        for day, values in zip(asked, totals, strict=True):
            for name, value in values.items():
                days.setdefault(name, {})[day] = value
        return PageFigures.by_day(days, first, last)

    async def _day_totals(self, account: Account, path: str, day: date) -> dict[str, int]:
        """Ask for what is told as a total. Who follows is told apart from who ceased to by the
        breakdown of one figure, which accounts of fewer than 100 followers do not get.
        """
        total = {"period": "day", "metric_type": "total_value", **span(day, day)}
        views, follows = await asyncio.gather(
            self.insight_rows(account, path, ["views"], total),
            self.insight_rows(
                account, path, ["follows_and_unfollows"], {**total, "breakdown": "follow_type"}
            ),
        )
        totals = _counts_by_follow_type(follows)
        for row in views:
            value = row.get("total_value", {}).get("value")
            if isinstance(value, int):
                totals["views"] = value
        return totals

    # --- comments ---------------------------------------------------------------------------------

    @reject_on_missing_right
    async def list_comments(self, account: Account, external_id: str) -> list[Comment]:
        fields = "id,text,timestamp,from{id},hidden,replies{id,from{id}}"
        found: list[Comment] = []
        # Newest first, fifty a page.
        async for row in self.rows(
            account, path_of(external_id, "comments"), {"fields": fields, "limit": "50"}
        ):
            replies = row.get("replies", {}).get("data", ())
            found.append(
                Comment(
                    external_id=str(row["id"]),
                    text=row.get("text", ""),
                    written_at=moment_of(row["timestamp"]),
                    hidden=bool(row.get("hidden")),
                    answered=any(_by(reply) == account.external_id for reply in replies),
                    may_hide=_by(row) != account.external_id,
                    replies=len(replies),
                )
            )
            if len(found) == 100:
                break
        return found

    @reject_on_missing_right
    async def reply_to_comment(self, account: Account, comment_id: str, text: str) -> str:
        path = path_of(comment_id, "replies")
        reply = await self.graph("POST", account, path, data={"message": text}, writes=True)
        if "id" not in reply:
            raise OutcomeUnknown("a success without an id")
        return str(reply["id"])

    @reject_on_missing_right
    async def hide_comment(self, account: Account, comment_id: str, *, hidden: bool = True) -> None:
        await self.graph(
            "POST", account, path_of(comment_id), data={"hide": "true" if hidden else "false"}
        )

    # --- connection -------------------------------------------------------------------------------

    async def read_profile(self, account: Account) -> Profile:
        data = await self.own_node(account, "id,username,name,followers_count")
        return _profile(data, await self.rights(account), account.app)

    async def read_page_details(self, account: Account) -> PageDetails:
        data = await self.own_node(account, "profile_picture_url,biography,website")
        return PageDetails(
            picture=bool(data.get("profile_picture_url")),
            description=str(data.get("biography", "")),
            website=str(data.get("website", "")),
        )

    async def list_connectable_pages(
        self,
        app: Mapping[str, Any],
        answer: Mapping[str, str],
        *,
        redirect_uri: str = "",
        verifier: str = "",
    ) -> list[Offer]:
        linked = "instagram_business_account{id,username,name,followers_count}"
        fields = f"id,name,access_token,{linked}"
        pages, _granted = await self.pages(app, answer, redirect_uri=redirect_uri, fields=fields)
        # The account that a Page is linked to is opened by the Page's token: that has no date and
        # nothing to renew.
        return [
            Offer(
                _profile(page["instagram_business_account"], page["rights"], app),
                Tokens(page.get("access_token", "")),
                usable=self.may_post(page),
            )
            for page in pages
            if page.get("instagram_business_account")
        ]

    def error_for(self, status: int, body: Any, *, writes: bool) -> ConnectorError:
        error = super().error_for(status, body, writes=writes)
        return AccessLost(error.detail, code="check") if _HUMAN.search(error.detail) else error

    # --- addresses, as residents see them ---------------------------------------------------------

    @classmethod
    def page_from_address(cls, steps: Sequence[str], query: Mapping[str, str]) -> str:
        match steps:
            case ["stories", name, *_rest] if name != "highlights":
                return name
        return super().page_from_address(steps, query)


def _counts_by_follow_type(rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Read from the breakdown of one figure how many began to follow and how many ceased to."""
    results = [
        result
        for row in rows
        for breakdown in row.get("total_value", {}).get("breakdowns", ())
        for result in breakdown.get("results", ())
    ]
    counts = {}
    for result in results:
        match result:
            case {"dimension_values": [str(kind)], "value": int(value)} if kind in _FOLLOWS:
                counts[_FOLLOWS[kind]] = value
    return counts


def _media_url(medium: Image | Video) -> dict[str, str]:
    return {"video_url" if isinstance(medium, Video) else "image_url": medium.url}


def _by(comment: Mapping[str, Any]) -> str:
    """Compared with the account's own id, and forgotten."""
    return str(comment.get("from", {}).get("id", ""))


def _profile(data: Mapping[str, Any], granted: Sequence[str], app: Mapping[str, Any]) -> Profile:
    return Profile(
        external_id=str(data["id"]),
        name=data.get("name") or data["username"],
        handle=data["username"],
        address=f"{app['link_url']}/{data['username']}/",
        followers=data.get("followers_count"),
        missing=[scope for scope in _SCOPES if scope not in granted],
    )
