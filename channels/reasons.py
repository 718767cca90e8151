"""What a platform's error numbers mean to an officer, and what to do. Numbers and meanings: the platforms' contracts.

Platforms complain in English, for programmers; their own words are kept beside ours for whoever asks their support.
"""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.states import Kind

_AGAIN = gettext_lazy("the platform no longer accepts this connection; connect the channel again")
_RIGHTS = gettext_lazy(
    "the connection lacks the right to publish; connect again and allow everything that is asked for"
)
_MANY = gettext_lazy("the platform's limit of calls is reached")
_DOWN = gettext_lazy("the platform did not answer properly")
_CLOSED = gettext_lazy("the account is closed or locked on the platform; its administrator must look there")
_CONTENT = gettext_lazy("the platform holds the content against its rules; revise the text or the pictures")
_PICTURE = gettext_lazy("the platform could not take a picture; replace it")
_PORTAL = gettext_lazy("the platform does not let the portal's application do this; tell those who run the portal")
_LINK = gettext_lazy("the platform could not open the link; check the address")
_FILM = gettext_lazy("the platform could not take a video or a picture; save it anew, or replace it")
_FETCH = gettext_lazy("the platform could not fetch a picture or a video from the portal")
_SPAM = gettext_lazy(
    "the platform holds the account's posts for spam for a while; look in the app, and try again hours later"
)
_QUOTA = gettext_lazy("the account has used up its posts of the day; publish again tomorrow")
_LAY = gettext_lazy("what was prepared for publication is no longer there; schedule the post again")
# What Instagram's and Threads' numbers have in common.
_META: dict[str, object] = {
    **dict.fromkeys(("190", "190/463", "190/467", "102"), _AGAIN),
    "190/458": gettext_lazy("the portal's application was removed from the account; connect again"),
    "190/459": gettext_lazy("the platform asks the person who connected the account to sign in there first"),
    "190/460": gettext_lazy("the password of the account that connected the page was changed; connect again"),
    "190/464": gettext_lazy("the platform asks the person who connected the account to sign in there first"),
    "190/492": gettext_lazy("the person who connected the page no longer has a role on it; connect again"),
    **dict.fromkeys(("3", "10", "200", "210"), _RIGHTS),
    "368": _CONTENT,
    **dict.fromkeys(("4", "17", "32", "613", "80002"), _MANY),
    **dict.fromkeys(("1", "2"), _DOWN),
}
_USED_CODE = gettext_lazy("Facebook's answer was used already or is too old; connect again")

_REASONS: dict[str, dict[str, object]] = {
    Kind.FACEBOOK: {
        "190": _AGAIN,
        "190/458": gettext_lazy("the portal's application was removed from the Facebook account; connect again"),
        "190/459": gettext_lazy("Facebook asks the person who connected the page to sign in at facebook.com first"),
        "190/460": gettext_lazy(
            "the password of the Facebook account that connected the page was changed; connect again"
        ),
        "190/463": gettext_lazy("the connection has expired; connect the channel again"),
        "190/464": gettext_lazy("Facebook asks the person who connected the page to sign in at facebook.com first"),
        "190/466": _AGAIN,
        "190/467": _AGAIN,
        "190/468": gettext_lazy("Facebook ended the connection because it had not been used for long; connect again"),
        "190/492": gettext_lazy("the person who connected the page no longer has a role on it; connect again"),
        "102": _AGAIN,
        **dict.fromkeys(("10", *map(str, range(200, 300))), _RIGHTS),
        "3": gettext_lazy("Facebook does not allow the portal's application to do this; tell its administrators"),
        "100": gettext_lazy("Facebook does not accept a part of the post; check text, pictures and link"),
        "100/36007": _USED_CODE,
        "100/36008": _USED_CODE,
        "100/36009": _USED_CODE,
        "100/33": gettext_lazy("the object is no longer on the page"),
        "368": gettext_lazy(
            "Facebook blocks the page for a while, for its rules or for posting too fast; try hours later"
        ),
        "506": gettext_lazy("the page's last post has the same text"),
        "upload_host": gettext_lazy(
            "the platform named an address that is not its own for the upload; tell the system's administrators"
        ),
        "1366051": gettext_lazy("the photo stands in another post already"),
        "processing": gettext_lazy(
            "Facebook could not process the video; save it anew as MP4 (H.264), and schedule the post again"
        ),
        "story": gettext_lazy("Facebook does not tell stories apart; look on the page whether it stands"),
        **dict.fromkeys(
            ("6000", "6001", "ProcessingFailedError"),
            gettext_lazy("the upload to Facebook broke off; it is tried again"),
        ),
        "4": _MANY,
        "17": _MANY,
        "32": _MANY,
        "341": _MANY,
        "613": _MANY,
        "80001": _MANY,
        "1": _DOWN,
        "2": _DOWN,
        "382": _PICTURE,
        "1349125": _PICTURE,
        "1366046": _PICTURE,
        "2061006": _PICTURE,
        "1363047": _DOWN,
        "1609010": _DOWN,
        "1404102": _CONTENT,
        "1609005": _LINK,
        "1609008": _LINK,
        "1404078": _CLOSED,
        "1404006": _CLOSED,
        "1404112": _CLOSED,
        "4854002": _CLOSED,
    },
    Kind.ZALO: {
        "-216": _AGAIN,
        "-220": _AGAIN,
        "-219": gettext_lazy("the portal's application was removed from the Zalo OA; connect again"),
        "-204": _CLOSED,
        "-205": _CLOSED,
        "-221": gettext_lazy("Zalo asks that the OA be verified first"),
        "-224": gettext_lazy("the OA's service package does not allow this; ask the owner of the OA"),
        "-211": gettext_lazy("the OA's quota of articles is used up"),
        "-223": gettext_lazy("the OA has not allowed this, or its quota of articles is used up"),
        "-201": gettext_lazy("Zalo does not accept a part of the article; check title, text and pictures"),
        "-210": gettext_lazy("a picture or a text is larger than Zalo allows"),
        "-248": _CONTENT,
        "-32": _MANY,
        "-200": gettext_lazy("Zalo could not carry it out and does not say why"),
        "-214": gettext_lazy("Zalo is still working on it"),
        "-218": gettext_lazy("the followers have already received the most messages that Zalo allows"),
        "-234": gettext_lazy("Zalo sends nothing to followers between 22:00 and 06:00"),
        "-235": gettext_lazy("Zalo does not offer this to accounts of this kind"),
        "-209": _PORTAL,
        "-212": _PORTAL,
        "-215": _PORTAL,
        "-233": _PORTAL,
        "-240": _PORTAL,
        "-242": _PORTAL,
        "-320": gettext_lazy("the OA needs a Zalo Cloud Account; ask the owner of the OA"),
        "-321": gettext_lazy("the Zalo Cloud Account has no money left; ask the owner of the OA"),
        "needs_image": gettext_lazy("Zalo needs at least one picture"),
        "needs_video": gettext_lazy("a video article needs a video"),
        "needs_poster": gettext_lazy("the video has no picture that stands for it; choose the video again"),
        "video": gettext_lazy("Zalo could not convert the video; save it anew as MP4 (H.264)"),
    },
    Kind.INSTAGRAM: {
        **_META,
        "100/33": gettext_lazy("the object is no longer on the page"),
        "check": gettext_lazy(
            "Facebook asks the page, or the person who connected it, to pass a check at facebook.com first"
        ),
        "25/2207050": _CLOSED,
        "4/2207051": _SPAM,
        "quota": _QUOTA,
        "9/2207042": _QUOTA,
        "36000/2207004": _PICTURE,
        "36001/2207005": _PICTURE,
        "36003/2207009": gettext_lazy("a picture is too tall or too wide; cut it to between 4:5 and 1.91:1"),
        "36004/2207010": gettext_lazy("the text is longer than the platform allows"),
        "100/2207040": gettext_lazy("the text mentions more accounts than the platform allows"),
        "352/2207026": _FILM,
        "2207026": _FILM,
        "9004/2207052": _FETCH,
        "-2/2207003": _FETCH,
        **dict.fromkeys(("2207003", "2207052", "2207076", "2207077", "2207082"), _FETCH),
        **dict.fromkeys(("-1/2207001", "-1/2207032", "-1/2207053", "2207001", "2207032", "2207053"), _DOWN),
        **dict.fromkeys(("EXPIRED", "UNKNOWN", "24/2207006", "24/2207008"), _LAY),
    },
    Kind.THREADS: {
        **_META,
        "4279013": _CLOSED,
        "2207051": _SPAM,
        "quota": _QUOTA,
        "100": gettext_lazy("the platform does not accept the post as it is; check text, links and pictures"),
        "1/2207052": _FETCH,
        "FAILED_DOWNLOADING_VIDEO": _FETCH,
        **dict.fromkeys(("FAILED_PROCESSING_AUDIO", "FAILED_PROCESSING_VIDEO"), _FILM),
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
            _FILM,
        ),
        **dict.fromkeys(("EXPIRED", "24/4279009"), _LAY),
        "UNKNOWN": _DOWN,
    },
    Kind.TIKTOK: {
        **dict.fromkeys(("access_token_invalid", "invalid_grant"), _AGAIN),
        **dict.fromkeys(("scope_not_authorized", "scope_permission_missed"), _RIGHTS),
        "auth_removed": gettext_lazy("the portal's application was removed from the account; connect again"),
        "spam_risk_user_banned_from_posting": gettext_lazy(
            "TikTok no longer lets this account post; its owner must look in the app"
        ),
        "spam_risk_too_many_posts": _QUOTA,
        "spam_risk_too_many_pending_share": gettext_lazy(
            "too many drafts wait in the inbox of the TikTok app; finish or delete some there"
        ),
        "reached_active_user_cap": gettext_lazy(
            "the portal's application may post for no more accounts today; publish again tomorrow"
        ),
        "unaudited_client_can_only_post_to_private_accounts": gettext_lazy(
            "TikTok has not audited the portal's application yet: until then it posts to private accounts alone, and"
            " only for the account itself to see"
        ),
        "privacy_level_option_mismatch": gettext_lazy(
            "the account's settings no longer allow the audience that was chosen; choose again who can see the post"
        ),
        "url_ownership_unverified": gettext_lazy(
            "TikTok has not verified the portal's address yet, so it takes no pictures from there; ask the system"
            " administrator"
        ),
        "duration_check_failed": gettext_lazy("the video is longer than TikTok lets this account post; cut it"),
        "file_format_check_failed": _FILM,
        "frame_rate_check_failed": gettext_lazy("TikTok takes videos of 23 to 60 frames a second; save it anew"),
        "picture_size_check_failed": gettext_lazy(
            "TikTok does not take a picture or a video of this size; save it anew"
        ),
        **dict.fromkeys(("video_pull_failed", "photo_pull_failed"), _FETCH),
        **dict.fromkeys(("internal", "internal_error", "server_error"), _DOWN),
        "publish_cancelled": gettext_lazy("the publication was cancelled in TikTok"),
        **dict.fromkeys(("spam_risk", "spam_risk_text"), _CONTENT),
        **dict.fromkeys(("rate_limit_exceeded", "429"), _MANY),
        **dict.fromkeys(("upload_expired", "no_draft"), _LAY),
        "no_removal": gettext_lazy("TikTok lets nobody delete a post but in its own app"),
        "needs_video": gettext_lazy("TikTok needs a video"),
    },
    Kind.YOUTUBE: {
        **dict.fromkeys(("authError", "UNAUTHENTICATED", "invalid_grant", "401"), _AGAIN),
        **dict.fromkeys(("insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"), _RIGHTS),
        "no_refresh_token": gettext_lazy(
            "Google gave only a passing permission; remove the portal's access at myaccount.google.com, then connect"
            " again"
        ),
        "youtubeSignupRequired": gettext_lazy(
            "this Google account has no YouTube channel; choose the unit's channel when Google asks for the account"
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
            _CLOSED,
        ),
        **dict.fromkeys(
            ("quotaExceeded", "dailyLimitExceeded"),
            gettext_lazy("the portal has used up its calls to YouTube for today; they begin anew in the afternoon"),
        ),
        "uploadLimitExceeded": gettext_lazy("the channel has used up its uploads of the day; publish again tomorrow"),
        **dict.fromkeys(("rateLimitExceeded", "userRateLimitExceeded", "RESOURCE_EXHAUSTED"), _MANY),
        **dict.fromkeys(
            ("accessNotConfigured", "SERVICE_DISABLED"),
            gettext_lazy("YouTube is not switched on for the portal's project; ask the system administrator"),
        ),
        **dict.fromkeys(
            ("invalidTitle", "invalidDescription"),
            gettext_lazy("YouTube takes a title of 1 to 100 characters, a text of 5,000 bytes, and neither < nor >"),
        ),
        **dict.fromkeys(("conversion", "invalidFile", "codec", "emptyFile", "tooSmall", "uploadAborted"), _FILM),
        "length": gettext_lazy(
            "the video is longer than 15 minutes, which YouTube takes from verified channels alone; verify the channel"
            " by telephone, or cut the video"
        ),
        **dict.fromkeys(
            ("copyright", "claim", "trademark"),
            gettext_lazy("YouTube sees somebody else's rights in the video; replace pictures, film or music"),
        ),
        **dict.fromkeys(("inappropriate", "termsOfUse", "legal"), _CONTENT),
        "duplicate": gettext_lazy("the same video stands on the channel already"),
        "videoNotFound": gettext_lazy("the video is no longer on the channel"),
        "commentsDisabled": gettext_lazy("comments are switched off under this video"),
        **dict.fromkeys(("backendError", "internalError", "processingFailure"), _DOWN),
        "no_draft": _LAY,
        "needs_video": gettext_lazy("YouTube needs a video"),
    },
    Kind.TELEGRAM: {
        "401": gettext_lazy("the bot's token was withdrawn; connect the channel with the new one"),
        "403": gettext_lazy("the bot was removed from the channel; make it an administrator again, then connect"),
        "left": gettext_lazy("the bot was removed from the channel; make it an administrator again, then connect"),
        "kicked": gettext_lazy("the bot was removed from the channel; make it an administrator again, then connect"),
        "token": gettext_lazy("this is not a bot's token"),
        "404": gettext_lazy("this is not a bot's token"),
        "421": gettext_lazy("the portal's own Telegram server does not serve this bot; tell those who run the portal"),
        "queued": gettext_lazy("Telegram took the video and has not given it a number yet; look in the channel"),
        "400": gettext_lazy("Telegram does not accept the post as it is; check text, pictures and the bot's rights"),
        "413": _PICTURE,
        "429": _MANY,
    },
}


def known(platform: str, code: str) -> str:
    """The reason in the officer's language; empty for a number we do not know."""
    return str(_REASONS.get(platform, {}).get(code, ""))


def in_words(platform: str, code: str, detail: str = "") -> str:
    """The reason in the officer's language; for a number we do not know, what the platform itself said."""
    if words := known(platform, code):
        return words
    if code.isdigit() and 500 <= int(code) < 600:
        return str(_DOWN)
    return _("the platform said: “%(words)s”") % {"words": detail} if detail else _("no reason given")
