"""Serve the page on which an administrator lets an application into one Official Account."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from aiohttp import web

from simulator.consent import Consent, Form
from simulator.model import Token, User
from simulator.platforms.zalo.spec import APPS
from simulator.rendering import redirect, render_message


class ZaloConsent(Consent):
    paths = ("/zalo/oauth/v4/oa/permission",)
    template = "account_consent"
    title = "Cấp quyền cho ứng dụng"
    none_offered = "Tài khoản này chưa quản trị OA nào."

    def mistake(self, query: Mapping[str, str]) -> tuple[str, str] | None:
        error = self.error(query)
        return ("Không thể cấp quyền", f"{error[0]}: {error[1]}") if error else None

    def error(self, query: Mapping[str, str]) -> tuple[int, str] | None:
        if query.get("app_id") not in APPS:
            return -14002, "Invalid appId"
        if not query.get("redirect_uri", "").startswith(("http://", "https://")):
            return -14003, "Invalid redirect uri"
        challenge = query.get("code_challenge", "")
        if len(challenge) != 43:
            return -14013, "Invalid code challenge"
        if self.world.settings["zalo_pkce"] == "fixed" and self.world.challenge not in (
            "",
            challenge,
        ):
            return -14013, "The code challenge is not the one saved for this app"
        return None

    def decided(self, query: Mapping[str, str], user: User | None, form: Form) -> web.Response:
        back, chosen = query["redirect_uri"], str(form.get("page", ""))
        extra = {"state": query["state"]} if "state" in query else {}
        if user is None:
            return redirect(back, error="-14004", error_reason="user_denied", **extra)
        if chosen not in user.pages:
            return render_message(
                "Chưa chọn OA",
                "Hãy quay lại và chọn một Official Account mà tài khoản này quản trị.",
            )
        return redirect(back, code=self.new_code(query, user, chosen).value, oa_id=chosen, **extra)

    def new_code(self, query: Mapping[str, str], user: User, page: str) -> Token:
        code = Token(
            secrets.token_urlsafe(48),
            self.spec.name,
            "code",
            query["app_id"],
            user=user.id,
            page=page,
        )
        code.expires = self.world.world() + 600
        code.bound_to = {"code_challenge": query["code_challenge"]}
        self.world.challenge = self.world.challenge or query["code_challenge"]
        self.world.codes[code.value] = code
        self.world.dirty = True
        return code
