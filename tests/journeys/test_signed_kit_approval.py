"""A leader signs the approval of a kit: by a touch on their own passkey, without a mouse."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.permissions import Role
from campaigns.kits.seals import is_sealed
from campaigns.kits.states import VersionState
from posts.review.approvals import Method
from tests import factories
from tests.journeys.conftest import DESK, PHONE
from tests.journeys.test_keyboard import tab_to
from tests.journeys.test_second_factor import with_authenticator
from tests.journeys.test_signed_approval import add_passkey

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
APPROVE = ".action-bar .btn-primary"


@pytest.fixture
def kit(monkeypatch):
    monkeypatch.setattr(
        "core.form_marks.SHORTEST_READING", timedelta(0)
    )  # a page that has stood for a while
    province = factories.ProvinceFactory()
    factories.UnitFactory(parent=province)
    return factories.kit(province, state="in_review")


def at_the_kit(desk, kit):
    """Give the leader a passkey, and let the fingerprint reader forget its owner on request."""
    know_nobody = with_authenticator(desk)
    desk.open(reverse("mfa_add_webauthn"))
    add_passkey(desk.page)
    desk.open(reverse("kits:approve", args=[kit.public_id]))
    return know_nobody


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_leader_signs_a_kit_by_keyboard_and_a_touch(at_desk, kit, size):
    desk = at_desk(factories.person(Role.OVERSEER, kit.unit), size)
    page = desk.page
    at_the_kit(desk, kit)
    assert (desk.overflow(), desk.accessibility()) == (0, [])

    tab_to(page, APPROVE)
    page.keyboard.press("Enter")
    page.wait_for_url("**/" + reverse("kits:kit", args=[kit.public_id]).lstrip("/"))

    version = kit.versions.get()
    assert (version.state, version.method) == (VersionState.APPROVED, Method.PASSKEY)
    assert is_sealed(version)
    assert desk.complaints == []


def test_a_touch_that_fails_approves_no_kit_and_a_typed_code_then_does(
    at_desk, kit, proof_grows_old
):
    leader = factories.person(Role.OVERSEER, kit.unit)
    desk = at_desk(leader, PHONE)
    page = desk.page
    know_nobody = at_the_kit(desk, kit)
    know_nobody()
    proof_grows_old(leader)

    tab_to(page, APPROVE)
    page.keyboard.press("Enter")
    page.locator("[data-by-code]").wait_for()
    assert kit.versions.get().state == VersionState.IN_REVIEW
    assert page.evaluate("document.activeElement.dataset.byCode") == ""
    assert (desk.overflow(), desk.accessibility()) == (0, [])

    page.keyboard.press("Enter")
    page.wait_for_url("**/2fa/reauthenticate/**")
    page.fill("input[name=code]", factories.code())
    page.press("input[name=code]", "Enter")
    page.wait_for_url("**/confirmed/")
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/" + reverse("kits:kit", args=[kit.public_id]).lstrip("/"))

    version = kit.versions.get()
    assert (version.state, version.method) == (VersionState.APPROVED, Method.CODE)
    assert desk.complaints == []


def test_a_press_before_the_script_runs_approves_nothing(at_desk, kit):
    desk = at_desk(factories.person(Role.OVERSEER, kit.unit), PHONE)
    page = desk.page
    at_the_kit(desk, kit)
    waiting, sent = [], []
    page.route("**/review/passkey*.js", lambda route: waiting.append(route))
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    page.reload(wait_until="commit")

    page.locator(APPROVE).click(no_wait_after=True)
    assert sent == []

    waiting[0].continue_()
    page.wait_for_load_state()
    page.locator(APPROVE).click()
    page.wait_for_url("**/" + reverse("kits:kit", args=[kit.public_id]).lstrip("/"))
    assert kit.versions.get().method == Method.PASSKEY
    assert desk.complaints == []


def test_a_press_too_soon_is_answered_and_not_approved_by_the_code_of_the_sign_in(
    at_desk, kit, monkeypatch
):
    desk = at_desk(factories.person(Role.OVERSEER, kit.unit), PHONE)
    page = desk.page
    at_the_kit(desk, kit)
    monkeypatch.setattr("core.form_marks.SHORTEST_READING", timedelta(hours=1))

    page.locator(APPROVE).click()
    page.locator(".portal-toast, .alert").first.wait_for()

    version = kit.versions.get()
    assert (version.state, version.method) == (VersionState.IN_REVIEW, "")
