"""Describe what a Threads profile carries, and what an installation sets of it."""

import re

from platforms.facts import Facts, Format, ImageLimits, Origin, PageItem, Setting, VideoLimits
from platforms.text import cut_at_word

# What the dialog asks for, and whether posting needs it.
SCOPES = {
    "threads_basic": True,
    "threads_content_publish": True,
    "threads_delete": False,
    "threads_read_replies": False,
    "threads_manage_replies": False,
    "threads_manage_insights": False,
}
# Counted by their bytes; so are the joiners and selectors that make several into one.
_EMOJI = re.compile(
    "[\u00a9\u00ae\u200d\u203c\u2049\u20e3\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u25a0-\u27bf\u2900-\u297f"
    "\u2b00-\u2bff\u3030\u303d\u3297\u3299\ufe00-\ufe0f\U0001f000-\U0001faff\U000e0020-\U000e007f]"
)


LONG_TEXT = "long_text"
_MAX_TEXT, _MAX_LINKS = 500, 5
# Of an attached text, which is opened by a tap, the post itself shows so many characters at most.
_LEAD = 300


def count_length(text: str) -> int:
    """Count as Threads does, or more: code points, but each emoji by its bytes."""
    return len(text) + sum(len(char.encode()) - 1 for char in _EMOJI.findall(text))


def make_lead(text: str) -> str:
    """Make the post to which a long text is attached: the text's beginning, up to a word's end."""
    size = _LEAD
    while count_length(lead := cut_at_word(text, size)) > _MAX_TEXT:
        size -= 20
    return lead


FACTS = Facts(
    comfortable_length=400,
    formats=[
        Format(
            "post",
            max_text=_MAX_TEXT,
            count=count_length,
            max_links=_MAX_LINKS,
            images=ImageLimits(most=20, max_bytes=8 * 1024 * 1024, min_ratio=0.1, max_ratio=10),
            videos=VideoLimits(
                most=20,
                fewest=0,
                max_bytes=1024**3,
                max_seconds=300,
                min_ratio=0.01,
                max_ratio=10,
                max_side=1920,
                min_fps=23,
                max_fps=60,
            ),
            max_mixed=20,
            media_by_url=True,
        ),
        # A text attachment, which goes along with no picture. How links in it are counted is not
        # told: like those of a post.
        Format(
            LONG_TEXT,
            max_text=10_000,
            count=count_length,
            max_links=_MAX_LINKS,
            lead=make_lead,
            for_long_text=True,
        ),
    ],
    stages=True,
    shows_by_reference=True,
    finds=True,
    comments=True,
    lists_posts=True,
    per_page_day=250,
    measures={
        "views": Origin("views"),
        "reactions": Origin("likes"),
        "comments": Origin("replies"),
        "shares": Origin("reposts + quotes + shares"),
    },
    page_measures={"views": Origin("views")},
    page={
        "picture": PageItem(),
        "description": PageItem(),
        "register": PageItem(),
        "pinned": PageItem(readable=False),
        "recent": PageItem(),
        "verified": PageItem(),
    },
    rights=SCOPES,
    hosts=("threads.com", "threads.net"),
    source="developers.facebook.com/documentation/threads, 2026-07-02",
)


SETTINGS = {
    "app_id": Setting("THREADS_APP_ID", try_out="300000000000003"),
    "app_secret": Setting("THREADS_APP_SECRET", try_out="simulator-threads-secret"),
    "dialog_url": Setting("THREADS_DIALOG_URL", "https://threads.com", simulated="/threads/www"),
    "base_url": Setting("THREADS_API_URL", "https://graph.threads.com", simulated="/threads/graph"),
    "link_url": Setting("THREADS_LINK_URL", "https://www.threads.com", simulated="/threads/www"),
    "verify_token": Setting("THREADS_VERIFY_TOKEN", try_out="try-out-threads"),
}
