"""Show pages and posts as residents read them."""

from __future__ import annotations

from datetime import datetime
from html import escape
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web

from simulator import growth, images
from simulator.consent import Handler
from simulator.hub import Hub
from simulator.model import Page, Post, fold
from simulator.pages.options import list_platform_titles, render_options
from simulator.rendering import (
    Html,
    format_number,
    join,
    link_addresses,
    redirect,
    render_fragment,
    render_message,
    render_page,
)
from simulator.spec import Spec
from simulator.world import World

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
PAGES_A_SCREEN, POSTS_A_SCREEN = 50, 20
PLATFORM = web.RequestKey("platform", str)


class Residents:
    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    @property
    def world(self) -> World:
        return self.hub.world

    def spec(self, page: Page) -> Spec:
        return self.world.specs[page.platform]

    @staticmethod
    def at_address(platform: str, show: Handler) -> Handler:
        """Show something under an address of the platform's own, in which its name is not a part to
        be read."""

        async def handle(request: web.Request) -> web.StreamResponse:
            request[PLATFORM] = platform
            return await show(request)

        return handle

    async def home(self, request: web.Request) -> web.Response:
        return redirect("/pages/")

    async def page_list(self, request: web.Request) -> web.Response:
        query, platform = request.query.get("q", "").strip(), request.query.get("platform", "")
        query_words = fold(query).split()
        matching = [
            page
            for page in self.world.all_pages(platform)
            if not query_words
            or all(
                word in fold(f"{page.name} {page.username} {page.external_id}")
                for word in query_words
            )
        ]
        matching.sort(
            key=lambda page: max((post.published_at for post in page.posts.values()), default=0),
            reverse=True,
        )
        start, more = self.screen(
            request, len(matching), PAGES_A_SCREEN, q=query, platform=platform
        )
        rows = [
            render_fragment(
                "page_row",
                url=f"/pages/{page.platform}/{page.external_id}/",
                name=page.name,
                platform=self.spec(page).title,
                tone=self.spec(page).tone,
                followers=format_number(growth.count_followers(page, self.world.world())),
                posts=format_number(len(self.world.visible_posts(page))),
            )
            for page in matching[start : start + PAGES_A_SCREEN]
        ]
        empty = render_fragment(
            "empty", text="Chưa có trang nào khớp. Có thể tạo trang mới để thử."
        )
        return render_page(
            "page_list",
            "Các trang trên mạng xã hội mô phỏng",
            query=query,
            platforms=render_options(
                {"": "Mọi nền tảng"} | list_platform_titles(self.hub), platform
            ),
            total=format_number(len(matching)),
            rows=join(rows) or empty,
            more=more,
        )

    def screen(self, request: web.Request, total: int, size: int, **query: str) -> tuple[int, Html]:
        """Find where this screen of a list begins, and make the links to its neighbours."""
        at = (
            int(request.query.get("trang", "1"))
            if request.query.get("trang", "1").isdecimal()
            else 1
        )
        start = (max(at, 1) - 1) * size
        links = []
        for label, there, exists in (
            ("← Trước", at - 1, start > 0),
            ("Sau →", at + 1, start + size < total),
        ):
            if exists:
                links.append(
                    render_fragment(
                        "more", url="?" + urlencode({**query, "trang": there}), label=label
                    )
                )
        return start, join(links)

    def find_page(self, request: web.Request) -> Page:
        platform = request.match_info.get("platform") or request[PLATFORM]
        name = request.match_info["page"]
        if spec := self.world.specs.get(platform):
            name = spec.page_name(request.path, name)
        target = self.world.find_page(platform, name)
        if target is None:
            raise web.HTTPNotFound(text="Không có trang này.")
        return target

    async def show_page(self, request: web.Request) -> web.Response:
        target = self.find_page(request)
        posts = self.world.visible_posts(target)
        start, more = self.screen(request, len(posts), POSTS_A_SCREEN)
        cards = [self.card(target, post) for post in posts[start : start + POSTS_A_SCREEN]]
        link = f"/pages/{target.platform}/{target.external_id}/"
        return render_page(
            "page",
            target.name,
            platform=self.spec(target).title,
            tone=self.spec(target).tone,
            username=target.username,
            external_id=target.external_id,
            avatar=f"{link}avatar.svg",
            followers=format_number(growth.count_followers(target, self.world.world())),
            people=self.spec(target).followers,
            told=join(
                [
                    render_fragment("told", text=link_addresses(str(target.profile[name])))
                    for name in ("description", "address", "phone", "website")
                    if target.profile.get(name)
                ]
            ),
            posts=join(cards) or render_fragment("empty", text="Trang chưa đăng bài nào."),
            more=more,
            post_url=f"{link}post/",
            bot=self.spec(target).owner_box(target, link),
        )

    def card(self, owner: Page, post: Post, heading: str = "h2") -> Html:
        link = f"/pages/{owner.platform}/{owner.external_id}/"
        return render_fragment(
            "post_card",
            avatar=f"{link}avatar.svg",
            name=owner.name,
            url=f"{link}posts/{post.id}/",
            time=format_moment(post.published_at),
            edited=" · đã chỉnh sửa" if post.edited_at and self.spec(owner).shows_edits else "",
            heading=Html(f"<{heading}>{escape(post.title)}</{heading}>") if post.title else Html(),
            text=self.spec(owner).text(post),
            pictures=self.pictures(post),
            link=render_fragment("link_card", url=post.link, label=post.link)
            if post.link.startswith(("http://", "https://"))
            else Html(),
            counters=self.counters(owner, post),
        )

    @staticmethod
    def pictures(post: Post) -> Html:
        removed = post.details.get("removed", [])
        visible = [
            picture
            for at, picture in enumerate(post.pictures)
            if not (at < len(post.message_ids) and post.message_ids[at] in removed)
        ]
        if "seconds" in post.details and post.pictures[0].kind == "video":
            return render_video_card(post)
        kinds = {"image": "picture", "video": "video"}
        return join(
            [
                render_fragment(
                    kinds.get(picture.kind, "file"),
                    url=f"/media/{picture.sha256}",
                    alt=picture.alt or picture.caption,
                )
                for picture in visible
            ]
        )

    def counters(self, owner: Page, post: Post) -> Html:
        counts = growth.compute_counts(owner, post, self.world.world())
        return join(
            [
                render_fragment("counter", text=text)
                for text in self.spec(owner).counters(counts)
                if text
            ]
        )

    async def show_post(self, request: web.Request) -> web.Response:
        target = self.find_page(request)
        number = request.match_info["post"]
        post = target.posts.get(target.message_ids.get(number, number))
        if post is None or not post.visible(self.world.world()):
            return render_message(
                "Nội dung không hiển thị", "Bài viết không tồn tại, đã được gỡ hoặc chưa đăng.", 404
            )
        link = f"/pages/{target.platform}/{target.external_id}/"
        return render_page(
            "post",
            post.title or target.name,
            card=self.card(target, post, "h1"),
            page_url=link,
            name=target.name,
        )

    async def avatar(self, request: web.Request) -> web.Response:
        target = self.find_page(request)
        hue = int(growth.draw_chance(target.external_id) * 360)
        initial = escape((target.name.split() or ["?"])[-1][0].upper())
        svg = (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 50 50" width="50" height="50">'
            f'<rect width="50" height="50" rx="25" fill="hsl({hue} 45% 35%)"/><text '
            f'x="25" y="33" fill="#fff" '
            f'font-family="sans-serif" font-size="24" text-anchor="middle">{initial}</text></svg>'
        )
        return web.Response(text=svg, content_type="image/svg+xml")

    async def media(self, request: web.Request) -> web.Response:
        data = self.world.media.get(request.match_info["digest"])
        if data is None:
            raise web.HTTPNotFound(text="Không có tệp này.")
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable",
            "X-Content-Type-Options": "nosniff",
        }
        return web.Response(
            body=data,
            content_type=images.detect_kind(data) or "application/octet-stream",
            headers=headers,
        )


def format_moment(moment: float) -> str:
    return datetime.fromtimestamp(moment, HANOI).strftime("%H:%M %d/%m/%Y")


def render_video_card(post: Post) -> Html:
    """Show a video whose bytes nobody kept: its own picture if it has one, how long it plays, how
    large it is."""
    thumbnail, seconds = post.details.get("thumbnail", ""), int(post.details["seconds"])
    length = f"{seconds // 60}:{seconds % 60:02} · " if seconds else ""
    picture = (
        render_fragment("picture", url=f"/media/{thumbnail}", alt=post.title)
        if thumbnail
        else Html()
    )
    size = f"{max(1, post.pictures[0].size // 1024):,} KB".replace(",", ".")
    return join([picture, render_fragment("video_card", length=length, size=size)])
