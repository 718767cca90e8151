"""From the button on the sign-in page over the ministry's server and back, in a browser, at a real
server.
"""

import oidc_provider_mock
import pytest
from django.core.cache import cache

from accounts.permissions import Role
from tests import factories
from tests.accounts.conftest import linked
from tests.journeys.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def ministry(settings, monkeypatch):
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    cache.clear()
    users = [oidc_provider_mock.User(sub="s-1", claims={"name": "Trần Thị Bình", "acr": "mfa"})]
    with oidc_provider_mock.run_server_in_thread(user_claims=users, require_nonce=True) as server:
        settings.OIDC_ISSUER = f"http://localhost:{server.server_port}"
        settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = "portal", "secret"
        settings.OIDC_ACR = ["mfa"]
        yield settings.OIDC_ISSUER


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_an_approver_signs_in_by_the_ministry_and_leaves_both(at_desk, ministry, scripts):
    approver = factories.person(Role.APPROVER)
    linked(approver, ministry)
    desk = at_desk(size=PHONE if scripts else DESK, java_script_enabled=scripts)
    page = desk.page
    # The server's own pages fetch a style sheet from elsewhere.
    page.context.route("https://cdn.jsdelivr.net/**", lambda route: route.fulfill(body=""))
    desk.open("/posts/")
    page.get_by_role("button", name="Đăng nhập bằng tài khoản của Bộ").click()
    page.wait_for_url(f"{ministry}/**")  # by itself

    page.get_by_role("button", name="s-1").click()
    page.wait_for_url("**/posts/")
    assert approver.sessions.count() == 1

    desk.open("/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Đăng xuất").click()
    page.wait_for_url("**/ministry/signed-out/")
    page.get_by_role("link", name="Đăng xuất khỏi hệ thống của Bộ").click()
    page.wait_for_url(f"{ministry}/oauth2/end_session?**")
    assert approver.sessions.count() == 0
    assert desk.complaints == []
