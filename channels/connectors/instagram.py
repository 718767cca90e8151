"""Instagram professional accounts through the Facebook Page that they are linked to: a container first, then one call
that publishes it."""

from channels.connectors.base import Connector, Facts, Format, ImageLimits, VideoLimits

_MB = 1024 * 1024
_IMAGE = ImageLimits(most=10, max_bytes=8 * _MB, types=frozenset({"image/jpeg"}), narrowest=4 / 5, widest=1.91)
_REEL = VideoLimits(
    max_bytes=300 * _MB,
    min_seconds=3,
    max_seconds=900,
    narrowest=0.01,
    widest=10,
    max_side=1920,
    min_fps=23,
    max_fps=60,
)


class Instagram(Connector):
    """https://developers.facebook.com/docs/instagram-platform/content-publishing"""

    kind = "instagram"
    facts = Facts(
        formats=[
            Format(
                "post",
                max_text=2200,
                images=_IMAGE,
                videos=VideoLimits(
                    most=10,
                    fewest=0,
                    max_bytes=300 * _MB,
                    min_seconds=3,
                    max_seconds=60,
                    max_side=1920,
                    min_fps=23,
                    max_fps=60,
                ),
                mixed=10,
                needs_media=True,
                takes_link=False,
                media_by_url=True,
            ),
            Format("reel", max_text=2200, videos=_REEL, takes_link=False, media_by_url=True, labels_ai=True),
            Format(
                "story", max_text=0, images=_IMAGE, videos=_REEL, takes_link=False, media_by_url=True, by_choice=True
            ),
        ],
        stages=True,
        shows_by_reference=True,
        finds=True,
        comments=True,
        lists_posts=True,
        measures=frozenset({"views", "reach", "reactions", "comments", "shares", "saves"}),
        hosts=("instagram.com",),
        source="developers.facebook.com/docs/instagram-platform, 2026-09",
    )
