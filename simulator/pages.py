"""What people see: pages and posts as residents read them, the two consent pages, the faults form. In Vietnamese."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web

from simulator import growth, images, telegram
from simulator.facebook import Facebook
from simulator.rendering import Html, cleaned, fragment, joined, page
from simulator.state import FACEBOOK_APPS, PLATFORMS, Mistake, Page, Post, User, fold

if TYPE_CHECKING:
    from simulator.server import Simulator

STATIC = Path(__file__).parent / "static"
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
NAMES = {"facebook": "Facebook", "zalo": "Zalo", "telegram": "Telegram", "instagram": "Instagram", "threads": "Threads"}
NAMES |= {"youtube": "YouTube", "tiktok": "TikTok"}
PAGES_A_SCREEN, POSTS_A_SCREEN, ACCOUNTS_A_SCREEN = 50, 20, 30
REACTIONS = {"like": "👍", "love": "❤️", "wow": "😮", "haha": "😆", "sorry": "😢", "anger": "😡"}
SCOPES = {
    "pages_show_list": "Xem danh sách Trang bạn quản lý",
    "pages_read_engagement": "Đọc nội dung và lượt tương tác của Trang",
    "pages_manage_posts": "Tạo, sửa và xóa bài viết của Trang",
    "pages_manage_engagement": "Quản lý bình luận của Trang",
    "pages_read_user_content": "Đọc nội dung người dùng viết trên Trang",
    "pages_manage_metadata": "Nhận thông báo về Trang",
    "read_insights": "Xem số liệu thống kê của Trang",
    "business_management": "Quản lý tài khoản doanh nghiệp",
}
KINDS = {
    "slow": "Chậm (ms)",
    "rate_limit": "Quá giới hạn lượt gọi",
    "error_before": "Lỗi 500, chưa nhận",
    "error_after": "Lỗi 500, đã nhận",
    "drop_before": "Ngắt kết nối, chưa nhận",
    "drop_after": "Ngắt kết nối, đã nhận",
    "hang_after": "Treo, đã nhận (giây)",
    "late_apply": "Hiện muộn (giây)",
    "listing_lag": "Danh sách chậm cập nhật (giây)",
    "process_error": "Xử lý ảnh, video thất bại",
    "truncated_json": "Trả lời cụt",
    "not_json": "Trả lời không phải JSON",
    "expired_token": "Khóa truy cập hết hạn",
    "kill_token": "Khóa truy cập bị hủy hẳn",
    "refuse": "Từ chối nội dung",
    "duplicate": "Báo trùng bài",
}
OPERATIONS = {
    "any": "Mọi thao tác",
    "publish": "Đăng",
    "stage": "Chuẩn bị bài ẩn",
    "upload": "Gửi tệp",
    "edit": "Sửa",
    "withdraw": "Gỡ",
    "find": "Tìm bài",
    "verify": "Hỏi kết quả (Zalo)",
    "measure": "Lấy số liệu",
    "token": "Khóa truy cập",
    "connect": "Kết nối",
    "broadcast": "Gửi người quan tâm (Zalo)",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def add_routes(app: web.Application, simulator: Simulator) -> None:
    screens = Screens(simulator)
    routes: list[tuple[str, str, Handler]] = [
        ("GET", "/", screens.home),
        ("GET", "/pages/", screens.page_list),
        ("GET", "/pages/new/", screens.new_page),
        ("POST", "/pages/new/", screens.create_page),
        ("GET", "/pages/{platform}/{page}/", screens.show_page),
        ("GET", "/pages/{platform}/{page}/avatar.svg", screens.avatar),
        ("POST", "/pages/{platform}/{page}/post/", screens.post_by_hand),
        ("POST", "/pages/{platform}/{page}/bot/", screens.change_bot),
        ("GET", "/pages/{platform}/{page}/posts/{post}/", screens.show_post),
        ("GET", "/t.me/{page}", screens.show_page),
        ("GET", "/t.me/{page}/{post}", screens.show_post),
        ("GET", "/t.me/c/{page}/{post}", screens.show_post),
        ("GET", "/media/{digest}", screens.media),
        ("GET", "/faults/", screens.fault_list),
        ("POST", "/faults/", screens.add_fault),
        ("POST", "/faults/{id}/delete/", screens.delete_fault),
        ("GET", "/facebook/www/{version}/dialog/oauth", screens.facebook_dialog),
        ("POST", "/facebook/www/{version}/dialog/oauth", screens.facebook_decision),
        ("GET", "/instagram/www/oauth/authorize", screens.account_consent),
        ("POST", "/instagram/www/oauth/authorize", screens.account_decision),
        ("GET", "/threads/www/oauth/authorize", screens.account_consent),
        ("POST", "/threads/www/oauth/authorize", screens.account_decision),
        ("GET", "/instagram/www/{page}/", screens.show_page),
        ("GET", "/threads/www/@{page}", screens.show_page),
        ("GET", "/zalo/oauth/v4/oa/permission", screens.zalo_consent),
        ("POST", "/zalo/oauth/v4/oa/permission", screens.zalo_decision),
    ]
    for method, path, handler in routes:
        app.router.add_route(method, path, handler)
    app.router.add_static("/static/", STATIC)


def host_of(request: web.Request) -> str:
    """Whose host a path stands for. Literal in the routes: the router asks "/threads/…" before "/{platform}/…"."""
    return request.path.split("/")[1]


def when(moment: float) -> str:
    return datetime.fromtimestamp(moment, HANOI).strftime("%H:%M %d/%m/%Y")


def number(value: int) -> str:
    return f"{value:,}".replace(",", ".")


def linked(text: str) -> Html:
    """Plain text with its addresses made links."""
    return Html(
        re.sub(
            r"https?://[^\s<>&\"']+", lambda found: f'<a href="{found[0]}" rel="nofollow">{found[0]}</a>', escape(text)
        )
    )


def options(choices: dict[str, str], chosen: str = "") -> Html:
    return joined(
        [
            Html(f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(label)}</option>')
            for value, label in choices.items()
        ]
    )


def message(title: str, text: str, status: int = 400) -> web.Response:
    return page("message", title, status, text=text)


def see_other(url: str, **query: str) -> web.Response:
    """Sends the browser on, with what is told added to the query the address has already."""
    if query:
        url += ("&" if "?" in url else "?") + urlencode(query)
    return web.Response(status=303, headers={"Location": url})


def video_card(post: Post) -> Html:
    """A video whose bytes nobody kept: its own picture if it has one, how long it plays and how large it is."""
    thumbnail, seconds = post.details.get("thumbnail", ""), int(post.details["seconds"])
    length = f"{seconds // 60}:{seconds % 60:02} · " if seconds else ""
    picture = fragment("picture", url=f"/media/{thumbnail}", alt=post.title) if thumbnail else Html()
    size = f"{max(1, post.pictures[0].size // 1024):,} KB".replace(",", ".")
    return joined([picture, fragment("video_card", length=length, size=size)])


class Screens:
    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator

    @property
    def world(self) -> Any:
        return self.simulator.world

    # Residents

    async def home(self, request: web.Request) -> web.Response:
        return see_other("/pages/")

    async def page_list(self, request: web.Request) -> web.Response:
        query, platform = request.query.get("q", "").strip(), request.query.get("platform", "")
        words = fold(query).split()
        found = [
            each
            for each in self.world.all_pages(platform)
            if not words or all(word in fold(f"{each.name} {each.username} {each.external_id}") for word in words)
        ]
        found.sort(key=lambda each: max((post.published_at for post in each.posts.values()), default=0), reverse=True)
        start, more = self.screen(request, len(found), PAGES_A_SCREEN, q=query, platform=platform)
        rows = [
            fragment(
                "page_row",
                url=f"/pages/{each.platform}/{each.external_id}/",
                name=each.name,
                platform=NAMES[each.platform],
                kind=each.platform,
                followers=number(growth.followers(each, self.world.world())),
                posts=number(len(self.world.visible_posts(each))),
            )
            for each in found[start : start + PAGES_A_SCREEN]
        ]
        empty = fragment("empty", text="Chưa có trang nào khớp. Có thể tạo trang mới để thử.")
        return page(
            "page_list",
            "Các trang trên mạng xã hội mô phỏng",
            query=query,
            platforms=options({"": "Mọi nền tảng"} | NAMES, platform),
            total=number(len(found)),
            rows=joined(rows) or empty,
            more=more,
        )

    def screen(self, request: web.Request, total: int, size: int, **query: str) -> tuple[int, Html]:
        """Where this screen of a list begins, and the links to its neighbours."""
        at = int(request.query.get("trang", "1")) if request.query.get("trang", "1").isdecimal() else 1
        start = (max(at, 1) - 1) * size
        links = []
        for label, there, exists in (("← Trước", at - 1, start > 0), ("Sau →", at + 1, start + size < total)):
            if exists:
                links.append(fragment("more", url="?" + urlencode({**query, "trang": there}), label=label))
        return start, joined(links)

    def find_page(self, request: web.Request) -> Page:
        name = request.match_info["page"]
        if request.path.startswith("/t.me/c/"):
            name = f"-100{name}"
        platform = request.match_info.get("platform") or (host_of(request) if "/www/" in request.path else "telegram")
        found = self.world.find_page(platform, name)
        if found is None:
            raise web.HTTPNotFound(text="Không có trang này.")
        return found

    async def show_page(self, request: web.Request) -> web.Response:
        found = self.find_page(request)
        posts = self.world.visible_posts(found)
        start, more = self.screen(request, len(posts), POSTS_A_SCREEN)
        cards = [self.card(found, post) for post in posts[start : start + POSTS_A_SCREEN]]
        link = f"/pages/{found.platform}/{found.external_id}/"
        return page(
            "page",
            found.name,
            platform=NAMES[found.platform],
            kind=found.platform,
            username=found.username,
            external_id=found.external_id,
            avatar=f"{link}avatar.svg",
            followers=number(growth.followers(found, self.world.world())),
            people="người đăng ký"
            if found.platform == "telegram"
            else "người theo dõi"
            if found.platform != "zalo"
            else "người quan tâm",
            posts=joined(cards) or fragment("empty", text="Trang chưa đăng bài nào."),
            more=more,
            post_url=f"{link}post/",
            bot=self.bot_box(found, link),
        )

    @staticmethod
    def bot_box(found: Page, link: str) -> Html:
        if found.platform != "telegram":
            return Html()
        inside = found.details["bot"]["status"] == "administrator"
        return fragment(
            "bot_box",
            url=f"{link}bot/",
            state="Bot đang là quản trị viên của kênh." if inside else "Bot không ở trong kênh.",
            status="kicked" if inside else "administrator",
            label="Đưa bot ra khỏi kênh" if inside else "Thêm bot làm quản trị viên",
        )

    def card(self, found: Page, post: Post, heading: str = "h2") -> Html:
        link = f"/pages/{found.platform}/{found.external_id}/"
        return fragment(
            "post_card",
            avatar=f"{link}avatar.svg",
            name=found.name,
            url=f"{link}posts/{post.id}/",
            time=when(post.published_at),
            edited=" · đã chỉnh sửa" if post.edited_at and found.platform != "zalo" else "",
            heading=Html(f"<{heading}>{escape(post.title)}</{heading}>") if post.title else Html(),
            text=self.text(found, post),
            pictures=self.pictures(post),
            link=fragment("link_card", url=post.link, label=post.link)
            if post.link.startswith(("http://", "https://"))
            else Html(),
            counters=self.counters(found, post),
        )

    @staticmethod
    def text(found: Page, post: Post) -> Html:
        if found.platform == "zalo":
            blocks = [cleaned(block["content"]) for block in post.details.get("body", []) if block["type"] == "text"]
            return joined([fragment("lead", text=post.details.get("description", "")), *blocks])
        if found.platform == "telegram" and post.details["entities"]:
            return fragment("lines", text=Html(telegram.as_html(post.text, post.details["entities"], escape)))
        return fragment("lines", text=linked(post.text))

    @staticmethod
    def pictures(post: Post) -> Html:
        removed = post.details.get("removed", [])
        shown = [
            picture
            for at, picture in enumerate(post.pictures)
            if not (at < len(post.message_ids) and post.message_ids[at] in removed)
        ]
        if "seconds" in post.details and post.pictures[0].kind == "video":
            return video_card(post)
        kinds = {"image": "picture", "video": "video"}
        return joined(
            [
                fragment(kinds.get(each.kind, "file"), url=f"/media/{each.sha256}", alt=each.alt or each.caption)
                for each in shown
            ]
        )

    def counters(self, found: Page, post: Post) -> Html:
        """What each platform shows to everybody; the rest is told to the page alone."""
        counts = growth.counts(found, post, self.world.world())
        reactions = " ".join(f"{REACTIONS[kind]} {number(total)}" for kind, total in counts.reactions.items() if total)
        match found.platform:
            case "facebook":
                told = [reactions, f"{number(counts.comments)} bình luận", f"{number(counts.shares)} lượt chia sẻ"]
            case "zalo":
                told = [f"{number(counts.views)} lượt xem", f"{number(counts.shares)} lượt chia sẻ"]
            case "youtube" | "tiktok":
                told = [f"{number(counts.views)} lượt xem", f"♥ {number(counts.all_reactions)}"]
            case "instagram" | "threads":
                told = [f"♥ {number(counts.all_reactions)}", f"{number(counts.comments)} bình luận"]
            case _:
                told = [f"👁 {number(counts.views)}", reactions]
        return joined([fragment("counter", text=text) for text in told if text])

    async def show_post(self, request: web.Request) -> web.Response:
        found = self.find_page(request)
        wanted = request.match_info["post"]
        post = found.posts.get(found.message_ids.get(wanted, wanted))
        if post is None or not post.visible(self.world.world()):
            return message("Nội dung không hiển thị", "Bài viết không tồn tại, đã được gỡ hoặc chưa đăng.", 404)
        link = f"/pages/{found.platform}/{found.external_id}/"
        return page("post", post.title or found.name, card=self.card(found, post, "h1"), page_url=link, name=found.name)

    async def avatar(self, request: web.Request) -> web.Response:
        found = self.find_page(request)
        hue = int(growth.chance(found.external_id) * 360)
        initial = escape((found.name.split() or ["?"])[-1][0].upper())
        svg = (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 50 50" width="50" height="50">'
            f'<rect width="50" height="50" rx="25" fill="hsl({hue} 45% 35%)"/><text x="25" y="33" fill="#fff" '
            f'font-family="sans-serif" font-size="24" text-anchor="middle">{initial}</text></svg>'
        )
        return web.Response(text=svg, content_type="image/svg+xml")

    async def media(self, request: web.Request) -> web.Response:
        data = self.world.media.get(request.match_info["digest"])
        if data is None:
            raise web.HTTPNotFound(text="Không có tệp này.")
        headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
        return web.Response(body=data, content_type=images.kind_of(data) or "application/octet-stream", headers=headers)

    # The owner of a page, in the platform's own app

    async def new_page(self, request: web.Request) -> web.Response:
        return page(
            "new_page",
            "Tạo trang để thử",
            platforms=options(NAMES),
            error="",
            name="",
            username="",
            back=request.query.get("back", ""),
        )

    async def create_page(self, request: web.Request) -> web.Response:
        form = await request.post()
        platform, name = str(form.get("platform", "")), str(form.get("name", "")).strip()
        username, back = str(form.get("username", "")).strip(), str(form.get("back", ""))
        try:
            if platform not in PLATFORMS or not name:
                raise Mistake("Hãy chọn nền tảng và nhập tên trang.")
            if username and not re.fullmatch(r"[A-Za-z0-9_.]{3,50}", username):
                raise Mistake("Tên ngắn chỉ gồm chữ không dấu, số, dấu chấm và gạch dưới, từ 3 ký tự.")
            created = self.world.new_page(platform, name, username=username)
        except Mistake as error:
            return page(
                "new_page",
                "Tạo trang để thử",
                400,
                platforms=options(NAMES, platform),
                error=str(error),
                name=name,
                username=username,
                back=back,
            )
        local = back.startswith("/") and not back.startswith("//")
        return see_other(back if local else f"/pages/{platform}/{created.external_id}/")

    async def post_by_hand(self, request: web.Request) -> web.Response:
        from simulator.control import compose

        found = self.find_page(request)
        text = str((await request.post()).get("message", "")).strip()
        if text:
            compose(self.simulator, found, text, by_person=True)
        return see_other(f"/pages/{found.platform}/{found.external_id}/")

    async def change_bot(self, request: web.Request) -> web.Response:
        found = self.find_page(request)
        status = str((await request.post()).get("status", ""))
        if found.platform == "telegram" and status in ("administrator", "kicked"):
            self.simulator.telegram.change_bot(found, status)
        return see_other(f"/pages/{found.platform}/{found.external_id}/")

    # Consent

    def choose_account(self, request: web.Request, platform: str) -> web.Response:
        """First step of either consent page: who is signed in. Each choice is this address with the account added."""
        query = request.query.get("q", "").strip()
        words = fold(query).split()
        people = [
            user
            for user in self.world.users.values()
            if user.platform == platform and all(word in fold(self.person_text(user)) for word in words)
        ]
        kept = {name: value for name, value in request.query.items() if name not in ("q", "account")}
        rows = [
            fragment(
                "account_row",
                url="?" + urlencode({**kept, "account": user.id}),
                name=user.name,
                pages=f"{len(user.pages)} trang"
                if len(user.pages) != 1
                else self.page_name(platform, next(iter(user.pages))),
            )
            for user in people[:ACCOUNTS_A_SCREEN]
        ]
        hidden = joined([fragment("hidden", name=name, value=value) for name, value in kept.items()])
        return page(
            "choose_account",
            f"Đăng nhập {NAMES[platform]}",
            query=query,
            hidden=hidden,
            rows=joined(rows) or fragment("empty", text="Chưa có tài khoản nào khớp."),
            new_url="/pages/new/?" + urlencode({"back": request.path_qs}),
        )

    def person_text(self, user: User) -> str:
        return " ".join([user.name, user.id, *(self.page_name(user.platform, each) for each in list(user.pages)[:200])])

    def page_name(self, platform: str, external_id: str) -> str:
        found = self.world.pages[platform].get(external_id)
        return found.name if found else external_id

    def account(self, request: web.Request, given: str, platform: str) -> User | None:
        user = self.world.users.get(given)
        return user if user and user.platform == platform else None

    def facebook_mistake(self, request: web.Request) -> web.Response | None:
        if request.query.get("client_id") not in FACEBOOK_APPS:
            return message("Ứng dụng không hợp lệ", "Invalid App ID: client_id không phải của ứng dụng nào.")
        if not request.query.get("redirect_uri", "").startswith(("http://", "https://")):
            return message("Địa chỉ không hợp lệ", "URL Blocked: redirect_uri thiếu hoặc không phải địa chỉ web.")
        return None

    async def facebook_dialog(self, request: web.Request) -> web.Response:
        if mistake := self.facebook_mistake(request):
            return mistake
        user = self.account(request, request.query.get("account", ""), "facebook")
        if user is None:
            return self.choose_account(request, "facebook")
        scopes = [
            fragment("check", name="scope", value=scope, label=SCOPES.get(scope, scope), note=scope)
            for scope in Facebook.scopes_asked(request.query.get("scope", ""))
        ]
        rows = [
            fragment("check", name="page", value=each, label=self.page_name("facebook", each), note=each)
            for each in user.pages
        ]
        return page(
            "facebook_dialog",
            "Cho phép ứng dụng truy cập",
            user=user.name,
            account=user.id,
            action=request.path_qs,
            scopes=joined(scopes),
            pages=joined(rows) or fragment("empty", text="Tài khoản này chưa quản lý Trang nào."),
        )

    async def facebook_decision(self, request: web.Request) -> web.Response:
        """Allowed: a code for what was ticked. Cancelled: the error parameters. A fragment comes along, as it does."""
        if mistake := self.facebook_mistake(request):
            return mistake
        form = await request.post()
        back, state = request.query["redirect_uri"], request.query.get("state", "")
        user = self.account(request, str(form.get("account", "")), "facebook")
        if form.get("decision") != "allow" or user is None:
            return see_other(
                back,
                error="access_denied",
                error_reason="user_denied",
                error_description="Permissions error",
                state=state,
            )
        asked = Facebook.scopes_asked(request.query.get("scope", ""))
        ticked = form.getall("scope", [])
        code = self.simulator.facebook.new_code(
            app=request.query["client_id"],
            user=user.id,
            redirect_uri=back,
            scopes=[scope for scope in asked if scope in ticked],
            declined=[scope for scope in asked if scope not in ticked],
            pages=[each for each in user.pages if each in form.getall("page", [])],
            # Facebook lets people tick pages for each right: `only pages_manage_posts` names those of this one.
            only={name[5:]: [str(each) for each in form.getall(name)] for name in form if name.startswith("only ")},
        )
        answer = see_other(back, code=code, state=state)
        answer.headers["Location"] += "#_=_"
        return answer

    # Instagram and Threads: one account a person, so only the scopes can be chosen

    def account_mistake(self, request: web.Request) -> web.Response | None:
        stand_in = getattr(self.simulator, host_of(request))
        if request.query.get("client_id") not in stand_in.apps or request.query.get("response_type") != "code":
            return message("Ứng dụng không hợp lệ", "Invalid platform app: client_id hoặc response_type không đúng.")
        if not request.query.get("redirect_uri", "").startswith(("http://", "https://")):
            return message("Địa chỉ không hợp lệ", "Invalid redirect_uri: thiếu hoặc không phải địa chỉ web.")
        return None

    async def account_consent(self, request: web.Request) -> web.Response:
        if mistake := self.account_mistake(request):
            return mistake
        platform = host_of(request)
        user = self.account(request, request.query.get("account", ""), platform)
        if user is None:
            return self.choose_account(request, platform)
        asked = getattr(self.simulator, platform).scopes_asked(request.query.get("scope", ""))
        scopes = [fragment("check", name="scope", value=scope, label=scope, note="") for scope in asked]
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
            scopes=joined(scopes),
            pages=joined(rows) or fragment("empty", text="Tài khoản này chưa có trang chuyên nghiệp nào."),
        )

    async def account_decision(self, request: web.Request) -> web.Response:
        if mistake := self.account_mistake(request):
            return mistake
        platform = host_of(request)
        form = await request.post()
        back = request.query["redirect_uri"]
        extra = {"state": request.query["state"]} if "state" in request.query else {}
        user = self.account(request, str(form.get("account", "")), platform)
        chosen = str(form.get("page", ""))
        if form.get("decision") != "allow" or user is None or chosen not in user.pages:
            said = "The user denied your request"
            return see_other(back, error="access_denied", error_reason="user_denied", error_description=said, **extra)
        stand_in = getattr(self.simulator, platform)
        asked = stand_in.scopes_asked(request.query.get("scope", ""))
        ticked = form.getall("scope", [])
        code = stand_in.new_code(
            app=request.query["client_id"],
            user=user.id,
            page=chosen,
            redirect_uri=back,
            scopes=[scope for scope in asked if scope in ticked],
        )
        answer = see_other(back, code=code, **extra)
        answer.headers["Location"] += "#_"
        return answer

    def zalo_mistake(self, request: web.Request) -> web.Response | None:
        error = self.simulator.zalo.consent_error(dict(request.query))
        return message("Không thể cấp quyền", f"{error[0]}: {error[1]}") if error else None

    async def zalo_consent(self, request: web.Request) -> web.Response:
        if mistake := self.zalo_mistake(request):
            return mistake
        user = self.account(request, request.query.get("account", ""), "zalo")
        if user is None:
            return self.choose_account(request, "zalo")
        rows = [
            fragment("radio", name="page", value=each, label=self.page_name("zalo", each), note=each)
            for each in user.pages
        ]
        return page(
            "zalo_consent",
            "Cấp quyền cho ứng dụng",
            user=user.name,
            account=user.id,
            action=request.path_qs,
            pages=joined(rows) or fragment("empty", text="Tài khoản này chưa quản trị OA nào."),
        )

    async def zalo_decision(self, request: web.Request) -> web.Response:
        if mistake := self.zalo_mistake(request):
            return mistake
        form = await request.post()
        back = request.query["redirect_uri"]
        extra = {"state": request.query["state"]} if "state" in request.query else {}
        user = self.account(request, str(form.get("account", "")), "zalo")
        chosen = str(form.get("page", ""))
        if form.get("decision") != "allow" or user is None:
            return see_other(back, error="-14004", error_reason="user_denied", **extra)
        if chosen not in user.pages:
            return message("Chưa chọn OA", "Hãy quay lại và chọn một Official Account mà tài khoản này quản trị.")
        code = self.simulator.zalo.new_code(
            app=request.query["app_id"], user=user.id, page=chosen, code_challenge=request.query["code_challenge"]
        )
        return see_other(back, code=code, oa_id=chosen, **extra)

    # Faults

    async def fault_list(self, request: web.Request, error: str = "") -> web.Response:
        rows = [
            fragment(
                "fault_row",
                url=f"/faults/{fault.id}/delete/",
                platform=NAMES[fault.platform],
                kind=KINDS[fault.kind],
                operation=OPERATIONS[fault.operation],
                page=self.page_name(fault.platform, fault.page) if fault.page else "mọi trang",
                hits=number(fault.hits),
                times=number(fault.times) if fault.times else "không giới hạn",
            )
            for fault in self.simulator.faults.listed()
        ]
        return page(
            "faults",
            "Giả lập sự cố",
            400 if error else 200,
            error=error,
            rows=joined(rows) or fragment("empty", text="Không có sự cố nào đang bật."),
            platforms=options(NAMES),
            kinds=options(KINDS),
            operations=options(OPERATIONS),
        )

    async def add_fault(self, request: web.Request) -> web.Response:
        form = await request.post()
        fields: dict[str, Any] = {name: str(form.get(name, "")) for name in ("platform", "kind", "operation")}
        try:
            if wanted := str(form.get("page", "")).strip():
                found = self.world.find_page(fields["platform"], wanted)
                if found is None:
                    raise Mistake("Không có trang này trên nền tảng đã chọn.")
                fields["page"] = found.external_id
            amount = float(str(form.get("amount") or 0))
            fields |= {"times": int(str(form.get("times") or 1)), "ms": amount, "seconds": amount}
            if fields["kind"] == "rate_limit" and amount:
                fields["retry_after"] = int(amount)
            if fields["kind"] in ("error_before", "error_after") and amount:
                fields["status"] = int(amount)
            if fields["kind"] == "kill_token" and amount:
                fields["subcode"] = int(amount)
            self.simulator.faults.add(**fields)
        except (Mistake, ValueError) as error:
            return await self.fault_list(request, str(error))
        return see_other("/faults/")

    async def delete_fault(self, request: web.Request) -> web.Response:
        if request.match_info["id"].isdecimal():
            self.simulator.faults.clear(int(request.match_info["id"]))
        return see_other("/faults/")
