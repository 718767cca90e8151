"""What a platform's facts mean to the people of a unit."""

from collections.abc import Iterable

from django.template.defaultfilters import filesizeformat
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from channels.connectors.base import Facts
from channels.connectors.facebook import Facebook
from channels.states import Health

LOOKS = {
    Health.CONNECTED: ("green", "plug-connected"),
    Health.LOST: ("red", "plug-connected-x"),
    Health.BY_HAND: ("blue", "pencil"),
    Health.DISCONNECTED: ("grey", "link-off"),
}
# Each right with what it is for; without it, that does not work.
RIGHTS = {
    "pages_show_list": gettext_lazy("list of pages, needed when connecting again"),
    "pages_read_engagement": gettext_lazy("reading the page's posts, needed to publish safely"),
    "pages_manage_posts": gettext_lazy("publishing and withdrawing posts"),
    "read_insights": gettext_lazy("views and reach"),
    "oa_verified": gettext_lazy("verification of the account by Zalo, needed to publish"),
    "can_post_messages": gettext_lazy("posting in the channel"),
    "can_delete_messages": gettext_lazy("withdrawing posts"),
}
# What each consent dialog asks for, in words.
ASKED = {
    "facebook": [RIGHTS[right] for right in Facebook.facts.rights],
    "zalo": [
        gettext_lazy("publishing, reading and withdrawing articles"),
        gettext_lazy("the account's name, verification and number of followers"),
    ],
}
FIGURES = {
    "views": gettext_lazy("views"),
    "reach": gettext_lazy("reach"),
    "reactions": gettext_lazy("reactions"),
    "comments": gettext_lazy("comments"),
    "shares": gettext_lazy("shares"),
}


def lacking(missing: Iterable[str]) -> list[str]:
    return [str(RIGHTS.get(right, right)) for right in missing]


def limits(facts: Facts, *, by_hand: bool = False) -> list[str]:
    """What fits into a post there, and what the portal can do with it, a sentence each."""
    number = lambda n: number_format(n, force_grouping=True)  # noqa: E731
    told = []
    if facts.max_title:
        told.append(_("Title: up to %(n)s characters.") % {"n": number(facts.max_title)})
    told.append(_("Text: up to %(n)s characters.") % {"n": number(facts.max_text)})
    if facts.max_text_with_image:
        told.append(_("Text beside pictures: up to %(n)s characters.") % {"n": number(facts.max_text_with_image)})
    size = filesizeformat(facts.image_max_bytes)
    pictures = ngettext(
        "Up to %(n)s picture of at most %(size)s.", "Up to %(n)s pictures of at most %(size)s each.", facts.max_images
    )
    told.append(pictures % {"n": facts.max_images, "size": size})
    if facts.needs_image:
        told.append(_("At least one picture: the first is the cover."))
    if by_hand:
        return [*told, _("The portal counts nothing there; officers enter the totals that they see on the page.")]
    if facts.measures:
        names = ", ".join(str(label) for name, label in FIGURES.items() if name in facts.measures)
        told.append(_("Counted for each post: %(names)s.") % {"names": names})
    else:
        told.append(_("Single posts are not counted there, only followers."))
    if not facts.finds:
        told.append(_("When an answer is lost, a person has to look whether the post stands."))
    return told
