"""Ask the ministry's OpenID Connect server: its description, its keys, and the identity token for a
code.

Every question is bounded in time and size and follows no redirect. Neither a token nor a code nor a
claim is logged.
"""

import asyncio
import base64
import hashlib
import json
import logging
import secrets
import time
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import aiohttp
from django.conf import settings
from django.core.cache import cache

from core.semaphores import SharedSemaphore

log = logging.getLogger(__name__)

SECONDS = 8.0  # for all questions of one sign-in together
_SIZES = {"description": 64 * 1024, "keys": 256 * 1024, "token": 64 * 1024}
# seconds; keys that are not known are asked for at once, but not more often than each minute
_KEPT = 3600
_KEYS_AGAIN_AFTER = 60
_SILENT_FOR = 10  # seconds in which nobody asks again a server that did not answer
# A server that hangs holds this many of the machine's threads and no more.
_semaphore = SharedSemaphore("ministry", limit=6, queue=4, timeout=3.0)


class Unavailable(Exception):
    """The server does not answer, or not as the standard says."""


class CodeRejected(Exception):
    """The server refuses the code: used, too old, or never given to us."""


class Provider:
    """The server, for one request: what it is asked has `SECONDS` altogether."""

    def __init__(self) -> None:
        self._until = time.monotonic() + SECONDS

    def description(self) -> dict[str, str]:
        """Return the server's addresses by the names of the discovery document."""
        return self._get_cached("description", self._fetch_description)

    def keys(self, *, kid: str = "") -> list[dict[str, Any]]:
        """Return the keys that sign tokens; asked again where ``kid`` is none of those we know."""
        keys = self._get_cached("keys", self._fetch_keys)
        if (
            kid
            and kid not in {key.get("kid") for key in keys}
            and cache.add(_cache_key("keys asked"), 1, _KEYS_AGAIN_AFTER)
        ):
            cache.delete(_cache_key("keys"))
            keys = self._get_cached("keys", self._fetch_keys)
        return keys

    def redeem(self, code: str, *, verifier: str, redirect_uri: str) -> str:
        """Return the identity token that the server gives for the code, unchecked. Raise
        CodeRejected, Unavailable.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
            "client_id": settings.OIDC_CLIENT_ID,
        }
        # RFC 6749, 2.3.1: both are encoded as in a form before they are joined.
        pair = f"{quote(settings.OIDC_CLIENT_ID, safe='')}:{
            quote(settings.OIDC_CLIENT_SECRET, safe='')
        }"
        headers = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        status, body = self._request(
            "token", self.description()["token_endpoint"], form=form, headers=headers
        )
        if status in {400, 401}:
            error = body.get("error")
            # Ours to mend, not the person's: a wrong secret, an address that is not registered.
            level = logging.INFO if error == "invalid_grant" else logging.ERROR
            known = error if error in _TOKEN_ERRORS else "another error"
            log.log(level, "the ministry's sign-in refused a code: %s", known)
            raise CodeRejected
        token = body.get("id_token")
        if status != 200 or not isinstance(token, str):
            raise self._unavailable_error("token", str(status))
        return token

    def _fetch_description(self) -> dict[str, str]:
        address = f"{settings.OIDC_ISSUER.rstrip('/')}/.well-known/openid-configuration"
        status, body = self._request("description", address)
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        description: dict[str, Any] = {
            name: body[name] for name in (*names, "end_session_endpoint") if body.get(name)
        }
        if (
            status != 200
            or body.get("issuer") != settings.OIDC_ISSUER
            or any(name not in description for name in names)
        ):
            raise self._unavailable_error("description", f"{status}, or not of this issuer")
        if not all(isinstance(value, str) and _is_safe(value) for value in description.values()):
            raise self._unavailable_error("description", "an address that is not https")
        return description

    def _fetch_keys(self) -> list[dict[str, Any]]:
        status, body = self._request("keys", self.description()["jwks_uri"])
        keys = body.get("keys")
        if status != 200 or not isinstance(keys, list):
            raise self._unavailable_error("keys", str(status))
        return [key for key in keys[:50] if isinstance(key, dict)]

    def _get_cached(self, what: str, ask: Any) -> Any:
        if (known := cache.get(_cache_key(what))) is None:
            known = ask()
            cache.set(_cache_key(what), known, _KEPT)
        return known

    def _request(
        self,
        what: str,
        address: str,
        *,
        form: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, dict[str, Any]]:
        if cache.get(_cache_key("silent")):
            raise Unavailable("silent a moment ago")
        with _semaphore.hold():
            left = self._until - time.monotonic()
            try:
                status, raw = asyncio.run(
                    _exchange(address, form, headers or {}, size=_SIZES[what], seconds=left)
                )
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
                raise self._unavailable_error(what, type(error).__name__) from None
        try:
            body = json.loads(raw)
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise self._unavailable_error(what, f"{status}, and no JSON object")
        return status, body

    @staticmethod
    def _unavailable_error(what: str, why: str) -> Unavailable:
        log.error("the ministry's sign-in server: %s: %s", what, why)
        # The answer to a code that somebody made up is theirs alone: it shuts nobody else out.
        if what != "token" or why.endswith("TimeoutError"):
            cache.set(_cache_key("silent"), 1, _SILENT_FOR)
        return Unavailable(f"{what}: {why}")


_TOKEN_ERRORS = {
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
}


async def _exchange(
    address: str, form: dict[str, str] | None, headers: dict[str, str], *, size: int, seconds: float
) -> tuple[int, bytes]:
    if seconds <= 0:
        raise TimeoutError
    async with aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=seconds),
        cookie_jar=aiohttp.DummyCookieJar(),
        proxy=settings.EGRESS_PROXY or None,
        # Packed answers would be measured before they are unpacked.
        headers={
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "outreach-portal",
        },
        auto_decompress=False,
    ) as session:
        method = "POST" if form is not None else "GET"
        async with session.request(
            method, address, data=form, headers=headers, allow_redirects=False
        ) as answer:
            raw = bytearray()
            async for chunk in answer.content.iter_chunked(16 * 1024):
                raw += chunk
                if len(raw) > size:
                    raise ValueError("too large")
            return answer.status, bytes(raw)


def _cache_key(what: str) -> str:
    """Name an entry of the cache; another issuer or client gets entries of its own."""
    whose = hashlib.sha256(
        f"{settings.OIDC_ISSUER} {settings.OIDC_CLIENT_ID}".encode()
    ).hexdigest()[:16]
    return f"ministry {what} {whose}".replace(" ", ":")


def _is_safe(address: str) -> bool:
    schemes = {"https"} if settings.PRODUCTION else {"https", "http"}
    return (
        urlsplit(address).scheme in schemes
        and address.isascii()
        and address.isprintable()
        and " " not in address
    )


def build_sign_in_request(
    description: dict[str, str], *, redirect_uri: str, afresh: bool
) -> tuple[str, dict[str, str]]:
    """Return the address to which a browser goes to sign in, and the secrets that identify its
    answer.

    ``afresh``: the server asks for the password even if this browser is signed in there.
    """
    kept = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
    challenge = (
        base64.urlsafe_b64encode(hashlib.sha256(kept["verifier"].encode()).digest())
        .rstrip(b"=")
        .decode()
    )
    query = {
        "response_type": "code",
        "client_id": settings.OIDC_CLIENT_ID,
        "redirect_uri": redirect_uri,
        "scope": settings.OIDC_SCOPES,
        "state": kept["state"],
        "nonce": kept["nonce"],
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "max_age": str(settings.OIDC_MAX_AGE),
    }
    if settings.OIDC_ACR:
        query["acr_values"] = " ".join(settings.OIDC_ACR)
    if afresh:
        query["prompt"] = "login"
    return _add_query(description["authorization_endpoint"], query), kept


def sign_out_address(description: dict[str, str], *, back: str) -> str:
    """Return where a browser ends its session at the server; empty where the server has no such
    page.
    """
    if not (page := description.get("end_session_endpoint")):
        return ""
    return _add_query(
        page, {"client_id": settings.OIDC_CLIENT_ID, "post_logout_redirect_uri": back}
    )


def _add_query(address: str, query: dict[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"
