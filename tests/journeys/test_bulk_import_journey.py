"""A month of posts from one sheet, planned and submitted in ten clicks; and on a phone without
scripts.
"""

import io
import zipfile
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.permissions import Role
from posts.models import Post
from posts.states import PostState
from tests import factories
from tests.journeys.conftest import DESK, PHONE
from tests.posts.bulk_import.test_plans import HEADINGS, line, png
from tests.posts.bulk_import.test_sheets import xlsx

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_CLICKS = 10


def files_of(n: int) -> tuple[dict, dict]:
    """Return a sheet of ``n`` posts on days ahead, every tenth with a picture, and the zip of
    these.
    """
    lines, packed = [], io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(n):
            day = timezone.localdate() + timedelta(days=1 + number)
            cells = {"Date": day.strftime("%d/%m/%Y"), "Topic": "Cảnh báo lừa đảo"}
            if number % 10 == 0:
                cells |= {"Picture name": f"anh-{number}", "Picture description": "Áp phích"}
                archive.writestr(f"anh-{number}.png", png(f"#0000{number + 16:02x}"))
            lines.append(line(number, **cells))
    sheet = {"name": "thang-12.xlsx", "mimeType": EXCEL, "buffer": xlsx(*lines, headings=HEADINGS)}
    zipped = {"name": "anh.zip", "mimeType": "application/zip", "buffer": packed.getvalue()}
    return sheet, zipped


@pytest.fixture
def officer(settings):
    settings.CELERY_TASK_ALWAYS_EAGER = True
    unit = factories.UnitFactory()
    factories.topic()
    factories.ChannelFactory(unit=unit)
    factories.person(Role.APPROVER, unit)
    return factories.person(Role.OFFICER, unit)


@pytest.mark.parametrize(("n", "size", "scripts"), [(40, DESK, True), (8, PHONE, False)])
def test_a_month_of_posts_is_planned_from_a_sheet_and_submitted(at_desk, officer, n, size, scripts):
    desk = at_desk(None, size, java_script_enabled=scripts)
    desk.enter(officer)
    page, clicks = desk.page, 0
    sheet, zipped = files_of(n)
    desk.open(reverse("publishing:post_list"))

    def click(name: str) -> None:
        nonlocal clicks
        page.get_by_role("main").get_by_text(name, exact=False).last.click()
        clicks += 1

    click("Nhập bài từ Excel")
    page.wait_for_url("**/posts/import/")
    for field, file in (("file", sheet), ("pictures", zipped)):
        page.set_input_files(f"[name={field}]", file)
        clicks += 2  # the field, and the file in the system's dialog
    click("Xem trước")
    expect(page.locator("#fine")).to_be_visible()
    assert desk.overflow() == 0
    click(f"Tạo {n} bản thảo")
    click(f"Trình lãnh đạo {n} bài")
    expect(page.get_by_text(f"Đã trình {n} bài")).to_be_visible()

    assert clicks <= MOST_CLICKS
    assert Post.objects.filter(state=PostState.IN_REVIEW, pictures__isnull=False).count() == -(
        -n // 10
    )
    assert Post.objects.filter(state=PostState.IN_REVIEW).count() == n
    assert desk.overflow() == 0
    assert desk.complaints == []
