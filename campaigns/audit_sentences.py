"""The words of the record for what campaigns does."""

from django.utils.translation import gettext_noop

from audit.sentences import register

register(
    {
        "campaign.begun": gettext_noop("Began the campaign “%(object)s”"),
        "topic.rule_set": gettext_noop("Set what posts on a topic need: %(object)s"),
        "topic.rule_ended": gettext_noop("Ended what posts on a topic need: %(object)s"),
        "campaign.changed": gettext_noop("Changed the campaign “%(object)s”"),
    },
    groups={
        "campaign": gettext_noop("Campaigns"),
        "topic": gettext_noop("Topics"),
    },
    place=40,
)
