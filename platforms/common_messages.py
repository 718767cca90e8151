"""Share the words that several platforms have in common, as message ids."""

from platforms.words import Term
from platforms.words import gettext_noop as _

# What errors mean.
AGAIN = _("the platform no longer accepts this connection; connect the channel again")
RIGHTS = _(
    "the connection lacks the right to do this; connect again and allow everything that "
    "is asked for"
)
MANY = _("the platform's limit of calls is reached")
DOWN = _("the platform did not answer properly")
CLOSED = _("the account is closed or locked on the platform; its administrator must look there")
CONTENT = _("the platform holds the content against its rules; revise the text or the pictures")
PICTURE = _("the platform could not take a picture; replace it")
PORTAL = _(
    "the platform does not let the portal's application do this; tell those who run the portal"
)
UNREADABLE_MEDIA = _(
    "the platform could not take a video or a picture; save it anew, or replace it"
)
FETCH = _("the platform could not fetch a picture or a video from the portal")
SPAM = _(
    "the platform holds the account's posts for spam for a while; look in the app, and "
    "try again hours later"
)
QUOTA = _("the account has used up its posts of the day; publish again tomorrow")
LAY = _("what was prepared for publication is no longer there; schedule the post again")
UNPLUGGED = _("the portal's application was removed from the account; connect again")
NO_ROLE = _("the person who connected the page no longer has a role on it; connect again")
NO_OBJECT = _("the object is no longer on the page")

# Formats.
POST = Term(_("Post"), _("Stays on the page."))
VIDEO = Term(_("Video"))
REEL = Term(_("Reel"), _("A short upright video, shown to many who do not follow the page."))
PICTURE_STORY = _("Gone after 24 hours. Shows no text: what matters must be in the picture itself.")
VIDEO_STORY = _("Gone after 24 hours. Shows no text: what matters must be in the video itself.")

# Options.
COMMENTS = Term(_("Allow comments"))

# Rights.
PUBLISH = _("publishing posts")
WITHDRAW = _("withdrawing posts")
FIGURES = _("views and reach")
READ = _("reading the account and its posts, needed to publish safely")
RETIRED = _(
    "the platform no longer answers the version of its interface that the portal speaks; the post "
    "waits, and the system's administrators have to set a newer one"
)
LEAVING_FACEBOOK = _(
    "The person who connected the page opens facebook.com → Settings → Business integrations and "
    "takes this page away from the portal's application. To remove the whole application ends the "
    "access to this person's other pages, too."
)
