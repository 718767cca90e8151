"""TikTok by the Content Posting API: an upload whose last piece publishes it."""

from channels.connectors.base import Connector, Facts, Format, ImageLimits, Option, VideoLimits

_PRIVACY = ("PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY")
_VIDEO = VideoLimits(
    max_bytes=4 * 1000**3,
    max_seconds=600,
    min_side=360,
    max_side=4096,
    min_fps=23,
    max_fps=60,
    types=frozenset({"video/mp4", "video/quicktime", "video/webm"}),
    codecs=frozenset({"h264", "hevc", "vp8", "vp9"}),
)


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


class Tiktok(Connector):
    """https://developers.tiktok.com/doc/content-posting-api-reference-direct-post"""

    kind = "tiktok"
    facts = Facts(
        formats=[
            Format(
                "video",
                max_text=2200,
                count=_utf16,
                videos=_VIDEO,
                takes_link=False,
                labels_ai=True,
                options=[
                    Option("privacy", choices=_PRIVACY, default=None),
                    Option("comments"),
                    Option("duet"),
                    Option("stitch"),
                    Option("own_brand"),
                ],
            ),
            Format(
                "photo",
                max_text=4000,
                max_title=90,
                count=_utf16,
                images=ImageLimits(most=35, fewest=1, max_bytes=20_000_000, types=frozenset({"image/jpeg"})),
                takes_link=False,
                media_by_url=True,
                options=[Option("privacy", choices=_PRIVACY, default=None), Option("comments"), Option("own_brand")],
            ),
            Format("inbox", max_text=0, videos=_VIDEO, takes_link=False, by_choice=True),
        ],
        stages=True,
        finds=True,
        withdraws=False,
        lists_posts=True,
        measures=frozenset({"views", "reactions", "comments", "shares"}),
        hosts=("tiktok.com",),
        source="developers.tiktok.com/doc/content-posting-api-…, 2026-11",
    )
