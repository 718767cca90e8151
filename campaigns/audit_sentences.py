"""The words of the record for what campaigns does."""

from django.utils.translation import gettext_noop

from audit.sentences import register

register(
    {
        "campaign.begun": gettext_noop("Began the campaign “%(object)s”"),
        "topic.rule_set": gettext_noop("Set what posts on a topic need: %(object)s"),
        "topic.rule_ended": gettext_noop("Ended what posts on a topic need: %(object)s"),
        "campaign.changed": gettext_noop("Changed the campaign “%(object)s”"),
        "kit.begun": gettext_noop("Began the kit “%(object)s”"),
        "kit.changed": gettext_noop("Changed the kit “%(object)s”"),
        "kit.submitted": gettext_noop("Submitted the kit “%(object)s” for approval"),
        "kit.approved": gettext_noop("Approved the kit “%(object)s”"),
        "kit.returned": gettext_noop("Returned the kit “%(object)s”"),
        "kit.issued": gettext_noop("Issued the kit “%(object)s”"),
        "kit.version_begun": gettext_noop("Began a new version of the kit “%(object)s”"),
        "kit.passed_on": gettext_noop("Passed the kit “%(object)s” on to the units below"),
        "kit.withdrawn": gettext_noop("Withdrew the kit “%(object)s”"),
    },
    groups={
        "campaign": gettext_noop("Campaigns"),
        "kit": gettext_noop("Kits"),
        "topic": gettext_noop("Topics"),
    },
    place=40,
)
