"""Passkeys that sign something: a challenge of one's own, and what has to be kept to check the
signature later.
"""

import struct
from collections.abc import Mapping
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from fido2 import cbor
from fido2.utils import websafe_encode
from fido2.webauthn import AuthenticationResponse, UserVerificationRequirement

from accounts.models import User

# What the library raises for an answer that is none.
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, struct.error)


class InvalidSignature(Exception):
    """The answer is no signature by one of the person's passkeys."""


def has_passkey(user: User) -> bool:
    """Check whether the person can sign with a passkey."""
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).exists()


def request_options(user: User, challenge: bytes) -> dict[str, Any]:
    """Return what the browser needs to ask one of the person's passkeys, as JSON."""
    options, _state = auth.get_server().authenticate_begin(
        credentials=auth.get_credentials(user),
        user_verification=UserVerificationRequirement.REQUIRED,
        challenge=challenge,
    )
    return dict(options)


def assertion_of(user: User, answer: Mapping[str, Any], challenge: bytes) -> dict[str, str]:
    """Return the proof that a passkey of ``user`` signed the challenge, with its public key. Raise
    InvalidSignature.
    """
    server = auth.get_server()
    state = {
        "challenge": websafe_encode(challenge),
        "user_verification": UserVerificationRequirement.REQUIRED,
    }
    try:
        response = AuthenticationResponse.from_dict(answer)
        credential = server.authenticate_complete(state, auth.get_credentials(user), response)
    except UNREADABLE as error:
        raise InvalidSignature from error
    if authenticator := auth.get_authenticator_by_credential_id(user, credential.credential_id):
        authenticator.record_usage()
    return {
        "credential_id": websafe_encode(credential.credential_id),
        "public_key": websafe_encode(cbor.encode(dict(credential.public_key))),
        "authenticator_data": websafe_encode(response.response.authenticator_data),
        "client_data": websafe_encode(response.response.client_data),
        "signature": websafe_encode(response.response.signature),
        "rp_id": server.rp.id,
    }
