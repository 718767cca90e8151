"""Check an identity token: who signed it, for whom, when, and in answer to which question."""

import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from joserfc import jwk, jwt
from joserfc.errors import JoseError

# Signatures by the server's own key alone. Neither "none", nor one by our shared secret, which
# others may know as well.
ALGORITHMS = ["RS256", "PS256", "ES256"]
LEEWAY = 60  # seconds between the clocks
LONGEST = 16 * 1024
_SMALLEST_RSA = 2048  # bits
_VALUES = 20  # of one claim


class InvalidIdToken(Exception):
    """The token proves nothing; ``str()`` names the check that failed, and no claim."""


@dataclass(frozen=True)
class Identity:
    """The claims of a checked token about a person."""

    issuer: str
    subject: str
    has_proved_factor: bool
    name: str = ""
    units: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)


def check(token: str, *, nonce: str, keys: Callable[[str], list[dict[str, Any]]]) -> Identity:
    """Return who signed in. ``keys`` is asked with a key's id, empty where the token names none.
    Raise InvalidIdToken.
    """
    if len(token) > LONGEST:
        raise InvalidIdToken("size")
    try:
        claims = jwt.decode(
            token, lambda guest: _find_key(guest.headers(), keys), algorithms=ALGORITHMS
        ).claims
        jwt.JWTClaimsRegistry(
            leeway=LEEWAY,
            iss={"essential": True, "value": settings.OIDC_ISSUER},
            aud={"essential": True, "value": settings.OIDC_CLIENT_ID},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
            auth_time={"essential": True},
        ).validate(claims)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise InvalidIdToken(type(error).__name__) from None
    _check_remaining_claims(claims, nonce)
    name = claims.get(settings.OIDC_NAME_CLAIM)
    return Identity(
        issuer=claims["iss"],
        subject=claims["sub"],
        has_proved_factor=_has_proved_factor(claims),
        name=_clean_text(name, 100) if isinstance(name, str) else "",
        units=_read_list(claims, settings.OIDC_UNIT_CLAIM),
        roles=_read_list(claims, settings.OIDC_ROLE_CLAIM),
    )


def _find_key(header: dict[str, Any], keys: Callable[[str], list[dict[str, Any]]]) -> Any:
    kid = header.get("kid", "")
    if header.get("alg") not in ALGORITHMS or not isinstance(kid, str) or len(kid) > 200:
        raise InvalidIdToken("algorithm or key")
    candidates = [
        key
        for key in keys(kid)
        if _may_sign(key, header["alg"]) and (not kid or key.get("kid") == kid)
    ]
    if len(candidates) != 1:  # none, or, of a token that names no key, several
        raise InvalidIdToken("no such key")
    key = jwk.import_key(
        {name: value for name, value in candidates[0].items() if name != "key_ops"}
    )
    if isinstance(key, jwk.RSAKey) and key.public_key.key_size < _SMALLEST_RSA:
        raise InvalidIdToken("key too short")
    return key


def _may_sign(key: dict[str, Any], algorithm: str) -> bool:
    return (
        key.get("kty") in {"RSA", "EC"}
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
    )


def _check_remaining_claims(claims: dict[str, Any], nonce: str) -> None:
    """Check what the library leaves open: other audiences, lists in place of words, the age of the
    sign-in.
    """
    client = settings.OIDC_CLIENT_ID
    if claims["aud"] not in (client, [client]) or claims.get("azp", client) != client:
        raise InvalidIdToken("audience")
    if not isinstance(claims["nonce"], str) or not hmac.compare_digest(
        claims["nonce"].encode(), nonce.encode()
    ):
        raise InvalidIdToken("nonce")
    subject = claims["sub"]
    if not (0 < len(subject) <= 255 and subject.isascii() and subject.isprintable()):
        raise InvalidIdToken("subject")
    at, now = claims["auth_time"], time.time()
    if isinstance(at, bool) or not isinstance(at, int | float):
        raise InvalidIdToken("auth_time")
    if not now - settings.OIDC_MAX_AGE - LEEWAY <= at <= now + LEEWAY:
        raise InvalidIdToken("signed in too long ago")


def _has_proved_factor(claims: dict[str, Any]) -> bool:
    """Check whether the server asked for a second factor, by the words agreed with its operator."""
    methods = claims.get("amr")
    if isinstance(methods, list) and any(method in settings.OIDC_AMR for method in methods):
        return True
    return claims.get("acr") in settings.OIDC_ACR


def _read_list(claims: dict[str, Any], claim: str) -> list[str]:
    given = claims.get(claim) if claim else None
    given = given if isinstance(given, list) else [given]
    return [
        plain
        for value in given[:_VALUES]
        if isinstance(value, str) and (plain := _clean_text(value, 200))
    ]


def _clean_text(text: str, longest: int) -> str:
    return "".join(character for character in text if character.isprintable()).strip()[:longest]
