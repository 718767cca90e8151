"""The sentences of the notices that accounts sends."""

from django.utils.translation import gettext_noop

from accounts.notices import register

SENTENCES = {
    "appointment_proposed": gettext_noop(
        "%(by)s proposes %(person)s as %(post)s, %(unit)s. Please confirm or refuse it."
    ),
    "appointments_proposed": gettext_noop(
        "%(by)s proposes people for posts (%(n)s). Please confirm or refuse each."
    ),
    "appointment_refused": gettext_noop(
        "%(by)s refused to make %(person)s %(post)s, %(unit)s: %(reason)s"
    ),
    "appointment_expired": gettext_noop(
        "Nobody confirmed %(person)s as %(post)s, %(unit)s, within seven days. Propose "
        "it again if it is still needed."
    ),
    "leader_appointed": gettext_noop(
        "%(person)s is now %(post)s, %(unit)s: proposed by %(asked_by)s, confirmed by %(by)s. If "
        "you did not expect this, tell an administrator at once."
    ),
    "delegation_received": gettext_noop(
        "%(by)s hands approval in %(unit)s over to you from %(first)s to %(last)s: you approve in "
        "their stead, with your second factor."
    ),
    "delegation_given": gettext_noop(
        "%(by)s hands approval in %(unit)s over to %(deputy)s from %(first)s to %(last)s. If you "
        "did not expect this, end it on its page."
    ),
    "delegation_ended": gettext_noop(
        "%(by)s ended early that %(deputy)s approves in %(unit)s in the stead of %(chief)s: "
        "%(reason)s"
    ),
    "delegation_ends": gettext_noop(
        "%(deputy)s approves in %(unit)s in the stead of %(chief)s until the end of %(last)s. "
        "Afterwards the delegation ends by itself."
    ),
    "delegation_over": gettext_noop(
        "The delegation by which %(deputy)s approved in %(unit)s in the stead of %(chief)s ended "
        "with %(last)s."
    ),
    "officers_appointed": gettext_noop(
        "%(by)s gave posts in %(unit)s to people who draft or supervise: %(names)s. If you do "
        "not know them, tell an administrator at once."
    ),
    "leader_enabled": gettext_noop(
        "%(by)s enabled the account of %(person)s again, %(post)s, %(unit)s. It acts as a leader's "
        "from a day later on. If you did not expect this, tell an administrator at once."
    ),
    "system_change_proposed": gettext_noop(
        "%(by)s proposes a change of who administers the ministry or operates the system; it "
        "concerns %(person)s. Confirm it only if you know why. Otherwise stop it."
    ),
    "system_change_done": gettext_noop(
        "Who administers the ministry or operates the system was changed; it concerns %(person)s. "
        "Proposed by %(asked_by)s, confirmed by %(by)s. If you did not expect this, tell an "
        "administrator of the ministry at once."
    ),
    "system_change_stopped": gettext_noop(
        "%(by)s stopped the change of system operation that %(asked_by)s proposed; it concerned "
        "%(person)s."
    ),
    "system_changed": gettext_noop(
        "%(by)s changed something in system operation (%(page)s). If nobody announced this, ask "
        "at once."
    ),
    "operator_made": gettext_noop(
        "%(name)s is now a system operator. If nobody announced this, propose at once that the "
        "account be disabled."
    ),
    "console_reset": gettext_noop(
        "The two-factor authentication of %(name)s was reset at the server's console. If nobody "
        "announced this, ask at once."
    ),
    "administrator_ended": gettext_noop(
        "%(by)s disabled the account or ended the post of %(name)s, an administrator of the "
        "ministry. If nobody announced this, ask at once."
    ),
    "waiting_waived": gettext_noop(
        "Two leaders waived your waiting time: you can approve posts of %(unit)s now."
    ),
    "factor_added": gettext_noop(
        "A passkey, app or set of recovery codes was added to your account. If it was not you, "
        "tell your unit's administrator at once."
    ),
    "factor_removed": gettext_noop(
        "A passkey, app or set of recovery codes was removed from your account. If it was not you, "
        "tell your unit's administrator at once."
    ),
    "factor_renewed": gettext_noop(
        "New recovery codes were made for your account. If it was not you, tell your "
        "unit's administrator at once."
    ),
    "factor_code_used": gettext_noop(
        "A recovery code of your account was used. If it was not you, tell your unit's "
        "administrator at once."
    ),
    "sign_in_new_browser": gettext_noop(
        "Your account was signed in with %(device)s, where it had not been before. If it was not "
        "you, sign that device out and change your password at once."
    ),
    "sign_in_wrong_codes": gettext_noop(
        "Somebody gave your password and then wrong codes, several times. If it was not you, "
        "change your password at once."
    ),
    "factor_codes_void": gettext_noop(
        "Your recovery codes no longer work: the portal keeps them in a safer way now. "
        "Please make new ones."
    ),
    "factor_reset_asked": gettext_noop(
        "%(by)s asked to reset your two-factor authentication because your phone or key is said to "
        "be lost. If you did not ask for this, stop it here."
    ),
    "factor_reset_to_confirm": gettext_noop(
        "%(by)s asks to reset the two-factor authentication of %(name)s. Please speak with this "
        "person, then confirm or stop it."
    ),
    "factor_reset_runs": gettext_noop(
        "%(by)s agreed: your two-factor authentication is reset at %(when)s. If you did "
        "not ask for this, stop it here."
    ),
    "factor_reset_stopped": gettext_noop(
        "%(by)s stopped the reset of two-factor authentication of %(name)s."
    ),
    "ministry_unlinked": gettext_noop(
        "Somebody of %(unit)s signed in at the ministry and has no account here yet. Code: %(code)s"
    ),
    "ministry_link_proposed": gettext_noop(
        "%(by)s proposes to link a ministry account to your account here. If it is not yours, tell "
        "an administrator at once."
    ),
    "ministry_link_to_confirm": gettext_noop(
        "%(by)s proposes to link a ministry account to %(name)s (code %(code)s). Please speak with "
        "this person, then confirm or refuse it."
    ),
    "ministry_link_refused": gettext_noop(
        "%(by)s refused to link a ministry account to %(name)s: %(reason)s"
    ),
    "ministry_linked": gettext_noop(
        "A ministry account now opens your account here: proposed by %(asked_by)s, confirmed by "
        "%(by)s. If it is not yours, tell an administrator at once."
    ),
    "ministry_unlinked_from": gettext_noop(
        "%(by)s ended the link of your account to a ministry account."
    ),
    "break_glass_marked": gettext_noop("%(name)s was made a break-glass account on the server."),
    "break_glass_unmarked": gettext_noop("%(name)s is no break-glass account any more."),
    "break_glass_opened": gettext_noop(
        "Alarm: the break-glass account %(name)s was opened without the ministry. If nobody "
        "announced this, disable it at once."
    ),
    "factor_reset_done": gettext_noop(
        "The two-factor authentication of %(name)s was reset. It must be set up anew."
    ),
}

register(
    SENTENCES,
    urgent={
        "system_changed",
        "operator_made",
        "console_reset",
        "administrator_ended",
        "factor_removed",
        "factor_code_used",
        "sign_in_wrong_codes",
        "factor_reset_asked",
        "factor_reset_runs",
        "break_glass_marked",
        "break_glass_opened",
    },
    later={
        "appointment_refused",
        "delegation_ended",
        "delegation_ends",
        "delegation_over",
        "system_change_stopped",
        "waiting_waived",
        "factor_reset_stopped",
        "ministry_link_refused",
        "ministry_unlinked_from",
        "break_glass_unmarked",
    },
    joined={
        "appointment_expired": ("person", "post", "unit"),
    },
)
