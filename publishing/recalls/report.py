"""The report of a recall: what has become of each page, in few words and in figures."""

from typing import NamedTuple

from django.db.models import Case, CharField, Count, Q, QuerySet, Value, When
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from channels.states import Health
from publishing.models import Delivery, Recall
from publishing.states import ENDED_UNPUBLISHED, TO_PULL_BACK, Reason, State


class PageOutcome(NamedTuple):
    """``open``: the portal still works on it by itself; ``ended``: nothing is left to do."""

    key: str
    label: str | Promise
    tone: str
    icon: str
    open: bool = False
    ended: bool = False


OUTCOMES = {
    outcome.key: outcome
    for outcome in (
        PageOutcome("gone", _("gone"), "green", "circle-check", ended=True),
        PageOutcome("hidden", _("hidden"), "green", "eye-off", ended=True),
        PageOutcome("never", _("never went out"), "grey", "ban", ended=True),
        PageOutcome("going", _("being taken down"), "blue", "arrow-back-up", open=True),
        PageOutcome("under_way", _("still under way"), "yellow", "zoom-check", open=True),
        PageOutcome("waiting", _("waiting for the connection"), "yellow", "plug-connected-x"),
        PageOutcome("by_hand", _("a task by hand"), "yellow", "eye-check"),
        PageOutcome("overdue", _("by hand, overdue"), "red", "clock-exclamation"),
    )
}
# What needs somebody first, what is done last.
_URGENCY = ("overdue", "by_hand", "waiting", "under_way", "going", "hidden", "gone", "never")
ORDER = (
    Case(*(When(outcome=key, then=Value(place)) for place, key in enumerate(_URGENCY))),
    "unit__name",
    "platform",
    "pk",
)


def report_rows(recall: Recall, user: User, *, now: object) -> QuerySet[Delivery]:
    """Return the recall's deliveries that ``user`` may see, each with its ``outcome``."""
    never = Q(state__in=ENDED_UNPUBLISHED) | Q(state=State.RECALLED, published_at__isnull=True)
    rows = [
        (never, "never"),
        (Q(state=State.RECALLED, error_code=Reason.HIDDEN), "hidden"),
        (Q(state=State.RECALLED), "gone"),
        (Q(state=State.NEEDS_PERSON, manual_deadline__lte=now), "overdue"),
        (Q(state=State.NEEDS_PERSON), "by_hand"),
        (Q(state=State.RECALLING, channel__health=Health.LOST), "waiting"),
        (Q(state=State.RECALLING), "going"),
        (Q(state__in=TO_PULL_BACK), "going"),
    ]
    outcome = Case(
        *(When(condition, then=Value(key)) for condition, key in rows),
        default=Value("under_way"),
        output_field=CharField(),
    )
    return Delivery.objects.visible_to(user).filter(recall=recall).annotate(outcome=outcome)


def report_counts(ledger: QuerySet[Delivery]) -> dict[str, int]:
    """Count the pages by outcome, in the order of ``OUTCOMES``; only those that occur."""
    counts = dict(ledger.order_by().values_list("outcome").annotate(n=Count("pk")))
    return {key: counts[key] for key in OUTCOMES if key in counts}
