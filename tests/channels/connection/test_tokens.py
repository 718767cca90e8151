"""Renew the tokens of a channel: in time, once, many at a time, and what a failure costs."""

import asyncio
import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from channels.connection import tokens
from channels.connection.health import check, mark_lost, mark_lost_for_good
from channels.connection.tokens import refresh, refresh_due, sealed_tokens
from channels.models import Channel
from channels.queries import account_of, row_name
from channels.states import Health
from channels.tasks import refresh_tokens
from core import sealing
from platforms import client
from platforms.errors import AccessLost
from platforms.meta.facebook.connector import Facebook
from platforms.zalo.connector import Zalo
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def zalo(simulator):
    """A Zalo channel whose access token is to be renewed now; it was issued yesterday."""
    channel = factories.connected(simulator, "zalo")
    secrets = sealing.unseal(channel.sealed, row=row_name(channel))
    secrets["issued_at"] = (timezone.now() - timedelta(days=1)).isoformat()
    channel.sealed = sealing.seal(secrets, row=row_name(channel))
    channel.refresh_at = timezone.now() - timedelta(minutes=1)
    channel.save()
    return channel


@pytest.fixture
def keeper():
    """The one whom a notice about a channel concerns."""
    return lambda channel: factories.person(Role.APPROVER, channel.unit)


def notices_of(person):
    return [notice.kind for notice in Notice.objects.filter(user=person)]


def now(channel):
    channel.refresh_from_db()
    return channel


# --- renewal --------------------------------------------------------------------------------------


def test_a_due_token_is_renewed_and_the_new_pair_is_stored_and_works(simulator, zalo):
    before = account_of(zalo)

    refresh_tokens()

    after = account_of(now(zalo))
    assert before.token != after.token
    assert before.refresh_token != after.refresh_token
    assert zalo.refresh_at > timezone.now() + timedelta(hours=19)
    assert (
        client.call("zalo", lambda c: c.read_profile(after), writes=False).external_id
        == zalo.external_id
    )


def test_what_is_not_due_or_has_nothing_to_renew_is_left_alone(simulator):
    factories.connected(simulator, "facebook")
    later = factories.connected(simulator, "zalo")
    Channel.objects.filter(pk=later.pk).update(refresh_at=timezone.now() + timedelta(hours=1))

    assert refresh_due(now=timezone.now()) == 0

    assert simulator.requests()["zalo"] == {}


def test_two_renewers_ask_the_platform_once(simulator, zalo):
    """A refresh token works once: a second call with it would lose the connection."""
    simulator.latency(zalo=200)
    rows = [Channel.objects.get(pk=zalo.pk) for _ in range(2)]
    start, results = threading.Barrier(2), []

    def renew(row):
        start.wait()
        results.append(refresh(row, now=timezone.now()))
        connection.close()

    threads = [threading.Thread(target=renew, args=[row]) for row in rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == [False, True]
    assert simulator.requests()["zalo"] == {"token": 1}
    assert now(zalo).health == Health.CONNECTED


@pytest.mark.parametrize("fault", ["error_before", "drop_before", "rate_limit"])
def test_a_blip_disconnects_nobody_and_the_next_try_succeeds(simulator, zalo, keeper, fault):
    person = keeper(zalo)
    simulator.fault("zalo", fault, operation="token")

    refresh_due(now=timezone.now())
    between = now(zalo).health
    refresh_due(now=timezone.now() + timedelta(minutes=6))

    assert (between, now(zalo).health, notices_of(person)) == (
        Health.CONNECTED,
        Health.CONNECTED,
        [],
    )
    assert zalo.refresh_at > timezone.now() + timedelta(hours=19)


def test_a_lost_answer_costs_the_connection_only_when_the_old_token_is_refused(
    simulator, zalo, keeper
):
    person = keeper(zalo)
    simulator.fault("zalo", "drop_after", operation="token")

    refresh_due(now=timezone.now())
    between = now(zalo).health
    refresh_due(now=timezone.now() + timedelta(minutes=6))

    assert (between, now(zalo).health) == (Health.CONNECTED, Health.LOST)
    assert notices_of(person) == ["channel_lost"]


def test_tokens_that_were_replaced_meanwhile_are_not_overwritten(simulator, zalo, monkeypatch):
    newer = sealing.seal({"token": "newer", "refresh_token": "newer"}, row=row_name(zalo))
    asked = client.call_many

    def and_meanwhile(platform, calls, **more):
        Channel.objects.filter(pk=zalo.pk).update(sealed=newer)
        yield from asked(platform, calls, **more)

    monkeypatch.setattr(client, "call_many", and_meanwhile)

    assert refresh(zalo, now=timezone.now()) is False

    assert account_of(now(zalo)).token == "newer"


def test_a_database_that_goes_away_before_the_tokens_are_stored_costs_no_connection(
    simulator, zalo, monkeypatch
):
    """The platform takes a refresh token once: what it answered exists nowhere else."""
    failing = iter([True])
    mark_reconnected, asked = tokens.mark_reconnected, client.call_many

    def and_is_lost(platform, calls, **more):
        # Its old tokens were refused: the answer is stored and the loss ends in one transaction.
        Channel.objects.filter(pk=zalo.pk).update(health=Health.LOST, health_code="190")
        yield from asked(platform, calls, **more)

    def mark_reconnected_once_in_vain(channel):
        mark_reconnected(channel)
        for _ in failing:
            raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(client, "call_many", and_is_lost)
    monkeypatch.setattr(tokens, "mark_reconnected", mark_reconnected_once_in_vain)
    before = account_of(zalo)

    assert refresh_due(now=timezone.now()) == 1

    after = account_of(now(zalo))
    assert list(failing) == []
    assert zalo.health == Health.CONNECTED
    assert after.token != before.token
    assert simulator.requests()["zalo"] == {"token": 1}
    profile = client.call("zalo", lambda connector: connector.read_profile(after), writes=False)
    assert profile.external_id == zalo.external_id


def due(simulator, n):
    """Make channels whose tokens fall due at one moment, as after an outage."""
    channels = [factories.connected(simulator, "zalo") for _ in range(n)]
    Channel.objects.update(refresh_at=timezone.now() - timedelta(minutes=1))
    return channels


def test_what_falls_due_at_once_is_renewed_side_by_side_and_never_more_than_so_many(
    simulator, monkeypatch
):
    channels = due(simulator, 60)
    simulator.latency(zalo=30)
    under_way = most = 0
    renew = Zalo.refresh_tokens

    async def counted(connector, account):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        try:
            return await renew(connector, account)
        finally:
            under_way -= 1

    monkeypatch.setattr(Zalo, "refresh_tokens", counted)

    assert refresh_due(now=timezone.now(), platform="zalo") == 60

    assert simulator.requests()["zalo"]["token"] == 60
    assert most == 24
    assert len({account_of(now(channel)).token for channel in channels}) == 60


def test_a_new_pair_is_stored_before_the_last_of_its_batch_has_answered(simulator, monkeypatch):
    """A worker that dies in the middle must not take a batch of single-use tokens with it."""
    first, slow = due(simulator, 2)
    before, stored = bytes(now(first).sealed), threading.Event()
    renew, keep = Zalo.refresh_tokens, sealed_tokens

    async def held_back(connector, account):
        if account.external_id == slow.external_id:
            assert await asyncio.to_thread(stored.wait, 30)
        return await renew(connector, account)

    def kept(channel, tokens, **more):
        fields = keep(channel, tokens, **more)
        connection.on_commit(stored.set)
        return fields

    monkeypatch.setattr(Zalo, "refresh_tokens", held_back)
    monkeypatch.setattr(tokens, "sealed_tokens", kept)

    assert refresh_due(now=timezone.now()) == 2

    assert bytes(now(first).sealed) != before


def test_channels_renewed_in_one_minute_do_not_fall_due_in_one_minute_again(simulator):
    channels = due(simulator, 12)

    refresh_due(now=timezone.now())

    times = sorted(now(channel).refresh_at for channel in channels)
    assert times[-1] - times[0] > timedelta(minutes=5)
    assert times[-1] < timezone.now() + timedelta(hours=21)


def test_a_platform_that_is_down_keeps_no_other_from_being_renewed(simulator, zalo):
    other = factories.connected(simulator, "facebook")
    Channel.objects.filter(pk=other.pk).update(refresh_at=timezone.now() - timedelta(hours=1))
    simulator.fault("facebook", "error_before", times=0)

    assert refresh_due(now=timezone.now(), platform="zalo") == 1


def test_a_run_leaves_a_platform_that_is_away_to_the_next_one(simulator, monkeypatch):
    """Else its thousands of channels would hold all threads, and no other platform's tokens would
    be renewed.
    """
    due(simulator, 6)
    monkeypatch.setattr(tokens, "_REFRESH_BATCH", 2)
    simulator.fault("zalo", "drop_before", operation="token", times=0)

    refresh_due(now=timezone.now(), platform="zalo")

    assert simulator.requests()["zalo"]["token"] == 2
    assert Channel.objects.filter(refresh_failures=1).count() == 2


def test_failures_in_a_row_are_counted_until_a_renewal_succeeds(simulator, zalo):
    simulator.fault("zalo", "error_before", operation="token", times=2)
    counts = []
    for minutes in (0, 6, 12):
        refresh_due(now=timezone.now() + timedelta(minutes=minutes))
        counts.append(now(zalo).refresh_failures)

    assert counts == [1, 2, 0]


# --- lost and back --------------------------------------------------------------------------------


def test_a_lost_channel_is_on_record_and_its_keepers_are_informed_once(keeper):
    channel = factories.ChannelFactory()
    person, officer = keeper(channel), factories.person(Role.OFFICER, channel.unit)

    mark_lost(channel)
    mark_lost(channel)

    assert (now(channel).health, channel.health_reason) == (
        Health.LOST,
        "The platform no longer lets the portal in.",
    )
    assert [e.action for e in Entry.objects.all()] == ["channel.lost"]
    assert (notices_of(person), notices_of(officer)) == (["channel_lost"], [])


def test_the_words_of_a_platform_are_neither_kept_nor_put_on_record(simulator, monkeypatch):
    """A complaint may repeat what it was sent."""
    channel = factories.connected(simulator, "facebook")
    echo = "Invalid parameter: Nguyễn Thị Cư Dân 0912345678"

    async def refused(*_):
        raise AccessLost(echo, code="190/999")

    monkeypatch.setattr(Facebook, "read_profile", refused)
    check([channel], now=timezone.now())

    row, entry = now(channel), Entry.objects.get(action="channel.lost")
    assert (row.health, row.health_reason, row.health_code) == (Health.LOST, "", "190/999")
    assert (entry.reason, entry.data) == (row.why_lost, {"code": "190/999"})
    assert "0912345678" not in entry.reason
    assert entry.reason != ""


def test_a_refusal_of_old_credentials_says_nothing_about_newer_ones():
    """The engine claimed a delivery, the page was connected again, and only then the old token was
    refused.
    """
    old = factories.ChannelFactory()
    new = Channel.objects.get(pk=old.pk)
    new.sealed = sealing.seal({"token": "new"}, row=row_name(new))
    new.save()

    mark_lost(old)

    assert now(new).health == Health.CONNECTED


def test_a_stale_token_is_renewed_before_the_channel_is_given_up(simulator, zalo):
    Channel.objects.update(refresh_at=timezone.now() + timedelta(hours=1))
    zalo.refresh_from_db()
    simulator.kill_tokens("zalo", token=account_of(zalo).token)

    mark_lost(zalo)
    between = now(zalo).health
    refresh_due(now=timezone.now())

    assert (between, now(zalo).health) == (Health.CONNECTED, Health.CONNECTED)
    assert (
        client.call("zalo", lambda c: c.read_profile(account_of(zalo)), writes=False).external_id
        == zalo.external_id
    )


def during_a_renewal(monkeypatch, act):
    """Do ``act`` when the platform has made a new pair, before it is stored."""
    asked, due = client.call_many, [act]

    def and_meanwhile(platform, calls, **more):
        answers = list(asked(platform, calls, **more))
        if due:
            due.pop()()
        yield from answers

    monkeypatch.setattr(client, "call_many", and_meanwhile)


def test_a_refusal_during_a_renewal_lets_no_second_renewer_in(simulator, zalo, monkeypatch):
    """It would use the same refresh token, be refused, and lose the channel while a good pair is on
    its way.
    """
    loaded = Channel.objects.get()

    def refused():
        mark_lost(loaded, code="-216")
        refresh_tokens(platform="zalo")

    during_a_renewal(monkeypatch, refused)

    refresh_tokens(platform="zalo")

    assert (simulator.requests()["zalo"], now(zalo).health) == ({"token": 1}, Health.CONNECTED)


def test_a_new_pair_ends_a_loss_that_was_about_the_old_one(zalo, monkeypatch):
    loaded = Channel.objects.get()
    during_a_renewal(
        monkeypatch, lambda: mark_lost_for_good(loaded, "access token is invalid", "-216")
    )

    refresh_tokens(platform="zalo")

    assert (now(zalo).health, zalo.health_code) == (Health.CONNECTED, "")
    assert [e.action for e in Entry.objects.order_by("pk")] == ["channel.lost", "channel.back"]


@pytest.mark.parametrize("code", ["", "unlinked"])
def test_a_new_pair_ends_no_loss_that_had_another_reason(zalo, monkeypatch, code):
    """Such as the province's word, or the page's own."""
    loaded = Channel.objects.get()
    during_a_renewal(monkeypatch, lambda: mark_lost_for_good(loaded, "not allowed any more", code))

    refresh_tokens(platform="zalo")

    assert now(zalo).health == Health.LOST
    assert bytes(zalo.sealed) != bytes(loaded.sealed)


def test_a_fresh_token_that_is_refused_is_not_renewed_again(simulator, zalo):
    refresh(zalo, now=timezone.now())

    mark_lost(now(zalo))

    assert now(zalo).health == Health.LOST
