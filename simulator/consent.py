"""Let a person sign in and let an application in; each platform asks and answers in its own
words.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

from aiohttp import web
from multidict import MultiMapping

from simulator.model import User, fold
from simulator.rendering import Html, join, render_fragment, render_message, render_page
from simulator.spec import Spec
from simulator.world import World

ACCOUNTS_A_SCREEN = 30

type Form = MultiMapping[Any]
type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def is_pkce_match(challenge: str, method: str, verifier: str) -> bool:
    if method != "S256":
        return challenge == verifier
    return challenge == urlsafe_b64encode(
        hashlib.sha256(verifier.encode()).digest()
    ).decode().rstrip("=")


class Consent:
    """Ask who is signed in, which rights are given, and for which pages."""

    paths: ClassVar[tuple[str, ...]]
    title = ""
    template = "consent"
    pages_as = "radio"  # one page a consent; "check": any number of them
    none_offered = "Tài khoản này chưa có kênh nào."
    labels: ClassVar[Mapping[str, str]] = {}  # of scopes that are shown in words

    def __init__(self, world: World, spec: Spec) -> None:
        self.world = world
        self.spec = spec

    def add_routes(self, app: web.Application) -> None:
        for path in self.paths:
            app.router.add_get(path, self.ask)
            app.router.add_post(path, self.decide)

    # What a platform says

    def mistake(self, query: Mapping[str, str]) -> tuple[str, str] | None:
        """Say why the page will not open, in the words of the real one: a title and a sentence."""
        raise NotImplementedError

    def scopes_asked(self, query: Mapping[str, str]) -> list[str]:
        return []

    def decided(self, query: Mapping[str, str], user: User | None, form: Form) -> web.Response:
        """Send the browser back with what was decided. Without a user nobody consented."""
        raise NotImplementedError

    # The pages

    async def ask(self, request: web.Request) -> web.Response:
        if mistake := self.mistake(request.query):
            return render_message(*mistake)
        user = self.account(request.query.get("account", ""))
        if user is None:
            return self.choose_account(request)
        rows = [
            render_fragment(
                self.pages_as, name="page", value=page, label=self.page_name(page), note=page
            )
            for page in user.pages
        ]
        return render_page(
            self.template,
            self.title or f"Cho phép ứng dụng truy cập {self.spec.title}",
            user=user.name,
            account=user.id,
            action=request.path_qs,
            scopes=join([self.scope_row(scope) for scope in self.scopes_asked(request.query)]),
            pages=join(rows) or render_fragment("empty", text=self.none_offered),
        )

    def scope_row(self, scope: str) -> Html:
        note = scope if self.labels else ""
        return render_fragment(
            "check", name="scope", value=scope, label=self.labels.get(scope, scope), note=note
        )

    async def decide(self, request: web.Request) -> web.Response:
        if mistake := self.mistake(request.query):
            return render_message(*mistake)
        form = await request.post()
        user = self.account(str(form.get("account", "")))
        return self.decided(request.query, user if form.get("decision") == "allow" else None, form)

    def ticked(self, query: Mapping[str, str], form: Form) -> list[str]:
        """List the scopes that were asked for and given."""
        given = form.getall("scope", [])
        return [scope for scope in self.scopes_asked(query) if scope in given]

    def choose_account(self, request: web.Request) -> web.Response:
        """Ask first who is signed in. Each choice is this address with the account added."""
        query = request.query.get("q", "").strip()
        query_words = fold(query).split()
        people = [
            user
            for user in self.world.users.values()
            if user.platform == self.spec.name
            and all(word in fold(self.person_text(user)) for word in query_words)
        ]
        query_parts = {
            name: value for name, value in request.query.items() if name not in ("q", "account")
        }
        rows = [self.account_row(user, query_parts) for user in people[:ACCOUNTS_A_SCREEN]]
        hidden = join(
            [
                render_fragment("hidden", name=name, value=value)
                for name, value in query_parts.items()
            ]
        )
        return render_page(
            "choose_account",
            f"Đăng nhập {self.spec.title}",
            query=query,
            hidden=hidden,
            rows=join(rows) or render_fragment("empty", text="Chưa có tài khoản nào khớp."),
            new_url="/pages/new/?"
            + urlencode({"platform": self.spec.name, "back": request.path_qs}),
        )

    def account_row(self, user: User, query: Mapping[str, str]) -> Html:
        pages = (
            f"{len(user.pages)} trang"
            if len(user.pages) != 1
            else self.page_name(next(iter(user.pages)))
        )
        return render_fragment(
            "account_row",
            url="?" + urlencode({**query, "account": user.id}),
            name=user.name,
            pages=pages,
        )

    def person_text(self, user: User) -> str:
        return " ".join(
            [user.name, user.id, *(self.page_name(page) for page in list(user.pages)[:200])]
        )

    def page_name(self, external_id: str) -> str:
        page = self.world.pages[self.spec.name].get(external_id)
        return page.name if page else external_id

    def account(self, given: str) -> User | None:
        user = self.world.users.get(given)
        return user if user and user.platform == self.spec.name else None
