"""The record of signing in: what it contains, and what it does not."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed, authenticator_added, authenticator_removed
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts import notices
from accounts.permissions import Role
from accounts.sign_in.record import mask_address
from audit.models import Entry
from audit.sentences import describe_entry
from core.models import QuotaUse
from tests import factories

pytestmark = pytest.mark.django_db
TYPED_BY_MISTAKE = "Mat-khau-that-cua-toi-2026"


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


def left() -> list[tuple]:
    entries = Entry.objects.order_by("pk")
    return [
        (entry.action, entry.actor_id, entry.object_label, entry.data["address"])
        for entry in entries
    ]


def test_signing_in_and_out_is_on_record_with_person_unit_and_address(client, officer):
    sign_in(client, "nguyen.van.an", REMOTE_ADDR="203.0.113.9")
    client.post(reverse("account_logout"), REMOTE_ADDR="203.0.113.9")

    assert left() == [
        ("sign_in.succeeded", officer.pk, str(officer), "203.0.113.9"),
        ("sign_in.ended", officer.pk, str(officer), "203.0.113.9"),
    ]
    assert {entry.unit_path for entry in Entry.objects.all()} == {
        officer.current_appointments[0].unit.path
    }


def test_a_failed_sign_in_names_the_account_and_nobody_as_who_did_it(client, officer):
    sign_in(client, "an@congan.example", "sai mat khau", REMOTE_ADDR="203.0.113.9")

    assert left() == [("sign_in.failed", None, str(officer), "203.0.113.9")]


def test_what_a_stranger_typed_as_name_is_not_stored(client, officer):
    sign_in(client, TYPED_BY_MISTAKE, "x", REMOTE_ADDR="203.0.113.9")

    assert [row[0::3] for row in left()] == [("sign_in.unknown", "203.0.113.9")]
    assert (
        TYPED_BY_MISTAKE.lower()
        not in str([*Entry.objects.values(), *QuotaUse.objects.values()]).lower()
    )


def test_many_unknown_names_from_one_address_leave_ten_entries_an_hour(officer):
    for number in range(13):
        cache.clear()
        sign_in(Client(), f"unknown.{number}", "x", REMOTE_ADDR="203.0.113.9")
    sign_in(Client(), "unknown", "x", REMOTE_ADDR="198.51.100.7")

    assert [row[3] for row in left()] == ["203.0.113.9"] * 10 + ["198.51.100.7"]


def test_a_refused_page_is_on_record_once(client, officer):
    client.force_login(officer)
    for _again in range(3):
        assert client.get(reverse("audit:log")).status_code == 403

    assert [(e.action, e.actor_id, e.data["page"]) for e in Entry.objects.all()] == [
        ("access.denied", officer.pk, "audit:log")
    ]


def test_a_changed_password_is_on_record_and_not_the_password(client, officer):
    sign_in(client, "nguyen.van.an")
    new = "mot-cau-khac-han-2026"
    fields = {"oldpassword": factories.PASSWORD, "password1": new, "password2": new}
    client.post(reverse("account_change_password"), fields)

    assert [row[0] for row in left()] == [
        "sign_in.succeeded",
        "sign_in.ended",
        "account.password_changed",
    ]
    assert new not in str(list(Entry.objects.values()))


def test_an_added_e_mail_is_on_record_masked(client, officer):
    sign_in(client, "nguyen.van.an")
    client.post(reverse("account_email"), {"action_add": "", "email": "thief@evil.example"})

    assert EmailAddress.objects.filter(email="thief@evil.example").exists()
    entry = Entry.objects.get(action="account.email_added")
    assert (entry.actor_id, entry.data["email"]) == (officer.pk, "t…@evil.example")


def test_factors_that_come_go_and_fail_are_on_record(rf, officer):
    factor = Authenticator(user=officer, type=Authenticator.Type.TOTP, data={})
    request = rf.get("/")
    request.user = officer
    for signal in (authenticator_removed, authentication_failed):
        signal.send(Authenticator, request=request, user=officer, authenticator=factor)

    assert [(row[0], row[1]) for row in left()] == [
        ("account.factor_removed", officer.pk),
        ("sign_in.factor_failed", None),
    ]
    assert any(ref for ref in authenticator_added.receivers)


def test_what_an_operator_does_in_system_is_on_record_and_looking_is_not(client):
    operator = factories.with_app(factories.UserFactory(is_staff=True, is_superuser=True))
    client.force_login(operator)
    page = reverse("admin:accounts_user_change", args=[factories.UserFactory().pk])
    client.get(page)
    assert list(Entry.objects.values_list("action", "data")) == []

    inline = {"appointments-TOTAL_FORMS": "0", "appointments-INITIAL_FORMS": "0"}
    client.post(
        page, {"full_name": "Nguyễn Văn Mới", "language": "vi", "is_active": "on", **inline}
    )

    entry = Entry.objects.get(action="system.changed")
    assert (entry.actor_id, entry.data["page"]) == (operator.pk, "accounts_user_change")


def test_an_address_is_masked_to_its_first_letter_and_host():
    assert mask_address("nguyen.van.an@congan.example") == "n…@congan.example"


def test_the_page_says_from_where_somebody_signed_in():
    assert (
        describe_entry("sign_in.succeeded", "An", {"address": "203.0.113.9"})
        == "Signed in, from 203.0.113.9"
    )


# --- What its owner is told -----------------------------------------------------------------------

EDGE = (
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0 Safari/537.36 Edg/140.0"
)


def notices_of(person) -> list[str]:
    return [
        notices.describe(notice)
        for notice in person.notices.filter(kind__startswith="sign_in_").order_by("pk")
    ]


def test_the_owner_is_informed_of_a_browser_that_is_new_to_the_account_and_of_no_other(
    client, officer
):
    stranger = Client()
    for _n in range(2):  # the first sign-in of all, and the same browser again
        sign_in(client, "nguyen.van.an")
        client.post(reverse("account_logout"))
    assert notices_of(officer) == []

    for _n in range(2):
        sign_in(stranger, "nguyen.van.an", headers={"User-Agent": EDGE})
        stranger.post(reverse("account_logout"))

    assert notices_of(officer) == [
        "Your account was signed in with Edge, Windows, where it had not been before. If it was "
        "not you, sign that device out and change your password at once."
    ]
    assert officer.notices.get().address == reverse("accounts:sessions")


def test_the_owner_is_informed_once_that_somebody_has_the_password_and_no_code(officer):
    cache.clear()
    factories.with_app(officer)
    thief = Client()
    sign_in(thief, "nguyen.van.an")
    assert officer.notices.count() == 0  # the password alone is no sign-in

    wrong = []
    for n in range(6):
        thief.post(reverse("mfa_authenticate"), {"code": f"{n:06}"})
        wrong.append(len(notices_of(officer)))

    assert wrong == [0, 0, 1, 1, 1, 1]


def test_a_stranger_without_the_password_can_have_nothing_sent(officer):
    for n in range(6):
        sign_in(Client(), "nguyen.van.an", f"sai mat khau {n}")

    assert officer.notices.count() == 0
