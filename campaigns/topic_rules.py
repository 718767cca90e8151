"""Rules of what posts on a topic need: set and ended by the ministry or a province."""

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from campaigns.models import Topic, TopicRule
from core.errors import Refused
from core.reasons import require_reason
from units.models import Unit


@transaction.atomic
def set_rule(
    topic: Topic,
    *,
    unit: Unit,
    asks: str,
    valid_from: date,
    valid_to: date | None = None,
    reason: str,
    by: User,
) -> TopicRule:
    """Make posts on ``topic`` need something from a day on, in ``unit`` and all below it.

    What was approved before stays approved.
    """
    authority = require(by, Permission.TOPIC_RULE, unit=unit)
    reason = require_reason(reason, _("Please write why the topic asks for it."))
    if valid_from < timezone.localdate():
        raise Refused(_("The first day must not lie in the past."))
    if valid_to and valid_to < valid_from:
        raise Refused(_("The last day must not lie before the first."))
    Topic.objects.select_for_update().get(pk=topic.pk)  # two at once: the second sees the first
    same = TopicRule.objects.filter(topic=topic, unit=unit, asks=asks, ended_at=None)
    if valid_to:
        same = same.filter(valid_from__lte=valid_to)
    if same.exclude(valid_to__lt=valid_from).exists():
        raise Refused(_("The topic asks for this within these days already. End that rule first."))
    rule = TopicRule.objects.create(
        topic=topic,
        unit=unit,
        asks=asks,
        valid_from=valid_from,
        valid_to=valid_to,
        reason=reason,
        set_by=by,
        set_at=timezone.now(),
    )
    _record("topic.rule_set", rule, by=by, position=authority.position, reason=reason)
    return rule


@transaction.atomic
def end_rule(rule: TopicRule, *, by: User, reason: str) -> None:
    """End a rule at once. Posts that have begun to wait for a second approval still need it."""
    authority = require(by, Permission.TOPIC_RULE, unit=rule.unit)
    reason = require_reason(reason, _("Please write why it is ended."))
    rule = TopicRule.objects.select_for_update(of=("self",)).select_related("unit").get(pk=rule.pk)
    if rule.ended_at or (rule.valid_to and rule.valid_to < timezone.localdate()):
        raise Refused(_("This rule is over already."))
    rule.ended_at = timezone.now()
    rule.save(update_fields=["ended_at"])
    _record("topic.rule_ended", rule, by=by, position=authority.position, reason=reason)


def _record(action: str, rule: TopicRule, *, by: User, position: str, reason: str) -> None:
    record(
        action,
        rule,
        by=by,
        position=position,
        reason=reason,
        first=rule.valid_from.isoformat(),
        last=rule.valid_to.isoformat() if rule.valid_to else "",
    )
