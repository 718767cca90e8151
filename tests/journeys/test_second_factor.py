"""A leader's first sign-in: the second factor is set up, with a passkey or with an app, and from
then on used.
"""

import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import expect

from accounts.permissions import Role
from tests import factories
from tests.journeys.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])


@pytest.fixture
def leader():
    cache.clear()
    return factories.person(Role.ADMINISTRATOR, factories.ministry(), factor=False)


def with_authenticator(desk):
    """Add the fingerprint reader of the person's own device, which lets its owner in until the
    returned call."""
    session = desk.page.context.new_cdp_session(desk.page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    reader = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    def know_nobody():
        session.send("WebAuthn.setUserVerified", {**reader, "isUserVerified": False})

    return know_nobody


def type_password(desk, person):
    desk.open("/accounts/login/")
    desk.page.fill("input[name=login]", person.username)
    desk.page.fill("input[name=password]", factories.PASSWORD)
    desk.page.press("input[name=password]", "Enter")


def forget_session(desk):
    """End the session of the first sign-in: the browser has forgotten it."""
    desk.page.context.clear_cookies()
    desk.open("/accounts/login/")


@SIZES
def test_a_passkey_is_set_up_and_signs_in_by_itself(at_desk, leader, size, proof_grows_old):
    desk = at_desk(size=size)
    page = desk.page
    with_authenticator(desk)
    type_password(desk, leader)
    page.wait_for_url("**/second-factor/")
    assert (desk.overflow(), desk.accessibility()) == (0, [])

    page.locator("a[href$='/webauthn/add/']").click()
    page.wait_for_url("**/webauthn/add/")  # with its script, which the button needs
    page.fill("input[name=name]", "Điện thoại của tôi")
    page.click("#mfa_webauthn_add")
    page.wait_for_url("**/accounts/2fa/")
    assert (desk.overflow(), desk.accessibility()) == (0, [])
    page.locator("form[action$='/recovery-codes/'] button").press("Enter")
    page.wait_for_url("**/recovery-codes/")
    assert page.locator("#recovery-codes li").count() == 10
    assert (
        "secure location" not in page.content()
    )  # the library's own words, which nobody translated
    assert (desk.overflow(), desk.accessibility()) == (0, [])
    page.locator("main a[href='/']").click()
    page.wait_for_url(desk.url + "/")
    assert [row.wrap().name for row in leader.authenticator_set.filter(type="webauthn")] == [
        "Điện thoại của tôi"
    ]

    forget_session(desk)
    page.click("#passkey_login")
    page.wait_for_url(desk.url + "/")

    proof_grows_old(leader)
    desk.open(reverse("accounts:invite"))
    page.wait_for_url("**/webauthn/reauthenticate/")
    assert (desk.overflow(), desk.accessibility()) == (0, [])
    page.click("#mfa_webauthn_reauthenticate")
    page.wait_for_url("**" + reverse("accounts:invite"))
    assert desk.complaints == []


@SIZES
def test_an_app_is_set_up_by_keyboard_and_its_code_is_asked_for(
    at_desk, leader, size, proof_grows_old
):
    desk = at_desk(size=size)
    page = desk.page
    type_password(desk, leader)
    page.wait_for_url("**/second-factor/")
    page.locator("a[href$='/totp/activate/']").press("Enter")
    page.wait_for_url("**/totp/activate/")
    page.locator("summary").press("Enter")
    secret = page.locator(".factor-key").inner_text()
    assert page.locator(".factor-qr").evaluate("picture => picture.naturalWidth") > 0
    assert (desk.overflow(), desk.accessibility()) == (0, [])
    page.fill("input[name=code]", factories.code(secret))
    page.press("input[name=code]", "Enter")
    page.wait_for_url("**/accounts/2fa/")

    forget_session(desk)
    type_password(desk, leader)
    page.wait_for_url("**/2fa/authenticate/")
    assert (desk.overflow(), desk.accessibility()) == (0, [])
    page.fill("input[name=code]", factories.code(secret))
    page.press("input[name=code]", "Enter")
    page.wait_for_url(desk.url + "/")

    officer = factories.person(Role.OFFICER)
    desk.open(reverse("accounts:person", args=[officer.public_id]))
    proof_grows_old(leader)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    form = f"form[action='{reverse('accounts:disable', args=[officer.public_id])}']"
    page.locator(f"{form} [name=reason]").fill("Nghỉ việc từ hôm nay")
    page.locator(f"{form} button").press("Enter")
    if page.locator("dialog[open] button[value=yes]").count():
        page.locator("dialog[open] button[value=yes]").click()
    page.wait_for_url("**/2fa/reauthenticate/**")
    page.fill("input[name=code]", factories.code(secret))
    page.press("input[name=code]", "Enter")
    page.wait_for_url("**/confirmed/")
    assert (desk.overflow(), desk.accessibility()) == (0, [])
    page.locator("main form button[type=submit]").press("Enter")
    page.wait_for_url(f"**{reverse('accounts:person', args=[officer.public_id])}")
    officer.refresh_from_db()
    assert officer.is_active is False
    assert desk.complaints == []


def test_who_signs_in_can_look_at_the_password_typed(at_desk):
    desk = at_desk(size=PHONE)
    desk.open(reverse("account_login"))
    page = desk.page
    page.locator("input[name=password]").fill("đường về nhà")

    page.locator("[data-reveal]").click()

    expect(page.locator("input[name=password]")).to_have_attribute("type", "text")
    expect(page.locator("input[name=password]")).to_have_value("đường về nhà")
    page.locator("[data-reveal]").click()
    expect(page.locator("input[name=password]")).to_have_attribute("type", "password")
