"""Opened credentials stay in their process, and out of what is written down."""

import pickle

import pytest

from platforms.messages import Account, Tokens

SECRETS = [
    Account("1", "opened", "https://api.example", refresh_token="opened", app={"secret": "opened"}),
    Tokens("opened", "opened"),
]


@pytest.mark.parametrize("secret", SECRETS, ids=lambda value: type(value).__name__)
def test_an_opened_credential_is_not_pickled(secret):
    with pytest.raises(TypeError, match="opened credential"):
        pickle.dumps([secret])


@pytest.mark.parametrize("secret", SECRETS, ids=lambda value: type(value).__name__)
def test_an_opened_credential_is_not_shown(secret):
    assert "opened" not in f"{secret} {secret!r} {[secret]}"
