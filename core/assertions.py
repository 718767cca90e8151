"""Signatures of passkeys over statements: what is signed, and whether it was. Pure functions."""

import hashlib
import struct
from collections.abc import Mapping
from typing import cast

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from fido2 import cbor
from fido2.cose import CoseKey
from fido2.utils import websafe_decode
from fido2.webauthn import AuthenticatorData, CollectedClientData


def make_challenge(text: str) -> bytes:
    """Return the challenge that a passkey signs for a statement."""
    return hashlib.sha256(text.encode()).digest()


def find_assertion_problem(text: str, assertion: Mapping[str, str]) -> str:
    """Explain why a passkey's assertion is not one over this statement, by a person whom the
    passkey knew.
    """
    try:
        client_data = CollectedClientData(websafe_decode(assertion["client_data"]))
        authenticator_data = AuthenticatorData(websafe_decode(assertion["authenticator_data"]))
        if (
            client_data.type != CollectedClientData.TYPE.GET
            or client_data.challenge != make_challenge(text)
        ):
            return "the passkey signed something else"
        if authenticator_data.rp_id_hash != hashlib.sha256(assertion["rp_id"].encode()).digest():
            return "the passkey signed for another site"
        if not (authenticator_data.is_user_present() and authenticator_data.is_user_verified()):
            return "the passkey did not verify who used it"
        key = cast("Mapping[int, object]", cbor.decode(websafe_decode(assertion["public_key"])))
        public_key = CoseKey.parse(key)
        public_key.verify(
            authenticator_data + client_data.hash, websafe_decode(assertion["signature"])
        )
    except InvalidSignature:
        return "the passkey's signature is not that of the statement"
    except (LookupError, TypeError, ValueError, AttributeError, struct.error, UnsupportedAlgorithm):
        return "the passkey's assertion cannot be read"
    return ""
