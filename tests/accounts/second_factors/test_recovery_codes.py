"""Recovery codes: shown once, held as hashes, each good for one sign-in or one proof."""

import re
import threading

import pytest
from django.contrib.auth import get_user
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Notice
from accounts.permissions import Role
from accounts.second_factors import recovery_codes
from accounts.sign_in.hashing import BoundedArgon2Hasher
from audit.models import Entry
from tests import factories
from tests.accounts.sign_in.test_sessions import dump

pytestmark = pytest.mark.django_db
PAGE = "accounts:recovery_codes"


@pytest.fixture(autouse=True)
def _no_memory_of_other_tests():
    cache.clear()


@pytest.fixture
def officer():
    return factories.with_app(factories.person(Role.OFFICER))


def made(client, user) -> list[str]:
    client.force_login(user)
    answer = client.post(reverse(PAGE))
    assert (answer.status_code, answer["Cache-Control"]) == (
        200,
        "max-age=0, no-cache, no-store, must-revalidate, private",
    )
    return answer.context["codes"]


def sign_in(user, code: str) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.post(reverse("account_login"), {"login": user.username, "password": factories.PASSWORD})
    client.answer = client.post(reverse("mfa_authenticate"), {"code": code})
    return client


def left(user) -> int:
    return len(user.authenticator_set.get(type="recovery_codes").data["hashes"])


# --- What the database holds ----------------------------------------------------------------------


def test_neither_codes_nor_a_seed_are_in_any_table(client, officer):
    codes = made(client, officer)

    contents = dump()

    assert len(codes) == 10
    assert all(re.fullmatch(r"\d{4} \d{4} \d{4} \d{4}", code) for code in codes)
    assert [code for code in codes if code in contents or code.replace(" ", "") in contents] == []
    row = officer.authenticator_set.get(type="recovery_codes")
    assert sorted(row.data) == ["hashes", "migrated_codes"]


def test_codes_are_hashed_like_passwords_each_with_a_salt_of_its_own(client, officer, settings):
    settings.PASSWORD_HASHERS = ["accounts.sign_in.hashing.BoundedArgon2Hasher"]

    code, *_others = made(client, officer)

    hashes = officer.authenticator_set.get(type="recovery_codes").data["hashes"]
    assert {encoded.split("$")[1] for encoded in hashes.values()} == {"argon2id"}
    assert len({BoundedArgon2Hasher().decode(encoded)["salt"] for encoded in hashes.values()}) == 10
    assert recovery_codes.use_code(officer, recovery_codes.digits_of(code))


def test_a_hash_typed_as_a_code_opens_nothing(client, officer):
    made(client, officer)

    for encoded in officer.authenticator_set.get(type="recovery_codes").data["hashes"].values():
        assert not recovery_codes.digits_of(encoded)
        assert not get_user(sign_in(officer, encoded)).is_authenticated
        cache.clear()


# --- Making them ----------------------------------------------------------------------------------


def test_codes_stand_on_no_page_but_the_answer_that_made_them(client, officer):
    codes = made(client, officer)

    again = client.get(reverse(PAGE), follow=True).content.decode()

    assert "10 codes left." in again
    assert [code for code in codes if code in again] == []


def test_new_codes_replace_the_old_ones_and_their_owner_is_informed(client, officer, mailoutbox):
    old, new = made(client, officer), made(client, officer)

    assert not get_user(sign_in(officer, old[0])).is_authenticated
    assert get_user(sign_in(officer, new[0])) == officer
    assert officer.authenticator_set.filter(type="recovery_codes").count() == 1
    kinds = list(Notice.objects.filter(user=officer).order_by("pk").values_list("kind", flat=True))
    assert kinds == ["factor_added", "factor_renewed", "factor_code_used"]


def test_making_codes_asks_for_a_new_proof(client, officer, proof_is_old):
    made(client, officer)
    proof_is_old(client)
    before = officer.authenticator_set.get(type="recovery_codes").data

    answer = client.post(reverse(PAGE))

    assert answer["Location"] == reverse("mfa_reauthenticate")
    assert officer.authenticator_set.get(type="recovery_codes").data == before


def test_nobody_has_recovery_codes_without_another_factor(client):
    person = factories.person(Role.OFFICER)
    client.force_login(person)

    answer = client.post(reverse(PAGE), follow=True)

    assert "once the app or a passkey is set up" in answer.content.decode()
    assert not person.authenticator_set.exists()


def test_codes_are_made_only_so_often_a_day(client, officer):
    client.force_login(officer)

    answers = [client.post(reverse(PAGE)).status_code for _n in range(recovery_codes.A_DAY + 1)]

    assert answers == [200] * recovery_codes.A_DAY + [302]


def test_what_is_still_missing_stands_first_after_the_set_up(client, officer):
    client.force_login(officer)
    page = client.get(reverse("mfa_index")).content.decode()
    assert page.index("Recovery codes") < page.index("Authenticator app")
    assert "Still missing" in page

    made(client, officer)

    page = client.get(reverse("mfa_index")).content.decode()
    assert page.index("Recovery codes") > page.index("Authenticator app")
    assert "Still missing" not in page


# --- Using them -----------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["{}", " {} ", "as one", "with-hyphens"])
def test_a_code_signs_in_once_however_its_gaps_are_typed(client, officer, written):
    code = made(client, officer)[3]
    typed = {"as one": code.replace(" ", ""), "with-hyphens": code.replace(" ", "-")}.get(
        written, written.format(code)
    )

    assert get_user(sign_in(officer, typed)) == officer
    assert left(officer) == 9
    second = sign_in(officer, typed)

    assert not get_user(second).is_authenticated
    assert "Incorrect code" in second.answer.content.decode()
    assert left(officer) == 9
    assert Entry.objects.filter(action="account.factor_code_used", actor_id=officer.pk).count() == 1
    assert Entry.objects.filter(action="sign_in.factor_failed").count() == 1


def test_a_code_proves_a_step_up(client, officer, proof_is_old):
    code = made(client, officer)[0]
    proof_is_old(client)
    client.post(reverse(PAGE))

    answer = client.post(reverse("mfa_reauthenticate"), {"code": code})

    assert answer["Location"] == reverse("accounts:pending_form")
    assert left(officer) == 9


def test_a_code_of_the_app_still_signs_in(client, officer):
    made(client, officer)

    assert get_user(sign_in(officer, factories.code())) == officer
    assert left(officer) == 10


def test_somebody_elses_code_opens_nothing(client, officer):
    theirs = made(client, factories.with_app(factories.person(Role.OFFICER)))
    made(Client(), officer)

    assert not get_user(sign_in(officer, theirs[0])).is_authenticated
    assert left(officer) == 10


def test_guesses_are_limited_as_those_of_the_app_are(client, officer):
    codes = made(client, officer)
    client = sign_in(officer, "0" * 16)
    for n in range(9):
        client.post(reverse("mfa_authenticate"), {"code": f"{n:016}"}, REMOTE_ADDR=f"203.0.113.{n}")

    client.post(reverse("mfa_authenticate"), {"code": codes[0]}, REMOTE_ADDR="203.0.113.99")

    assert not get_user(client).is_authenticated
    assert left(officer) == 10


@pytest.mark.parametrize(
    "typed", ["1234567890", "12345678", "0" * 17, "١" * 16, "abcd efgh ijkl mnop", "0" * 100_000]
)
def test_what_is_no_recovery_code_costs_no_hash(typed):
    assert recovery_codes.digits_of(typed) == ""


@pytest.mark.django_db(transaction=True)
def test_one_code_serves_one_of_two_requests_at_the_same_moment(client, officer, monkeypatch):
    code = recovery_codes.digits_of(made(client, officer)[0])
    both_checked, used = threading.Barrier(2, timeout=10), []
    check = recovery_codes.check_password

    def check_and_wait(typed, candidates):
        right = check(typed, candidates)
        both_checked.wait()
        return right

    monkeypatch.setattr(recovery_codes, "check_password", check_and_wait)

    def use():
        used.append(recovery_codes.use_code(officer, code))
        connection.close()

    rivals = [threading.Thread(target=use) for _n in range(2)]
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join()

    assert sorted(row is None for row in used) == [False, True]
    assert left(officer) == 9


@pytest.mark.django_db(transaction=True)
def test_two_presses_of_the_button_make_one_set(officer):
    pages = [Client(), Client()]
    for page in pages:
        page.force_login(officer)
    start, shown = threading.Barrier(2, timeout=10), []

    def press(page):
        start.wait()
        shown.append(
            re.findall(r"\d{4} \d{4} \d{4} \d{4}", page.post(reverse(PAGE)).content.decode())
        )
        connection.close()

    rivals = [threading.Thread(target=press, args=[page]) for page in pages]
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join()

    good = [
        codes
        for codes in shown
        if recovery_codes.use_code(officer, recovery_codes.digits_of(codes[0]))
    ]
    assert (len(shown), len(good)) == (2, 1)
