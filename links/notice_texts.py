"""The sentences of the notices that links sends."""

from django.utils.translation import gettext_noop

from accounts.notices import register

register(
    {
        "link_stopped": gettext_noop(
            "%(by)s stopped the short link “%(title)s”. Please read what residents see there."
        ),
        "link_resumed": gettext_noop("%(by)s opened the short link “%(title)s” again."),
        "link_target_changed": gettext_noop(
            "%(by)s changed where the short link “%(title)s” leads. Please look at it."
        ),
    }
)
