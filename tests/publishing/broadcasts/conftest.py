"""A post that can be sent to followers, and the two people who ask for it."""

from datetime import UTC, datetime

import pytest

from accounts.permissions import Role
from publishing.broadcasts import broadcasting
from publishing.broadcasts import worker as broadcast_worker
from tests import factories

# Half past eleven in Viet Nam, today: the tests run at any hour.
NOON = (
    datetime.now(UTC)
    .astimezone(broadcasting.HERE)
    .replace(hour=11, minute=30, second=0, microsecond=0)
)


def at(moment):
    return lambda: moment


@pytest.fixture(autouse=True)
def noon(monkeypatch):
    monkeypatch.setattr(broadcasting, "database_now", at(NOON))


@pytest.fixture
def article(simulator):
    """A post that stands on a simulated Zalo account."""
    simulator.settings(zalo_broadcast_hours=[0, 24], zalo_broadcasts=[0, 0])

    def make(channel=None, **fields):
        channel = channel or factories.connected(
            simulator, "zalo", factories.UnitFactory(), followers=1500
        )
        made = simulator.post("zalo", channel.external_id, "Cảnh giác")
        return factories.live_delivery(channel, remote_id=made["id"], **fields)

    return make


def officer(row):
    return factories.person(Role.OFFICER, row.unit)


def chief(row):
    return factories.person(Role.APPROVER, row.unit)


def planned(delivery, **fields):
    return broadcasting.plan(delivery, by=officer(delivery), reason="Đang lan nhanh", **fields)


def confirmed(delivery, **fields):
    row = planned(delivery, **fields)
    broadcasting.confirm(row, by=chief(delivery), reason="Đồng ý")
    return row


def sent_of(simulator):
    return [broadcast for post in simulator.visible("zalo") for broadcast in post["broadcasts"]]


def send(now=NOON):
    return broadcast_worker.send_due(at(now))
