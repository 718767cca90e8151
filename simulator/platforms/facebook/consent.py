"""Serve Facebook's login dialog: rights and pages are ticked one by one, or pages for each
right.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping

from aiohttp import web

from simulator.consent import Consent, Form
from simulator.model import Token, User
from simulator.platforms.facebook.spec import APPS, SCOPES
from simulator.rendering import redirect


class FacebookConsent(Consent):
    paths = ("/facebook/www/{version}/dialog/oauth", "/facebook/www/dialog/oauth")
    title = "Cho phép ứng dụng truy cập"
    pages_as = "check"
    none_offered = "Tài khoản này chưa quản lý Trang nào."
    labels = {
        "pages_show_list": "Xem danh sách Trang bạn quản lý",
        "pages_read_engagement": "Đọc nội dung và lượt tương tác của Trang",
        "pages_manage_posts": "Tạo, sửa và xóa bài viết của Trang",
        "pages_manage_engagement": "Quản lý bình luận của Trang",
        "pages_read_user_content": "Đọc nội dung người dùng viết trên Trang",
        "pages_manage_metadata": "Nhận thông báo về Trang",
        "read_insights": "Xem số liệu thống kê của Trang",
        "business_management": "Quản lý tài khoản doanh nghiệp",
        "openid": "Xác nhận bạn là ai",
    }

    def mistake(self, query: Mapping[str, str]) -> tuple[str, str] | None:
        if query.get("client_id") not in APPS:
            return "Ứng dụng không hợp lệ", "Invalid App ID: client_id không phải của ứng dụng nào."
        if not query.get("redirect_uri", "").startswith(("http://", "https://")):
            return (
                "Địa chỉ không hợp lệ",
                "URL Blocked: redirect_uri thiếu hoặc không phải địa chỉ web.",
            )
        return None

    def scopes_asked(self, query: Mapping[str, str]) -> list[str]:
        return [scope for scope in re.split(r"[,\s]+", query.get("scope", "")) if scope] or list(
            SCOPES
        )

    def decided(self, query: Mapping[str, str], user: User | None, form: Form) -> web.Response:
        """Send back a code for what was ticked, or the error parameters. A fragment comes along, as
        it does."""
        back, state = query["redirect_uri"], query.get("state", "")
        if user is None:
            return redirect(
                back,
                error="access_denied",
                error_reason="user_denied",
                error_description="Permissions error",
                state=state,
            )
        answer = redirect(back, code=self.new_code(query, user, form).value, state=state)
        answer.headers["Location"] += "#_=_"
        return answer

    def new_code(self, query: Mapping[str, str], user: User, form: Form) -> Token:
        """Keep what the person agreed to in the dialog, to be redeemed once within ten minutes."""
        ticked = self.ticked(query, form)
        code = Token(
            "AQD" + secrets.token_urlsafe(48),
            self.spec.name,
            "code",
            query["client_id"],
            user=user.id,
            scopes=ticked,
            declined=[scope for scope in self.scopes_asked(query) if scope not in ticked],
            pages=[page for page in user.pages if page in form.getall("page", [])],
        )
        code.expires = self.world.world() + 600
        code.bound_to = {"redirect_uri": query["redirect_uri"]}
        # Outside of OpenID Connect the real dialog drops a challenge in silence, as seen in 2026.
        if "openid" in ticked and "code_challenge" in query:
            code.bound_to |= {
                "code_challenge": query["code_challenge"],
                "code_challenge_method": query.get("code_challenge_method", "plain"),
            }
        # Facebook lets people tick pages for each right: `only pages_manage_posts` names those of
        # this one.
        for name in form:
            if name.startswith("only "):
                code.bound_to[name] = ",".join(str(choice) for choice in form.getall(name))
        self.world.codes[code.value] = code
        self.world.dirty = True
        return code
