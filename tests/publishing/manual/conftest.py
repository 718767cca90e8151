"""A page to which people post themselves, and a task there."""

import pytest

from accounts.permissions import Role
from channels.states import Health
from publishing.manual import manual_posting
from tests import factories

LINK = "https://www.facebook.com/conganphuong/posts/1"


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit, language="en")


@pytest.fixture
def approver(unit):
    return factories.person(Role.APPROVER, unit, language="en")


@pytest.fixture
def official(unit):
    address = "https://www.facebook.com/conganphuong"
    return factories.ChannelFactory(
        unit=unit, health=Health.MANUAL, handle="conganphuong", address=address
    )


@pytest.fixture
def scheduled(unit, official):
    def make(**fields):
        return factories.delivery(
            factories.approved(unit=unit, channels=[official]), official, **fields
        )

    return make


@pytest.fixture
def task(scheduled):
    row = scheduled()
    manual_posting.create_manual_tasks()
    row.refresh_from_db()
    return row


def close(row, by, link=LINK, **fields):
    manual_posting.close(row, by=by, permalink=link, **fields)


def state(row):
    row.refresh_from_db()
    return row.state
