"""A channel is ended or let out on again after a proof alone, and stopped without one."""

import pytest
from django.urls import reverse

from accounts.permissions import Role
from audit.models import Entry
from channels.models import Channel, PlatformAllowance
from channels.states import Lifecycle
from engagement.models import ReplyAllowance
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel(client, proof_is_old):
    """A channel whose administrator signed in six minutes ago."""
    row = factories.ChannelFactory()
    client.force_login(factories.person(Role.ADMINISTRATOR, row.unit.parent))
    proof_is_old(client)
    return row


def state_of(channel):
    return Channel.objects.values("lifecycle", "health", "unit", "sealed").get(pk=channel.pk)


@pytest.mark.parametrize(
    ("name", "lifecycle"),
    [
        ("disconnect", Lifecycle.ACTIVE),
        ("close", Lifecycle.ACTIVE),
        ("transfer", Lifecycle.ACTIVE),
        ("confirm", Lifecycle.FROZEN),
        ("resume", Lifecycle.FROZEN),
        ("resume", Lifecycle.PAUSED),
    ],
)
def test_a_channel_is_ended_or_freed_after_a_proof_alone(client, channel, name, lifecycle):
    Channel.objects.update(lifecycle=lifecycle)
    to = factories.UnitFactory(parent=channel.unit.parent)
    before = state_of(channel)

    answer = client.post(
        reverse(f"channels:{name}", args=[channel.public_id]),
        {"reason": "Đóng trang cũ", "to": to.key, "unit": to.key},
    )

    assert "reauthenticate" in answer["Location"]
    assert state_of(channel) == before
    assert not Entry.objects.filter(action__startswith="channel.").exists()


@pytest.mark.parametrize("name", ["rest", "taken_over"])
def test_a_channel_is_stopped_without_a_further_proof(client, channel, name):
    client.force_login(factories.person(Role.APPROVER, channel.unit))
    answer = client.post(
        reverse(f"channels:{name}", args=[channel.public_id]), {"reason": "Trang đăng bài lạ"}
    )
    assert answer["Location"] == reverse("channels:channel", args=[channel.public_id])
    assert state_of(channel)["lifecycle"] != Lifecycle.ACTIVE


@pytest.mark.parametrize("name", ["channels:allowances", "engagement:desk_allowances"])
def test_a_province_allows_after_a_proof_alone(client, proof_is_old, name):
    province = factories.ProvinceFactory()
    client.force_login(factories.person(Role.OVERSEER, province))
    proof_is_old(client)

    answer = client.post(
        reverse(name),
        {"province": province.key, "platform": "tiktok", "act": "allow", "reason": "Có cán bộ"},
    )

    assert "reauthenticate" in answer["Location"]
    assert not PlatformAllowance.objects.exists()
    assert not ReplyAllowance.objects.exists()
