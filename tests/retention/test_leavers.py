"""People who left: nothing says any more who they were, and everything that they did is still
proved.
"""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.db.models import ProtectedError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Invitation, Notice, Session, User
from accounts.people import lifecycle
from accounts.permissions import Role
from audit.models import Entry
from audit.services import record
from audit.verification import verify_record
from core.errors import Refused
from posts.models import Review
from publishing.states import State
from retention.services import apply_rules
from tests import factories

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(days=800)


def left(**fields) -> User:
    """Make an approver whose account was disabled long ago."""
    person = factories.person(
        Role.APPROVER, full_name="Lê Thị Hạnh", username="le.thi.hanh", **fields
    )
    User.objects.filter(pk=person.pk).update(is_active=False, disabled_at=timezone.now() - LONG_AGO)
    person.refresh_from_db()
    return person


def texts_of(person: User) -> str:
    return " ".join(
        str(value) for value in User.objects.filter(pk=person.pk).values().get().values()
    )


def test_name_address_and_all_that_signs_in_are_gone_and_the_number_stays():
    person = left()
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    Notice.objects.create(user=person, kind="post_approved", address="/")
    Invitation.objects.create(
        user=person, invited_by=person, secret_hash="x", expires_at=timezone.now()
    )
    Session.objects.create(
        session_key="x", user=person, expire_date=timezone.now() + timedelta(days=1)
    )

    assert apply_rules(["leavers"]).removed == {"leavers": 1}

    said = texts_of(person).lower()
    assert [word for word in ("hanh", "hạnh", "congan.example") if word in said] == []
    person.refresh_from_db()
    assert str(person) == f"Tài khoản cũ số {person.pk}"
    assert (person.is_active, person.has_usable_password()) == (False, False)
    for model in (EmailAddress, Authenticator, Notice, Invitation, Session):
        assert not model.objects.filter(user=person).exists(), model
    assert person.appointments.count() == 1
    act = Entry.objects.get(action="account.pseudonymised")
    assert (act.object_id, act.object_label) == (str(person.public_id), str(person))


def test_approvals_and_the_record_still_prove_who_decided(capsys):
    unit = factories.UnitFactory()
    channel = factories.ChannelFactory(unit=unit)
    leader = factories.person(Role.APPROVER, unit, full_name="Lê Thị Hạnh")
    delivery = factories.delivery(
        factories.approved(unit=unit, channels=[channel], by=leader), channel
    )
    type(delivery).objects.update(
        state=State.PUBLISHED, receipt_source="seen", published_at=timezone.now()
    )
    factories.recorded(delivery, State.PUBLISHED)
    record("post.approved", delivery.post, by=leader)
    User.objects.update(is_active=False, disabled_at=timezone.now() - LONG_AGO)

    apply_rules(["leavers"])
    call_command("verify_approvals")

    said = capsys.readouterr().out
    assert (said[:14], said[-26:]) == ("1 publications", " looked at, 0 not proved.\n")
    assert verify_record().broken is None
    assert Review.objects.get().by == leader
    assert Entry.objects.get(action="post.approved").actor_name == "Lê Thị Hạnh"


@pytest.mark.parametrize(
    ("change", "goes"),
    [
        ({"is_active": True, "disabled_at": None}, False),  # a post without an end
        ({"disabled_at": timezone.now() - timedelta(days=700)}, False),
        ({"pseudonymised_at": timezone.now()}, False),
        ({}, True),
    ],
)
def test_who_is_a_leaver_by_the_account(change, goes):
    person = left()
    User.objects.filter(pk=person.pk).update(**change)

    assert apply_rules(["leavers"]).removed == ({"leavers": 1} if goes else {})


@pytest.mark.parametrize(
    ("change", "goes"),
    [
        ({}, True),
        ({"last_login": timezone.now() - timedelta(days=700)}, False),
        ({"is_staff": True}, False),
        ({"date_joined": timezone.now() - timedelta(days=700)}, False),
    ],
)
def test_who_is_a_leaver_by_the_last_post(change, goes):
    person = factories.person(Role.OFFICER, date_joined=timezone.now() - 2 * LONG_AGO)
    day = timezone.localdate() - LONG_AGO
    person.appointments.update(valid_from=day, valid_to=day)
    User.objects.filter(pk=person.pk).update(**change)

    assert apply_rules(["leavers"]).removed == ({"leavers": 1} if goes else {})


def test_an_account_that_is_nobodys_is_not_enabled_again():
    unit = factories.UnitFactory()
    administrator = factories.person(Role.ADMINISTRATOR, unit.parent)
    person = factories.person(Role.OFFICER, unit)
    lifecycle.disable(person, by=administrator, reason="Nghỉ hưu")
    User.objects.filter(pk=person.pk).update(disabled_at=timezone.now() - LONG_AGO)
    apply_rules(["leavers"])

    with pytest.raises(Refused, match="Invite the person anew"):
        lifecycle.enable(person, by=administrator, reason="Trở lại")


def test_the_time_runs_from_the_last_time_an_account_was_disabled():
    unit = factories.UnitFactory()
    administrator = factories.person(Role.ADMINISTRATOR, unit.parent)
    person = factories.person(Role.OFFICER, unit)
    before = person.disabled_at
    lifecycle.disable(person, by=administrator, reason="Nghỉ phép")
    person.refresh_from_db()
    disabled = person.disabled_at
    lifecycle.enable(person, by=administrator, reason="Trở lại")
    person.refresh_from_db()
    enabled = person.disabled_at
    person.is_active = False
    person.save()  # as /system/ does

    assert (before, disabled is not None, enabled, person.disabled_at is not None) == (
        None,
        True,
        None,
        True,
    )


def test_the_administrators_pages_show_a_former_account(client):
    unit = factories.UnitFactory()
    administrator = factories.person(Role.ADMINISTRATOR, unit.parent)
    person = factories.person(Role.OFFICER, unit, full_name="Lê Thị Hạnh")
    User.objects.filter(pk=person.pk).update(is_active=False, disabled_at=timezone.now() - LONG_AGO)
    apply_rules(["leavers"])
    client.force_login(administrator)

    html = client.get(reverse("accounts:person", args=[person.public_id])).content.decode()

    assert f"Tài khoản cũ số {person.pk}" in html
    assert "Hạnh" not in html


@pytest.mark.parametrize("of", ["user", "unit"])
def test_neither_an_account_nor_a_unit_with_records_is_deleted(of):
    person = factories.person(Role.OFFICER)
    subject = person if of == "user" else person.current_appointments[0].unit

    with pytest.raises(ProtectedError):
        subject.delete()


@pytest.mark.parametrize("page", ["accounts_user", "units_unit"])
def test_system_operation_deletes_no_account_and_no_unit(page):
    operator = factories.UserFactory(is_staff=True, is_superuser=True)
    factories.with_app(operator)
    subject = factories.UserFactory() if page == "accounts_user" else factories.UnitFactory()
    client = Client()
    client.force_login(operator)

    single = client.post(reverse(f"admin:{page}_delete", args=[subject.pk]), {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [subject.pk], "post": "yes"}
    client.post(reverse(f"admin:{page}_changelist"), chosen)

    assert single.status_code == 403
    assert type(subject).objects.filter(pk=subject.pk).exists()
