"""Describe Threads in words that people read."""

from platforms import common_messages
from platforms.meta.containers.words import COMMON_REASONS
from platforms.meta.threads.facts import LONG_TEXT
from platforms.words import Term, Words
from platforms.words import gettext_noop as _

# What errors mean to an officer, and what to do.
_REASONS = {
    **COMMON_REASONS,
    "4279013": common_messages.ACCOUNT_CLOSED,
    "2207051": common_messages.LOOKS_LIKE_SPAM,
    "quota": common_messages.DAILY_POSTS_USED_UP,
    "100": _("the platform does not accept the post as it is; check text, links and pictures"),
    "1/2207052": common_messages.MEDIA_NOT_FETCHED,
    "FAILED_DOWNLOADING_VIDEO": common_messages.MEDIA_NOT_FETCHED,
    **dict.fromkeys(
        ("FAILED_PROCESSING_AUDIO", "FAILED_PROCESSING_VIDEO"), common_messages.UNREADABLE_MEDIA
    ),
    **dict.fromkeys(
        (
            "INVALID_ASPEC_RATIO",
            "INVALID_ASPECT_RATIO",
            "INVALID_AUDIO_CHANNELS",
            "INVALID_AUDIO_CHANNEL_LAYOUT",
            "INVALID_BIT_RATE",
            "INVALID_DURATION",
            "INVALID_FRAME_RATE",
        ),
        common_messages.UNREADABLE_MEDIA,
    ),
    **dict.fromkeys(("EXPIRED", "24/4279009"), common_messages.DRAFT_GONE),
    "UNKNOWN": common_messages.PLATFORM_BROKEN,
}


WORDS = Words(
    label="Threads",
    page=_("Threads account %(name)s"),
    icon="brand-threads",
    how_to_revoke=_(
        "In the Threads app, open Settings → Account → Website permissions, choose the "
        "portal's application and remove it."
    ),
    formats={
        "post": common_messages.POST,
        LONG_TEXT: Term(
            _("Attached text"),
            _("The post shows the beginning; a tap on the attached text opens all of it."),
        ),
    },
    reasons=_REASONS,
    rights={
        "threads_basic": common_messages.RIGHT_TO_READ,
        "threads_content_publish": common_messages.RIGHT_TO_PUBLISH,
        "threads_delete": common_messages.RIGHT_TO_WITHDRAW,
        "threads_read_replies": _("reading replies"),
        "threads_manage_replies": _("answering and hiding replies"),
        "threads_manage_insights": common_messages.RIGHT_TO_FIGURES,
    },
)
