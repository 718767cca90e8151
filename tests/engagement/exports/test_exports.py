"""Files of many rows: who may have one made, and what becomes of it when a worker dies."""

import csv
import io
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import Appointment, Notice
from accounts.permissions import Role
from campaigns.models import Campaign
from core import jobs
from core.errors import QuotaExceeded, Refused
from core.models import Job, JobState
from engagement.exports import services, sheets
from engagement.exports.models import Export, ExportPart
from engagement.exports.sheets import Sheet, name_file
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def person(client, province):
    found = factories.person(Role.SUPERVISOR, province)
    client.force_login(found)
    return found


@pytest.fixture
def campaign(province, publish, monkeypatch):
    """A campaign of three publications, of which a file in the request takes two."""
    monkeypatch.setattr(services, "DIRECT_ROWS", 2)
    found = factories.CampaignFactory(unit=province)
    unit = factories.UnitFactory(parent=province)
    for views in (1, 2, 3):
        publish(unit=unit, campaign=found, views=views)
    return found


@pytest.fixture
def offered(client, campaign, person):
    return lambda **query: client.get(
        reverse("engagement:campaign_export", args=[campaign.public_id]), query
    )


def press(client, offer, **changes):
    """Press the button of the page that offers a file."""
    return client.post(
        reverse("engagement:begin_export"), {**offer.context["form"].initial, **changes}
    )


def fetched(client, export):
    answer = client.get(reverse("engagement:export_content", args=[export.public_id]))
    return answer, b"".join(answer.streaming_content)


def test_a_look_at_a_large_file_starts_no_work_and_few_rows_come_at_once(client, offered):
    offer = offered(format="csv")
    narrow = offered(format="csv", unit="no unit of this name")

    assert (offer.status_code, Export.objects.count()) == (200, 0)
    assert offer.context["file"].rows == 3
    assert narrow["Content-Disposition"].endswith('.csv"')


def test_a_large_file_is_made_by_a_worker_and_is_what_a_direct_one_is(
    client, offered, campaign, person, monkeypatch
):
    page = press(client, offered(format="csv"))
    export = Export.objects.get()
    assert page.url == reverse("engagement:export", args=[export.public_id])
    assert client.get(page.url).context["export"].state == JobState.WAITING

    jobs.run_waiting("export")

    export = Export.objects.get()
    answer, content = fetched(client, export)
    assert (export.state, export.done, export.total) == (JobState.DONE, 3, 3)
    assert [row[7] for row in csv.reader(io.StringIO(content.decode("utf-8-sig")))][1:] == [
        "1",
        "2",
        "3",
    ]
    assert answer["Content-Length"] == str(len(content)) == str(export.size)
    notice = Notice.objects.get(user=person)
    assert (notice.kind, notice.address) == ("export_ready", page.url)
    monkeypatch.setattr(services, "DIRECT_ROWS", 3)
    assert offered(format="csv").content == content


def test_an_excel_file_of_several_parts_opens(client, offered, monkeypatch):
    monkeypatch.setattr(services, "_PART", 1000)
    press(client, offered(format="xlsx"))

    jobs.run_waiting("export")

    export = Export.objects.get()
    _answer, content = fetched(client, export)
    assert ExportPart.objects.count() > 3
    assert [row[7] for row in load_workbook(io.BytesIO(content)).worksheets[2].values][1:] == [
        1,
        2,
        3,
    ]


def test_one_file_at_a_time_is_made_for_a_person(client, offered, person):
    first = press(client, offered(format="csv"))
    again = press(client, offered(format="csv"))
    other = press(client, offered(format="xlsx"))

    assert Export.objects.count() == 1
    assert first.url == again.url == other.url
    shown = client.get(other.url).text
    assert f"{name_file(Campaign.objects.get().name)}-" in shown
    with pytest.raises(Refused):
        services.request_export(
            kind="campaign", format="xlsx", params=Export.objects.get().params, by=person
        )


@pytest.mark.django_db(transaction=True)
def test_two_buttons_at_once_make_one_file(campaign, person):
    params = {"campaign": str(campaign.public_id)}
    ready = threading.Barrier(2, timeout=30)
    found = []

    def ask() -> None:
        ready.wait()
        found.append(
            services.request_export(kind="campaign", format="csv", params=params, by=person).pk
        )
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(found) == 2
    assert len(set(found)) == Export.objects.count() == 1


def test_a_worker_that_died_is_followed_and_finishes_nothing_late(client, offered):
    press(client, offered(format="csv"))
    dead = jobs.claim(Export.objects.get().job_id)
    assert jobs.run_waiting("export").done == 0  # it may live

    Job.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert jobs.run_waiting("export").done == 1

    for late in (
        lambda: services.make_export(dead),
        lambda: services._store_file(dead, io.BytesIO(b"late")),
    ):
        with pytest.raises(jobs.JobLost):
            late()
    export = Export.objects.get()
    assert (export.state, export.job.attempts) == (JobState.DONE, 2)
    assert b"late" not in fetched(client, export)[1]
    assert Notice.objects.count() == 1


def test_what_dies_each_time_says_so_in_the_end(client, offered, monkeypatch):
    def broken(*_args):
        raise OSError("no space left")

    page = press(client, offered(format="csv"))
    monkeypatch.setattr(sheets, "write_sheets", broken)

    jobs.run_waiting("export")

    export = Export.objects.get()
    assert (export.state, export.job.error, export.job.attempts) == ("failed", "broken", 3)
    assert Notice.objects.get().kind == "export_failed"
    assert client.get(page.url).context["why"]
    answer = client.get(reverse("engagement:export_content", args=[export.public_id]))
    assert answer.url == page.url


def test_a_file_is_for_its_person_alone_and_for_the_position_they_had(
    client, offered, person, province
):
    press(client, offered(format="csv"))
    jobs.run_waiting("export")
    addresses = [
        reverse(name, args=[Export.objects.get().public_id])
        for name in ("engagement:export", "engagement:export_content")
    ]
    assert [client.get(address).status_code for address in addresses] == [200, 200]

    client.force_login(factories.person(Role.SUPERVISOR, province))
    assert [client.get(address).status_code for address in addresses] == [404, 404]
    client.force_login(person)
    Appointment.objects.filter(user=person).update(unit=factories.ProvinceFactory())
    assert [client.get(address).status_code for address in addresses] == [404, 404]


def test_who_lost_the_position_before_the_worker_came_gets_no_file(client, offered, person):
    press(client, offered(format="csv"))
    Appointment.objects.filter(user=person).update(unit=factories.ProvinceFactory())

    jobs.run_waiting("export")

    assert Export.objects.get().job.error == "gone"
    assert ExportPart.objects.count() == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "nothing"},
        {"format": "exe"},
        {"params": "[" * 1000},
        {"params": '{"campaign": 1}'},
        {"params": "x" * 29_000},
    ],
)
def test_a_button_that_no_page_made_is_a_bad_request(client, offered, changes):
    assert press(client, offered(format="csv"), **changes).status_code == 400
    assert Export.objects.count() == 0


@pytest.mark.parametrize("key", ["", "1", "00000000-0000-0000-0000-000000000000"])
def test_a_button_for_no_campaign_of_theirs_is_not_found(client, offered, key):
    assert (
        press(client, offered(format="csv"), params=f'{{"campaign": "{key}"}}').status_code == 404
    )


def test_too_many_rows_are_refused_before_and_while_they_are_written(
    client, offered, person, monkeypatch
):
    offer = offered(format="csv")
    press(client, offer)
    monkeypatch.setattr(services, "MOST_ROWS", 2)

    jobs.run_waiting("export")

    assert Export.objects.get().job.error == "large"
    assert offered(format="csv").context["is_too_large"]
    with pytest.raises(Refused, match="at most 2 rows"):
        services.request_export(
            kind="campaign", format="csv", params=Export.objects.get().params, by=person
        )


def test_files_that_workers_make_count_as_exports(campaign, person, settings):
    settings.QUOTAS = {**settings.QUOTAS, "export": [(1, 3600)]}
    params = {"campaign": str(campaign.public_id)}
    services.request_export(kind="campaign", format="csv", params=params, by=person)
    jobs.run_waiting("export")

    with pytest.raises(QuotaExceeded):
        services.request_export(kind="campaign", format="csv", params=params, by=person)


def test_rows_are_written_as_they_are_read(tmp_path):
    """Memory does not grow with the rows: each reaches the file before all are read."""
    size = []

    def rows(out):
        for number in range(20_000):
            if number == 19_999:
                size.append(out.tell())
            yield (f"{number} " * 20, number)

    for format in sheets.FORMATS:
        with (tmp_path / format).open("w+b") as out:
            sheets.write_sheets(out, format, [Sheet("a", ["b", "c"], rows(out))])
    assert size[1] > 1_000_000  # CSV; an Excel file is packed at its end, from a file of its own


def test_a_page_that_waits_asks_for_its_fragment_and_is_loaded_anew_at_the_end(client, person):
    export = factories.export(person)
    address = reverse("engagement:export", args=[export.public_id])
    look = {"HX-Request": "true"}

    waiting = client.get(address, headers=look)
    Job.objects.update(state=JobState.DONE, ended_at=timezone.now())
    done = client.get(address, headers=look)

    assert "<html" not in waiting.content.decode()
    assert (done.status_code, done["HX-Refresh"]) == (204, "true")
