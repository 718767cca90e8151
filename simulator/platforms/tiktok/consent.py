"""Serve TikTok's consent page: who is signed in, which of the asked rights are given."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from aiohttp import web

from simulator.consent import Consent, Form
from simulator.model import Token, User
from simulator.platforms.tiktok.spec import APPS, SCOPES
from simulator.rendering import redirect, render_message


class TiktokConsent(Consent):
    paths = ("/tiktok/www/v2/auth/authorize/",)

    def mistake(self, query: Mapping[str, str]) -> tuple[str, str] | None:
        error = self.error(query)
        return ("Không thể cấp quyền", error) if error else None

    def error(self, query: Mapping[str, str]) -> str:
        """Name the parameter that is wrong, as the real page does."""
        if query.get("client_key") not in APPS:
            return "client_key"
        where = query.get("redirect_uri", "")
        if not where.startswith(("http://", "https://")) or "#" in where or len(where) >= 512:
            return "redirect_uri"
        if query.get("response_type") != "code":
            return "response_type"
        return "" if self.scopes_asked(query) else "scope"

    def scopes_asked(self, query: Mapping[str, str]) -> list[str]:
        """Split the scopes at commas: a list joined by anything else is one scope that does not
        exist."""
        scopes = [scope for scope in query.get("scope", "").split(",") if scope]
        return scopes if all(scope in SCOPES for scope in scopes) else []

    def decided(self, query: Mapping[str, str], user: User | None, form: Form) -> web.Response:
        extra = {"state": query["state"]} if "state" in query else {}
        chosen = str(form.get("page", ""))
        if user is None:
            description = "User cancelled the authorization."
            return redirect(
                query["redirect_uri"], error="access_denied", error_description=description, **extra
            )
        if chosen not in user.pages:
            return render_message(
                "Chưa chọn kênh", "Hãy quay lại và chọn một kênh mà tài khoản này quản trị."
            )
        code = self.new_code(query, user, chosen, self.ticked(query, form))
        return redirect(
            query["redirect_uri"], code=code.value, scopes=",".join(code.scopes), **extra
        )

    def new_code(self, query: Mapping[str, str], user: User, page: str, scopes: list[str]) -> Token:
        """Keep what was agreed to under a code with characters that must be decoded."""
        value = f"{secrets.token_urlsafe(32)}*0!4242.va"
        code = Token(
            value,
            self.spec.name,
            "code",
            query["client_key"],
            user=user.id,
            page=page,
            scopes=scopes,
        )
        code.expires = self.world.world() + 600
        code.bound_to = {
            "redirect_uri": query["redirect_uri"],
            "code_challenge": query.get("code_challenge", ""),
        }
        self.world.codes[value] = code
        self.world.dirty = True
        return code
