"""The words of the record for what accounts does, and the pages of what they are about."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.utils.translation import gettext, gettext_noop

from accounts.models import ChangeKind
from accounts.permissions import Permission
from audit.sentences import register, register_facts, register_page
from core.navigation import get_page_label

register(
    {
        "unit.posts_followed": gettext_noop(
            "%(object)s ended: %(ended)s posts ended with it, %(moved)s go on in the successor"
        ),
        "account.invited": gettext_noop("Made an account for %(object)s and sent the invitation"),
        "account.invited_again": gettext_noop("Sent %(object)s a new invitation"),
        "account.accepted": gettext_noop("%(object)s accepted the invitation and chose a password"),
        "account.appointed": gettext_noop("Gave %(object)s a post: %(title)s"),
        "account.invitation_proposed": gettext_noop(
            "Made an account for %(object)s and proposed a post that a second "
            "administrator confirms: %(title)s"
        ),
        "account.appointment_proposed": gettext_noop("Proposed %(object)s for a post: %(title)s"),
        "account.appointment_confirmed": gettext_noop(
            "Confirmed the appointment of %(object)s: %(title)s"
        ),
        "account.appointment_refused": gettext_noop(
            "Refused the appointment of %(object)s: %(title)s"
        ),
        "account.appointment_withdrawn": gettext_noop(
            "Took back the proposal to appoint %(object)s: %(title)s"
        ),
        "account.appointment_expired": gettext_noop(
            "Nobody confirmed the appointment of %(object)s in time: %(title)s"
        ),
        "account.waiver_given": gettext_noop(
            "Waived the waiting time of %(object)s as the first of two: %(title)s"
        ),
        "account.waiting_waived": gettext_noop(
            "Waived the waiting time of %(object)s as the second of two; approving is "
            "possible at once: %(title)s"
        ),
        "account.delegated": gettext_noop(
            "Handed approval over to %(object)s from %(first)s to %(last)s"
        ),
        "account.delegation_ended": gettext_noop(
            "Ended early that %(object)s approves in somebody's stead, from %(first)s to %(last)s"
        ),
        "account.post_ended": gettext_noop("Ended a post of %(object)s: %(title)s"),
        "account.disabled": gettext_noop("Disabled the account of %(object)s"),
        "account.enabled": gettext_noop("Enabled the account of %(object)s"),
        "account.pseudonymised": gettext_noop(
            "Replaced name and address of somebody who left: %(object)s"
        ),
        "account.unlocked": gettext_noop(
            "Unlocked the account of %(object)s after wrong passwords"
        ),
        "account.training_noted": gettext_noop(
            "Noted the day on which %(object)s completed the training: %(day)s"
        ),
        "account.factor_day_set": gettext_noop(
            "Decided from which day everybody needs two-factor authentication: %(day)s"
        ),
        "account.factor_code_used": gettext_noop("%(object)s used a recovery code"),
        "account.mfa_reset_asked": gettext_noop(
            "Asked to reset two-factor authentication of %(object)s"
        ),
        "account.mfa_reset_confirmed": gettext_noop(
            "Agreed to reset two-factor authentication of %(object)s"
        ),
        "account.mfa_reset_stopped": gettext_noop(
            "Stopped the reset of two-factor authentication of %(object)s"
        ),
        "account.mfa_reset": gettext_noop("Reset two-factor authentication of %(object)s"),
        "account.link_proposed": gettext_noop(
            "Proposed to link a ministry account to %(object)s: %(code)s"
        ),
        "account.link_withdrawn": gettext_noop(
            "Took back the proposal to link a ministry account to %(object)s: %(code)s"
        ),
        "account.linked": gettext_noop("Linked a ministry account to %(object)s: %(code)s"),
        "account.unlinked": gettext_noop("Ended the link of %(object)s to a ministry account"),
        "account.break_glass_marked": gettext_noop(
            "Marked %(object)s as a break-glass account on the server"
        ),
        "account.break_glass_unmarked": gettext_noop(
            "Ended the mark of %(object)s as a break-glass account on the server"
        ),
        "account.claims_proposed": gettext_noop(
            "Proposed what values of the ministry's sign-in mean: %(count)s"
        ),
        "account.claims_confirmed": gettext_noop(
            "Confirmed what values of the ministry's sign-in mean: %(count)s"
        ),
        "account.claims_removed": gettext_noop(
            "Removed what values of the ministry's sign-in mean: %(count)s"
        ),
        "account.corrected": gettext_noop("Corrected name or e-mail of %(object)s"),
        "account.imported": gettext_noop("Imported people from Excel: %(object)s"),
        "account.password_changed": gettext_noop("Changed the password, from %(address)s"),
        "account.password_reset": gettext_noop(
            "Set a new password by the link for a forgotten one, from %(address)s"
        ),
        "account.factor_added": gettext_noop(
            "Added a second factor to the account of %(object)s: %(kind)s"
        ),
        "account.factor_removed": gettext_noop(
            "Removed or renewed a second factor of %(object)s: %(kind)s"
        ),
        "account.email_added": gettext_noop(
            "Added an e-mail address to the account of %(object)s: %(email)s"
        ),
        "account.email_removed": gettext_noop(
            "Removed an e-mail address from the account of %(object)s: %(email)s"
        ),
        "account.email_confirmed": gettext_noop("Confirmed the e-mail address %(email)s"),
        "account.email_changed": gettext_noop(
            "Chose another e-mail address for the account of %(object)s: %(email)s"
        ),
        "sign_in.succeeded": gettext_noop("Signed in, from %(address)s"),
        "sign_in.by_ministry": gettext_noop(
            "Signed in with the ministry's account, from %(address)s"
        ),
        "sign_in.break_glass": gettext_noop(
            "Opened the break-glass account %(object)s without the ministry"
        ),
        "sign_in.unlinked": gettext_noop(
            "Somebody without a linked account signed in at the ministry: %(object)s"
        ),
        "sign_in.link_refused": gettext_noop("Refused to link a ministry account: %(object)s"),
        "sign_in.unproved": gettext_noop(
            "An answer of the ministry's sign-in proved nobody (%(check)s), from %(address)s"
        ),
        "sign_in.failed": gettext_noop(
            "A sign-in to the account of %(object)s failed, from %(address)s"
        ),
        "sign_in.unknown": gettext_noop("A sign-in with an unknown name failed, from %(address)s"),
        "sign_in.factor_failed": gettext_noop(
            "A wrong second factor for the account of %(object)s, from %(address)s"
        ),
        "sign_in.ended": gettext_noop("Signed out"),
        "sign_in.sessions_ended": gettext_noop("Ended sessions on other devices: %(count)s"),
        "access.denied": gettext_noop(
            "Was refused a page of “%(part)s”, from %(address)s (%(page)s)"
        ),
        "system.change_proposed": gettext_noop(
            "Proposed a change of system operation that concerns %(object)s: %(change)s"
        ),
        "system.change_done": gettext_noop(
            "Confirmed a change of system operation that concerns %(object)s: %(change)s"
        ),
        "system.change_stopped": gettext_noop(
            "Stopped a change of system operation that concerned %(object)s: %(change)s"
        ),
        "system.changed": gettext_noop(
            "Acted in system operation on “%(part)s”, from %(address)s (%(page)s %(target)s)"
        ),
    },
    groups={
        "account": gettext_noop("Accounts"),
        "sign_in": gettext_noop("Sign-ins"),
        "access": gettext_noop("Refused access"),
        "system": gettext_noop("System operation"),
    },
    place=70,
)

register_page("accounts.user", "accounts:person", right=Permission.ACCOUNT_MANAGE)


_FACTORS = {
    Authenticator.Type.TOTP: gettext_noop("Authenticator app"),
    Authenticator.Type.WEBAUTHN: gettext_noop("Passkey"),
    Authenticator.Type.RECOVERY_CODES: gettext_noop("Recovery codes"),
}


def _name_factor(facts: Mapping[str, str]) -> dict[str, str]:
    kind = facts["kind"]
    return {"kind": gettext(_FACTORS[kind])} if kind in _FACTORS else {}


def _name_refused_part(facts: Mapping[str, str]) -> dict[str, str]:
    """Name the part of the portal to which a page belongs; its code stays beside it for support."""
    page = facts["page"]
    if page.startswith("admin:"):
        return {"part": gettext("System operation")}
    return {"part": get_page_label(page) or gettext("Other pages")}


def _name_changed_part(facts: Mapping[str, str]) -> dict[str, str]:
    """Name the app whose rows were changed: the address is called by app, model and act."""
    app = facts["page"].partition("_")[0]
    known = apps.is_installed(app)
    return {"part": str(apps.get_app_config(app).verbose_name) if known else ""}


def _format_day(facts: Mapping[str, str]) -> dict[str, str]:
    with suppress(ValueError):
        return {"day": f"{date.fromisoformat(facts['day']):%d/%m/%Y}"}
    return {}


def _name_system_change(facts: Mapping[str, str]) -> dict[str, str]:
    change = facts["change"]
    return {"change": str(ChangeKind(change).label)} if change in ChangeKind else {}


register_facts(
    "system.change_proposed",
    "system.change_done",
    "system.change_stopped",
    facts=_name_system_change,
)
register_facts("account.factor_day_set", facts=_format_day)
register_facts("system.changed", facts=_name_changed_part)
register_facts("account.factor_added", "account.factor_removed", facts=_name_factor)
register_facts("access.denied", facts=_name_refused_part)
