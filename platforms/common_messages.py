"""Share the words that several platforms have in common, as message ids."""

from platforms.words import Term
from platforms.words import gettext_noop as _

# What errors mean.
CONNECT_AGAIN = _("the platform no longer accepts this connection; connect the channel again")
RIGHT_MISSING = _(
    "the connection lacks the right to do this; connect again and allow everything that "
    "is asked for"
)
TOO_MANY_CALLS = _("the platform's limit of calls is reached")
PLATFORM_BROKEN = _("the platform did not answer properly")
ACCOUNT_CLOSED = _(
    "the account is closed or locked on the platform; its administrator must look there"
)
CONTENT_REFUSED = _(
    "the platform holds the content against its rules; revise the text or the pictures"
)
PICTURE_REFUSED = _("the platform could not take a picture; replace it")
APPLICATION_REFUSED = _(
    "the platform does not let the portal's application do this; tell those who run the portal"
)
UNREADABLE_MEDIA = _(
    "the platform could not take a video or a picture; save it anew, or replace it"
)
MEDIA_NOT_FETCHED = _("the platform could not fetch a picture or a video from the portal")
LOOKS_LIKE_SPAM = _(
    "the platform holds the account's posts for spam for a while; look in the app, and "
    "try again hours later"
)
DAILY_POSTS_USED_UP = _("the account has used up its posts of the day; publish again tomorrow")
DRAFT_GONE = _("what was prepared for publication is no longer there; schedule the post again")
APPLICATION_REMOVED = _("the portal's application was removed from the account; connect again")
ROLE_GONE = _("the person who connected the page no longer has a role on it; connect again")
OBJECT_GONE = _("the object is no longer on the page")

# Formats.
POST = Term(_("Post"), _("Stays on the page."))
VIDEO = Term(_("Video"))
REEL = Term(_("Reel"), _("A short upright video, shown to many who do not follow the page."))
PHOTO_STORY_HELP = _(
    "Gone after 24 hours. Shows no text: what matters must be in the picture itself."
)
VIDEO_STORY_HELP = _(
    "Gone after 24 hours. Shows no text: what matters must be in the video itself."
)

# Options.
ALLOW_COMMENTS = Term(_("Allow comments"))

# Rights.
RIGHT_TO_PUBLISH = _("publishing posts")
RIGHT_TO_WITHDRAW = _("withdrawing posts")
RIGHT_TO_FIGURES = _("views and reach")
RIGHT_TO_READ = _("reading the account and its posts, needed to publish safely")
VERSION_RETIRED = _(
    "the platform no longer answers the version of its interface that the portal speaks; the post "
    "waits, and the system's administrators have to set a newer one"
)
HOW_TO_REVOKE_FACEBOOK = _(
    "The person who connected the page opens facebook.com → Settings → Business integrations and "
    "takes this page away from the portal's application. To remove the whole application ends the "
    "access to this person's other pages, too."
)
