"""Serve Google's token endpoint."""

from __future__ import annotations

import secrets
from base64 import b64decode
from typing import Any
from urllib.parse import unquote_plus

from simulator.calls import Call, Reply
from simulator.consent import is_pkce_match
from simulator.model import DAY, Token
from simulator.platforms.youtube.errors import invalid_grant, oauth_error
from simulator.platforms.youtube.spec import CLIENTS, YoutubeSpec
from simulator.world import World

LIVE_REFRESH_TOKENS = 100


class OAuth:
    def __init__(self, world: World) -> None:
        self.world = world

    def answer(self, call: Call, resource: str) -> Reply:
        if call.method != "POST" or resource not in ("oauth2/token", "oauth2/revoke"):
            return Reply({"error": "not_found"}, 404)
        if resource == "oauth2/revoke":
            return self.revoke(call.text("token"))
        client, secret = read_client(call)
        if CLIENTS.get(client) != secret:
            return oauth_error(
                "invalid_client", "The OAuth client was not found or the secret is wrong.", 401
            )
        match call.text("grant_type"):
            case "authorization_code":
                return self.redeem(call, client)
            case "refresh_token":
                return self.refresh(call, client)
        return oauth_error(
            "unsupported_grant_type", f"Invalid grant_type: {call.text('grant_type')}"
        )

    def redeem(self, call: Call, client: str) -> Reply:
        code = self.world.codes.get(call.text("code"))
        if code is None or code.platform != YoutubeSpec.name or code.app != client or code.spent:
            return oauth_error("invalid_grant", "Malformed auth code.")
        if (code.expires or 0) <= self.world.world():
            return oauth_error("invalid_grant", "Bad Request")
        if code.bound_to["redirect_uri"] != call.text("redirect_uri"):
            return oauth_error("redirect_uri_mismatch", "Bad Request")
        challenge, method = code.bound_to["code_challenge"], code.bound_to["code_challenge_method"]
        if challenge and not is_pkce_match(challenge, method, call.text("code_verifier")):
            return oauth_error("invalid_grant", "Invalid code verifier.")
        code.spent = True
        lasting = code.bound_to["lasting"] == "yes"
        testing = self.world.settings["youtube_testing"]
        if lasting:
            self.drop_oldest(client, code.user)
        answer = make_token_pair(
            self.world, code.page, user=code.user, scopes=code.scopes, app=client, 
            lasts=7 * DAY if testing else 180 * DAY, lasting=lasting,
        )  # fmt: skip
        return Reply(
            answer | ({"refresh_token_expires_in": int(7 * DAY) - 1} if testing and lasting else {})
        )

    def refresh(self, call: Call, client: str) -> Reply:
        """Renew the access token. The refresh token stays and is not sent again; six months without
        use end it."""
        token = self.world.tokens.get(call.text("refresh_token"))
        if (
            token is None
            or (token.platform, token.kind, token.app) != (YoutubeSpec.name, "refresh", client)
            or token.dead
        ):
            return invalid_grant()
        if (token.expires or 0) <= self.world.world():
            return invalid_grant()
        if not self.world.settings["youtube_testing"]:
            token.expires = self.world.world() + 180 * DAY
        return Reply(
            make_token_pair(
                self.world,
                token.page,
                user=token.user,
                scopes=token.scopes,
                app=client,
                lasts=0,
                lasting=False,
            )
        )

    def revoke(self, value: str) -> Reply:
        """End the whole grant by either token."""
        token = self.world.tokens.get(value)
        if token is None or token.platform != YoutubeSpec.name or token.dead:
            return oauth_error("invalid_token", "Token expired or revoked")
        for stored in self.world.tokens.values():
            if (stored.platform, stored.user, stored.app, stored.page) == (
                YoutubeSpec.name,
                token.user,
                token.app,
                token.page,
            ):
                stored.dead = 1
        self.world.dirty = True
        return Reply({})

    def drop_oldest(self, client: str, user: str) -> None:
        for token in list_refresh_tokens(self.world, client, user)[
            : 1 - LIVE_REFRESH_TOKENS or None
        ]:
            token.dead = 1


def make_token_pair(
    world: World,
    page: str,
    *,
    user: str,
    scopes: list[str],
    app: str,
    lasts: float = 180 * DAY,
    lasting: bool = True,
) -> dict[str, Any]:
    """Make an access token of an hour and, where the grant is `lasting`, the refresh token that
    stays the same."""
    grant: dict[str, Any] = {"app": app, "user": user, "page": page}
    value = "ya29." + secrets.token_urlsafe(48)
    world.new_token(
        YoutubeSpec.name, "access", value=value, lasts=3599, scopes=list(scopes), **grant
    )
    answer = {
        "access_token": value,
        "expires_in": 3599,
        "scope": " ".join(scopes),
        "token_type": "Bearer",
    }
    if lasting:
        renewal = "1//" + secrets.token_urlsafe(48)
        world.new_token(
            YoutubeSpec.name, "refresh", value=renewal, lasts=lasts, scopes=list(scopes), **grant
        )
        answer["refresh_token"] = renewal
    return answer


def list_refresh_tokens(world: World, client: str, user: str) -> list[Token]:
    """List the refresh tokens of a person for this client that still work, oldest first."""
    return [
        token
        for token in world.tokens.values()
        if token.platform == YoutubeSpec.name and token.kind == "refresh" and (token.app,
        token.user) == (client, user)
        and not token.dead and (token.expires or 0) > world.world()
    ]  # fmt: skip


def read_client(call: Call) -> tuple[str, str]:
    """Read who calls: from the form, or by HTTP Basic, where RFC 6749 has both words
    form-encoded.
    """
    scheme, _, credentials = call.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return call.text("client_id"), call.text("client_secret")
    try:
        client, _, secret = b64decode(credentials, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return unquote_plus(client), unquote_plus(secret)
