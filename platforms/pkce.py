"""Write the challenge that binds an authorisation code to whoever asked for it (RFC 7636)."""

import base64
import hashlib


def make_s256_challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
