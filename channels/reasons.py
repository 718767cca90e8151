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
        "190/467": _AGAIN,
        "190/492": gettext_lazy("the person who connected the page no longer has a role on it; connect again"),
        "102": _AGAIN,
        "10": _RIGHTS,
        "200": _RIGHTS,
        "210": _RIGHTS,
        "100/33": gettext_lazy("the object is no longer on the page"),
        "368": gettext_lazy(
            "Facebook blocks the page for a while, for its rules or for posting too fast; try hours later"
        ),
        "506": gettext_lazy("the page's last post has the same text"),
        "4": _MANY,
        "17": _MANY,
        "32": _MANY,
        "613": _MANY,
        "80001": _MANY,
        "1": _DOWN,
        "2": _DOWN,
        "382": _PICTURE,
        "1349125": _PICTURE,
        "1366046": _PICTURE,
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
        "needs_image": gettext_lazy("Zalo needs at least one picture"),
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


def in_words(platform: str, code: str, detail: str = "") -> str:
    """The reason in the officer's language; for a number we do not know, what the platform itself said."""
    if known := _REASONS.get(platform, {}).get(code):
        return str(known)
    if code.isdigit() and 500 <= int(code) < 600:
        return str(_DOWN)
    return _("the platform said: “%(words)s”") % {"words": detail} if detail else _("no reason given")
