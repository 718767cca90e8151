"""Serve TikTok's token endpoint."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any

from simulator.calls import Call, Reply
from simulator.model import DAY
from simulator.platforms.tiktok.errors import oauth_error
from simulator.platforms.tiktok.spec import APPS, TiktokSpec
from simulator.world import World


class OAuth:
    def __init__(self, world: World) -> None:
        self.world = world

    def answer(self, call: Call, path: str) -> Reply:
        if call.method != "POST" or path not in ("oauth/token", "oauth/revoke"):
            return oauth_error("invalid_request", "No such API.", 404)
        app = call.text("client_key")
        if APPS.get(app) != call.text("client_secret"):
            return oauth_error("invalid_client", "Client key or secret is incorrect.", 401)
        if path == "oauth/revoke":
            return self.revoke(call.text("token"), app)
        match call.text("grant_type"):
            case "authorization_code":
                return self.redeem(call, app)
            case "refresh_token":
                return self.rotate(call, app)
        return oauth_error("unsupported_grant_type", "Grant type is not supported.")

    def redeem(self, call: Call, app: str) -> Reply:
        code = self.world.codes.get(call.text("code"))
        if code is None or code.platform != TiktokSpec.name or code.app != app or code.spent:
            return oauth_error("invalid_grant", "Authorization code is invalid, used or expired.")
        if (code.expires or 0) <= self.world.world() or code.bound_to["redirect_uri"] != call.text(
            "redirect_uri"
        ):
            return oauth_error(
                "invalid_grant", "Authorization code is expired or meant for another redirect_uri."
            )
        if code.bound_to["code_challenge"] and not self.pkce_fits(
            code.bound_to["code_challenge"], call
        ):
            return oauth_error("invalid_request", "Code verifier or code challenge is invalid.")
        code.spent = True
        return Reply(
            make_token_pair(self.world, code.page, user=code.user, scopes=code.scopes, app=app)
        )

    def pkce_fits(self, challenge: str, call: Call) -> bool:
        """Compare the challenge: the desktop guide says hex, everybody else base64url."""
        digest = hashlib.sha256(call.text("code_verifier").encode())
        codings = {
            "hex": digest.hexdigest(),
            "base64url": base64.urlsafe_b64encode(digest.digest()).decode().rstrip("="),
        }
        coding = self.world.settings["tiktok_pkce"]
        return coding == "none" or challenge in (
            [codings[coding]] if coding in codings else codings.values()
        )

    def rotate(self, call: Call, app: str) -> Reply:
        """Replace a pair. Once a new refresh token is made the old one is over, whether or not the
        answer arrived."""
        old = self.world.tokens.get(call.text("refresh_token"))
        if (
            old is None
            or (old.platform, old.kind, old.app) != (TiktokSpec.name, "refresh", app)
            or old.spent
            or old.dead
        ):
            return oauth_error("invalid_grant", "Refresh token is invalid or expired.")
        if (old.expires or 0) <= self.world.world():
            return oauth_error("invalid_grant", "Refresh token is invalid or expired.")
        old.spent = True
        return Reply(
            make_token_pair(self.world, old.page, user=old.user, scopes=old.scopes, app=app)
        )

    def revoke(self, value: str, app: str) -> Reply:
        token = self.world.tokens.get(value)
        if token is None or token.platform != TiktokSpec.name or token.app != app:
            return oauth_error("invalid_request", "Token is invalid.")
        for stored in self.world.tokens.values():
            if (stored.platform, stored.page, stored.app) == (TiktokSpec.name, token.page, app):
                stored.dead = 1
        self.world.dirty = True
        return Reply({})


def make_token_pair(
    world: World, page: str, *, user: str, scopes: list[str], app: str
) -> dict[str, Any]:
    """Make an access token of two hours and a refresh token of half a year, good for one use."""
    grant: dict[str, Any] = {"app": app, "user": user, "page": page}
    access, refresh = ("act." + secrets.token_urlsafe(40), "rft." + secrets.token_urlsafe(40))
    world.new_token(
        TiktokSpec.name, "access", value=access, lasts=7200, scopes=list(scopes), **grant
    )
    world.new_token(
        TiktokSpec.name, "refresh", value=refresh, lasts=180 * DAY, scopes=list(scopes), **grant
    )
    return {
        "access_token": access,
        "expires_in": 7200,
        "open_id": page,
        "refresh_expires_in": int(180 * DAY),
        "refresh_token": refresh,
        "scope": ",".join(scopes),
        "token_type": "Bearer",
    }
