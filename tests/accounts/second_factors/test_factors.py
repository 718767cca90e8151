"""A second factor is asked of those who publish, judge others or make accounts, before anything
else opens.
"""

import ast
import re
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from allauth.account import app_settings as account_settings
from allauth.mfa.models import Authenticator
from django.conf import settings as django_settings
from django.contrib.auth import get_user
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from accounts.middleware import FactorRequired
from accounts.models import FactorDate, Invitation
from accounts.permissions import Role
from audit.models import Entry
from tests import factories
from tests.architecture.test_access import _sample, all_urls

pytestmark = pytest.mark.django_db
ENROL = "/second-factor/"
GRAVE_ROLES = [Role.APPROVER, Role.OVERSEER, Role.ADMINISTRATOR]


@pytest.fixture(autouse=True)
def _no_memory_of_other_tests():
    cache.clear()


def sign_in(client, person):
    return client.post(
        reverse("account_login"), {"login": person.username, "password": factories.PASSWORD}
    )


def at(role, **fields):
    return factories.person(role, factories.ministry(), **fields)


@pytest.mark.parametrize("role", GRAVE_ROLES)
def test_the_password_alone_opens_nothing_but_the_set_up_to(client, role):
    person = at(role, factor=False)

    sign_in(client, person)

    assert get_user(client) == person
    assert [
        client.get(page).headers.get("Location") for page in ("/", "/me/", "/posts/", "/people/")
    ] == [ENROL] * 4
    assert client.get(ENROL).context["required"] is True


def test_a_system_operator_reaches_nothing_by_the_password_alone(client):
    operator = factories.UserFactory(is_staff=True, is_superuser=True)
    sign_in(client, operator)

    assert client.get(reverse("admin:index")).headers.get("Location") == ENROL
    factories.with_app(operator)
    assert client.get(reverse("admin:index")).status_code == 200


@pytest.mark.parametrize("role", [Role.OFFICER, Role.SUPERVISOR])
def test_officers_and_supervisors_follow_on_the_day_that_the_ministry_sets(client, role):
    person = at(role)
    day = timezone.localdate() + timedelta(days=3)
    FactorDate.objects.create(day=day, set_by=factories.UserFactory(), set_at=timezone.now())
    client.force_login(person)

    today = client.get("/")

    assert (today.status_code, today.context["factor_from"]()) == (200, day)
    assert ENROL in today.content.decode()
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        client.force_login(person)
        assert client.get("/").headers.get("Location") == ENROL
        factories.with_app(person)
        assert client.get("/").status_code == 200


def test_every_address_of_the_portal_is_closed_to_an_approver_without_a_factor(client):
    approver = factories.person(Role.APPROVER, factor=False)
    opened, walked = set(), 0
    client.force_login(approver)
    for name, converters in all_urls().items():
        if "unnamed" in name or None in converters.values():
            continue  # bare regular expressions of the library and the system pages' catch-all
        address = reverse(name, kwargs={key: _sample(c) for key, c in converters.items()})
        for method in ("get", "post"):
            answer = getattr(client, method)(address)
            walked += 1
            if answer.headers.get("Location") != ENROL:
                opened.add(name)
                client.force_login(approver)  # some of these sign out

    assert walked > 200
    assert opened == FactorRequired.OPEN


def test_htmx_is_sent_to_the_set_up_as_a_whole_page(client):
    client.force_login(factories.person(Role.APPROVER, factor=False))

    answer = client.get("/posts/", headers={"HX-Request": "true"})

    assert (answer.status_code, answer["HX-Redirect"]) == (200, ENROL)


def test_recovery_codes_alone_are_no_factor(client):
    approver = factories.person(Role.APPROVER, factor=False)
    Authenticator.objects.create(
        user=approver, type="recovery_codes", data={"hashes": {}, "migrated_codes": []}
    )
    client.force_login(approver)

    assert client.get("/").headers.get("Location") == ENROL


def test_a_factor_that_is_removed_closes_the_open_sessions_too(client):
    approver = factories.person(Role.APPROVER)
    client.force_login(approver)
    assert client.get("/").status_code == 200

    Authenticator.objects.filter(user=approver).delete()

    assert client.get("/").headers.get("Location") == ENROL


# --- Every way in ---------------------------------------------------------------------------------


def test_no_code_of_ours_signs_anybody_in_past_the_librarys_stages():
    """Django's login() asks for no second factor; allauth's perform_login does: for invitations and
    the ministry.
    """
    found = {"login": set(), "perform_login": set()}
    apps = [
        a for a in django_settings.INSTALLED_APPS if (Path(django_settings.BASE_DIR) / a).is_dir()
    ]
    for app in [*apps, "outreach_portal"]:
        for path in (Path(django_settings.BASE_DIR) / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                    if name in found:
                        found[name].add(str(path.relative_to(django_settings.BASE_DIR)))

    assert found == {
        "login": set(),
        "perform_login": {"accounts/views/invitation.py", "accounts/views/ministry_sign_in.py"},
    }


def test_the_librarys_other_ways_in_are_closed():
    shut = {
        "LOGIN_ON_PASSWORD_RESET": account_settings.LOGIN_ON_PASSWORD_RESET,
        "LOGIN_ON_EMAIL_CONFIRMATION": account_settings.LOGIN_ON_EMAIL_CONFIRMATION,
        "LOGIN_BY_CODE_ENABLED": account_settings.LOGIN_BY_CODE_ENABLED,
        "LOGIN_BY_CODE_TRUST_ENABLED": account_settings.LOGIN_BY_CODE_TRUST_ENABLED,
    }

    assert shut == dict.fromkeys(shut, False)


def test_the_password_of_somebody_with_a_factor_opens_no_session(client):
    person = at(Role.APPROVER)

    answer = sign_in(client, person)

    assert answer["Location"] == reverse("mfa_authenticate")
    assert not get_user(client).is_authenticated
    assert client.get("/")["Location"].startswith("/accounts/login/")


def invited(person):
    """Invite ``person``, and return the path of the invitation."""
    person.set_unusable_password()
    person.save()
    until = timezone.now() + timedelta(days=1)
    by = factories.UserFactory()
    Invitation.objects.create(
        user=person, secret_hash=Invitation.hash_of("loi-moi"), invited_by=by, expires_at=until
    )
    return reverse("accounts:accept_invitation", args=["loi-moi"])


def test_an_invitation_link_opens_no_session_of_somebody_with_a_factor(client):
    link = invited(at(Role.APPROVER))

    answer = client.post(link, {"password1": factories.PASSWORD, "password2": factories.PASSWORD})

    assert answer["Location"] == reverse("mfa_authenticate")
    assert not get_user(client).is_authenticated


def test_an_invited_approver_sets_up_a_factor_before_anything_else(client):
    person = at(Role.APPROVER, factor=False)

    client.post(invited(person), {"password1": factories.PASSWORD, "password2": factories.PASSWORD})

    assert get_user(client) == person
    assert client.get("/").headers.get("Location") == ENROL
    assert (
        client.get(reverse("mfa_activate_totp")).status_code == 200
    )  # the password of a moment ago is proof enough


def test_the_app_is_set_up_with_a_code_and_opens_the_portal(client):
    person = factories.person(Role.APPROVER, factor=False)
    sign_in(client, person)
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    # On the phone itself the picture cannot be scanned.
    [link] = re.findall(r'href="(otpauth://totp/[^"]+)"', page.content.decode())
    assert f"secret={secret}" in link

    wrong = client.post(reverse("mfa_activate_totp"), {"code": "000000"})
    assert (wrong.status_code, person.authenticator_set.count()) == (200, 0)
    right = client.post(reverse("mfa_activate_totp"), {"code": factories.code(secret)})

    assert right["Location"] == reverse("mfa_index")  # recovery codes are its next step
    assert client.get("/").status_code == 200


# --- The day --------------------------------------------------------------------------------------


def test_the_ministrys_administrator_decides_the_day_and_it_is_on_record(client):
    client.force_login(at(Role.ADMINISTRATOR))
    day = timezone.localdate() + timedelta(days=30)

    client.post(reverse("accounts:factor_day"), {"day": day.isoformat()})

    assert FactorDate.objects.latest().day == day
    assert Entry.objects.get(action="account.factor_day_set").data["day"] == day.isoformat()


def test_the_day_lies_ahead_so_that_people_can_prepare(client):
    client.force_login(at(Role.ADMINISTRATOR))

    answer = client.post(reverse("accounts:factor_day"), {"day": timezone.localdate().isoformat()})

    assert (answer.status_code, FactorDate.objects.count()) == (422, 0)
    assert "Choose a day after today" in answer.content.decode()


def test_a_provinces_administrator_decides_no_day(client):
    client.force_login(factories.person(Role.ADMINISTRATOR, factories.ProvinceFactory()))

    assert client.post(reverse("accounts:factor_day"), {"day": "2030-01-01"}).status_code == 403
