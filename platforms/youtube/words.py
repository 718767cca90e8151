"""Describe YouTube in words that people read."""

from platforms import common_messages
from platforms.words import Term, Words
from platforms.words import gettext_noop as _

# What errors mean to an officer, and what to do.
_REASONS = {
    **dict.fromkeys(
        ("authError", "UNAUTHENTICATED", "invalid_grant", "401"), common_messages.CONNECT_AGAIN
    ),
    **dict.fromkeys(
        ("insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
        common_messages.RIGHT_MISSING,
    ),
    "no_refresh_token": _(
        "Google gave only a passing permission; remove the portal's access at "
        "myaccount.google.com, then connect again"
    ),
    "youtubeSignupRequired": _(
        "this Google account has no YouTube channel; choose the unit's channel when "
        "Google asks for the account"
    ),
    **dict.fromkeys(
        (
            "channelClosed",
            "channelSuspended",
            "authenticatedUserAccountClosed",
            "authenticatedUserAccountSuspended",
            "accountDelegationForbidden",
            "uploaderAccountClosed",
            "uploaderAccountSuspended",
        ),
        common_messages.ACCOUNT_CLOSED,
    ),
    **dict.fromkeys(
        ("quotaExceeded", "dailyLimitExceeded"),
        _(
            "the portal has used up its calls to YouTube for today; they begin anew in "
            "the afternoon"
        ),
    ),
    "uploadLimitExceeded": _(
        "the channel has used up its uploads of the day; publish again tomorrow"
    ),
    **dict.fromkeys(
        ("rateLimitExceeded", "userRateLimitExceeded", "RESOURCE_EXHAUSTED"),
        common_messages.TOO_MANY_CALLS,
    ),
    **dict.fromkeys(
        ("accessNotConfigured", "SERVICE_DISABLED"),
        _("YouTube is not switched on for the portal's project; ask the system administrator"),
    ),
    **dict.fromkeys(
        ("invalidTitle", "invalidDescription"),
        _(
            "YouTube takes a title of 1 to 100 characters, a text of 5,000 bytes, and "
            "neither < nor >"
        ),
    ),
    **dict.fromkeys(
        ("conversion", "invalidFile", "codec", "emptyFile", "tooSmall", "uploadAborted"),
        common_messages.UNREADABLE_MEDIA,
    ),
    "length": _(
        "the video is longer than 15 minutes, which YouTube takes from verified channels alone; "
        "verify the channel by telephone, or cut the video"
    ),
    **dict.fromkeys(
        ("copyright", "claim", "trademark"),
        _("YouTube sees somebody else's rights in the video; replace pictures, film or music"),
    ),
    **dict.fromkeys(("inappropriate", "termsOfUse", "legal"), common_messages.CONTENT_REFUSED),
    "duplicate": _("the same video stands on the channel already"),
    "videoNotFound": _("the video is no longer on the channel"),
    "commentsDisabled": _("comments are switched off under this video"),
    **dict.fromkeys(
        ("backendError", "internalError", "processingFailure"), common_messages.PLATFORM_BROKEN
    ),
    "no_draft": common_messages.DRAFT_GONE,
    "needs_video": _("YouTube needs a video"),
}


WORDS = Words(
    label="YouTube",
    page=_("YouTube channel %(name)s"),
    icon="brand-youtube",
    how_to_revoke=_(
        "The person who connected the channel opens myaccount.google.com/connections and removes "
        "the portal's application. That ends the access to this person's other channels, too."
    ),
    formats={"video": common_messages.VIDEO},
    reasons=_REASONS,
    options={
        "category": Term(
            _("Category"),
            choices={
                "22": _("People and blogs"),
                "25": _("News and politics"),
                "27": _("Education"),
                "29": _("Nonprofits and activism"),
            },
        ),
        "made_for_kids": Term(
            _("Made for children"),
            _("The law on children's privacy asks for it. Comments and notices are then off."),
        ),
        "notify": Term(_("Tell the subscribers of the channel")),
    },
    rights={
        "youtube.upload": _("uploading videos"),
        "youtube.force-ssl": _(
            "publishing, withdrawing and counting videos, and answering comments"
        ),
        "yt-analytics.readonly": _("figures of the channel by day"),
    },
)
