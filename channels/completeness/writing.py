"""Write approved texts at their platform, once. After an unknown outcome the page is read before
anything is sent again.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.notices import notify
from audit.services import record
from channels.completeness.queries import digest_of
from channels.connection.health import accounts_of, mark_lost
from channels.models import Channel, PageChange, PageCheck
from channels.queries import is_allowed
from channels.reasons import describe_reason
from channels.states import CHANGE_STEPS, ChangeState, Health, Lifecycle
from core import phones
from platforms import client
from platforms.errors import AccessLost, ConnectorError, OutcomeUnknown, TryLater
from platforms.messages import Account

_BATCH = 20
# Longer than two calls last: until then nobody else takes the turn.
_LEASE = timedelta(minutes=5)
_SOON, _LATER = timedelta(minutes=1), timedelta(minutes=15)
_TRIES = 24
# Reasons of the portal's own; others are the platform's codes.
OWN_REASONS = {
    "page_changed": gettext_noop(
        "the page was handed over, closed or is in question since the approval; propose the words "
        "again"
    ),
    "access": gettext_noop("the connection was lost; connect the page, then propose again"),
    "too_many_tries": gettext_noop("the platform did not answer for many tries; propose again"),
}


def write_due(*, now: datetime) -> int:
    """Write the changes whose turn it is, and return how many stand on their pages."""
    due = PageChange.objects.filter(
        state__in=[ChangeState.APPROVED, ChangeState.WRITING], due_at__lte=now
    ).select_related("channel__unit__parent", "proposed_by", "decided_by")
    return sum(_write(change, now=now) for change in due.order_by("due_at")[:_BATCH])


def _write(change: PageChange, *, now: datetime) -> bool:
    """Take the turn and write. Another who takes it at the same time changes no row."""
    was = change.state
    turn = PageChange.objects.filter(pk=change.pk, state=was, due_at=change.due_at)
    if not turn.update(state=ChangeState.WRITING, due_at=now + _LEASE, tries=F("tries") + 1):
        return False
    change.refresh_from_db(fields=["state", "due_at", "tries"])
    channel = change.channel
    if not _may_write(change):
        return _end(change, ChangeState.FAILED, code="page_changed")
    account = accounts_of([channel]).get(channel)
    if account is None:
        return _end(change, ChangeState.FAILED, code="access")
    try:
        # A call was begun before, and nobody knows what came of it.
        if was == ChangeState.WRITING and _has_texts_already(channel, account, change.texts):
            return _end(change, ChangeState.WRITTEN)
        client.call(
            channel.platform,
            lambda connector: connector.write_page_details(account, change.texts),
            writes=True,
        )
    except AccessLost as error:
        mark_lost(channel, code=error.code)
        return _end(change, ChangeState.FAILED, code="access")
    except OutcomeUnknown:
        return _retry(change, ChangeState.WRITING, now + _SOON)
    except TryLater as error:
        # Of a read before a repeat it says nothing of the call before it.
        state = ChangeState.WRITING if was == ChangeState.WRITING else ChangeState.APPROVED
        return _retry(change, state, now + max(error.wait or _LATER, _SOON))
    except ConnectorError as error:
        return _end(change, ChangeState.FAILED, code=error.code or "refused")
    return _end(change, ChangeState.WRITTEN)


def _may_write(change: PageChange) -> bool:
    """Ask again, right before the call, what held at the approval."""
    channel = change.channel
    return (
        channel.health == Health.CONNECTED
        and channel.lifecycle == Lifecycle.ACTIVE
        and channel.confirmed_at is not None
        and channel.unit.is_current
        and is_allowed(channel.platform, unit=channel.unit)
        and change.content_sha256 == digest_of(channel, change.texts)
    )


def _has_texts_already(channel: Channel, account: Account, texts: Mapping[str, str]) -> bool:
    """Read the page back: tell whether it says all of this already."""
    details = client.call(
        channel.platform, lambda connector: connector.read_page_details(account), writes=False
    )
    return all(_is_same(name, getattr(details, name), text) for name, text in texts.items())


def _is_same(name: str, there: str | None, text: str) -> bool:
    if name == "phone":
        return phones.parse_digits(there or "") == phones.parse_digits(text)
    return " ".join((there or "").split()) == " ".join(text.split())


def _retry(change: PageChange, state: ChangeState, due_at: datetime) -> bool:
    if change.tries >= _TRIES:
        return _end(change, ChangeState.FAILED, code="too_many_tries")
    _set_state(change, state, due_at=due_at)
    return False


@transaction.atomic
def _end(change: PageChange, state: ChangeState, *, code: str = "") -> bool:
    """End the change and tell who proposed and who approved it. Return whether it was written."""
    now, channel = timezone.now(), change.channel
    if not _set_state(change, state, due_at=None, ended_at=now, error_code=code[:80]):
        return False
    written = state == ChangeState.WRITTEN
    record(
        f"channel.change_{state}",
        channel,
        reason="" if written else describe_failure(change),
        code=code,
        sha256=change.content_sha256,
    )
    notify(
        [person for person in (change.proposed_by, change.decided_by) if person],
        f"page_change_{state}",
        address=reverse("channels:change", args=[change.public_id]),
        channel=channel,
        why="" if written else describe_failure(change),
    )
    PageCheck.objects.filter(channel=channel, due_at__gt=now).update(due_at=now)
    return written


def _set_state(change: PageChange, to: ChangeState, **fields: object) -> int:
    """Move on from the turn that was taken: who took it since, after the lease, decides."""
    if to not in CHANGE_STEPS[change.state]:
        raise ValueError(f"{change.state} -> {to}")
    ours = PageChange.objects.filter(pk=change.pk, state=change.state, tries=change.tries)
    moved = ours.update(state=to, **fields)
    if moved:
        change.refresh_from_db(fields=["state", *fields])
    return moved


def describe_failure(change: PageChange) -> str:
    """Say in plain words why the texts were not written."""
    if change.error_code in OWN_REASONS:
        return _(OWN_REASONS[change.error_code])
    return describe_reason(change.channel.platform, change.error_code, "")
