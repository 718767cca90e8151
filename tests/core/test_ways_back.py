"""Pages for those who are not signed in lead on."""

import pytest
from django.urls import reverse

from accounts.permissions import Role
from tests import factories

pytestmark = pytest.mark.django_db
RESET = ["account_reset_password", "account_reset_password_done"]


@pytest.mark.parametrize("name", RESET)
def test_the_pages_of_a_new_password_lead_back_to_sign_in(client, name):
    page = client.get(reverse(name)).content.decode()
    assert f'<a href="{reverse("account_login")}">Back to sign-in</a>' in page


def test_a_dead_address_speaks_of_units_and_of_today_to_officers_alone(client):
    resident = client.get("/nothing/here/").content.decode()
    assert "The address is wrong, or the page has been removed." in resident
    assert "another unit" not in resident
    assert "Back to today" not in resident

    client.force_login(factories.person(Role.OFFICER, factories.UnitFactory()))
    officer = client.get("/nothing/here/").content.decode()
    assert "it belongs to another unit" in officer
    assert "Back to today" in officer
