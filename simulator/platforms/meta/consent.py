"""Serve the login of Instagram and Threads: one account a person, so only rights can be chosen."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import ClassVar

from aiohttp import web

from simulator.consent import Consent, Form
from simulator.model import Token, User
from simulator.rendering import redirect


class AccountConsent(Consent):
    apps: ClassVar[dict[str, str]]
    scopes: ClassVar[tuple[str, ...]]
    response_types: ClassVar[tuple[str | None, ...]] = ("code",)
    none_offered = "Tài khoản này chưa có trang chuyên nghiệp nào."

    def mistake(self, query: Mapping[str, str]) -> tuple[str, str] | None:
        if (
            query.get("client_id") not in self.apps
            or query.get("response_type") not in self.response_types
        ):
            return (
                "Ứng dụng không hợp lệ",
                "Invalid platform app: client_id hoặc response_type không đúng.",
            )
        if not query.get("redirect_uri", "").startswith(("http://", "https://")):
            return (
                "Địa chỉ không hợp lệ",
                "Invalid redirect_uri: thiếu hoặc không phải địa chỉ web.",
            )
        return None

    def scopes_asked(self, query: Mapping[str, str]) -> list[str]:
        return [scope for scope in re.split(r"[,\s]+", query.get("scope", "")) if scope] or list(
            self.scopes
        )

    def decided(self, query: Mapping[str, str], user: User | None, form: Form) -> web.Response:
        back, chosen = query["redirect_uri"], str(form.get("page", ""))
        extra = {"state": query["state"]} if "state" in query else {}
        if user is None or chosen not in user.pages:
            description = "The user denied your request"
            return redirect(
                back,
                error="access_denied",
                error_reason="user_denied",
                error_description=description,
                **extra,
            )
        answer = redirect(
            back, code=self.new_code(query, user, chosen, self.ticked(query, form)).value, **extra
        )
        answer.headers["Location"] += "#_"
        return answer

    def new_code(self, query: Mapping[str, str], user: User, page: str, scopes: list[str]) -> Token:
        """Keep what the person agreed to, to be redeemed once within the hour."""
        value, app = "AQB" + secrets.token_urlsafe(48), query["client_id"]
        code = Token(value, self.spec.name, "code", app, user=user.id, page=page, scopes=scopes)
        code.expires = self.world.world() + 3600
        code.bound_to = {"redirect_uri": query["redirect_uri"]}
        self.world.codes[code.value] = code
        self.world.dirty = True
        return code
