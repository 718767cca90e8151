"""Ending, at the platform itself, the access that a page gave the portal, once its channel no
longer uses it.
"""

from collections.abc import Awaitable, Callable

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from audit.services import record
from channels.models import Channel
from channels.queries import account_of, facts_of
from core import sealing
from platforms import client
from platforms.connector import Connector
from platforms.errors import ConnectorError
from platforms.messages import Account

NO_CREDENTIALS: dict[str, object] = {
    "health_code": "",
    "sealed": b"",
    "refresh_at": None,
    "expires_at": None,
    "package_ends_at": None,
    "scopes": [],
    "leaving_since": None,
}
# Seconds. A platform that takes longer to let go is left to people.
_DEADLINE = 5
_BATCH = 32


def fields_without_access(channel: Channel) -> dict[str, object]:
    """Return the fields of a channel that no longer uses its access. Where the platform can be
    told, the credentials are kept until `end_due_agreements` does so, some seconds later.
    """
    fields: dict[str, object] = {
        **NO_CREDENTIALS,
        "grant_left": bool(channel.sealed) or channel.grant_left,
    }
    if channel.sealed and facts_of(channel.platform).revokes:
        del fields["sealed"]
        fields["leaving_since"] = timezone.now()
    return fields


def end_due() -> int:
    """End the access of the channels that were given up, at the platform; how many. Their
    credentials are destroyed whatever it says, and before the call: whoever dies in between leaves
    only the hint that a person should look.
    """
    done = 0
    while claimed := _claim():
        done += len(claimed)
        for platform in {channel.platform for channel in claimed}:
            calls = {
                channel: _revoke_call(account)
                for channel, account in claimed.items()
                if account and channel.platform == platform
            }
            for channel, answer in client.call_many(
                platform, calls, writes=False, seconds=_DEADLINE
            ):
                _record_outcome(channel, answer)
    return done


@transaction.atomic
def _claim() -> dict[Channel, Account | None]:
    """Take the next channels and what opens them: nothing where the consent is still needed or does
    not open.
    """
    waiting = Channel.objects.select_for_update(of=("self",)).filter(leaving_since__isnull=False)
    channels = list(waiting.order_by("leaving_since")[:_BATCH])
    Channel.objects.filter(pk__in=[channel.pk for channel in channels]).update(
        sealed=b"", leaving_since=None
    )
    return {channel: _account(channel) for channel in channels}


def _account(channel: Channel) -> Account | None:
    if _is_shared(channel):
        Channel.objects.filter(pk=channel.pk).update(grant_left=False)
        record("channel.grant_kept", channel)
        return None
    try:
        return account_of(channel)
    except sealing.Unsealable:
        return None


def _is_shared(channel: Channel) -> bool:
    """Tell whether another channel may live on the same consent: of this page, connected again, or
    of another page of the same person. The platform does not tell which person: it may be the
    colleague who connected both, or one of the same unit.
    """
    same = Q(external_id=channel.external_id)
    if facts_of(channel.platform).revokes_all_pages_of_person:
        same |= Q(unit=channel.unit_id) | Q(connected_by=channel.connected_by_id)
    return (
        Channel.objects.with_api()
        .filter(same, platform=channel.platform)
        .exclude(pk=channel.pk)
        .exists()
    )


def _revoke_call(account: Account) -> Callable[[Connector], Awaitable[None]]:
    return lambda connector: connector.revoke_access(account)


@transaction.atomic
def _record_outcome(channel: Channel, answer: ConnectorError | None) -> None:
    if isinstance(answer, ConnectorError):
        record("channel.grant_left", channel, code=answer.code)
        return
    # One that was connected again meanwhile has its hint cleared already.
    Channel.objects.filter(pk=channel.pk).update(grant_left=False)
    record("channel.grant_ended", channel)
