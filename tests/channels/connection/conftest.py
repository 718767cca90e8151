import pytest

from accounts.permissions import Role
from tests import factories


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def approver(unit):
    return factories.person(Role.APPROVER, unit)


@pytest.fixture
def browser(client, approver):
    client.force_login(approver)
    return client
