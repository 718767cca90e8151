"""Limits on signing in: who guesses is slowed down, whoever is meant still comes in, and what
counts is the client's own address."""

import time

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from axes.models import AccessAttempt
from django.contrib.auth import get_user
from django.core.cache import cache, caches
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from core.cache import TableCache
from core.models import CacheEntry
from retention.services import sweep_technical_rows
from tests import factories

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(second=10, microsecond=0)


@pytest.fixture(autouse=True)
def _behind_one_proxy(settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    cache.clear()


@pytest.fixture
def officer():
    return factories.person(
        Role.OFFICER, username="nguyen.van.an", email="an@congan.example", language="en"
    )


def sign_in(client, password=factories.PASSWORD, *, login="nguyen.van.an", forwarded="203.0.113.1"):
    """Sign in as the proxy hands it on: it adds the address that it sees to what the client
    claims.
    """
    return client.post(
        reverse("account_login"),
        {"login": login, "password": password},
        headers={"X-Forwarded-For": forwarded},
        REMOTE_ADDR="127.0.0.1",
    )


def test_wrong_passwords_count_against_the_clients_address_and_not_the_proxys(client, officer):
    sign_in(client, "sai mat khau", forwarded="198.51.100.7")
    sign_in(
        client, "sai mat khau", forwarded="10.1.1.1, 198.51.100.7"
    )  # the first is the client's own claim

    (row,) = AccessAttempt.objects.all()
    assert (row.username, row.ip_address, row.failures_since_start) == (
        "nguyen.van.an",
        "198.51.100.7",
        2,
    )


def test_all_addresses_of_one_ipv6_line_count_as_one(client, officer):
    sign_in(client, "sai mat khau", forwarded="2001:db8:1:2::1")
    sign_in(client, "sai mat khau", forwarded="2001:db8:1:2:ffff::9")

    assert AccessAttempt.objects.get().failures_since_start == 2


def test_a_forged_address_opens_no_new_count(client, officer):
    for number in range(8):
        answer = sign_in(client, "sai mat khau", forwarded=f"10.0.0.{number}, 198.51.100.7")

    assert answer.status_code == 429


def test_twenty_addresses_cannot_lock_an_officer_out_of_a_browser_that_is_known(client, officer):
    sign_in(client)
    client.post(reverse("account_logout"))

    answers = [
        sign_in(Client(), "sai mat khau", forwarded=f"203.0.113.{20 + number % 20}").status_code
        for number in range(180)
    ]
    sign_in(client)

    assert len(answers) == 180
    assert get_user(client) == officer


def test_guessing_from_many_addresses_is_slowed_for_the_account(officer):
    said = []
    for number in range(30):
        answer = sign_in(Client(), "sai mat khau", forwarded=f"203.0.113.{number}")
        said += answer.context["form"].non_field_errors()

    judged = [words for words in said if words.startswith(("The username", "Tên"))]
    assert len(said) == 30
    assert (
        len([words for words in said if "passkey" in words or "khóa" in words]) + len(judged) == 30
    )
    assert len(judged) == 20


def test_a_slowed_account_opens_again_after_a_quarter_of_an_hour(client, officer):
    with time_machine.travel(NOW, tick=False) as clock:
        for number in range(25):
            sign_in(Client(), "sai mat khau", forwarded=f"203.0.113.{number}")
        sign_in(client, forwarded="198.51.100.7")
        assert not get_user(client).is_authenticated
        clock.shift(16 * 60)

        sign_in(client, forwarded="198.51.100.7")

    assert get_user(client) == officer


def test_a_known_browser_guesses_no_faster_than_ten_times_in_five_minutes(client, officer):
    sign_in(client)
    client.post(reverse("account_logout"))

    said = [
        sign_in(client, "sai mat khau", forwarded=f"203.0.113.{number}") for number in range(12)
    ]

    assert "in this browser" in said[-1].content.decode()
    assert "in this browser" not in said[9].content.decode()


def test_a_browser_known_to_one_account_is_a_stranger_to_another(client, officer):
    factories.person(Role.OFFICER, username="tran.b")
    sign_in(client, login="tran.b")
    client.post(reverse("account_logout"))
    for number in range(20):
        sign_in(Client(), "sai mat khau", forwarded=f"203.0.113.{number}")

    sign_in(client)

    assert not get_user(client).is_authenticated


def test_a_forged_mark_of_a_known_browser_is_none(client, officer, settings):
    client.cookies[settings.KNOWN_BROWSER_COOKIE] = '[["nguyen.van.an","x"]]:1:forged'
    for number in range(20):
        sign_in(Client(), "sai mat khau", forwarded=f"203.0.113.{number}")

    sign_in(client)

    assert not get_user(client).is_authenticated


def test_tries_during_a_lock_do_not_prolong_it(client, officer):
    with time_machine.travel(NOW, tick=False) as clock:
        for _ in range(8):
            sign_in(client, "sai mat khau")
        for _ in range(3):
            clock.shift(4 * 60)
            assert sign_in(client, "sai mat khau").status_code == 429
        clock.shift(4 * 60)

        sign_in(client)

    assert get_user(client) == officer


# --- the second factor ----------------------------------------------------------------------------


@pytest.fixture
def secret(officer):
    words = generate_totp_secret()
    TOTP.activate(officer, words)
    return words


def code_at(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def send_code(client, code, *, forwarded="203.0.113.1"):
    return client.post(
        reverse("mfa_authenticate"), {"code": code}, headers={"X-Forwarded-For": forwarded}
    )


def test_codes_of_one_account_are_judged_ten_times_in_five_minutes_from_all_addresses_together(
    officer, secret
):
    said = []
    with time_machine.travel(NOW, tick=False):
        wrong = f"{(int(code_at(secret)) + 1) % 1_000_000:06}"
        for number in range(12):
            client = Client()
            sign_in(client, forwarded=f"203.0.113.{number}")
            said += (
                send_code(client, wrong, forwarded=f"203.0.113.{number}")
                .context["form"]
                .errors["code"]
            )

    assert len(said) == 12
    assert len(set(said[:10])) == 1
    assert len(set(said[10:])) == 1
    assert said[9] != said[10]


def test_a_code_that_was_used_is_refused_by_every_process(officer, secret):
    first, second = Client(), Client()
    with time_machine.travel(NOW, tick=False):
        code = code_at(secret)
        sign_in(first)
        send_code(first, code)
        # What another process has of the cache: nothing but its table.
        caches["default"] = TableCache("", {})
        sign_in(second)
        send_code(second, code)

    assert Authenticator.objects.filter(user=officer).count() == 1
    assert (get_user(first), get_user(second).is_authenticated) == (officer, False)


def test_what_the_cache_no_longer_answers_with_is_removed():
    with time_machine.travel(NOW, tick=False) as clock:
        cache.set("short", 1, 60)
        cache.set("long", 1, 6000)
        clock.shift(120)

        sweep_technical_rows(["cache"], clock=timezone.now)

    assert [row.cache_key for row in CacheEntry.objects.all()] == [":1:long"]
