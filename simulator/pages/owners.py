"""Do what the owner of a page does in the platform's own app: open one, post by hand."""

from __future__ import annotations

import re

from aiohttp import web

from simulator.hub import Hub
from simulator.model import Mistake
from simulator.pages.options import list_platform_titles, render_options
from simulator.rendering import redirect, render_page
from simulator.seeding import compose


class Owners:
    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    async def new_page(self, request: web.Request) -> web.Response:
        query = request.query
        return self.form(platform=query.get("platform", ""), back=query.get("back", ""))

    async def create_page(self, request: web.Request) -> web.Response:
        form = await request.post()
        platform, name = str(form.get("platform", "")), str(form.get("name", "")).strip()
        username, back = str(form.get("username", "")).strip(), str(form.get("back", ""))
        try:
            if platform not in self.hub.platforms or not name:
                raise Mistake("Hãy chọn nền tảng và nhập tên trang.")
            if username and not re.fullmatch(r"[A-Za-z0-9_.]{3,50}", username):
                raise Mistake(
                    "Tên ngắn chỉ gồm chữ không dấu, số, dấu chấm và gạch dưới, từ 3 ký tự."
                )
            created = self.hub.world.new_page(platform, name, username=username)
            self.hub.platforms[platform].complete(created)
        except Mistake as error:
            return self.form(
                400, platform=platform, error=str(error), name=name, username=username, back=back
            )
        local = back.startswith("/") and not back.startswith("//")
        return redirect(back if local else f"/pages/{platform}/{created.external_id}/")

    def form(
        self,
        status: int = 200,
        *,
        platform: str = "",
        error: str = "",
        name: str = "",
        username: str = "",
        back: str,
    ) -> web.Response:
        specs = self.hub.world.specs.values()
        administered = ", ".join(spec.title for spec in specs if spec.has_people)
        notes = [
            f"Trang {administered} được tạo cùng một tài khoản quản trị.",
            *(spec.new_page_note for spec in specs),
        ]
        return render_page(
            "new_page",
            "Tạo trang để thử",
            status,
            platforms=render_options(list_platform_titles(self.hub), platform),
            note=" ".join(filter(None, notes)),
            error=error,
            name=name,
            username=username,
            back=back,
        )

    async def post_manually(self, request: web.Request) -> web.Response:
        target = self.hub.world.find_page(
            request.match_info["platform"], request.match_info["page"]
        )
        if target is None:
            raise web.HTTPNotFound(text="Không có trang này.")
        text = str((await request.post()).get("message", "")).strip()
        if text:
            compose(self.hub, target, text, by_person=True)
        return redirect(f"/pages/{target.platform}/{target.external_id}/")
