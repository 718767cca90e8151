"""Describe Instagram in words that people read."""

from platforms import common_messages
from platforms.meta.containers.words import COMMON_REASONS
from platforms.meta.page_access import PageAccess
from platforms.words import Term, Words
from platforms.words import gettext_noop as _

# What errors mean to an officer, and what to do.
_REASONS = {
    "2635": common_messages.VERSION_RETIRED,
    **COMMON_REASONS,
    "100/33": common_messages.OBJECT_GONE,
    "gone": _(
        "the Instagram account is no longer linked to the Facebook Page, or no longer there; link "
        "it in the Page's settings, then connect again"
    ),
    "check": _(
        "Facebook asks the page, or the person who connected it, to pass a check at "
        "facebook.com first"
    ),
    "25/2207050": common_messages.ACCOUNT_CLOSED,
    "4/2207051": common_messages.LOOKS_LIKE_SPAM,
    **dict.fromkeys(("quota", "9/2207042"), common_messages.DAILY_POSTS_USED_UP),
    **dict.fromkeys(("36000/2207004", "36001/2207005"), common_messages.PICTURE_REFUSED),
    "36003/2207009": _("a picture is too tall or too wide; cut it to between 4:5 and 1.91:1"),
    "36004/2207010": _("the text is longer than the platform allows"),
    "100/2207040": _("the text mentions more accounts than the platform allows"),
    **dict.fromkeys(("352/2207026", "2207026"), common_messages.UNREADABLE_MEDIA),
    **dict.fromkeys(
        ("9004/2207052", "-2/2207003", "2207003", "2207052", "2207076", "2207077", "2207082"),
        common_messages.MEDIA_NOT_FETCHED,
    ),
    **dict.fromkeys(
        ("-1/2207001", "-1/2207032", "-1/2207053", "2207001", "2207032", "2207053"),
        common_messages.PLATFORM_BROKEN,
    ),
    **dict.fromkeys(("EXPIRED", "UNKNOWN", "24/2207006", "24/2207008"), common_messages.DRAFT_GONE),
}


WORDS = Words(
    label="Instagram",
    page=_("Instagram account %(name)s"),
    icon="brand-instagram",
    how_to_revoke=common_messages.HOW_TO_REVOKE_FACEBOOK,
    formats={
        "post": common_messages.POST,
        "reel": common_messages.REEL,
        "story": Term(_("Story"), common_messages.PHOTO_STORY_HELP),
    },
    reasons=_REASONS,
    rights={
        **PageAccess.RIGHTS,
        "instagram_basic": common_messages.RIGHT_TO_READ,
        "instagram_content_publish": common_messages.RIGHT_TO_PUBLISH,
        "instagram_manage_contents": common_messages.RIGHT_TO_WITHDRAW,
        "instagram_manage_comments": _("reading, answering and hiding comments"),
        "instagram_manage_insights": common_messages.RIGHT_TO_FIGURES,
    },
    connect_steps=[
        _(
            "Instagram is connected through Facebook: sign in there with the account that "
            "administers the Facebook Page which the Instagram account is linked to, agree, "
            "and you come back here to confirm."
        ),
        _("The Instagram account must be a professional one, and linked to the Page beforehand."),
    ],
    dialog_of="Facebook",
    no_page_offered=_(
        "None of the Facebook Pages that you agreed to is linked to a professional Instagram "
        "account. Link it in the Page's settings, then connect again."
    ),
)
