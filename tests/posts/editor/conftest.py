import pytest

from accounts.permissions import Role
from tests.factories import PostFactory, UnitFactory, person


@pytest.fixture
def unit():
    return UnitFactory()


@pytest.fixture
def officer(unit):
    return person(Role.OFFICER, unit, full_name="Trần Thị Bình")


@pytest.fixture
def colleague(unit):
    return person(Role.OFFICER, unit, full_name="Lê Văn Cường")


@pytest.fixture
def post(unit, officer):
    return PostFactory(unit=unit, author=officer)


@pytest.fixture
def channel(post):
    return post.targets.get().channel
