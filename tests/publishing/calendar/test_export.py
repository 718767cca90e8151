"""The plan of a month as a sheet, which can be imported again."""

import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.permissions import Role
from core import jobs
from posts.bulk_import import importing
from posts.bulk_import.plans import Outcome, plan
from posts.bulk_import.sheets import channel_label, read_rows, stored_name
from posts.models import PostMedia
from tests import factories

pytestmark = pytest.mark.django_db
AT = timezone.now().replace(microsecond=0, second=0) + timedelta(days=3)


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(client, unit):
    officer = factories.person(Role.OFFICER, unit)
    client.force_login(officer)
    return officer


def exported(client, **query: str) -> bytes:
    response = client.get(reverse("publishing:calendar_export"), query)
    assert response.status_code == 200
    return response.content


def lines(data: bytes) -> list[tuple]:
    sheet = load_workbook(io.BytesIO(data)).worksheets[0]
    return list(sheet.iter_rows(min_row=2, max_col=9, values_only=True))


def filled(data: bytes) -> list[tuple]:
    return [line for line in lines(data) if any(line)]


def test_what_is_scheduled_stands_there_with_its_approved_words(client, officer, unit):
    delivery = factories.delivery(factories.approved(unit=unit), due_at=AT)
    factories.delivery(factories.approved(unit=unit), due_at=AT, state="cancelled")
    factories.delivery(due_at=AT)  # of another unit

    (line,) = filled(exported(client))

    local = timezone.localtime(AT)
    assert line[:4] == (
        local.strftime("%d/%m/%Y"),
        local.strftime("%H:%M"),
        channel_label(delivery.channel),
        delivery.post.title,
    )
    assert line[4] == "Công an không yêu cầu chuyển tiền qua điện thoại.\n\nNghi ngờ, gọi 113."


def test_an_exported_plan_is_known_when_it_comes_back_and_copied_on_other_days(
    client, officer, unit
):
    post = factories.PostFactory(unit=unit, requested_time=AT)
    media = factories.media(unit)
    PostMedia.objects.create(post=post, media=media, position=0, alt_text="Áp phích")
    same_page = [target.channel for target in post.targets.all()]
    factories.PostFactory(unit=unit, requested_time=AT + timedelta(days=70), channels=same_page)
    data = exported(client)
    assert filled(data)[0][5:7] == (stored_name(media.sha256), "Áp phích")

    def planned(data: bytes):
        rows = read_rows(io.BytesIO(data), size=len(data))
        batch = importing.store_import(rows, [], unit=unit, file_name="x.xlsx", by=officer)
        jobs.run_waiting("sheet")
        batch.refresh_from_db()
        return plan(batch, by=officer).rows

    assert [row.outcome for row in planned(data)] == [Outcome.KNOWN]

    book = load_workbook(io.BytesIO(data))
    later = timezone.localtime(AT) + timedelta(days=30)
    book.worksheets[0]["A2"] = later.strftime("%d/%m/%Y")
    out = io.BytesIO()
    book.save(out)
    (row,) = planned(out.getvalue())
    assert row.errors == []
    assert row.outcome == Outcome.COMPLETE
    assert [medium.media for medium in row.media] == [media]


def test_a_picture_of_another_unit_is_not_found_by_its_hash(officer, unit):
    foreign = factories.media(factories.UnitFactory())
    data = (
        f"Date;Time of day;Title;Text;Picture name\n1;2;3;4;{stored_name(foreign.sha256)}".encode()
    )
    rows = read_rows(io.BytesIO(data), size=len(data))
    batch = importing.store_import(rows, [], unit=unit, file_name="x.csv", by=officer)
    jobs.run_waiting("sheet")
    batch.refresh_from_db()

    (row,) = plan(batch, by=officer).rows

    assert row.media == []
    assert "was not uploaded" in row.errors[-1][1]


def test_a_year_is_not_exported_at_once(client, officer):
    query = {"from": "01/01/2026", "to": "31/12/2026"}

    response = client.get(reverse("publishing:calendar_export"), query)

    assert response.status_code == 302
