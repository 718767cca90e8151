"""The board of a kit as a file that a worker may make: it holds what its page shows."""

import csv
import io
import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from campaigns.kits.models import Adoption
from core import jobs
from engagement.exports import services as exports
from engagement.exports.models import Export
from oversight.adoption.files import ADOPTION, make_adoption_file
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def provinces():
    return [factories.ProvinceFactory() for _number in range(2)]


@pytest.fixture
def kit(provinces):
    """Issue a kit to four units of each province, of which one has opened it."""
    kit = factories.kit(
        factories.ministry(), state="issued", all_below=False, for_levels=["commune"]
    )
    for province in provinces:
        for number in range(4):
            unit = factories.UnitFactory(parent=province, place=f"Phường {'ABCD'[number]}nh")
            factories.ChannelFactory(unit=unit)
        Adoption.objects.create(kit=kit, version=kit.current, unit=unit, opened_at=timezone.now())
    return kit


@pytest.fixture
def ministry():
    return factories.person(Role.OVERSEER, factories.ministry(), language="en")


def read_units(by, kit, **query) -> list[tuple[str, str]]:
    """Return unit and province of each row of the file."""
    file = make_adoption_file(by, {"kit": str(kit.public_id), **query})
    rows = [(row[0], row[1]) for row in file.sheets[0].rows]
    assert len(rows) == file.rows
    return rows


def read_page(client, by, kit, **query) -> list[tuple[str, str]]:
    client.force_login(by)
    page = client.get(reverse("oversight:adoption", args=[kit.public_id]), query)
    return [(row.unit.name, row.unit.above) for row in page.context["rows"]]


def test_the_file_holds_what_the_page_shows_whatever_its_filters(client, kit, provinces, ministry):
    for query in (
        {},
        {"state": "opened"},
        {"state": "unopened"},
        {"province": provinces[0].key},
        {"province": provinces[1].key, "state": "opened"},
        {"q": "phuong anh"},
        {"q": "khong co"},
        {"state": "nonsense"},
    ):
        assert read_units(ministry, kit, **query) == read_page(client, ministry, kit, **query)
    overseer = factories.person(Role.OVERSEER, provinces[0])
    assert len(read_units(overseer, kit)) == 4
    assert read_units(overseer, kit) == read_page(client, overseer, kit)


def test_what_the_page_refuses_the_file_refuses_too(kit, provinces):
    overseer = factories.person(Role.OVERSEER, provinces[0])
    foreign = factories.kit(provinces[1], state="issued")
    own = {"kit": str(kit.public_id)}

    for params in (
        {"kit": "x"},
        {},
        {"kit": str(uuid.uuid4())},
        {"kit": str(foreign.public_id)},
        {**own, "province": provinces[1].key},
    ):
        with pytest.raises(Http404):
            make_adoption_file(overseer, params)
    with pytest.raises(PermissionDenied):
        make_adoption_file(factories.person(Role.OFFICER), own)


def test_a_worker_makes_the_file_of_the_filters_that_were_asked_for(
    client, kit, ministry, monkeypatch
):
    monkeypatch.setattr(exports, "DIRECT_ROWS", 3)
    client.force_login(ministry)
    address = reverse("oversight:adoption", args=[kit.public_id])
    direct = client.get(address, {"format": "csv", "state": "opened"})
    assert direct["Content-Type"].startswith("text/csv")  # two rows come at once
    offer = client.get(address, {"format": "csv", "state": "unopened"})
    form = {name: offer.context["form"].initial[name] for name in ("kind", "format", "params")}
    assert form["kind"] == ADOPTION

    client.post(reverse("engagement:begin_export"), form)
    assert jobs.run_waiting("export").done == 1

    export = Export.objects.get()
    address = reverse("engagement:export_content", args=[export.public_id])
    text = b"".join(client.get(address).streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert [row[0] for row in rows] == [
        name for name, _province in read_page(client, ministry, kit, state="unopened")
    ]
