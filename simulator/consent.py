"""The consent pages of Google and TikTok, and the addresses under which these two show a video."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from simulator.pages import NAMES, Screens, message, see_other
from simulator.rendering import fragment, joined, page

if TYPE_CHECKING:
    from simulator.server import Simulator


def add_routes(app: web.Application, simulator: Simulator) -> None:
    screens = Consent(simulator)
    for path in ("/youtube/accounts/o/oauth2/v2/auth", "/tiktok/www/v2/auth/authorize/"):
        app.router.add_get(path, screens.ask)
        app.router.add_post(path, screens.decide)
    app.router.add_get("/youtube/www/watch", screens.youtube_video)
    app.router.add_get("/youtube/www/shorts/{video}", screens.youtube_video)
    app.router.add_get("/youtube/www/channel/{page}", screens.home_of)
    app.router.add_get("/youtube/www/@{page}", screens.home_of)
    app.router.add_get("/tiktok/www/@{page}", screens.home_of)
    app.router.add_get("/tiktok/www/@{page}/{kind:video|photo}/{post}", screens.tiktok_post)


class Consent(Screens):
    """Who is signed in, which of the asked rights are given, for which channel or account."""

    @staticmethod
    def platform(request: web.Request) -> str:
        return request.path.split("/")[1]

    def stand_in(self, request: web.Request) -> Any:
        return getattr(self.simulator, self.platform(request))

    def mistake(self, request: web.Request) -> web.Response | None:
        error = self.stand_in(request).consent_error(dict(request.query))
        return message("Không thể cấp quyền", error) if error else None

    async def ask(self, request: web.Request) -> web.Response:
        if mistake := self.mistake(request):
            return mistake
        platform = self.platform(request)
        user = self.account(request, request.query.get("account", ""), platform)
        if user is None:
            return self.choose_account(request, platform)
        asked = self.stand_in(request).scopes_asked(dict(request.query))
        rows = [
            fragment("radio", name="page", value=each, label=self.page_name(platform, each), note=each)
            for each in user.pages
        ]
        return page(
            "facebook_dialog",
            f"Cho phép ứng dụng truy cập {NAMES[platform]}",
            user=user.name,
            account=user.id,
            action=request.path_qs,
            scopes=joined([fragment("check", name="scope", value=scope, label=scope, note="") for scope in asked]),
            pages=joined(rows) or fragment("empty", text="Tài khoản này chưa có kênh nào."),
        )

    async def decide(self, request: web.Request) -> web.Response:
        """A person may untick rights, and one without a channel may consent all the same."""
        if mistake := self.mistake(request):
            return mistake
        platform, query, form = self.platform(request), dict(request.query), await request.post()
        extra = {"state": query["state"]} if "state" in query else {}
        user = self.account(request, str(form.get("account", "")), platform)
        chosen = str(form.get("page", ""))
        if form.get("decision") != "allow" or user is None:
            said = {"error_description": "User cancelled the authorization."} if platform == "tiktok" else {}
            return see_other(query["redirect_uri"], error="access_denied", **said, **extra)
        if chosen not in user.pages and (platform == "tiktok" or user.pages):
            return message("Chưa chọn kênh", "Hãy quay lại và chọn một kênh mà tài khoản này quản trị.")
        ticked = form.getall("scope", [])
        scopes = [scope for scope in self.stand_in(request).scopes_asked(query) if scope in ticked]
        told = self.stand_in(request).consented(query, user=user.id, page=chosen, scopes=scopes)
        return see_other(query["redirect_uri"], **told, **extra)

    # Where people watch

    async def home_of(self, request: web.Request) -> web.Response:
        platform = self.platform(request)
        found = self.world.find_page(platform, request.match_info["page"])
        if found is None:
            raise web.HTTPNotFound(text="Không có kênh này.")
        return see_other(f"/pages/{platform}/{found.external_id}/")

    async def youtube_video(self, request: web.Request) -> web.Response:
        wanted = request.match_info.get("video") or request.query.get("v", "")
        if self.simulator.youtube.video(wanted) is None:
            raise web.HTTPNotFound(text="Video không còn.")
        return see_other(f"/pages/youtube/{self.simulator.youtube.channel_of[wanted]}/posts/{wanted}/")

    async def tiktok_post(self, request: web.Request) -> web.Response:
        found = self.world.find_page("tiktok", request.match_info["page"])
        if found is None:
            raise web.HTTPNotFound(text="Không có tài khoản này.")
        return see_other(f"/pages/tiktok/{found.external_id}/posts/{request.match_info['post']}/")
