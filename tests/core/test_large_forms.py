"""A form with more than the portal takes is refused in words."""

import pytest
from django.urls import reverse

from accounts.permissions import Role
from tests import factories

pytestmark = pytest.mark.django_db
LONG = {"body": "An toàn. " * 300_000}


@pytest.fixture
def client(client):
    client.force_login(factories.person(Role.OFFICER, factories.UnitFactory()))
    return client


def test_a_browser_gets_a_page(client):
    response = client.post(reverse("posts:enter_allowed"), LONG)

    assert response.status_code == 413
    assert "more than one form takes" in response.content.decode()


def test_the_composer_gets_words_that_it_shows(client):
    address = reverse("posts:autosave", args=[factories.PostFactory().public_id])

    response = client.post(address, LONG, headers={"Accept": "application/json"})

    assert response.status_code == 413
    assert "more than one form takes" in response.json()["errors"][""][0]


def test_htmx_adds_the_words_to_the_page(client):
    response = client.post(reverse("posts:enter_allowed"), LONG, headers={"HX-Request": "true"})

    assert (response.status_code, response["HX-Retarget"]) == (422, "#toasts")
    assert "more than one form takes" in response.content.decode()
