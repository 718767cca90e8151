"""Describe Zalo in words that people read."""

from platforms import common_messages
from platforms.words import Term, Words
from platforms.words import gettext_noop as _
from platforms.zalo.facts import VIDEO_ARTICLE

# What errors mean to an officer, and what to do.
_REASONS = {
    **dict.fromkeys(("-216", "-220", "refresh_token"), common_messages.CONNECT_AGAIN),
    "-219": _("the portal's application was removed from the Zalo OA; connect again"),
    **dict.fromkeys(("-204", "-205"), common_messages.ACCOUNT_CLOSED),
    "-221": _("Zalo asks that the OA be verified first"),
    "-224": _("the OA's service package does not allow this; ask the owner of the OA"),
    "-211": _("the OA's quota of articles is used up"),
    "-223": _("the OA has not allowed this, or its quota of articles is used up"),
    "-201": _("Zalo does not accept a part of the article; check title, text and pictures"),
    "-210": _("a picture or a text is larger than Zalo allows"),
    "-248": common_messages.CONTENT_REFUSED,
    "-32": common_messages.TOO_MANY_CALLS,
    "-200": _("Zalo could not carry it out and does not say why"),
    "-214": _("Zalo is still working on it"),
    "-218": _("the followers have already received the most messages that Zalo allows"),
    "-234": _("Zalo sends nothing to followers between 22:00 and 06:00"),
    "-235": _("Zalo does not offer this to accounts of this kind"),
    **dict.fromkeys(
        ("-209", "-212", "-215", "-233", "-240", "-242", "-14002", "-14003"),
        common_messages.APPLICATION_REFUSED,
    ),
    "-320": _("the OA needs a Zalo Cloud Account; ask the owner of the OA"),
    "-321": _("the Zalo Cloud Account has no money left; ask the owner of the OA"),
    "needs_image": _("Zalo needs at least one picture"),
    "needs_video": _("a video article needs a video"),
    "needs_poster": _("the video has no picture that stands for it; choose the video again"),
    "video": _("Zalo could not convert the video; save it anew as MP4 (H.264)"),
}


WORDS = Words(
    label="Zalo OA",
    short="Zalo",
    page=_("Zalo OA %(name)s"),
    how_to_revoke=_(
        "An administrator of the account opens OA Manager and removes the portal's "
        "application there."
    ),
    icon="message-circle",
    formats={
        "article": Term(
            _("Article"), _("A page of its own, with headings, bold letters and a cover.")
        ),
        VIDEO_ARTICLE: Term(
            _("Video article"), _("A page of its own with the video, its title and a description.")
        ),
    },
    reasons=_REASONS,
    options={"comments": common_messages.ALLOW_COMMENTS},
    rights={"oa_verified": _("verification of the account by Zalo, needed to publish")},
    consent_items=[
        _("publishing, reading and withdrawing articles"),
        _("the account's name, verification and number of followers"),
    ],
)
