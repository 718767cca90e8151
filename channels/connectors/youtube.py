"""YouTube by the Data API: a private video by a resumable upload, then one call that makes it public."""

from channels.connectors.base import Connector, Facts, Format, Option, VideoLimits


def _utf8(text: str) -> int:
    return len(text.encode())


class Youtube(Connector):
    """https://developers.google.com/youtube/v3/guides/using_resumable_upload_protocol"""

    kind = "youtube"
    facts = Facts(
        formats=[
            Format(
                "video",
                max_title=100,
                max_text=5000,
                count=_utf8,
                videos=VideoLimits(
                    max_bytes=256 * 1024**3,
                    max_seconds=12 * 3600,
                    types=frozenset({"video/mp4", "video/quicktime", "video/webm"}),
                    codecs=frozenset({"h264", "hevc", "vp8", "vp9", "av1", "mpeg4"}),
                ),
                labels_ai=True,
                options=[
                    Option("category", choices=("25", "27", "29", "22"), default="25"),
                    Option("made_for_kids"),
                    Option("notify", default=True),
                ],
            ),
        ],
        stages=True,
        shows_by_reference=True,
        finds=True,
        comments=True,
        lists_posts=True,
        measures=frozenset({"views", "reactions", "comments"}),
        hosts=("youtube.com", "youtu.be"),
        source="developers.google.com/youtube/v3, revision of 2026-11-04",
    )
