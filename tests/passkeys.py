"""A passkey in software: what it answers when it is asked to sign something."""

import hashlib
from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AuthenticatorData, CollectedClientData

from accounts.models import User
from core.assertions import make_challenge
from posts.models import Post
from posts.review import approvals, decisions, signing

VERIFIED = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV


def touch(
    key: Any, text: str, *, flags: Any = VERIFIED, rp_id: str = "portal.example"
) -> dict[str, str]:
    """Return what is kept of a passkey's answer to a statement or a list."""
    client_data = CollectedClientData.create(
        "webauthn.get", make_challenge(text), f"https://{rp_id}"
    )
    authenticator_data = AuthenticatorData.create(hashlib.sha256(rp_id.encode()).digest(), flags, 1)
    signature = key.sign(authenticator_data + client_data.hash, ec.ECDSA(hashes.SHA256()))
    return {
        "public_key": websafe_encode(
            cbor.encode(dict(ES256.from_cryptography_key(key.public_key())))
        ),
        "authenticator_data": websafe_encode(authenticator_data),
        "client_data": websafe_encode(client_data),
        "signature": websafe_encode(signature),
        "rp_id": "portal.example",
    }


def approve_list(posts: Sequence[Post], *, by: User) -> approvals.Listed:
    """Approve all of the submitted posts by one touch."""
    proof = approvals.Proof(approvals.Method.PASSKEY, timezone.now(), "of one page")
    proofs = {post.current_revision: proof for post in posts}
    text = signing.list_statement_of(proofs, by=by)
    listed = signing.sign_list(text, touch(ec.generate_private_key(ec.SECP256R1()), text))
    for post in posts:
        decisions.approve(post, post.current_revision, by=by, proof=proof._replace(listed=listed))
    return listed
