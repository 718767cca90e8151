"""Describe TikTok in words that people read."""

from platforms import common_messages
from platforms.words import Term, Words
from platforms.words import gettext_noop as _

# What errors mean to an officer, and what to do.
_REASONS = {
    **dict.fromkeys(("access_token_invalid", "invalid_grant"), common_messages.CONNECT_AGAIN),
    **dict.fromkeys(
        ("scope_not_authorized", "scope_permission_missed"), common_messages.RIGHT_MISSING
    ),
    "auth_removed": common_messages.APPLICATION_REMOVED,
    "spam_risk_user_banned_from_posting": _(
        "TikTok no longer lets this account post; its owner must look in the app"
    ),
    "spam_risk_too_many_posts": common_messages.DAILY_POSTS_USED_UP,
    "spam_risk_too_many_pending_share": _(
        "too many drafts wait in the inbox of the TikTok app; finish or delete some there"
    ),
    "reached_active_user_cap": _(
        "the portal's application may post for no more accounts today; publish again tomorrow"
    ),
    "unaudited_client_can_only_post_to_private_accounts": _(
        "TikTok has not audited the portal's application yet: until then it posts to private "
        "accounts alone, and only for the account itself to see"
    ),
    "privacy_level_option_mismatch": _(
        "the account's settings no longer allow the audience that was chosen; choose "
        "again who can see the post"
    ),
    "url_ownership_unverified": _(
        "TikTok has not verified the portal's address yet, so it takes no pictures from there; ask "
        "the system administrator"
    ),
    "duration_check_failed": _("the video is longer than TikTok lets this account post; cut it"),
    "file_format_check_failed": common_messages.UNREADABLE_MEDIA,
    "frame_rate_check_failed": _("TikTok takes videos of 23 to 60 frames a second; save it anew"),
    "picture_size_check_failed": _(
        "TikTok does not take a picture or a video of this size; save it anew"
    ),
    **dict.fromkeys(("video_pull_failed", "photo_pull_failed"), common_messages.MEDIA_NOT_FETCHED),
    "internal": _("TikTok could not finish the post because of an error of its own"),
    **dict.fromkeys(("internal_error", "server_error"), common_messages.PLATFORM_BROKEN),
    "publish_cancelled": _("the publication was cancelled in TikTok"),
    **dict.fromkeys(("spam_risk", "spam_risk_text"), common_messages.CONTENT_REFUSED),
    **dict.fromkeys(("rate_limit_exceeded", "429"), common_messages.TOO_MANY_CALLS),
    **dict.fromkeys(("upload_expired", "no_draft"), common_messages.DRAFT_GONE),
    "no_removal": _("TikTok lets nobody delete a post but in its own app"),
    "needs_video": _("TikTok needs a video"),
}


WORDS = Words(
    label="TikTok",
    page=_("TikTok account %(name)s"),
    icon="brand-tiktok",
    how_to_revoke=_(
        "In the TikTok app, open Settings and privacy → Security & permissions → Apps and services "
        "permissions, choose the portal's application and remove its access."
    ),
    formats={
        "video": common_messages.VIDEO,
        "photo": Term(_("Photo post")),
        "inbox": Term(
            _("Draft in the app's inbox"),
            _(
                "A person must finish and post it in the app, on the telephone of the "
                "page; until then nobody sees it."
            ),
        ),
    },
    reasons=_REASONS,
    options={
        "privacy": Term(
            _("Who can see the post"),
            _("What residents shall know is for everyone."),
            {
                "PUBLIC_TO_EVERYONE": _("Everyone"),
                "MUTUAL_FOLLOW_FRIENDS": _("Friends: followers that the page follows back"),
                "FOLLOWER_OF_CREATOR": _("Followers"),
                "SELF_ONLY": _("Only the page itself"),
            },
        ),
        "comments": common_messages.ALLOW_COMMENTS,
        "duet": Term(_("Allow Duet"), _("Others may show a video of their own beside this one.")),
        "stitch": Term(_("Allow Stitch"), _("Others may cut a part out into a video of theirs.")),
        "own_brand": Term(
            _("Disclose promotional content"),
            _(
                "Only when the post promotes goods or services of the unit. It is then "
                "labelled “Promotional content”."
            ),
        ),
    },
    rights={
        "user.info.basic": _("the account's name, needed to connect"),
        "user.info.profile": _("the account's address"),
        "user.info.stats": _("number of followers"),
        "video.list": _("reading and counting the account's videos"),
        "video.publish": common_messages.RIGHT_TO_PUBLISH,
        "video.upload": _("leaving drafts in the app's inbox"),
    },
)
