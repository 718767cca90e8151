"""A channel's life after it was connected: renewed, looked at, lost, back, disconnected, allowed and forbidden."""

import asyncio
import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from channels import services, vault
from channels.connectors.facebook import Facebook
from channels.connectors.zalo import Zalo
from channels.models import Channel, PlatformAllowance
from channels.network import ask
from channels.queries import account_of, is_allowed, row_name
from channels.states import Health
from channels.tasks import check_channels, refresh_tokens
from core.errors import NotAllowed, Refused
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def zalo(simulator):
    """A Zalo channel whose access token is to be renewed now; it was issued yesterday."""
    channel = factories.connected(simulator, "zalo")
    secrets = vault.unseal(channel.sealed, row=row_name(channel))
    secrets["issued_at"] = (timezone.now() - timedelta(days=1)).isoformat()
    channel.sealed = vault.seal(secrets, row=row_name(channel))
    channel.refresh_at = timezone.now() - timedelta(minutes=1)
    channel.save()
    return channel


@pytest.fixture
def keeper():
    """The one whom a notice about a channel concerns."""
    return lambda channel: factories.person(Role.APPROVER, channel.unit)


def told(person):
    return [notice.kind for notice in Notice.objects.filter(user=person)]


def now(channel):
    channel.refresh_from_db()
    return channel


# --- renewal ----------------------------------------------------------------------------------------------------------


def test_a_due_token_is_renewed_and_the_new_pair_is_stored_and_works(simulator, zalo):
    before = account_of(zalo)

    refresh_tokens()

    after = account_of(now(zalo))
    assert before.token != after.token
    assert before.refresh_token != after.refresh_token
    assert zalo.refresh_at > timezone.now() + timedelta(hours=19)
    assert ask("zalo", lambda connector: connector.profile(after)).external_id == zalo.external_id


def test_what_is_not_due_or_has_nothing_to_renew_is_left_alone(simulator):
    factories.connected(simulator, "facebook")
    later = factories.connected(simulator, "zalo")
    Channel.objects.filter(pk=later.pk).update(refresh_at=timezone.now() + timedelta(hours=1))

    assert services.refresh_due(now=timezone.now()) == 0

    assert simulator.requests()["zalo"] == {}


def test_two_renewers_ask_the_platform_once(simulator, zalo):
    """A refresh token works once: a second call with it would lose the connection."""
    simulator.latency(zalo=200)
    rows = [Channel.objects.get(pk=zalo.pk) for _ in range(2)]
    start, results = threading.Barrier(2), []

    def renew(row):
        start.wait()
        results.append(services.refresh(row, now=timezone.now()))
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

    services.refresh_due(now=timezone.now())
    between = now(zalo).health
    services.refresh_due(now=timezone.now() + timedelta(minutes=6))

    assert (between, now(zalo).health, told(person)) == (Health.CONNECTED, Health.CONNECTED, [])
    assert zalo.refresh_at > timezone.now() + timedelta(hours=19)


def test_a_lost_answer_costs_the_connection_only_when_the_old_token_is_refused(simulator, zalo, keeper):
    person = keeper(zalo)
    simulator.fault("zalo", "drop_after", operation="token")

    services.refresh_due(now=timezone.now())
    between = now(zalo).health
    services.refresh_due(now=timezone.now() + timedelta(minutes=6))

    assert (between, now(zalo).health) == (Health.CONNECTED, Health.LOST)
    assert told(person) == ["channel_lost"]


def test_tokens_that_were_replaced_meanwhile_are_not_overwritten(simulator, zalo, monkeypatch):
    newer = vault.seal({"token": "newer", "refresh_token": "newer"}, row=row_name(zalo))
    asked = services.ask_each

    def and_meanwhile(platform, calls, **more):
        Channel.objects.filter(pk=zalo.pk).update(sealed=newer)
        yield from asked(platform, calls, **more)

    monkeypatch.setattr(services, "ask_each", and_meanwhile)

    assert services.refresh(zalo, now=timezone.now()) is False

    assert account_of(now(zalo)).token == "newer"


def due(simulator, n):
    """Channels whose tokens fall due at one moment, as after an outage."""
    channels = [factories.connected(simulator, "zalo") for _ in range(n)]
    Channel.objects.update(refresh_at=timezone.now() - timedelta(minutes=1))
    return channels


def test_what_falls_due_at_once_is_renewed_side_by_side_and_never_more_than_so_many(simulator, monkeypatch):
    channels = due(simulator, 60)
    simulator.latency(zalo=30)
    under_way = most = 0
    renew = Zalo.refresh

    async def counted(connector, account):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        try:
            return await renew(connector, account)
        finally:
            under_way -= 1

    monkeypatch.setattr(Zalo, "refresh", counted)

    assert services.refresh_due(now=timezone.now(), platform="zalo") == 60

    assert simulator.requests()["zalo"]["token"] == 60
    assert most == 24
    assert len({account_of(now(channel)).token for channel in channels}) == 60


def test_a_new_pair_is_stored_before_the_last_of_its_batch_has_answered(simulator, monkeypatch):
    """A worker that dies in the middle must not take a batch of single-use tokens with it."""
    first, slow = due(simulator, 2)
    before, stored = bytes(now(first).sealed), threading.Event()
    renew, keep = Zalo.refresh, services.sealed_tokens

    async def held_back(connector, account):
        if account.external_id == slow.external_id:
            assert await asyncio.to_thread(stored.wait, 30)
        return await renew(connector, account)

    def kept(channel, tokens, **more):
        fields = keep(channel, tokens, **more)
        connection.on_commit(stored.set)
        return fields

    monkeypatch.setattr(Zalo, "refresh", held_back)
    monkeypatch.setattr(services, "sealed_tokens", kept)

    assert services.refresh_due(now=timezone.now()) == 2

    assert bytes(now(first).sealed) != before


def test_channels_renewed_in_one_minute_do_not_fall_due_in_one_minute_again(simulator):
    channels = due(simulator, 12)

    services.refresh_due(now=timezone.now())

    times = sorted(now(channel).refresh_at for channel in channels)
    assert times[-1] - times[0] > timedelta(minutes=5)
    assert times[-1] < timezone.now() + timedelta(hours=21)


def test_a_platform_that_is_down_keeps_no_other_from_being_renewed(simulator, zalo):
    other = factories.connected(simulator, "facebook")
    Channel.objects.filter(pk=other.pk).update(refresh_at=timezone.now() - timedelta(hours=1))
    simulator.fault("facebook", "error_before", times=0)

    assert services.refresh_due(now=timezone.now(), platform="zalo") == 1


def test_a_run_leaves_a_platform_that_is_away_to_the_next_one(simulator, monkeypatch):
    """Else its thousands of channels would hold all threads, and no other platform's tokens would be renewed."""
    due(simulator, 6)
    monkeypatch.setattr(services, "_REFRESH_BATCH", 2)
    simulator.fault("zalo", "drop_before", operation="token", times=0)

    services.refresh_due(now=timezone.now(), platform="zalo")

    assert simulator.requests()["zalo"]["token"] == 2
    assert Channel.objects.filter(refresh_failures=1).count() == 2


def test_failures_in_a_row_are_counted_until_a_renewal_succeeds(simulator, zalo):
    simulator.fault("zalo", "error_before", operation="token", times=2)
    counts = []
    for minutes in (0, 6, 12):
        services.refresh_due(now=timezone.now() + timedelta(minutes=minutes))
        counts.append(now(zalo).refresh_failures)

    assert counts == [1, 2, 0]


# --- lost and back ----------------------------------------------------------------------------------------------------


def test_a_lost_channel_is_on_record_and_its_keepers_are_told_once(keeper):
    channel = factories.ChannelFactory()
    person, officer = keeper(channel), factories.person(Role.OFFICER, channel.unit)

    services.mark_lost(channel, reason="The user changed their password")
    services.mark_lost(channel, reason="The user changed their password")

    assert (now(channel).health, channel.health_reason) == (Health.LOST, "The user changed their password")
    assert [e.action for e in Entry.objects.all()] == ["channel.lost"]
    assert (told(person), told(officer)) == (["channel_lost"], [])


def test_a_refusal_of_old_credentials_says_nothing_about_newer_ones():
    """The engine claimed a delivery, the page was connected again, and only then the old token was refused."""
    old = factories.ChannelFactory()
    new = Channel.objects.get(pk=old.pk)
    new.sealed = vault.seal({"token": "new"}, row=row_name(new))
    new.save()

    services.mark_lost(old, reason="dead")

    assert now(new).health == Health.CONNECTED


def test_a_stale_token_is_renewed_before_the_channel_is_given_up(simulator, zalo):
    Channel.objects.update(refresh_at=timezone.now() + timedelta(hours=1))
    zalo.refresh_from_db()
    simulator.kill_tokens("zalo", token=account_of(zalo).token)

    services.mark_lost(zalo, reason="access token is invalid")
    between = now(zalo).health
    services.refresh_due(now=timezone.now())

    assert (between, now(zalo).health) == (Health.CONNECTED, Health.CONNECTED)
    assert ask("zalo", lambda c: c.profile(account_of(zalo))).external_id == zalo.external_id


def during_a_renewal(monkeypatch, act):
    """Does ``act`` when the platform has made a new pair, before it is stored."""
    asked, due = services.ask_each, [act]

    def and_meanwhile(platform, calls, **more):
        answers = list(asked(platform, calls, **more))
        if due:
            due.pop()()
        yield from answers

    monkeypatch.setattr(services, "ask_each", and_meanwhile)


def test_a_refusal_during_a_renewal_lets_no_second_renewer_in(simulator, zalo, monkeypatch):
    """It would use the same refresh token, be refused, and lose the channel while a good pair is on its way."""
    loaded = Channel.objects.get()

    def refused():
        services.mark_lost(loaded, reason="access token is invalid", code="-216")
        refresh_tokens(platform="zalo")

    during_a_renewal(monkeypatch, refused)

    refresh_tokens(platform="zalo")

    assert (simulator.requests()["zalo"], now(zalo).health) == ({"token": 1}, Health.CONNECTED)


def test_a_new_pair_ends_a_loss_that_was_about_the_old_one(zalo, monkeypatch):
    loaded = Channel.objects.get()
    during_a_renewal(monkeypatch, lambda: services.lose(loaded, "access token is invalid", "-216"))

    refresh_tokens(platform="zalo")

    assert (now(zalo).health, zalo.health_code) == (Health.CONNECTED, "")
    assert [e.action for e in Entry.objects.order_by("pk")] == ["channel.lost", "channel.back"]


@pytest.mark.parametrize("code", ["", "unlinked"])
def test_a_new_pair_ends_no_loss_that_had_another_reason(zalo, monkeypatch, code):
    """Such as the province's word, or the page's own."""
    loaded = Channel.objects.get()
    during_a_renewal(monkeypatch, lambda: services.lose(loaded, "not allowed any more", code))

    refresh_tokens(platform="zalo")

    assert now(zalo).health == Health.LOST
    assert bytes(zalo.sealed) != bytes(loaded.sealed)


def test_a_fresh_token_that_is_refused_is_not_renewed_again(simulator, zalo):
    services.refresh(zalo, now=timezone.now())

    services.mark_lost(now(zalo), reason="the app was removed")

    assert now(zalo).health == Health.LOST


# --- the daily look ---------------------------------------------------------------------------------------------------


def test_the_daily_look_brings_name_and_followers_up_to_date(simulator):
    channels = [factories.connected(simulator, kind, followers=4321) for kind in ("facebook", "zalo", "telegram")]
    PlatformAllowance.objects.create(
        unit=channels[2].unit.parent, platform="telegram", allowed_by=channels[2].connected_by, reason="Kế hoạch"
    )
    Channel.objects.update(name="Tên cũ")

    check_channels()

    assert [(now(c).name, c.followers, c.health) for c in channels] == [
        (c.unit.name, 4321, Health.CONNECTED) for c in channels
    ]


def test_a_second_look_on_the_same_day_asks_nothing(simulator):
    factories.connected(simulator, "facebook")
    check_channels()
    asked = simulator.requests()["facebook"]

    check_channels()

    assert simulator.requests()["facebook"] == asked


def test_the_look_finds_what_was_lost_and_what_is_back(simulator, keeper):
    dead, back, fine = (factories.connected(simulator, "facebook") for _ in range(3))
    person = keeper(dead)
    simulator.kill_tokens("facebook", page=dead.external_id)
    Channel.objects.filter(pk=back.pk).update(health=Health.LOST, health_reason="checkpoint")

    check_channels()

    assert [now(c).health for c in (dead, back, fine)] == [Health.LOST, Health.CONNECTED, Health.CONNECTED]
    assert back.health_reason == ""
    assert told(person) == ["channel_lost"]


def test_a_platform_that_is_away_disconnects_nobody(simulator):
    channel = factories.connected(simulator, "facebook")
    simulator.fault("facebook", "error_before", times=0)

    check_channels()

    assert (now(channel).health, channel.checked_at) == (Health.CONNECTED, None)


def test_one_pages_odd_answer_costs_no_other_its_look(simulator, monkeypatch, caplog):
    odd, neighbour, elsewhere = (factories.connected(simulator, kind) for kind in ("facebook", "facebook", "zalo"))
    profile = Facebook.profile

    async def without_a_name(connector, account):
        if account.external_id == odd.external_id:
            raise KeyError("name")
        return await profile(connector, account)

    monkeypatch.setattr(Facebook, "profile", without_a_name)

    check_channels()

    assert [bool(now(channel).checked_at) for channel in (odd, neighbour, elsewhere)] == [False, True, True]
    assert (odd.health, caplog.messages) == (Health.CONNECTED, ["unexpected KeyError while asking facebook"])


def test_credentials_that_do_not_open_are_a_lost_channel(simulator):
    channel = factories.connected(simulator, "facebook")
    Channel.objects.update(sealed=vault.seal({"token": "t"}, row="channel:another"))

    check_channels()

    assert now(channel).health == Health.LOST


# --- disconnecting ----------------------------------------------------------------------------------------------------


def test_disconnecting_destroys_the_credentials_and_keeps_the_row(keeper):
    channel = factories.ChannelFactory()
    person = keeper(channel)

    services.disconnect(channel, by=person, reason="Trang đã đóng")

    assert (now(channel).health, bytes(channel.sealed)) == (Health.DISCONNECTED, b"")
    with pytest.raises(vault.Unsealable):
        account_of(channel)
    entry = Entry.objects.get(action="channel.disconnected")
    assert (entry.actor_id, entry.reason) == (person.pk, "Trang đã đóng")


def test_disconnecting_needs_a_reason_the_right_and_a_connection(keeper):
    channel = factories.ChannelFactory()
    person, officer = keeper(channel), factories.person(Role.OFFICER, channel.unit)

    with pytest.raises(Refused):
        services.disconnect(channel, by=person, reason="  ")
    with pytest.raises(NotAllowed):
        services.disconnect(channel, by=officer, reason="Trang đã đóng")
    services.disconnect(channel, by=person, reason="Trang đã đóng")
    with pytest.raises(Refused):
        services.disconnect(channel, by=person, reason="Trang đã đóng")


# --- allowances -------------------------------------------------------------------------------------------------------


def test_a_province_allows_telegram_for_its_own_units_alone(simulator):
    unit, elsewhere = factories.UnitFactory(), factories.UnitFactory()
    overseer = factories.person(Role.OVERSEER, unit.parent)

    services.allow("telegram", province=unit.parent, by=overseer, reason="Kế hoạch 12")

    assert (is_allowed("telegram", unit=unit), is_allowed("telegram", unit=elsewhere)) == (True, False)
    assert [e.action for e in Entry.objects.all()] == ["platform.allowed"]
    with pytest.raises(NotAllowed):
        services.allow("telegram", province=elsewhere.parent, by=overseer, reason="Kế hoạch 12")
    with pytest.raises(Refused):
        services.allow("facebook", province=unit.parent, by=overseer, reason="Kế hoạch 12")


def test_what_is_forbidden_again_rests_until_it_is_allowed_again(simulator):
    channel = factories.connected(simulator, "telegram")
    province = channel.unit.parent
    overseer = factories.person(Role.OVERSEER, province)
    services.allow("telegram", province=province, by=overseer, reason="Kế hoạch 12")

    services.forbid("telegram", province=province, by=overseer, reason="Kế hoạch 13")
    check_channels()
    between = now(channel).health
    services.allow("telegram", province=province, by=overseer, reason="Kế hoạch 14")
    check_channels()

    assert (between, now(channel).health) == (Health.LOST, Health.CONNECTED)


def test_a_notice_of_a_lost_channel_names_no_secret(keeper, django_capture_on_commit_callbacks):
    channel = factories.ChannelFactory(secrets={"token": "EAAP-secret"})
    keeper(channel)

    services.mark_lost(channel, reason="dead")

    told = "".join(f"{n.facts}{n.address}" for n in Notice.objects.all()) + "".join(m.body for m in mail.outbox)
    assert "EAAP" not in told
