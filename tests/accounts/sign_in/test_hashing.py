"""Passwords are hashed with little memory, few at once, and as often for a stranger as for an
officer.
"""

import threading

import pytest
from allauth.account.models import EmailAddress
from argon2 import PasswordHasher
from django.contrib.auth import get_user
from django.core.cache import cache
from django.urls import reverse

from accounts.permissions import Role
from accounts.sign_in import hashing
from core.errors import Busy
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _real_hashing(settings):
    settings.PASSWORD_HASHERS = ["accounts.sign_in.hashing.BoundedArgon2Hasher"]
    cache.clear()


@pytest.fixture
def hashed(monkeypatch):
    """One entry for each password that is hashed."""
    entries = []
    for name in ("encode", "verify"):
        work = getattr(hashing.BoundedArgon2Hasher, name)

        def counted(self, *given, work=work):
            entries.append(work.__name__)
            return work(self, *given)

        monkeypatch.setattr(hashing.BoundedArgon2Hasher, name, counted)
    return entries


@pytest.fixture
def officer():
    person = factories.person(Role.OFFICER, username="nguyen.van.an", email="an@congan.example")
    EmailAddress.objects.create(user=person, email="an@congan.example", primary=True, verified=True)
    EmailAddress.objects.create(user=person, email="an.rieng@congan.example", verified=True)
    return person


@pytest.fixture
def no_free_worker_slot(monkeypatch):
    monkeypatch.setattr(hashing, "_worker_slots", threading.BoundedSemaphore(1))
    monkeypatch.setattr(hashing, "WAIT_SECONDS", 0.01)
    with hashing.hold_worker_slot():
        yield


def sign_in(client, login, password=factories.PASSWORD):
    return client.post(reverse("account_login"), {"login": login, "password": password})


@pytest.mark.parametrize(
    "login",
    [
        "nguyen.van.an",
        "an@congan.example",
        "an.rieng@congan.example",
        "nobody",
        "nobody@congan.example",
        "invited",
    ],
)
def test_a_wrong_password_costs_one_hash_whoever_is_named(client, officer, hashed, login):
    invited = factories.person(Role.OFFICER, username="invited")
    invited.set_unusable_password()
    invited.save()
    hashed.clear()

    answer = sign_in(client, login, "sai mat khau hoan toan")

    assert len(hashed) == 1
    typed = "email address" if "@" in login else "username"
    assert answer.context["form"].non_field_errors() == [
        f"The {typed} and/or password you specified are not correct."
    ]


@pytest.mark.parametrize("login", ["nguyen.van.an", "AN@congan.example", "an.rieng@congan.example"])
def test_every_verified_name_of_an_account_opens_it(client, officer, login):
    sign_in(client, login)

    assert get_user(client) == officer


def test_an_address_that_somebody_added_does_not_stand_for_its_owner(client, officer):
    other = factories.person(Role.OFFICER, username="tran.b")
    EmailAddress.objects.create(user=other, email="an@congan.example", verified=False)

    sign_in(client, "an@congan.example")

    assert get_user(client) == officer


def test_a_password_takes_19_mib_and_an_older_hash_is_made_anew_at_sign_in(client, officer):
    strong = PasswordHasher(time_cost=2, memory_cost=102_400, parallelism=8).hash(
        factories.PASSWORD
    )
    officer.password = f"argon2{strong}"
    officer.save()

    sign_in(client, "nguyen.van.an")

    officer.refresh_from_db()
    assert get_user(client) == officer
    assert officer.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize("name", ["encode", "verify"])
def test_a_third_password_waits_until_one_of_two_is_hashed(monkeypatch, name):
    monkeypatch.setattr(hashing, "WAIT_SECONDS", 0.01)
    hasher = hashing.BoundedArgon2Hasher()
    given = {"encode": "muoi va duong", "verify": hasher.encode("mat khau", "muoi va duong")}[name]

    with hashing.hold_worker_slot():
        assert getattr(hasher, name)("mat khau", given)
        with hashing.hold_worker_slot(), pytest.raises(Busy):
            getattr(hasher, name)("mat khau", given)


def test_when_none_becomes_free_the_name_is_kept_and_the_person_is_asked_to_try_again(
    client, officer, no_free_worker_slot
):
    answer = sign_in(client, "nguyen.van.an")

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer.context["form"]["login"].value() == "nguyen.van.an"
    assert factories.PASSWORD not in answer.content.decode()
    assert "Many people are signing in" in answer.content.decode()


def test_a_try_that_could_not_be_checked_counts_against_nobody(
    client, officer, no_free_worker_slot
):
    for _ in range(12):
        sign_in(client, "nguyen.van.an")
    hashing._worker_slots.release()

    sign_in(client, "nguyen.van.an")

    hashing._worker_slots.acquire()
    assert get_user(client) == officer


def test_any_other_page_that_needs_a_hash_answers_503_too(client, officer, no_free_worker_slot):
    client.force_login(officer, backend="accounts.backends.PasswordBackend")

    answer = client.post(
        reverse("account_change_password"),
        {"oldpassword": factories.PASSWORD, "password1": "x" * 30, "password2": "x" * 30},
    )

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "Many people are signing in" in answer.content.decode()
