"""Serve Zalo's OAuth v4, with PKCE and refresh tokens that rotate."""

from __future__ import annotations

import base64
import hashlib
import hmac

from simulator.calls import Call, Reply
from simulator.model import DAY
from simulator.platforms.zalo.errors import oauth_error
from simulator.platforms.zalo.spec import APPS, ZaloSpec
from simulator.world import World


class OAuth:
    def __init__(self, world: World) -> None:
        self.world = world

    def answer(self, call: Call) -> Reply:
        if call.method != "POST" or call.path != "oauth/v4/oa/access_token":
            return Reply({"error": -404, "message": "Not found"}, 404)
        app = call.text("app_id")
        if app not in APPS:
            return oauth_error(-14002, "Invalid appId", "App id is invalid")
        if not hmac.compare_digest(call.headers.get("secret_key", "").encode(), APPS[app].encode()):
            return oauth_error(-14011, "Invalid secret key", "Secret key is invalid")
        match call.text("grant_type"):
            case "authorization_code":
                return self.redeem(call, app)
            case "refresh_token":
                return self.rotate(call, app)
        return oauth_error(-14010, "Invalid grant type", "Grant type is invalid")

    def redeem(self, call: Call, app: str) -> Reply:
        code = self.world.codes.get(call.text("code"))
        usable = (
            code is not None
            and code.platform == ZaloSpec.name
            and code.app == app
            and not code.spent
        )
        if code is None or not usable or (code.expires or 0) <= self.world.world():
            return oauth_error(
                -14012,
                "Invalid authorization code",
                "Authorization code is invalid, used or expired",
            )
        verifier = call.text("code_verifier")
        if len(verifier) != 43 or make_challenge(verifier) != code.bound_to["code_challenge"]:
            return oauth_error(
                -14013, "Invalid code verifier", "Code verifier does not match the challenge"
            )
        code.spent = True
        return Reply(make_token_pair(self.world, code.page, app))

    def rotate(self, call: Call, app: str) -> Reply:
        """Take a refresh token once. A caller that shows it again, for whatever reason, has
        lost the grant.
        """
        old = self.world.tokens.get(call.text("refresh_token"))
        usable = (
            old is not None
            and old.kind == "refresh"
            and old.app == app
            and not old.spent
            and not old.dead
        )
        if old is None or not usable or (old.expires or 0) <= self.world.world():
            return oauth_error(-14014, "Invalid refresh token", "Refresh token is invalid")
        old.spent = True
        return Reply(make_token_pair(self.world, old.page, app))


def make_challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def make_token_pair(world: World, page: str, app: str) -> dict[str, str]:
    """Make an access token of 25 hours and the refresh token that replaces both once."""
    access = world.new_token(
        ZaloSpec.name, "access", prefix="AT-", app=app, page=page, lasts=90_000
    )
    refresh = world.new_token(
        ZaloSpec.name, "refresh", prefix="RT-", app=app, page=page, lasts=90 * DAY
    )
    return {"access_token": access.value, "refresh_token": refresh.value, "expires_in": "90000"}
