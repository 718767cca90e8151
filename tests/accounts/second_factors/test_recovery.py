"""A lost factor: two administrators agree, a day passes in which the person can stop it, and
everybody is told.
"""

from datetime import timedelta
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import notices
from accounts.models import FactorReset, Notice, User
from accounts.permissions import Role
from accounts.second_factors import recovery
from audit.models import Entry
from core.errors import NotAllowed, Refused
from tests import factories

pytestmark = pytest.mark.django_db
DAY = timedelta(hours=24)


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def leader(province):
    return factories.person(Role.APPROVER, factories.UnitFactory(parent=province))


@pytest.fixture
def first(province):
    return factories.person(Role.ADMINISTRATOR, province)


@pytest.fixture
def second():
    """The province has one administrator alone: the second is the ministry's."""
    return factories.person(Role.ADMINISTRATOR, factories.ministry())


def factors(person):
    return Authenticator.objects.filter(user=person).count()


def notices_of(person):
    return list(Notice.objects.filter(user=person).order_by("pk").values_list("kind", flat=True))


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def agreed(leader, first, second, *, since=timedelta(0)):
    row = recovery.request_reset(leader, by=first, reason="Mất điện thoại")
    recovery.confirm(row, by=second, now=timezone.now() - since)
    return row


def test_one_administrator_alone_resets_nothing(client, leader, first, second):
    client.force_login(first)
    theirs = signed_in(leader)

    client.post(
        reverse("accounts:reset_second_factor", args=[leader.public_id]),
        {"reason": "Mất điện thoại"},
    )
    recovery.reset_due(now=timezone.now() + timedelta(days=6))

    assert (factors(leader), theirs.get(reverse("accounts:me")).status_code) == (1, 200)
    assert notices_of(leader) == ["factor_reset_asked"]
    assert notices_of(second) == ["factor_reset_to_confirm"]


def test_the_same_administrator_confirms_nothing_by_page_by_service_or_by_row(
    client, leader, first, second
):
    row = recovery.request_reset(leader, by=first, reason="Mất điện thoại")
    client.force_login(first)

    assert (
        client.post(reverse("accounts:confirm_recovery", args=[row.public_id])).status_code == 403
    )
    with pytest.raises(NotAllowed):
        recovery.confirm(row, by=first, now=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        FactorReset.objects.filter(pk=row.pk).update(confirmed_by=first, due_at=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        FactorReset.objects.filter(pk=row.pk).update(confirmed_by=leader, due_at=timezone.now())
    assert FactorReset.objects.get().confirmed_by is None


def test_two_administrators_reset_it_after_a_day_and_the_sessions_end(
    client, leader, first, second
):
    row = recovery.request_reset(leader, by=first, reason="Mất điện thoại")
    client.force_login(second)
    theirs = signed_in(leader)
    theirs.get(reverse("accounts:me"))

    client.post(reverse("accounts:confirm_recovery", args=[row.public_id]))

    row.refresh_from_db()
    assert recovery.reset_due(now=row.due_at - timedelta(seconds=1)) == 0
    assert factors(leader) == 1
    assert recovery.reset_due(now=row.due_at) == 1
    assert recovery.reset_due(now=row.due_at) == 0
    assert factors(leader) == 0
    assert theirs.get(reverse("accounts:me"))["Location"].startswith("/accounts/login/")
    assert notices_of(leader) == ["factor_reset_asked", "factor_reset_runs", "factor_reset_done"]
    actions = (
        Entry.objects.filter(object_id=str(leader.public_id))
        .order_by("pk")
        .values_list("action", "actor_id")
    )
    assert [*actions] == [
        ("account.mfa_reset_asked", first.pk),
        ("account.mfa_reset_confirmed", second.pk),
        ("account.mfa_reset", second.pk),
    ]


def test_a_row_written_manually_is_not_done_before_its_day(leader, first, second):
    row = agreed(leader, first, second)

    with pytest.raises(IntegrityError), transaction.atomic():
        FactorReset.objects.filter(pk=row.pk).update(done_at=timezone.now())
    assert factors(leader) == 1


def test_the_person_stops_it_by_one_press_without_a_sign_in(client, leader, first, second):
    row = agreed(leader, first, second)
    address = Notice.objects.filter(user=leader).latest("pk").address

    page = client.get(address)
    assert (page.context["running"], FactorReset.objects.get().stopped_at) == (
        True,
        None,
    )  # a scanner only looks
    client.post(address)

    assert FactorReset.objects.get().stopped_by == leader
    assert recovery.reset_due(now=row.due_at + DAY) == 0
    assert factors(leader) == 1
    assert notices_of(second) == ["factor_reset_to_confirm", "factor_reset_stopped"]
    assert client.post(address).status_code == 409


def test_the_mail_to_the_person_bears_the_link_that_stops_it(leader, first, second, monkeypatch):
    letters = []
    monkeypatch.setattr(notices, "send_mails", letters.extend)

    row = recovery.request_reset(leader, by=first, reason="Mất điện thoại")

    (mine,) = [letter for letter in letters if letter["to"] == [leader.email]]
    assert "/recovery/" in mine["text"]
    assert recovery.find_by_stop_token(recovery.stop_address(row).split("/")[-2]) == row


@pytest.mark.parametrize("word", ["abc", "x:y:z"])
def test_a_made_up_link_stops_nothing(client, leader, first, second, word):
    agreed(leader, first, second)

    assert client.post(reverse("accounts:stop_recovery", args=[word])).status_code == 400
    assert FactorReset.objects.get().stopped_at is None


def test_the_persons_own_request_is_none(leader, first, second):
    with pytest.raises(NotAllowed):
        recovery.request_reset(leader, by=leader, reason="Mất điện thoại")
    with pytest.raises(NotAllowed):
        recovery.request_reset(second, by=second, reason="Mất điện thoại")


def test_an_administrator_of_another_province_neither_sees_nor_confirms_it(
    client, leader, first, second
):
    row = recovery.request_reset(leader, by=first, reason="Mất điện thoại")
    client.force_login(factories.person(Role.ADMINISTRATOR, factories.ProvinceFactory()))

    assert list(client.get(reverse("accounts:recoveries")).context["page_obj"]) == []
    assert (
        client.post(reverse("accounts:confirm_recovery", args=[row.public_id])).status_code == 404
    )


def test_the_page_shows_what_waits_and_who_may_confirm(client, leader, first, second):
    row = recovery.request_reset(leader, by=first, reason="Mất điện thoại")
    seen = {}
    for who in (first, second):
        client.force_login(who)
        (shown,) = client.get(reverse("accounts:recoveries")).context["page_obj"]
        seen[who.pk] = (shown == row, shown.may_confirm, shown.may_stop)

    assert seen == {first.pk: (True, False, True), second.pk: (True, True, True)}


def test_consent_of_somebody_disabled_meanwhile_counts_no_more(leader, first, second):
    row = agreed(leader, first, second)
    User.objects.filter(pk=first.pk).update(is_active=False)

    assert recovery.reset_due(now=row.due_at + DAY) == 0

    row.refresh_from_db()
    assert (factors(leader), row.done_at, row.stopped_at is not None) == (1, None, True)


def test_two_at_once_are_one(leader, first, second):
    recovery.request_reset(leader, by=first, reason="Mất điện thoại")

    with pytest.raises(Refused, match="under way already"):
        recovery.request_reset(leader, by=second, reason="Mất điện thoại")


def test_what_nobody_confirms_within_a_week_is_over(leader, first, second):
    row = recovery.request_reset(leader, by=first, reason="Mất điện thoại")

    recovery.reset_due(now=timezone.now() + timedelta(days=8))

    with pytest.raises(Refused):
        recovery.confirm(row, by=second, now=timezone.now())


def test_confirming_needs_a_step_up(client, proof_is_old, leader, first, second):
    row = recovery.request_reset(leader, by=first, reason="Mất điện thoại")
    client.force_login(second)
    proof_is_old(client)

    answer = client.post(reverse("accounts:confirm_recovery", args=[row.public_id]))

    assert (answer.status_code, FactorReset.objects.get().confirmed_by) == (302, None)
    assert answer["Location"] == "/accounts/2fa/reauthenticate/"


def test_the_list_asks_as_much_for_three_as_for_one(
    client, province, first, second, django_assert_max_num_queries
):
    client.force_login(second)

    def ask_for(n):
        for _ in range(n):
            recovery.request_reset(
                factories.person(Role.APPROVER, factories.UnitFactory(parent=province)),
                by=first,
                reason="Mất",
            )
        with connection.execute_wrapper(counter := Counter()):
            client.get(reverse("accounts:recoveries"))
        return counter.n

    one, three = ask_for(1), ask_for(2)
    assert (
        three - one <= 4
    )  # two of each further person: whether this administrator governs the account


class Counter:
    def __init__(self):
        self.n = 0

    def __call__(self, execute, *arguments):
        self.n += 1
        return execute(*arguments)


# --- Break-glass ----------------------------------------------------------------------------------


def reset(username):
    out = StringIO()
    call_command(
        "reset_factor", username, reason="Văn bản 12", operator="Nguyễn Vận Hành", stdout=out
    )
    return out.getvalue()


def test_the_only_administrator_of_the_ministry_is_helped_from_the_server_on_record(second):
    reset(second.username)

    assert factors(second) == 0
    assert sorted(notices_of(second)) == ["console_reset", "factor_reset_done"]
    entry = Entry.objects.get(action="account.mfa_reset")
    assert (entry.actor_id, entry.reason) == (None, "Nguyễn Vận Hành: Văn bản 12")


def test_the_server_helps_nobody_whom_two_administrators_can_help(leader, first, second):
    with pytest.raises(CommandError, match="Two administrators can reset this"):
        reset(leader.username)

    assert factors(leader) == 1


# --- System operation -----------------------------------------------------------------------------


@pytest.fixture
def operator(client):
    person = factories.with_app(factories.UserFactory(is_staff=True, is_superuser=True))
    client.force_login(person)
    return person


def test_the_system_pages_set_no_password_and_remove_no_factor(client, operator, leader):
    was = (leader.password, leader.email)
    page = client.get(reverse("admin:accounts_user_change", args=[leader.pk]))

    assert [name for name in page.context["adminform"].form.fields if "password" in name] == []
    new = {
        "password": "x",
        "password1": factories.PASSWORD,
        "password2": factories.PASSWORD,
        "email": "ke@xau.example",
    }
    own_page = client.post(f"/system/accounts/user/{leader.pk}/password/", new)
    client.post(reverse("admin:accounts_user_change", args=[leader.pk]), new | filled(page))

    found = User.objects.get(pk=leader.pk)
    assert (own_page.status_code in {302, 404}, (found.password, found.email)) == (True, was)
    registered = {model._meta.label for model in admin_models()}
    assert registered & {"mfa.Authenticator", "account.EmailAddress", "auth.Group"} == set()
    assert factors(leader) == 1


def filled(page):
    """Return what a browser sends back of the page's form, with its inlines."""
    form = page.context["adminform"].form
    sent = {name: form.initial.get(name) or "" for name in form.fields}
    for inline in page.context["inline_admin_formsets"]:
        prefix = inline.formset.prefix
        sent |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    return sent | {"full_name": "Tên Mới", "is_active": "on"}


def admin_models():
    from django.contrib import admin

    return admin.site._registry


def test_an_account_made_by_an_operator_begins_with_the_letter_of_invitation(client, operator):
    page = client.get(reverse("admin:accounts_user_add"))
    sent = filled(page) | {
        "username": "quan.tri.dau",
        "email": "dau@congan.example",
        "language": "vi",
    }

    answer = client.post(reverse("admin:accounts_user_add"), sent)

    made = User.objects.get(username="quan.tri.dau")
    assert (answer.status_code, made.has_usable_password(), made.invitations.count()) == (
        302,
        False,
        1,
    )


# --- Changes by the person ------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_each_change_of_a_factor_is_reported(client):
    person = factories.person(Role.APPROVER, factor=False)
    client.force_login(person)
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    client.post(reverse("mfa_activate_totp"), {"code": factories.code(secret)})
    client.post(reverse("accounts:recovery_codes"))
    client.post(reverse("accounts:recovery_codes"))
    client.post(reverse("mfa_deactivate_totp"))

    kinds = ["factor_added", "factor_added", "factor_renewed", "factor_removed", "factor_removed"]
    assert sorted(notices_of(person)) == sorted(kinds)


def test_nobody_deletes_an_account_in_the_system_pages(client):
    client.force_login(factories.with_app(factories.UserFactory(is_staff=True, is_superuser=True)))
    somebody = factories.person(Role.OFFICER)

    asked = client.get(reverse("admin:accounts_user_delete", args=[somebody.pk]))
    sent = client.post(reverse("admin:accounts_user_delete", args=[somebody.pk]), {"post": "yes"})

    assert (asked.status_code, sent.status_code) == (403, 403)
    assert somebody.appointments.count() == 1


def test_the_persons_page_shows_a_reset_that_waits_instead_of_asking_again(
    client, leader, first, second
):
    client.force_login(first)
    address = reverse("accounts:person", args=[leader.public_id])
    assert "mfa-reason" in client.get(address).content.decode()

    recovery.request_reset(leader, by=first, reason="Mất điện thoại")

    page = client.get(address).content.decode()
    assert "A second administrator has to confirm it." in page
    assert "mfa-reason" not in page
