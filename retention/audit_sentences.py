"""The words of the record for what retention does."""

from django.utils.translation import gettext_noop

from audit.sentences import register

register(
    {
        "retention.applied": gettext_noop("Removed what had served its time: %(total)s rows"),
        "retention.interrupted": gettext_noop(
            "Was interrupted while removing what had served its time: %(total)s rows"
        ),
        "retention.held": gettext_noop("Ordered that nothing of it is removed: %(object)s"),
        "retention.lifted": gettext_noop(
            "Lifted the order that nothing of it is removed: %(object)s"
        ),
    },
    groups={
        "retention": gettext_noop("Retention"),
    },
    place=80,
)
