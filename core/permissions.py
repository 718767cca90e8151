"""The rights that somebody may hold; `accounts.permissions` says which role grants which."""

from enum import StrEnum


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
    TRAINING_LEAD = "training_lead"  # of a training installation: opens classes, see `training`
