"""Second factors are sealed: who reads the database, or /system/, learns none."""

import base64

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib import admin

from accounts.permissions import Role
from core.sealing import Unsealable, seal
from tests import factories
from tests.accounts.sign_in.test_limits import code_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return factories.person(Role.OFFICER)


def test_the_secret_of_one_time_codes_is_sealed_and_still_judges_codes(officer):
    secret = generate_totp_secret()
    TOTP.activate(officer, secret)

    row = Authenticator.objects.get(user=officer)
    assert secret not in str(row.data)
    assert base64.b64decode(row.data["secret"])[:1] == b"\x02"
    assert row.wrap().validate_code(code_at(secret))


def test_a_token_of_a_channel_does_not_open_as_a_second_factor(officer):
    row = TOTP.activate(officer, generate_totp_secret()).instance
    row.data["secret"] = base64.b64encode(seal({"text": "A" * 32}, row="channel:1")).decode()

    with pytest.raises(Unsealable):
        row.wrap().validate_code("000000")


def test_second_factors_stand_on_no_page_of_system_operation():
    assert not admin.site.is_registered(Authenticator)
