"""Pages for those who are not signed in lead on."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
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


@pytest.mark.parametrize(
    ("template", "context"),
    [
        ("403.html", {}),
        ("403_csrf.html", {}),
        ("413.html", {"words": "More than one form takes."}),
        ("429.html", {"words": "Try again later."}),
        ("429.html", {"words": "Others are at work.", "is_busy": True}),
    ],
)
def test_a_refusal_leads_officers_to_today_and_all_others_to_sign_in(rf, client, template, context):
    def shown(user):
        request = rf.get("/")
        request.user, request.session = user, client.session
        return render_to_string(template, {"user": user, **context}, request)

    officer = factories.person(Role.OFFICER, factories.UnitFactory())
    for user, way, other in (
        (AnonymousUser(), "To sign-in", "Back to today"),
        (officer, "Back to today", "To sign-in"),
    ):
        page = shown(user)
        assert way in page
        assert other not in page


@pytest.mark.parametrize("template", ["400.html", "500.html"])
def test_a_page_of_a_fault_follows_the_theme_and_names_no_page_of_officers(template):
    page = render_to_string(template)
    assert 'js/theme.js" integrity=' in page
    assert "To the first page" in page
    assert "today" not in page


def test_a_dead_link_of_a_recovery_leads_to_sign_in(client):
    page = client.get(reverse("accounts:stop_recovery", args=["abc"])).content.decode()
    assert "To sign-in" in page
    assert "Today" not in page
