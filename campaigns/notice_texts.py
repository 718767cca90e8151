"""The sentences of the notices that campaigns sends."""

from django.utils.translation import gettext_noop

from accounts.notices import register

SENTENCES = {
    "kit_submitted": gettext_noop("%(by)s submitted the kit “%(title)s” for approval."),
    "kit_approved": gettext_noop("%(by)s approved the kit “%(title)s”. Next: issue it."),
    "kit_returned": gettext_noop("%(by)s returned the kit “%(title)s”: %(reason)s"),
    "kit_issued": gettext_noop("%(unit)s offers your unit the kit “%(title)s” to take up."),
    "kit_changed": gettext_noop("%(unit)s has issued a new version of the kit “%(title)s”."),
    "kit_to_pass_on": gettext_noop(
        "%(unit)s has issued the kit “%(title)s”. Please pass it on to your units."
    ),
    "kit_passing_asked": gettext_noop(
        "%(by)s reminds you to pass the kit “%(title)s” on to your units."
    ),
    "kit_withdrawn": gettext_noop(
        "%(unit)s has withdrawn the kit “%(title)s”. Do not publish it any more."
    ),
    "file_refused": gettext_noop(
        "The file “%(title)s” was not taken and is deleted. Its page says why."
    ),
    "partner_ending": gettext_noop(
        "The agreement with the partner “%(title)s” ends on %(day)s. Renew it by a new document; "
        "otherwise its share pages close."
    ),
}

register(
    SENTENCES,
    urgent={"kit_withdrawn"},
    later={"partner_ending"},
    joined={
        "file_refused": ("title",),
    },
)
