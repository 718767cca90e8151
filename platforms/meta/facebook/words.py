"""Describe Facebook in words that people read."""

from platforms import common_messages
from platforms.meta.page_access import PageAccess
from platforms.words import Term, Words
from platforms.words import gettext_noop as _

# What errors mean to an officer, and what to do.
_REASONS = {
    "2635": common_messages.VERSION_RETIRED,
    **dict.fromkeys(("190", "190/466", "190/467", "102"), common_messages.CONNECT_AGAIN),
    "190/458": _("the portal's application was removed from the Facebook account; connect again"),
    **dict.fromkeys(
        ("190/459", "190/464"),
        _("Facebook asks the person who connected the page to sign in at facebook.com first"),
    ),
    "190/460": _(
        "the password of the Facebook account that connected the page was changed; connect again"
    ),
    "190/463": _("the connection has expired; connect the channel again"),
    "190/468": _(
        "Facebook ended the connection because it had not been used for long; connect again"
    ),
    "190/492": common_messages.ROLE_GONE,
    **dict.fromkeys(("10", *map(str, range(200, 300))), common_messages.RIGHT_MISSING),
    "3": _("Facebook does not allow the portal's application to do this; tell its administrators"),
    "100": _("Facebook does not accept a part of the post; check text, pictures and link"),
    **dict.fromkeys(
        ("100/36007", "100/36008", "100/36009"),
        _("Facebook's answer was used already or is too old; connect again"),
    ),
    "100/33": common_messages.OBJECT_GONE,
    "gone": _(
        "the page is no longer on Facebook, or hidden from the portal; look there, then "
        "connect it again"
    ),
    "368": _(
        "Facebook blocks the page for a while, for its rules or for posting too fast; "
        "try hours later"
    ),
    "506": _("the page's last post has the same text"),
    "upload_host": _(
        "the platform named an address that is not its own for the upload; tell the "
        "system's administrators"
    ),
    "1366051": _("the photo stands in another post already"),
    "processing": _(
        "Facebook could not process the video; save it anew as MP4 (H.264), and schedule "
        "the post again"
    ),
    "story": _("Facebook does not tell stories apart; look on the page whether it stands"),
    **dict.fromkeys(
        ("6000", "6001", "ProcessingFailedError"),
        _("the upload to Facebook broke off; it is tried again"),
    ),
    **dict.fromkeys(("4", "17", "32", "341", "613", "80001"), common_messages.TOO_MANY_CALLS),
    **dict.fromkeys(("1", "2", "1363047", "1609010"), common_messages.PLATFORM_BROKEN),
    **dict.fromkeys(("382", "1349125", "1366046", "2061006"), common_messages.PICTURE_REFUSED),
    "1404102": common_messages.CONTENT_REFUSED,
    **dict.fromkeys(
        ("1609005", "1609008"), _("the platform could not open the link; check the address")
    ),
    **dict.fromkeys(("1404078", "1404006", "1404112", "4854002"), common_messages.ACCOUNT_CLOSED),
}


WORDS = Words(
    label="Facebook",
    page=_("Facebook page %(name)s"),
    icon="brand-facebook",
    how_to_revoke=common_messages.HOW_TO_REVOKE_FACEBOOK,
    formats={
        "post": common_messages.POST,
        "reel": common_messages.REEL,
        "video": common_messages.VIDEO,
        "photo_story": Term(_("Photo story"), common_messages.PHOTO_STORY_HELP),
        "video_story": Term(_("Video story"), common_messages.VIDEO_STORY_HELP),
    },
    reasons=_REASONS,
    transient=frozenset({"368"}),
    rights={
        **PageAccess.RIGHTS,
        "pages_manage_posts": _("publishing and withdrawing posts"),
        "read_insights": common_messages.RIGHT_TO_FIGURES,
        "pages_manage_engagement": _("answering and hiding comments"),
        "pages_read_user_content": _("reading what residents write under the page's posts"),
    },
)
