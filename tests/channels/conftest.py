import pytest

from platforms.zalo.connector import Zalo


@pytest.fixture(autouse=True)
def _quick_jobs(monkeypatch):
    """Zalo's jobs are asked after without the pauses that suit the real platform."""
    monkeypatch.setattr(Zalo, "waits", (0.01,))


@pytest.fixture
def client_factory():
    """Another browser."""
    from django.test import Client

    return Client
