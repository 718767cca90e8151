"""The door: who gets in, who is kept out, for how long and from where."""

from datetime import timedelta

import pytest
import time_machine
from axes.models import AccessLog
from django.contrib.auth import get_user
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Session
from accounts.permissions import Role
from accounts.sign_in.session_store import hash_key
from retention.services import apply_rules
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_memory_of_other_tests():
    cache.clear()


@pytest.fixture
def officer():
    return factories.person(
        Role.OFFICER, username="nguyen.van.an", email="an@congan.example", language="en"
    )


def sign_in(client, login, password=factories.PASSWORD, **extra):
    return client.post(reverse("account_login"), {"login": login, "password": password}, **extra)


@pytest.mark.parametrize("login", ["nguyen.van.an", "an@congan.example", "AN@CongAn.example"])
def test_user_name_and_e_mail_both_open_the_door(client, officer, login):
    sign_in(client, login)

    assert get_user(client) == officer


def test_eight_wrong_passwords_close_the_door_from_there_and_not_from_elsewhere(client, officer):
    for login in ["nguyen.van.an", "an@congan.example"] * 4:  # one account, whatever was typed
        answer = sign_in(client, login, "sai mat khau", REMOTE_ADDR="203.0.113.9")

    assert (answer.status_code, "account/lockout.html" in [t.name for t in answer.templates]) == (
        429,
        True,
    )
    right = sign_in(client, "nguyen.van.an", REMOTE_ADDR="203.0.113.9")
    assert (right.status_code, get_user(client).is_authenticated) == (429, False)
    elsewhere = Client()
    sign_in(elsewhere, "nguyen.van.an", REMOTE_ADDR="198.51.100.7")
    assert get_user(elsewhere) == officer


def test_a_colleague_at_the_same_address_is_not_locked_out(client, officer):
    colleague = factories.person(Role.OFFICER, username="tran.b")
    for _ in range(8):
        sign_in(client, "nguyen.van.an", "sai mat khau")

    sign_in(client, "tran.b")

    assert get_user(client) == colleague


def test_the_door_opens_again_after_a_quarter_of_an_hour(client, officer):
    for _ in range(8):
        sign_in(client, "nguyen.van.an", "sai mat khau")

    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        sign_in(client, "nguyen.van.an")

        assert get_user(client) == officer


def test_nobody_signs_up(client):
    page = client.get(reverse("account_signup"))
    client.post(
        reverse("account_signup"),
        {
            "email": "x@y.example",
            "username": "x",
            "password1": factories.PASSWORD,
            "password2": factories.PASSWORD,
        },
    )

    assert "account/signup_closed.html" in [t.name for t in page.templates]
    assert not type(factories.UserFactory.build()).objects.filter(email="x@y.example").exists()


def test_an_idle_session_ends_after_half_an_hour(client, officer):
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        client.force_login(officer)
        assert client.get(reverse("accounts:me")).status_code == 200
    with time_machine.travel(now + timedelta(minutes=29), tick=False):
        assert client.get(reverse("accounts:me")).status_code == 200
    with time_machine.travel(now + timedelta(minutes=60), tick=False):
        response = client.get(reverse("accounts:me"))

    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/me/")


def test_a_session_does_not_outlive_a_day_of_duty_however_busy(client, officer, settings):
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        client.force_login(officer)
        for _ in range(25):
            client.get(reverse("accounts:me"))
            clock.shift(timedelta(minutes=29))
        response = client.get(reverse("accounts:me"))

    assert response.status_code == 302


@pytest.mark.parametrize(
    ("flags", "status"),
    [
        ({"is_staff": True, "is_superuser": True}, 200),
        ({"is_staff": True}, 302),
        ({"is_superuser": True}, 302),
        ({}, 302),
    ],
)
def test_system_operation_is_for_superusers_of_the_staff(client, flags, status):
    client.force_login(factories.with_app(factories.UserFactory(**flags)))

    response = client.get(reverse("admin:index"))

    assert response.status_code == status
    if status == 302:
        assert client.get(response["Location"]).status_code == 403


def test_system_operation_has_no_door_of_its_own(client):
    response = client.get(reverse("admin:login"), {"next": "/system/units/unit/"})

    assert (response.status_code, response["Location"]) == (
        302,
        "/accounts/login/?next=%2Fsystem%2Funits%2Funit%2F",
    )


@pytest.mark.parametrize("model", ["units_unit", "audit_entry", "accounts_user", "campaigns_topic"])
def test_system_operators_see_the_tables(client, officer, model):
    client.force_login(factories.with_app(factories.UserFactory(is_staff=True, is_superuser=True)))

    assert client.get(reverse(f"admin:{model}_changelist")).status_code == 200


# --- how long a session lasts, and what a browser keeps of it -------------------------------------


@pytest.mark.parametrize(
    ("role", "minutes", "goes_on"),
    [
        (Role.OFFICER, 29, True),
        (Role.OFFICER, 31, False),
        (Role.APPROVER, 14, True),
        (Role.APPROVER, 16, False),
        (Role.ADMINISTRATOR, 16, False),
    ],
)
def test_an_untouched_session_ends_sooner_for_those_who_lead(client, role, minutes, goes_on):
    unit = factories.ProvinceFactory() if role == Role.ADMINISTRATOR else None
    person = factories.person(role, unit)
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        client.force_login(person)
        client.get(reverse("accounts:me"))
    with time_machine.travel(now + timedelta(minutes=minutes), tick=False):
        client.get(reverse("accounts:me"))

        assert get_user(client).is_authenticated == goes_on


def test_at_a_shared_computer_an_untouched_session_ends_after_ten_minutes_and_the_browser_remembers(
    client, officer
):
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        client.post(
            reverse("account_login"),
            {"login": "nguyen.van.an", "password": factories.PASSWORD, "shared": "on"},
        )
        client.get(reverse("accounts:me"))
    with time_machine.travel(now + timedelta(minutes=11), tick=False):
        ended = client.get(reverse("accounts:me"))
        page = client.get(reverse("account_login"))

    assert (ended.status_code, ended["Clear-Site-Data"]) == (302, '"cache", "storage"')
    assert page.context["form"]["shared"].value() is True


def test_who_unticks_it_makes_the_computer_ones_own_again(client, officer, settings):
    client.cookies[settings.SHARED_COMPUTER_COOKIE] = "1"

    sign_in(client, "nguyen.van.an")

    assert client.cookies[settings.SHARED_COMPUTER_COOKIE].value == ""
    assert client.session["shared"] is False


def test_signing_out_has_the_browser_forget_pictures_and_storage(client, officer):
    client.force_login(officer)

    answer = client.post(reverse("account_logout"))

    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert "Clear-Site-Data" not in client.get(reverse("account_login"))


def test_what_the_portal_says_after_an_act_travels_in_no_cookie(client, officer):
    client.force_login(officer)

    client.post(reverse("accounts:read_notices"))

    assert "messages" not in client.cookies
    assert "0 notices marked as read." in client.get(reverse("accounts:me")).content.decode()


def test_ended_sessions_and_old_sign_ins_are_removed_daily(officer):
    now = timezone.now()
    with time_machine.travel(now - timedelta(days=100), tick=False):
        sign_in(Client(), "nguyen.van.an", "sai mat khau")
        sign_in(Client(), "nguyen.van.an")
    alive = Client()
    sign_in(alive, "nguyen.van.an", "sai mat khau")
    sign_in(alive, "nguyen.van.an")

    apply_rules()

    assert [row.pk for row in Session.objects.all()] == [hash_key(alive.session.session_key)]
    assert AccessLog.objects.filter(attempt_time__lt=now - timedelta(days=1)).count() == 0
    assert AccessLog.objects.count() == 1
