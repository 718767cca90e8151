import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from accounts.models import MinistryIdentity
from tests import factories
from tests.accounts.ministry.server import CLIENT, SECRET, Ministry


@pytest.fixture(scope="session")
def running_ministry():
    server = Ministry()
    yield server
    server.stop()


@pytest.fixture
def ministry_server(running_ministry, settings):
    """The ministry's sign-in, switched on and honest until the test says otherwise."""
    cache.clear()
    running_ministry.reset()
    settings.OIDC_ISSUER = running_ministry.url
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT, SECRET
    yield running_ministry
    running_ministry.reset()


def linked(person, issuer, subject="s-1", **fields):
    """Link ``person`` to a subject, as two administrators did."""
    by = {"proposed_by": factories.UserFactory(), "confirmed_by": factories.UserFactory()}
    now = timezone.now()
    values = {
        "issuer": issuer,
        "subject": subject,
        "linked_at": now,
        "factor_from": now,
        **by,
        **fields,
    }
    return MinistryIdentity.objects.create(user=person, **values)


def begin(client, **form):
    """Press the button on the sign-in page; the address at the ministry's server."""
    return client.post(reverse("accounts:ministry_start"), form).context["address"]


def come_back(client, answer):
    return client.get(reverse("accounts:ministry_callback"), answer)


def sign_in(client, server, subject="s-1"):
    return come_back(client, server.agree(begin(client), subject))
