"""The entries of the navigation that lead to pages of accounts."""

from django.utils.translation import gettext_lazy as _

from core.navigation import ACTIONS, ADMINISTRATION, Entry, register

register(
    Entry(
        "accounts:people", "users", _("Accounts"), ADMINISTRATION, 20, rights=("account_manage",)
    ),
    Entry(
        "accounts:system_changes",
        "user-cog",
        _("Operators and administrators"),
        ADMINISTRATION,
        22,
        rights=("system_change",),
    ),
    Entry(
        "accounts:delegations",
        "switch-horizontal",
        _("Delegations"),
        ADMINISTRATION,
        25,
        rights=("post_withdraw",),
    ),
    Entry(
        "accounts:delegations",
        "switch-horizontal",
        _("Delegations"),
        ADMINISTRATION,
        25,
        rights=("account_manage",),
        hidden_by=("post_withdraw",),
    ),
    Entry(
        "accounts:invite",
        "user-plus",
        _("Invite a person"),
        ACTIONS,
        15,
        rights=("account_manage",),
    ),
    Entry(
        "accounts:import",
        "file-import",
        _("Import people from Excel"),
        ACTIONS,
        16,
        rights=("account_manage",),
    ),
    Entry(
        "accounts:pending_appointments",
        "user-check",
        _("Confirm appointments"),
        ACTIONS,
        17,
        rights=("account_manage",),
    ),
    Entry(
        "accounts:delegate",
        "switch-horizontal",
        _("Hand approval over"),
        ACTIONS,
        55,
        rights=("post_approve", "post_withdraw"),
    ),
    Entry("accounts:notices", "bell", _("Notices"), ACTIONS, 80),
    Entry("accounts:me", "user-circle", _("My account"), ACTIONS, 82),
    Entry("mfa_index", "shield-lock", _("Two-factor authentication"), ACTIONS, 84),
    Entry("accounts:sessions", "device-desktop", _("Signed-in devices"), ACTIONS, 86),
    Entry("account_change_password", "password", _("Change password"), ACTIONS, 88),
    Entry("keys", "help", _("Keys"), ACTIONS, 90),
    pages={
        "accounts:delegations": ("accounts:delegate", "accounts:delegation"),
        "accounts:people": ("accounts",),
        "accounts:system_changes": ("accounts:system_changes",),
        "": ("accounts:me", "accounts:notices"),
    },
)
