"""The sentences of the notices that oversight sends."""

from django.utils.translation import gettext_noop

from accounts.notices import register

SENTENCES = {
    "remind_dead": gettext_noop(
        "%(by)s reminds %(unit)s: pages that carry no posts now: %(n)s. Connect or confirm them "
        "again."
    ),
    "remind_unrecognised": gettext_noop(
        "%(by)s reminds %(unit)s: posts on its pages that the portal did not make: %(n)s. Please "
        "look whose they are."
    ),
    "remind_blocked": gettext_noop(
        "%(by)s reminds %(unit)s: publications that the leak check stopped: %(n)s. Please change "
        "the text and submit it again."
    ),
    "remind_late": gettext_noop(
        "%(by)s reminds %(unit)s: publications that are late or failed: %(n)s. Please look at each "
        "and decide."
    ),
    "remind_dying": gettext_noop(
        "%(by)s reminds %(unit)s: connections that end within 14 days: %(n)s. Please connect them "
        "again before."
    ),
    "remind_kit": gettext_noop(
        "%(by)s reminds %(unit)s: kits whose last day is near and that it has not taken up: "
        "%(n)s. Please take them up, or say why not."
    ),
    "remind_silent": gettext_noop(
        "%(by)s reminds %(unit)s: nothing was published on its pages for some time. A kit is the "
        "quickest way to begin."
    ),
}

register(SENTENCES)
