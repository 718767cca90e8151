import pytest

from .youtube import Channel


@pytest.fixture
def channel(simulator):
    return Channel(simulator)
