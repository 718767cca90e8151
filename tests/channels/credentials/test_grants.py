"""A channel that is given up: the platform is told over HTTP, the keys are destroyed whatever it
says.
"""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from channels.connection import confirmation
from channels.connection import manual as manual_channels
from channels.connection.health import disconnect
from channels.credentials import grants
from channels.lifecycle import transitions
from channels.models import Channel
from channels.queries import account_of
from channels.states import Health
from channels.tasks import end_grants
from platforms import client
from platforms.registry import CONNECTORS
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
TELLS = [kind for kind, connector in CONNECTORS.items() if connector.facts.revokes]


@pytest.fixture
def leader():
    return lambda channel: factories.person(Role.APPROVER, channel.unit)


def works(account, platform):
    """Tell whether the platform still takes the token."""
    try:
        return bool(
            client.call(platform, lambda connector: connector.read_profile(account), writes=False)
        )
    except Exception:
        return False


def now(channel):
    channel.refresh_from_db()
    return channel


def said(channel):
    grants_only = Entry.objects.filter(
        object_id=str(channel.public_id), action__startswith="channel.grant_"
    )
    return [entry.action.removeprefix("channel.grant_") for entry in grants_only]


def test_the_platforms_that_can_be_notified_are_those_whose_contracts_have_the_call():
    assert TELLS == ["tiktok", "youtube"]


@pytest.mark.parametrize("platform", TELLS)
def test_a_disconnected_page_is_given_up_at_the_platform_and_its_keys_are_destroyed(
    simulator, leader, platform
):
    channel = factories.connected(simulator, platform)
    account = account_of(channel)
    disconnect(channel, by=leader(channel), reason="Sáp nhập")
    assert (now(channel).health, bool(channel.sealed), works(account, platform)) == (
        Health.DISCONNECTED,
        True,
        True,
    )

    end_grants()

    assert works(account, platform) is False
    assert (bytes(now(channel).sealed), channel.leaving_since, channel.grant_left) == (
        b"",
        None,
        False,
    )
    assert said(channel) == ["ended"]


@pytest.mark.parametrize("platform", TELLS)
@pytest.mark.parametrize("kind", ["error_before", "drop_before", "truncated_json", "rate_limit"])
def test_where_the_platform_refuses_the_keys_are_destroyed_all_the_same(
    simulator, leader, platform, kind
):
    channel = factories.connected(simulator, platform)
    disconnect(channel, by=leader(channel), reason="Sáp nhập")
    simulator.fault(platform, kind, operation="token", times=5)

    end_grants()

    done = kind == "truncated_json"  # it did as it was told, and half of its answer says so
    assert (bytes(now(channel).sealed), channel.leaving_since, channel.grant_left) == (
        b"",
        None,
        not done,
    )
    assert said(channel) == ["ended" if done else "left"]


def test_a_platform_that_hangs_is_not_waited_for(simulator, leader, monkeypatch):
    monkeypatch.setattr(grants, "_DEADLINE", 0.2)
    channel = factories.connected(simulator, "tiktok")
    disconnect(channel, by=leader(channel), reason="Sáp nhập")
    simulator.fault("tiktok", "slow", ms=20_000, operation="token")

    end_grants()

    assert (bytes(now(channel).sealed), channel.grant_left, said(channel)) == (b"", True, ["left"])


def test_a_worker_that_dies_on_the_way_leaves_no_keys_and_a_hint(simulator, leader, monkeypatch):
    channel = factories.connected(simulator, "tiktok")
    disconnect(channel, by=leader(channel), reason="Sáp nhập")

    def die(*_given, **_more):
        raise SystemExit

    monkeypatch.setattr(client, "call_many", die)
    with pytest.raises(SystemExit):
        end_grants()

    assert (bytes(now(channel).sealed), channel.leaving_since, channel.grant_left) == (
        b"",
        None,
        True,
    )


@pytest.mark.parametrize("way", ["closed", "by hand", "refused"])
def test_every_way_that_destroys_keys_notifies_the_platform(simulator, leader, way):
    channel = factories.connected(simulator, "tiktok")
    account = account_of(channel)
    match way:
        case "closed":
            transitions.retire(channel, by=leader(channel), reason="Sáp nhập")
        case "by hand":
            manual_channels.continue_manually(channel, by=leader(channel), reason="Mất quyền")
        case "refused":
            Channel.objects.update(confirmed_by=None, confirmed_at=None)
            seen = confirmation.fingerprint(now(channel))
            confirmation.refuse(
                channel, by=leader(channel), reason="Không phải trang của xã", seen=seen
            )

    end_grants()

    assert (works(account, "tiktok"), bytes(now(channel).sealed), said(channel)) == (
        False,
        b"",
        ["ended"],
    )


def test_a_page_that_is_connected_elsewhere_by_then_keeps_its_grant(simulator, leader):
    channel = factories.connected(simulator, "tiktok")
    disconnect(channel, by=leader(channel), reason="Chuyển đơn vị")
    account = account_of(now(channel))
    factories.ChannelFactory(platform="tiktok", external_id=channel.external_id)

    end_grants()

    assert works(account, "tiktok") is True
    assert (bytes(now(channel).sealed), channel.grant_left, said(channel)) == (b"", False, ["kept"])


@pytest.mark.parametrize(("platform", "outcome"), [("youtube", "kept"), ("tiktok", "ended")])
@pytest.mark.parametrize("shared", ["unit", "connected_by"])
def test_a_persons_consent_is_not_ended_while_another_channel_lives_on_it(
    simulator, leader, platform, outcome, shared
):
    channel = factories.connected(simulator, platform)
    factories.ChannelFactory(platform=platform, **{shared: getattr(channel, shared)})
    disconnect(channel, by=leader(channel), reason="Thôi dùng")
    account = account_of(now(channel))

    end_grants()

    assert (said(channel), works(account, platform)) == ([outcome], outcome == "kept")


def test_a_page_connected_again_before_the_platform_was_notified_stays_connected(simulator, leader):
    channel = factories.connected(simulator, "tiktok")
    sealed = bytes(channel.sealed)
    disconnect(channel, by=leader(channel), reason="Nhầm")
    fields = {"health": Health.CONNECTED, "leaving_since": None, "grant_left": False}
    Channel.objects.filter(pk=channel.pk).update(**fields)

    assert grants.end_due() == 0
    assert bytes(now(channel).sealed) == sealed


@pytest.mark.parametrize("platform", sorted(set(CONNECTORS) - set(TELLS)))
def test_elsewhere_the_keys_go_at_once_and_people_are_informed_what_to_remove(
    client, simulator, leader, platform
):
    channel = factories.connected(simulator, platform)
    by = leader(channel)
    disconnect(channel, by=by, reason="Sáp nhập")
    assert (bytes(now(channel).sealed), channel.leaving_since, grants.end_due()) == (b"", None, 0)
    client.force_login(by)

    page = client.get(reverse("channels:channel", args=[channel.public_id])).content.decode()

    assert "may still list the portal" in page


def test_the_page_says_nothing_of_it_before_and_after(client, simulator, leader):
    channel = factories.connected(simulator, "tiktok")
    by = leader(channel)
    client.force_login(by)
    address = reverse("channels:channel", args=[channel.public_id])
    seen = [client.get(address).content.decode()]
    disconnect(channel, by=by, reason="Sáp nhập")
    seen.append(client.get(address).content.decode())
    end_grants()
    seen.append(client.get(address).content.decode())

    assert ["may still list" in page for page in seen] == [False] * 3
    assert ["is being told to end" in page for page in seen] == [False, True, False]


def test_no_token_stands_in_a_log_or_on_record(simulator, leader, caplog):
    channel = factories.connected(simulator, "youtube")
    account = account_of(channel)
    disconnect(channel, by=leader(channel), reason="Sáp nhập")
    simulator.fault("youtube", "error_before", operation="token")
    with caplog.at_level("DEBUG"):
        end_grants()

    kept = caplog.text + "".join(str(vars(entry)) for entry in Entry.objects.all())
    assert not [secret for secret in (account.token, account.refresh_token) if secret in kept]


def test_two_workers_notify_the_platform_once(simulator, leader):
    channel = factories.connected(simulator, "tiktok")
    disconnect(channel, by=leader(channel), reason="Sáp nhập")
    first = grants._claim()

    assert (list(first), grants._claim()) == ([channel], {})


def test_time_alone_gives_nothing_up(simulator):
    factories.connected(simulator, "tiktok", None)
    Channel.objects.update(connected_at=timezone.now())

    assert grants.end_due() == 0
