"""From a template to a submitted post: on a phone, and without scripts."""

import pytest
from django.urls import reverse

from accounts.permissions import Role
from posts.models import Post
from tests import factories
from tests.journeys.conftest import DESK, PHONE
from units.facts import Facts, change_facts

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MOST_TAPS = 9


@pytest.fixture
def officer():
    unit = factories.UnitFactory()
    factories.ChannelFactory(unit=unit)
    facts = Facts(duty_phone="0230 3000 113", address="Số 10 đường Bình Yên")
    change_facts(unit, facts, by=factories.person(Role.APPROVER, unit))
    factories.template(
        factories.ministry(),
        title="Mời bà con làm căn cước lưu động",
        text="Lúc {gio}, tại {dia_chi}. Gọi {duong_day_nong}.\n\n{don_vi}",
        variables=[{"name": "gio", "label": "Mấy giờ", "example": "7 giờ"}],
    )
    return factories.person(Role.OFFICER, unit)


@pytest.mark.parametrize(
    ("size", "scripts"), [(PHONE, True), (DESK, False)], ids=["phone", "plain"]
)
def test_an_officer_submits_a_template_in_nine_taps(at_desk, officer, size, scripts):
    desk = at_desk(None, size, java_script_enabled=scripts)
    desk.enter(officer)
    page, taps = desk.page, 0

    def tap(target, url: str) -> None:
        nonlocal taps
        taps += 1
        target.click()
        page.wait_for_url(url)

    desk.open(reverse("posts:library"))
    tap(page.locator(".library .btn"), "**/library/*-*/")
    assert desk.overflow() == 0
    taps += 1  # into the field
    page.get_by_label("Mấy giờ").fill("7 giờ sáng thứ Bảy")
    tap(page.locator(".action-bar .btn-primary"), "**/edit/*")
    if scripts:  # where the composer has steps, the last one has the button
        taps += 1
        page.locator("button[data-step=submit]").click()
    tap(page.locator("button[value=submit]:visible").first, lambda url: "/edit/" not in url)

    post = Post.objects.get()
    assert (post.state, taps <= MOST_TAPS) == ("in_review", True)
    assert post.current_revision.content["channels"][0]["text"] == (
        "Mời bà con làm căn cước lưu động\n\n"
        "Lúc 7 giờ sáng thứ Bảy, tại Số 10 đường Bình Yên. Gọi 0230.3000.113.\n\n"
        f"{post.unit.name}"
    )
    assert desk.complaints == []
