"""Somebody who lost the telephone that bore the passkey and the app: neither opens anything once
two administrators have reset them.
"""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from accounts.second_factors import passkeys, recovery
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def leader():
    province = factories.ProvinceFactory()
    person = factories.person(Role.APPROVER, factories.UnitFactory(parent=province))
    Authenticator.objects.create(
        user=person, type=Authenticator.Type.WEBAUTHN, data={"name": "Điện thoại"}
    )
    return person


@pytest.fixture
def administrators(leader):
    province = leader.current_appointments[0].unit.parent
    return [factories.person(Role.ADMINISTRATOR, province) for _number in range(2)]


def reset(leader, administrators):
    first, second = administrators
    row = recovery.request_reset(leader, by=first, reason="Mất điện thoại")
    recovery.confirm(row, by=second, now=timezone.now())
    later = timezone.now() + recovery.reset_delay() + timedelta(minutes=1)
    return recovery.reset_due(now=later)


def test_until_the_day_has_passed_the_passkey_still_signs(leader, administrators):
    first, second = administrators
    row = recovery.request_reset(leader, by=first, reason="Mất điện thoại")
    recovery.confirm(row, by=second, now=timezone.now())

    assert recovery.reset_due(now=timezone.now()) == 0

    assert passkeys.has_passkey(leader)


def test_the_reset_removes_passkey_and_app_and_ends_the_sessions(leader, administrators):
    client = Client()
    client.force_login(leader)
    assert client.get(reverse("oversight:today")).status_code == 200

    assert reset(leader, administrators) == 1

    assert not passkeys.has_passkey(leader)
    assert not Authenticator.objects.filter(user=leader).exists()
    assert client.get(reverse("oversight:today")).status_code == 302
    new = Client()
    new.force_login(leader)
    answer = new.get(reverse("oversight:today"))
    assert answer.status_code == 302  # to set up another factor
    assert reverse("oversight:today") != answer["Location"]


def test_another_persons_passkey_is_not_touched(leader, administrators):
    other = factories.person(Role.APPROVER)
    Authenticator.objects.create(
        user=other, type=Authenticator.Type.WEBAUTHN, data={"name": "Điện thoại"}
    )

    reset(leader, administrators)

    assert passkeys.has_passkey(other)
