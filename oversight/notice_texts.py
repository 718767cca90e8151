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
    "remind_matter": gettext_noop(
        "%(by)s reminds %(unit)s: requests that wait for its answer past their day: %(n)s."
    ),
    "matters_late": gettext_noop(
        "Requests that wait for the answer of %(unit)s past their day: %(n)s."
    ),
    "matter_opened": gettext_noop("%(by)s sent %(unit)s a request. Please answer by %(day)s."),
    "matter_answered": gettext_noop("%(by)s answered a request for %(unit)s."),
    "matter_reopened": gettext_noop(
        "%(by)s asks %(unit)s again in a request. Please answer by %(day)s."
    ),
    "matter_closed": gettext_noop("%(by)s closed a request to %(unit)s: nothing is left to do."),
    "remind_dying": gettext_noop(
        "%(by)s reminds %(unit)s: connections that end within 14 days: %(n)s. Please connect them "
        "again before."
    ),
    "remind_kit": gettext_noop(
        "%(by)s reminds %(unit)s: kits whose last day is near and that it has not taken up: "
        "%(n)s. Please take them up, or say why not."
    ),
    "remind_pageless": gettext_noop(
        "%(by)s reminds %(unit)s: no page of the unit is connected yet, so it cannot publish. Its "
        "leader connects one under Channels."
    ),
    "remind_silent": gettext_noop(
        "%(by)s reminds %(unit)s: nothing was published on its pages for some time. A kit is the "
        "quickest way to begin."
    ),
}

register(
    SENTENCES,
    urgent={"remind_dead", "remind_late", "remind_unrecognised"},
    later={"matter_closed"},
    joined={
        "matter_answered": ("by", "unit"),
    },
)
