"""An approver signs a post: by a touch on their own passkey, or with a one-time code where there is
none.
"""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse

from accounts.permissions import Role
from posts.models import Signature, SignedList
from posts.review.approvals import Method
from posts.review.queries import approved_channels
from posts.states import PostState
from tests import factories
from tests.journeys.conftest import DESK, PHONE
from tests.journeys.test_second_factor import type_password, with_authenticator

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def post():
    cache.clear()
    return factories.submitted()


def wait_for_approval(post):
    post.refresh_from_db()
    assert post.state == PostState.APPROVED
    assert post.approved_revision.public_id in approved_channels({post.approved_revision.public_id})
    return Signature.objects.get()


def add_passkey(page):
    page.wait_for_url("**/webauthn/add/")  # with its script, which the button needs
    page.fill("input[name=name]", "Điện thoại của tôi")
    page.click("#mfa_webauthn_add")
    page.wait_for_url(lambda url: "/webauthn/add/" not in url)


def approve(page):
    page.locator("[data-approve]:visible:enabled").first.click()


def test_a_chief_signs_a_post_with_two_taps_and_a_touch(at_desk, post):
    chief = factories.person(Role.APPROVER, post.unit, factor=False)
    desk = at_desk(size=PHONE)
    page = desk.page
    with_authenticator(desk)
    type_password(desk, chief)
    page.wait_for_url("**/second-factor/")
    page.locator("a[href$='/webauthn/add/']").click()
    add_passkey(page)

    desk.open(reverse("publishing:review_queue"))
    page.locator(".review-title").click()
    page.wait_for_url(
        "**/review/*/"
    )  # with its script, which keeps the button disabled for a moment
    approve(page)
    page.locator("[data-decided]").wait_for()

    assert wait_for_approval(post).method == Method.PASSKEY
    assert desk.complaints == []


def test_a_code_typed_a_moment_ago_signs_where_there_is_no_passkey(at_desk, post):
    chief = factories.person(Role.APPROVER, post.unit)
    desk = at_desk(chief, PHONE)
    page = desk.page
    desk.open(reverse("publishing:review", args=[post.public_id]))

    approve(page)
    page.locator("[data-decided]").wait_for()

    assert wait_for_approval(post).method == Method.CODE
    assert desk.complaints == []


def test_a_touch_that_fails_approves_nothing_and_a_typed_code_then_does(
    at_desk, post, proof_grows_old
):
    chief = factories.person(Role.APPROVER, post.unit)
    desk = at_desk(chief, PHONE)
    page = desk.page
    know_nobody = with_authenticator(desk)
    desk.open(reverse("mfa_add_webauthn"))
    add_passkey(page)
    know_nobody()
    proof_grows_old(chief)
    desk.open(reverse("publishing:review", args=[post.public_id]))

    approve(page)
    page.locator("[data-by-code]").wait_for()
    post.refresh_from_db()
    assert (post.state, Signature.objects.count()) == (PostState.IN_REVIEW, 0)
    assert (desk.overflow(), desk.accessibility()) == (0, [])

    page.click("[data-by-code]")
    page.wait_for_url("**/2fa/reauthenticate/**")
    page.fill("input[name=code]", factories.code())
    page.press("input[name=code]", "Enter")
    page.wait_for_url("**/confirmed/")
    page.locator("main form button[type=submit]").click()
    page.locator("[data-decided]").wait_for()

    assert wait_for_approval(post).method == Method.CODE
    assert desk.complaints == []


@pytest.fixture
def queue(post, monkeypatch):
    monkeypatch.setattr(
        "core.form_marks.SHORTEST_READING", timedelta(0)
    )  # a list that has stood for a while
    return [post, *(factories.submitted(unit=post.unit) for _n in range(2))]


def choose_all(desk, queue):
    """Read each post, then choose all of them in the list."""
    for post in queue:
        desk.open(reverse("publishing:review", args=[post.public_id]))
    desk.open(reverse("publishing:review_queue"))
    for box in desk.page.locator(".row-check").all():
        box.check()


def approve_chosen(desk):
    desk.page.locator("[data-bulk] button[data-confirm]").click()
    desk.page.locator("#confirm-yes").click()


def proved(queue):
    """Return the methods by which the posts of the queue are approved, those alone that are
    proved.
    """
    found = Signature.objects.filter(review__revision__post__in=queue)
    revisions = set(found.values_list("review__revision__public_id", flat=True))
    assert revisions == set(approved_channels(revisions))
    return sorted(found.values_list("method", flat=True))


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_chief_signs_all_chosen_posts_with_one_touch(at_desk, queue, size):
    chief = factories.person(Role.APPROVER, queue[0].unit)
    desk = at_desk(chief, size)
    with_authenticator(desk)
    desk.open(reverse("mfa_add_webauthn"))
    add_passkey(desk.page)
    choose_all(desk, queue)
    assert (desk.overflow(), desk.accessibility()) == (0, [])

    approve_chosen(desk)
    desk.page.locator(".alert-success").wait_for()

    assert proved(queue) == [Method.PASSKEY] * 3
    assert SignedList.objects.count() == 1
    assert desk.complaints == []


def test_a_touch_over_the_list_that_fails_approves_nothing_and_a_typed_code_then_does(
    at_desk, queue, proof_grows_old
):
    chief = factories.person(Role.APPROVER, queue[0].unit)
    desk = at_desk(chief, PHONE)
    page = desk.page
    know_nobody = with_authenticator(desk)
    desk.open(reverse("mfa_add_webauthn"))
    add_passkey(page)
    know_nobody()
    proof_grows_old(chief)
    choose_all(desk, queue)

    approve_chosen(desk)
    page.locator("[data-by-code]").wait_for()
    assert page.evaluate("document.activeElement.dataset.byCode") == ""
    assert (desk.overflow(), desk.accessibility()) == (0, [])
    assert proved(queue) == []

    page.keyboard.press("Enter")
    page.wait_for_url("**/2fa/reauthenticate/**")
    page.fill("input[name=code]", factories.code())
    page.press("input[name=code]", "Enter")
    page.wait_for_url("**/confirmed/")
    page.locator("main form button[type=submit]").click()
    page.locator(".alert-success").wait_for()

    assert proved(queue) == [Method.CODE] * 3
    assert desk.complaints == []


def test_without_javascript_the_chosen_posts_are_approved_by_a_code(at_desk, queue):
    chief = factories.person(Role.APPROVER, queue[0].unit)
    desk = at_desk(chief, PHONE, java_script_enabled=False)
    choose_all(desk, queue)

    desk.page.locator("[data-bulk] button[data-confirm]").click()
    desk.page.locator(".alert-success").wait_for()

    assert proved(queue) == [Method.CODE] * 3
