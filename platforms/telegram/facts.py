"""Describe what a Telegram channel carries, and what an installation sets of it."""

from platforms.facts import Facts, Format, ImageLimits, Option, PageItem, Setting, VideoLimits
from platforms.telegram.markup import to_rich_html, to_telegram_html

RICH = "rich_message"
# The bot's rights in the channel, and whether posting needs them.
RIGHTS = {"can_post_messages": True, "can_delete_messages": False}

FACTS = Facts(
    comfortable_length=1500,
    formats=[
        Format(
            "message",
            max_text=4096,
            max_text_with_media=1024,
            images=ImageLimits(most=10, max_bytes=10 * 1024 * 1024, min_ratio=1 / 20, max_ratio=20),
            # Other videos arrive as documents, to be downloaded before they are seen.
            videos=VideoLimits(
                most=10,
                fewest=0,
                max_bytes=50 * 1024 * 1024,
                types=frozenset({"video/mp4"}),
                codecs=frozenset({"h264"}),
            ),
            max_mixed=10,
            markup=to_telegram_html,
            options=[Option("link_preview", default=True), Option("silent")],
        ),
        # Shows no card of a link, and none of the media that it could: with a caption of 1,024
        # letters beside them, pictures are better sent as they are.
        Format(
            RICH,
            max_text=32_768,
            max_lines=500,
            markup=to_rich_html,
            for_long_text=True,
            options=[Option("silent")],
        ),
    ],
    per_app_second=28,
    per_page_second=1,
    off_by_default=True,
    page={
        "picture": PageItem(),
        "description": PageItem(longest=255),
        "register": PageItem(),
        "pinned": PageItem(),
        "recent": PageItem(),
    },
    rights=RIGHTS,
    hosts=("t.me", "telegram.me"),
    connects_by_dialog=False,
    source="core.telegram.org/bots/api 10.5, core.telegram.org/bots/faq, 2026-11-22",
)


SETTINGS = {
    "base_url": Setting("TELEGRAM_API_URL", "https://api.telegram.org", simulated="/telegram"),
    "link_url": Setting("TELEGRAM_LINK_URL", "https://t.me", simulated="/t.me"),
    "hook_secret": Setting("TELEGRAM_HOOK_SECRET", try_out="try-out-telegram"),
}
