"""Serve Google's consent page: who is signed in, which rights are given, for which channel."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from aiohttp import web

from simulator.consent import Consent, Form
from simulator.model import Token, User
from simulator.platforms.youtube.oauth import list_refresh_tokens
from simulator.platforms.youtube.spec import CLIENTS
from simulator.rendering import redirect, render_message


class YoutubeConsent(Consent):
    paths = ("/youtube/accounts/o/oauth2/v2/auth",)

    def mistake(self, query: Mapping[str, str]) -> tuple[str, str] | None:
        error = self.error(query)
        return ("Không thể cấp quyền", error) if error else None

    def error(self, query: Mapping[str, str]) -> str:
        if query.get("client_id") not in CLIENTS:
            return "Error 401: invalid_client"
        if not query.get("redirect_uri", "").startswith(("http://", "https://")):
            return "Error 400: redirect_uri_mismatch"
        if query.get("response_type") != "code" or not self.scopes_asked(query):
            return "Error 400: invalid_request"
        return ""

    def scopes_asked(self, query: Mapping[str, str]) -> list[str]:
        return [scope for scope in query.get("scope", "").split() if scope]

    def decided(self, query: Mapping[str, str], user: User | None, form: Form) -> web.Response:
        """Let a person untick rights; one without a channel may consent all the same."""
        extra = {"state": query["state"]} if "state" in query else {}
        chosen = str(form.get("page", ""))
        if user is None:
            return redirect(query["redirect_uri"], error="access_denied", **extra)
        if user.pages and chosen not in user.pages:
            return render_message(
                "Chưa chọn kênh", "Hãy quay lại và chọn một kênh mà tài khoản này quản trị."
            )
        code = self.new_code(query, user, chosen, self.ticked(query, form))
        return redirect(
            query["redirect_uri"], code=code.value, scope=" ".join(code.scopes), **extra
        )

    def new_code(self, query: Mapping[str, str], user: User, page: str, scopes: list[str]) -> Token:
        """Keep what was agreed to. A refresh token comes with the first consent, or when consent is
        asked again."""
        client, value = query["client_id"], f"4/0{secrets.token_urlsafe(48)}"
        code = Token(value, self.spec.name, "code", client, user=user.id, page=page, scopes=scopes)
        code.expires = self.world.world() + 600
        first = not any(
            token.page == page for token in list_refresh_tokens(self.world, client, user.id)
        )
        lasting = query.get("access_type") == "offline" and (
            first or "consent" in query.get("prompt", "").split()
        )
        code.bound_to = {
            "redirect_uri": query["redirect_uri"],
            "lasting": "yes" if lasting else "",
            "code_challenge": query.get("code_challenge", ""),
            "code_challenge_method": query.get("code_challenge_method", "plain"),
        }
        self.world.codes[code.value] = code
        self.world.dirty = True
        return code
