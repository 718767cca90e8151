"""False alarms that units report, and the rules that the ministry therefore makes milder, or
stricter, from a day on without a release.
"""

from datetime import date
from itertools import groupby

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Authority, User
from accounts.permissions import Permission
from accounts.queries import can, require
from audit.services import record
from core import quotas
from core.errors import NotAllowed, Refused
from core.reasons import require_reason
from core.resends import claim
from posts.checks.leaks.scan import RULES, Severity
from posts.leak_rules.enforcement import require_no_leak
from posts.leak_rules.models import LONGEST_REASON, FalseAlarm, RuleSwitch
from units.models import Level, Unit


@transaction.atomic
def report_false_alarm(unit: Unit, *, rule: str, text: str, by: User) -> FalseAlarm:
    """Report that what a rule found is no leak. Neither the words nor the person are kept. Raise
    QuotaExceeded.
    """
    require(by, Permission.POST_WRITE, unit=unit)
    if rule not in RULES:
        raise Refused(_("This rule is not in use any more."))
    quotas.use("false_alarm", by=by)
    claim()  # nothing on record: nobody is to know who reported
    return FalseAlarm.objects.create(
        unit=unit,
        rule=rule,
        severity=RULES[rule],
        shape=shape_of(text),
        reported_at=timezone.now(),
    )


@transaction.atomic
def see_alarms(rule: str, *, by: User) -> int:
    """Note that the ministry has dealt with what was reported of a rule; return how many."""
    position = _require_ministry(by).position
    n = FalseAlarm.objects.filter(rule=rule, seen_at=None).update(seen_at=timezone.now())
    if n:
        record("leak_rule.alarms_seen", ministry_unit(), by=by, position=position, rule=rule, n=n)
    return n


def ministry_unit() -> Unit:
    return Unit.objects.get(level=Level.MINISTRY)


def may_switch(user: User) -> bool:
    unit = Unit.objects.filter(level=Level.MINISTRY).first()
    return unit is not None and can(user, Permission.TOPIC_RULE, unit=unit)


def _require_ministry(user: User) -> Authority:
    return require(user, Permission.TOPIC_RULE, unit=ministry_unit())


@transaction.atomic
def switch(*, rule: str, severity: str, valid_from: date, reason: str, by: User) -> RuleSwitch:
    """Ask that a rule has another severity from a day on; it holds once a second person has
    confirmed it. Raise NotAllowed, Refused.
    """
    position = _require_ministry(by).position
    reason = require_reason(reason, _("Please write why the rule is switched."))[:LONGEST_REASON]
    require_no_leak(reason)
    if rule not in RULES:
        raise Refused(_("This rule is not in use any more."))
    if valid_from < timezone.localdate():
        raise Refused(_("The first day must not lie in the past."))
    Unit.objects.select_for_update(of=("self",)).get(pk=ministry_unit().pk)
    if RuleSwitch.objects.filter(rule=rule, confirmed_at=None, ended_at=None).exists():
        raise Refused(_("A switch of this rule waits for a second person already."))
    row = RuleSwitch.objects.create(
        rule=rule,
        severity=Severity(severity),
        valid_from=valid_from,
        reason=reason,
        set_by=by,
        set_at=timezone.now(),
    )
    _record("leak_rule.switched", row, by=by, position=position, reason=reason)
    return row


@transaction.atomic
def confirm_switch(row: RuleSwitch, *, by: User) -> None:
    """Let a switch hold that somebody else asked for."""
    position = _require_ministry(by).position
    if row.set_by_id == by.pk:
        raise NotAllowed(_("You asked for it yourself. Somebody else confirms it."))
    waiting = RuleSwitch.objects.filter(pk=row.pk, confirmed_at=None, ended_at=None)
    if not waiting.update(confirmed_by=by, confirmed_at=timezone.now()):
        raise Refused(_("It was confirmed or ended meanwhile."))
    _record("leak_rule.confirmed", row, by=by, position=position)


@transaction.atomic
def end_switch(row: RuleSwitch, *, by: User) -> None:
    """End a switch at once: the rule is again as it is written, or as it was switched before."""
    position = _require_ministry(by).position
    if not RuleSwitch.objects.filter(pk=row.pk, ended_at=None).update(ended_at=timezone.now()):
        raise Refused(_("It is ended already."))
    _record("leak_rule.ended", row, by=by, position=position)


def _record(action: str, row: RuleSwitch, *, by: User, position: str, reason: str = "") -> None:
    day = row.valid_from.isoformat()
    facts = {"severity": row.severity, "since": day, "unit_path": ministry_unit().path}
    record(action, row, by=by, position=position, reason=reason, **facts)


LONGEST_SHAPE = 120


def shape_of(text: str) -> str:
    """Describe words by runs of digits (d), capitals (A), small letters (a), blanks (_) and other
    signs (.), each with its length: 0912 345 678 is d4_d3_d3.
    """
    runs = ((kind, len(list(group))) for kind, group in groupby(map(_kind_of, text)))
    shape = "".join(f"{kind}{n if n > 1 or kind in 'daA' else ''}" for kind, n in runs)
    return shape[:LONGEST_SHAPE]


def _kind_of(letter: str) -> str:
    if letter.isdigit():
        return "d"
    if letter.isspace():
        return "_"
    if letter.isalpha():
        return "A" if letter.isupper() else "a"
    return "."
