"""Threads profiles: a container first, then one call that publishes it."""

from channels.connectors.base import Connector, Facts, Format, ImageLimits, VideoLimits


class Threads(Connector):
    """https://developers.facebook.com/docs/threads"""

    kind = "threads"
    facts = Facts(
        formats=[
            Format(
                "post",
                max_text=500,
                images=ImageLimits(most=20, max_bytes=8 * 1024 * 1024, narrowest=0.1, widest=10),
                videos=VideoLimits(
                    most=20, fewest=0, max_bytes=1024**3, max_seconds=300, max_side=1920, min_fps=23, max_fps=60
                ),
                mixed=20,
                media_by_url=True,
            ),
        ],
        stages=True,
        shows_by_reference=True,
        finds=True,
        lists_posts=True,
        measures=frozenset({"views", "reactions", "comments", "shares"}),
        hosts=("threads.com", "threads.net"),
        source="developers.facebook.com/docs/threads, 2026-09",
    )
