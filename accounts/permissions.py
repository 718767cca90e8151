"""Permissions: roles as data that a reviewer can read on one page. Authority comes from the
position, not the rank.
"""

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _

from units.models import Level


class Permission(StrEnum):
    UNIT_VIEW = "unit_view"
    UNIT_MANAGE = "unit_manage"
    UNIT_FACTS = "unit_facts"
    ACCOUNT_MANAGE = "account_manage"
    AUDIT_VIEW = "audit_view"
    CHANNEL_VIEW = "channel_view"
    CHANNEL_MANAGE = "channel_manage"
    PLATFORM_ALLOW = "platform_allow"
    CAMPAIGN_VIEW = "campaign_view"
    CAMPAIGN_WRITE = "campaign_write"
    TOPIC_RULE = "topic_rule"
    # Of a province or of the ministry: nobody below issues kits.
    KIT_WRITE = "kit_write"
    KIT_APPROVE = "kit_approve"
    PARTNER_WRITE = "partner_write"  # keeps the unit's register, and shares posts with partners
    FIGURES_VIEW = "figures_view"
    FIGURES_NOTE = "figures_note"  # notes on the dashboard, of the very unit
    # In the very unit that reports: those above write and approve none of its reports.
    REPORT_WRITE = "report_write"
    REPORT_APPROVE = "report_approve"
    LIBRARY_WRITE = "library_write"
    POST_VIEW = "post_view"
    POST_WRITE = "post_write"
    POST_APPROVE = "post_approve"
    POST_APPROVE_SECOND = "post_approve_second"  # after the unit, where a topic asks for it
    POST_COMMENT = "post_comment"
    POST_SCHEDULE = "post_schedule"
    POST_WITHDRAW = "post_withdraw"
    PUBLISHING_PAUSE = "publishing_pause"
    OVERSIGHT_VIEW = "oversight_view"
    SYSTEM_WATCH = "system_watch"


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
