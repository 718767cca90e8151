"""The words of the record for what is done with short links."""

from django.utils.translation import gettext_noop

from accounts.permissions import Permission
from audit.sentences import register, register_page

register(
    {
        "link.created": gettext_noop("Made the short link “%(object)s”"),
        "link.target_changed": gettext_noop("Changed where the short link “%(object)s” leads"),
        "link.stopped": gettext_noop("Stopped the short link “%(object)s”"),
        "link.resumed": gettext_noop("Opened the stopped short link “%(object)s” again"),
    },
    groups={"link": gettext_noop("Short links")},
    place=45,
)
register_page("links.link", "links:link", right=Permission.POST_VIEW)
