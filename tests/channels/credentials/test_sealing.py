"""Credentials are bound to their channel and its unit, and are sealed again under a new key while
the portal runs.
"""

import base64
import os
from datetime import timedelta
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.permissions import Role
from channels.credentials.sealing import reseal_all
from channels.lifecycle import transitions
from channels.models import Channel
from channels.queries import account_of, row_name
from core import sealing
from core.errors import Refused
from tests import factories
from tests.accounts.sign_in.test_limits import code_at

pytestmark = pytest.mark.django_db


def key():
    return base64.b64encode(os.urandom(32)).decode()


def reseal():
    out = StringIO()
    call_command("reseal_credentials", stdout=out)
    return [line.split()[0] for line in out.getvalue().splitlines()]


def test_a_channel_that_is_moved_to_another_unit_behind_the_portals_back_does_not_open():
    channel = factories.ChannelFactory()
    assert account_of(channel).token == "token-of-nobody"

    Channel.objects.filter(pk=channel.pk).update(unit=factories.UnitFactory())

    with pytest.raises(sealing.Unsealable):
        account_of(Channel.objects.get(pk=channel.pk))


def test_a_new_key_seals_everything_and_the_old_one_may_go(settings):
    old, new = key(), key()
    settings.CREDENTIAL_KEYS = [old]
    channels = [factories.ChannelFactory() for _ in range(3)]
    settings.CREDENTIAL_KEYS = [new, old]

    first, second = reseal(), reseal()

    settings.CREDENTIAL_KEYS = [new]
    assert (first, second) == (["3", "0", "0", "0"], ["0", "3", "0", "0"])
    for channel in channels:
        assert account_of(Channel.objects.get(pk=channel.pk)).token == "token-of-nobody"


def test_second_factors_are_sealed_with_the_new_key_too(settings):
    person = factories.person(Role.OFFICER)
    old, new = settings.CREDENTIAL_KEYS[0], key()
    secret = generate_totp_secret()
    TOTP.activate(person, secret)
    settings.CREDENTIAL_KEYS = [new, old]

    assert reseal() == ["1", "0", "0", "0"]

    settings.CREDENTIAL_KEYS = [new]
    assert Authenticator.objects.get().wrap().validate_code(code_at(secret))


def test_a_channel_that_is_being_renewed_is_left_alone_and_reported(settings):
    channel, now = factories.ChannelFactory(), timezone.now()
    sealed = bytes(channel.sealed)
    settings.CREDENTIAL_KEYS = [key(), *settings.CREDENTIAL_KEYS]
    Channel.objects.update(refresh_at=now + timedelta(minutes=4))

    with pytest.raises(CommandError, match="Keep the older keys"):
        reseal()
    channel.refresh_from_db()
    assert bytes(channel.sealed) == sealed
    assert reseal_all(now=now + timedelta(minutes=5)) == {"resealed": 1}


def test_a_channel_that_no_key_opens_is_reported_and_keeps_what_it_has(settings):
    channel = factories.ChannelFactory()
    settings.CREDENTIAL_KEYS = [key()]

    with pytest.raises(CommandError):
        reseal()

    assert bytes(Channel.objects.get().sealed) == bytes(channel.sealed)


def test_a_transfer_seals_the_access_for_the_new_unit():
    province = factories.ProvinceFactory()
    was, to = factories.UnitFactory(parent=province), factories.UnitFactory(parent=province)
    channel = factories.ChannelFactory(unit=was)
    token = account_of(channel).token

    transitions.transfer(
        channel, to=to, by=factories.person(Role.ADMINISTRATOR, province), reason="Sắp xếp"
    )

    row = Channel.objects.get()
    assert (account_of(row).token, sealing.is_newest(row.sealed, row=row_name(row))) == (
        token,
        True,
    )


def test_a_transfer_waits_for_a_renewal_whose_tokens_it_would_lose():
    province = factories.ProvinceFactory()
    was, to = factories.UnitFactory(parent=province), factories.UnitFactory(parent=province)
    channel = factories.ChannelFactory(unit=was)
    Channel.objects.update(refresh_at=timezone.now() + timedelta(minutes=4))

    with pytest.raises(Refused, match="Try again in five minutes"):
        transitions.transfer(
            channel, to=to, by=factories.person(Role.ADMINISTRATOR, province), reason="Sắp xếp"
        )

    assert Channel.objects.get().unit == was
