"""Exchange a code for a short token, that for a long one, a person's for a page's."""

from __future__ import annotations

import hmac
from typing import Any

from simulator.calls import Call
from simulator.consent import is_pkce_match
from simulator.model import DAY, Page, Token
from simulator.platforms.facebook.access import Access
from simulator.platforms.facebook.spec import APPS, FacebookSpec
from simulator.platforms.meta.graph import GraphError, check_alive, list_pages_for, read_token_text
from simulator.world import World

SHORT_LIFE, LONG_LIFE = 5183, 5_183_944


class OAuth:
    def __init__(self, access: Access) -> None:
        self.access = access
        self.world = access.world

    def grant(self, call: Call) -> dict[str, Any]:
        app = call.text("client_id")
        if app not in APPS:
            raise GraphError(
                "Error validating application. Cannot get application info due to a system error.",
                101,
            )
        if not hmac.compare_digest(call.text("client_secret").encode(), APPS[app].encode()):
            raise GraphError("Error validating client secret.", 1)
        match call.text("grant_type"):
            case "client_credentials":
                return {"access_token": f"{app}|{APPS[app]}", "token_type": "bearer"}
            case "fb_exchange_token":
                old = self.world.tokens.get(call.text("fb_exchange_token"))
                if old is None or old.kind != "user" or old.app != app:
                    raise GraphError("Invalid OAuth access token - Cannot parse access token", 190)
                check_alive(old, self.world.world())
                return self.user_token(old, LONG_LIFE)
            case _:
                return self.user_token(self.redeem(call), SHORT_LIFE)

    def redeem(self, call: Call) -> Token:
        """Take a code once. Its redirect_uri is compared byte for byte, before the code counts as
        used."""
        code = self.world.codes.get(call.text("code"))
        if code is None or code.platform != FacebookSpec.name or code.app != call.text("client_id"):
            raise GraphError("Invalid verification code format.", 100, 36009)
        if code.bound_to["redirect_uri"] != call.text("redirect_uri"):
            message = (
                "Error validating verification code. Please make sure your "
                "redirect_uri is identical to the one "
            )
            raise GraphError(message + "you used in the OAuth dialog request", 100, 36008)
        if code.spent:
            raise GraphError("This authorization code has been used.", 100, 36009)
        if code.expires is not None and code.expires <= self.world.world():
            raise GraphError("This authorization code has expired.", 100, 36007)
        self.check_verifier(code, call.text("code_verifier"))
        code.spent = True
        return code

    def check_verifier(self, code: Token, verifier: str) -> None:
        """Compare the verifier with the challenge, if the dialog was given one and kept it."""
        challenge = code.bound_to.get("code_challenge", "")
        if verifier and not challenge:
            message = "code_verifier param is provided without a code_challenge in authorization "
            raise GraphError(message + "request.", 100)
        if challenge and not is_pkce_match(
            challenge, code.bound_to["code_challenge_method"], verifier
        ):
            raise GraphError("Invalid code verifier.", 100)

    def user_token(self, source: Token, lasts: int) -> dict[str, Any]:
        token = self.world.new_token(
            FacebookSpec.name, "user", prefix="EAAU", app=source.app, user=source.user,
            scopes=list(source.scopes),
            declined=list(source.declined), pages=list(source.pages), lasts=lasts,
        )  # fmt: skip
        token.bound_to = {
            name: pages for name, pages in source.bound_to.items() if name.startswith("only ")
        }
        return {"access_token": token.value, "token_type": "bearer", "expires_in": lasts}

    def debug_token(self, call: Call) -> dict[str, Any]:
        app, _, secret = read_token_text(call).partition("|")
        if APPS.get(app) != secret:
            asking = self.access.token(call)
            app = asking.app
        token = self.world.tokens.get(call.text("input_token"))
        if token is None or token.platform != FacebookSpec.name or token.app != app:
            error = {
                "code": 190,
                "message": "Invalid OAuth access token - Cannot parse access token",
            }
            return {"data": {"is_valid": False, "error": error, "scopes": []}}
        data: dict[str, Any] = {
            "app_id": app,
            "type": token.kind.upper(),
            "application": "Outreach Portal",
            "is_valid": True,
            "issued_at": int(token.issued_at),
            "expires_at": 0 if token.expires is None else int(token.expires - self.world.offset),
            "data_access_expires_at": int(token.issued_at + 90 * DAY),
            "scopes": token.scopes,
            "granular_scopes": [self.granular(token, scope) for scope in token.scopes],
            "user_id": token.user,
        }
        if token.page:
            data["profile_id"] = token.page
        try:
            check_alive(token, self.world.world())
        except GraphError as error:
            body = {"code": 190, "message": str(error), "subcode": error.body["error_subcode"]}
            data |= {"is_valid": False, "error": body}
        return {"data": data}

    def granular(self, token: Token, scope: str) -> dict[str, Any]:
        """Say for what a right was given: pages, the accounts linked to them, or, where no ids
        come, all there is."""
        pages = list_pages_for(token, scope)
        if scope.startswith("instagram_"):
            linked = (
                self.world.pages[FacebookSpec.name][page].details.get("instagram") for page in pages
            )
            return {"scope": scope, "target_ids": [account for account in linked if account]}
        return {"scope": scope} | ({} if scope == "business_management" else {"target_ids": pages})


def make_page_token(world: World, user_token: Token, page: str) -> Token:
    """Give the page's token as this user token sees it: the same each time, without expiry if the
    user's is long."""
    known = user_token.page_tokens.get(page)
    if known:
        return world.tokens[known]
    long_lived = user_token.expires is None or user_token.expires > world.world() + DAY
    token = world.new_token(
        FacebookSpec.name,
        "page",
        prefix="EAAP",
        app=user_token.app,
        user=user_token.user,
        page=page,
        scopes=list(user_token.scopes),
    )
    token.bound_to = dict(user_token.bound_to)
    token.expires = None if long_lived else user_token.expires
    user_token.page_tokens[page] = token.value
    return token


def make_token_pair(world: World, page: Page, scopes: tuple[str, ...]) -> dict[str, str]:
    user_token = world.new_token(
        FacebookSpec.name,
        "user",
        prefix="EAAU",
        app=next(iter(APPS)),
        user=page.owner,
        scopes=list(scopes),
        pages=[page.external_id],
        lasts=60 * DAY,
    )
    token = make_page_token(world, user_token, page.external_id)
    return {"access_token": token.value, "user_token": user_token.value}
