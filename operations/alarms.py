"""Alarms: open while something is late or stuck, and reported once when it begins and once when it
ends.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.urls import reverse
from django.utils import translation

from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders
from operations import presenters
from operations.figures import Facts, Sign
from operations.measure import take_measurement
from operations.models import Alarm
from operations.notify import mail_alarms
from operations.rules import group_signs
from publishing.freeze import freezing

log = logging.getLogger(__name__)
# An alarm is reported when its sign is there at a second watch, and over when the sign stayed away
# for so long.
REPORT_AFTER, OVER_AFTER = timedelta(seconds=25), timedelta(minutes=2)
# Who reports has so long; if it dies meanwhile, another watch reports.
_REPORTING = timedelta(minutes=2)


def update_alarms() -> Facts:
    """Open and close alarms by what it measures, and notify people.

    Any number of watches at once notify once.
    """
    facts = take_measurement(ask_broker=True)
    _update_alarms(group_signs(facts.signs), facts.now)
    _report_alarms(facts.now)
    return facts


@transaction.atomic
def _update_alarms(signs: list[Sign], now: datetime) -> None:
    seen = {(s.kind, s.key): s for s in signs}
    opened = {(a.kind, a.key): a for a in Alarm.objects.filter(closed_at=None)}
    Alarm.objects.bulk_create(
        [
            Alarm(
                kind=s.kind,
                key=s.key,
                facts=_list_facts(s),
                opened_at=now,
                seen_at=now,
                report_at=now + REPORT_AFTER,
            )
            for name, s in seen.items()
            if name not in opened
        ],
        ignore_conflicts=True,  # another watch was first
    )
    for name, alarm in opened.items():
        if name in seen:
            Alarm.objects.filter(pk=alarm.pk, closed_at=None).update(
                seen_at=now, facts=_list_facts(seen[name])
            )
    # What was never reported needs no mail that it is over.
    over = Alarm.objects.filter(closed_at=None, seen_at__lt=now - OVER_AFTER)
    over.update(
        closed_at=now, report_at=Case(When(reports__gt=0, then=Value(now)), default=None), reports=0
    )


def _list_facts(sign: Sign) -> dict[str, object]:
    return {"since": sign.since.isoformat() if sign.since else None, "n": sign.n}


def _report_alarms(now: datetime) -> None:
    """Send one mail for all that is to be reported now.

    It is sent from here, for the queue of letters may be what is dead.
    """
    # What is not there at this very look may be over: then it is not reported yet.
    due = Alarm.objects.filter(Q(closed_at__isnull=False) | Q(seen_at__gte=now), report_at__lte=now)
    own = [alarm for alarm in due.order_by("pk") if _claim_report(alarm, now)]
    if not own or not mail_alarms(own):
        Alarm.objects.filter(pk__in=[a.pk for a in own]).update(report_at=F("opened_at"))
        return
    for alarm in own:
        again = None if alarm.closed_at else now + presenters.KINDS[alarm.kind].again_after
        # An alarm that ended while its beginning was reported is left as it is: its end is to be
        # reported as well.
        Alarm.objects.filter(pk=alarm.pk, closed_at=alarm.closed_at).update(report_at=again)


@transaction.atomic
def _claim_report(alarm: Alarm, now: datetime) -> bool:
    """Claim the alarm's report, and tell whether it is ours.

    The notices in the portal go with it, once for the beginning and once for the end.
    """
    row = Alarm.objects.filter(pk=alarm.pk, report_at=alarm.report_at, closed_at=alarm.closed_at)
    if not row.update(report_at=now + _REPORTING, reports=F("reports") + 1):
        return False
    if alarm.reports == 0:
        kind = "alarm_over" if alarm.closed_at else "alarm_begun"
        for language, _name in settings.LANGUAGES:
            readers = [
                p
                for p in holders(Permission.SYSTEM_WATCH, unit=freezing.ministry_unit())
                if p.language == language
            ]
            with translation.override(language):
                title = presenters.describe_title(alarm.kind, alarm.key)
            notify(
                readers,
                kind,
                address=f"{reverse('operations:status')}#{alarm.kind}",
                joined_address=reverse("operations:status"),
                mail=False,
                what=title,
            )
    return True
