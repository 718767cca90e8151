"""Roles and what they grant, as data that a reviewer can read on one page. Authority comes from the
position, not the rank.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.permissions import Permission
from units.models import Level


class Role(models.TextChoices):
    OFFICER = "officer", _("Drafting officer")
    APPROVER = "approver", _("Approving leader")
    SUPERVISOR = "supervisor", _("Supervisor")
    OVERSEER = "overseer", _("Provincial overseer")
    ADMINISTRATOR = "administrator", _("System administrator")


P = Permission
GRANTS: dict[str, frozenset[Permission]] = {
    Role.OFFICER: frozenset(
        {
            P.UNIT_VIEW,
            P.CHANNEL_VIEW,
            P.CAMPAIGN_VIEW,
            P.KIT_WRITE,
            P.PARTNER_WRITE,
            P.FIGURES_VIEW,
            P.REPORT_WRITE,
            P.LIBRARY_WRITE,
            P.POST_VIEW,
            P.POST_WRITE,
            P.POST_COMMENT,
            P.POST_SCHEDULE,
        }
    ),
    Role.APPROVER: frozenset(
        {
            P.UNIT_VIEW,
            # The leader answers for what residents are told of the unit, as for each post.
            P.UNIT_FACTS,
            P.AUDIT_VIEW,
            P.CHANNEL_VIEW,
            P.CHANNEL_MANAGE,
            P.CAMPAIGN_VIEW,
            P.KIT_WRITE,
            P.KIT_APPROVE,
            P.CAMPAIGN_WRITE,
            P.PARTNER_WRITE,
            P.FIGURES_VIEW,
            P.FIGURES_NOTE,
            P.REPORT_WRITE,
            P.REPORT_APPROVE,
            P.LIBRARY_WRITE,
            P.POST_VIEW,
            P.POST_WRITE,
            P.POST_APPROVE,
            P.POST_COMMENT,
            P.POST_SCHEDULE,
            P.POST_WITHDRAW,
            P.PUBLISHING_PAUSE,
        }
    ),
    Role.SUPERVISOR: frozenset(
        {
            P.UNIT_VIEW,
            P.AUDIT_VIEW,
            P.CHANNEL_VIEW,
            P.CAMPAIGN_VIEW,
            P.KIT_WRITE,
            P.CAMPAIGN_WRITE,
            P.FIGURES_VIEW,
            P.POST_VIEW,
            P.OVERSIGHT_VIEW,
        }
    ),
    # Never edits a commune's text: it withdraws, or asks the commune to.
    Role.OVERSEER: frozenset(
        {
            P.UNIT_VIEW,
            P.AUDIT_VIEW,
            P.CHANNEL_VIEW,
            P.PLATFORM_ALLOW,
            P.CAMPAIGN_VIEW,
            P.KIT_WRITE,
            P.KIT_APPROVE,
            P.CAMPAIGN_WRITE,
            P.TOPIC_RULE,
            P.FIGURES_VIEW,
            P.FIGURES_NOTE,
            P.REPORT_WRITE,
            P.REPORT_APPROVE,
            P.LIBRARY_WRITE,
            P.POST_VIEW,
            P.POST_APPROVE_SECOND,
            P.POST_COMMENT,
            P.POST_WITHDRAW,
            P.PUBLISHING_PAUSE,
            P.OVERSIGHT_VIEW,
        }
    ),
    # Reads no drafts and no figures.
    Role.ADMINISTRATOR: frozenset(
        {
            P.UNIT_VIEW,
            P.UNIT_MANAGE,
            P.ACCOUNT_MANAGE,
            P.AUDIT_VIEW,
            P.CHANNEL_VIEW,
            P.CHANNEL_MANAGE,
            P.SYSTEM_WATCH,
            P.TRAINING_LEAD,
        }
    ),
}
# With one of these alone a person could publish, or make others who do: a second administrator
# confirms each.
CONFIRMED = frozenset({Role.APPROVER, Role.OVERSEER, Role.ADMINISTRATOR})
# A new leader uses none of these for a day, so that those who are told of the appointment can stop
# it. Stopping and taking down do not wait: neither speaks to residents nor gives a right.
DELAYED = frozenset(
    {
        P.POST_APPROVE,
        P.POST_APPROVE_SECOND,
        P.KIT_APPROVE,
        P.PLATFORM_ALLOW,
        P.TOPIC_RULE,
        P.ACCOUNT_MANAGE,
        P.UNIT_MANAGE,
    }
)
# These see and act on the units below as well; officers and approvers on their own unit alone.
DEEP = frozenset({Role.SUPERVISOR, Role.OVERSEER, Role.ADMINISTRATOR})
# These publish, judge others or make accounts: without a second factor their sessions open nothing
# but its set-up. Officers and supervisors follow on a day that the ministry sets.
NEEDS_FACTOR = frozenset({Role.APPROVER, Role.OVERSEER, Role.ADMINISTRATOR})
# Where a post of this kind exists; the leading department watches from the province, nobody
# administers a lone commune.
LEVELS: dict[str, frozenset[Level]] = {
    Role.OFFICER: frozenset(Level),
    Role.APPROVER: frozenset(Level),
    Role.SUPERVISOR: frozenset(Level),
    Role.OVERSEER: frozenset({Level.MINISTRY, Level.PROVINCE}),
    Role.ADMINISTRATOR: frozenset({Level.MINISTRY, Level.PROVINCE}),
}
