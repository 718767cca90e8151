"""The exercises and the class as people see them, in Chromium."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import User
from posts.models import Post
from tests.journeys.conftest import DESK, PHONE
from training import progress
from training.exercises.table import EXERCISES
from training.models import Attempt

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_participant_makes_the_first_post_and_the_trainer_sees_it(
    at_desk,
    training_class,
    officer,
    trainer,
    size,
):
    desk = at_desk(officer.user, size)
    page = desk.page
    desk.open(reverse("training:exercises"))
    page.get_by_role("link", name="Bài đầu tiên").click()
    page.get_by_role("button", name="Bắt đầu bài tập").click()
    page.get_by_role("button", name="Xem gợi ý").click()
    page.get_by_role("link", name="Soạn bài", exact=True).last.click()
    page.fill("#id_title", "Không chuyển tiền qua điện thoại")
    page.wait_for_url("**/edit/")  # the first save gives the post its address
    page.fill("#id_body", "Có kẻ xưng là cán bộ, giục chuyển tiền. Nghi ngờ, bà con gọi trực ban.")
    desk.open_chip("topic")
    page.locator("#at-topic .choice").first.click()
    desk.saved()
    page.locator("button[value=submit]").click()
    page.wait_for_url(lambda url: "/edit/" not in url)
    assert Post.objects.get().state == "in_review"

    watching = at_desk(trainer, size)
    watching.open(reverse("training:class", args=[training_class.public_id]))
    expect(watching.page.get_by_role("img", name="Đã xong")).to_be_visible()
    expect(watching.page.get_by_role("img", name="Số gợi ý đã mở")).to_be_visible()
    desk.open(reverse("training:exercise", args=["first-post"]))
    expect(page.locator("#state")).to_contain_text("Đã xong")
    assert desk.complaints + watching.complaints == []


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_training_fit_and_pass_axe(
    at_desk,
    training_class,
    officer,
    trainer,
    size,
    scheme,
):
    for exercise in EXERCISES.values():
        if officer.role in exercise.roles:
            attempt = progress.begin(officer, exercise)
            done = attempt.begun_at
            Attempt.objects.filter(pk=attempt.pk).update(hints=2, done_at=done)
    Attempt.objects.filter(exercise="month-report").update(done_at=None)
    pages: list[tuple[User, str]] = [
        (officer.user, reverse("training:exercises")),
        (officer.user, reverse("training:exercise", args=["returned"])),
        (officer.user, reverse("training:exercise", args=["month-report"])),
        (trainer, reverse("training:classes")),
        (trainer, reverse("training:open_class")),
        (trainer, reverse("training:class", args=[training_class.public_id])),
        (trainer, reverse("training:sign_ins", args=[training_class.public_id])),
        (trainer, reverse("training:remove_class", args=[training_class.public_id])),
    ]
    desks = {user: at_desk(user, size, color_scheme=scheme) for user in (officer.user, trainer)}
    wrong = []
    for user, address in pages:
        desk = desks[user]
        desk.open(address)
        desk.page.wait_for_load_state("load")
        if (over := desk.overflow()) > 0:
            wrong.append(f"{address}: {over} px too wide")
        wrong += [f"{address}: {violation}" for violation in desk.accessibility()]
    Attempt.objects.update(done_at=training_class.opened_at)
    desk = desks[officer.user]
    desk.open(reverse("training:certificate"))
    wrong += [f"certificate: {violation}" for violation in desk.accessibility()]

    assert wrong == []
    assert [complaint for desk in desks.values() for complaint in desk.complaints] == []
