"""Write approved texts at their platform, once. After an unknown outcome the page is read before
anything is sent again.
"""

from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
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
from core import jobs, phones
from platforms import client
from platforms.errors import AccessLost, ConnectorError, OutcomeUnknown, TryLater
from platforms.messages import Account

# Longer than two calls last: until then nobody else takes the job.
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


def write(claim: jobs.Claim) -> None:
    """Write the texts, if what held at the approval still does."""
    change: PageChange = claim.row
    channel = change.channel
    # A call was begun before, and nobody knows what came of it.
    is_unknown = change.state == ChangeState.WRITING
    with transaction.atomic():
        claim.renew()
        _set_state(change, ChangeState.WRITING)
    if not _may_write(change):
        return _end(claim, ChangeState.FAILED, code="page_changed")
    account = accounts_of([channel]).get(channel)
    if account is None:
        return _end(claim, ChangeState.FAILED, code="access")
    try:
        if is_unknown and _has_texts_already(channel, account, change.texts):
            return _end(claim, ChangeState.WRITTEN)
        client.call(
            channel.platform,
            lambda connector: connector.write_page_details(account, change.texts),
            writes=True,
        )
    except AccessLost as error:
        mark_lost(channel, code=error.code)
        return _end(claim, ChangeState.FAILED, code="access")
    except OutcomeUnknown:
        return _retry(claim, ChangeState.WRITING, _SOON)
    except TryLater as error:
        # Of a read before a repeat it says nothing of the call before it.
        state = ChangeState.WRITING if is_unknown else ChangeState.APPROVED
        return _retry(claim, state, max(error.wait or _LATER, _SOON))
    except ConnectorError as error:
        return _end(claim, ChangeState.FAILED, code=error.code or "refused")
    return _end(claim, ChangeState.WRITTEN)


def give_up(change: PageChange) -> None:
    """Fail a change that was tried too often."""
    _close(change, ChangeState.FAILED, code="too_many_tries")


jobs.register(
    "page_change",
    queue="channels",
    rows=PageChange.objects.select_related("channel__unit__parent", "proposed_by", "decided_by"),
    run=write,
    on_failure=give_up,
    lease=_LEASE,
    most_attempts=_TRIES,
    backoff=lambda attempts: _SOON,
    most_a_run=20,
    acts_outside=True,
)


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


@transaction.atomic
def _retry(claim: jobs.Claim, state: ChangeState, wait: timedelta) -> None:
    claim.retry(after=wait)
    if not claim.job.is_over:
        _set_state(claim.row, state)


@transaction.atomic
def _end(claim: jobs.Claim, state: ChangeState, *, code: str = "") -> None:
    claim.finish()
    _close(claim.row, state, code=code)


def _close(change: PageChange, state: ChangeState, *, code: str = "") -> None:
    """End the change and tell who proposed and who approved it."""
    now, channel = timezone.now(), change.channel
    _set_state(change, state, ended_at=now, error_code=code[:80])
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


def _set_state(change: PageChange, to: ChangeState, **fields: object) -> None:
    """Move on; the job that is held keeps others from it."""
    if to not in CHANGE_STEPS[change.state]:
        raise ValueError(f"{change.state} -> {to}")
    PageChange.objects.filter(pk=change.pk).update(state=to, **fields)
    change.refresh_from_db(fields=["state", *fields])


def describe_failure(change: PageChange) -> str:
    """Say in plain words why the texts were not written."""
    if change.error_code in OWN_REASONS:
        return _(OWN_REASONS[change.error_code])
    return describe_reason(change.channel.platform, change.error_code, "")
