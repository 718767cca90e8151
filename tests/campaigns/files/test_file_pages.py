"""Pages of files: other units' files, those that are not checked yet, closed campaigns."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from campaigns.files import storing
from campaigns.files.models import CampaignFile
from campaigns.kits import issuing
from core.errors import Refused
from tests import factories
from tests.rivals import each_at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def writer(province):
    return factories.person(Role.SUPERVISOR, province)


@pytest.fixture
def campaign(province):
    return factories.CampaignFactory(unit=province)


def make_form(**changes):
    file = SimpleUploadedFile("ke-hoach.pdf", b"%PDF-1.7 4815")
    return {"name": "Kế hoạch 4815", "looked": "on", "file": file, **changes}


def page(of):
    return reverse("campaigns:files", args=[of.public_id])


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"name": ""}, 422),
        ({"name": "a" * 121}, 422),
        ({"looked": ""}, 422),
        ({"file": ""}, 422),
        ({"file": SimpleUploadedFile("a.pdf", b"")}, 422),
        ({"file": SimpleUploadedFile("a.exe", b"MZ" + b"\0" * 99)}, 409),
        ({"name": "Danh sách CCCD 048085000123"}, 409),
    ],
)
def test_what_is_refused_stores_nothing_and_asks_for_the_file_again(
    client, campaign, writer, changes, status
):
    client.force_login(writer)

    answer = client.post(page(campaign), make_form(**changes))

    assert answer.status_code == status
    assert "file" in answer.context["form"].errors
    typed = changes.get("name", "Kế hoạch 4815")
    assert typed in answer.text
    assert not CampaignFile.objects.exists()


def test_a_file_that_is_not_checked_is_for_its_writers_alone_and_not_to_be_saved(
    client, campaign, writer
):
    file = factories.campaign_file(campaign.unit, of=campaign, state="waiting")
    address = reverse("campaigns:file", args=[file.public_id])
    officer = factories.person(Role.OFFICER, factories.UnitFactory(parent=campaign.unit))

    client.force_login(officer)
    assert client.get(address).status_code == 404
    client.force_login(writer)
    assert client.get(address)["Location"] == page(campaign)

    CampaignFile.objects.update(state="ready")
    client.force_login(officer)
    saved = client.get(address)
    assert b"".join(saved.streaming_content) == b"%PDF-rest"
    assert client.head(address)["Content-Length"] == str(file.size)


@pytest.mark.parametrize("act", ["file", "file_remove"])
def test_a_file_of_another_province_is_not_there(client, campaign, act):
    file = factories.campaign_file(campaign.unit, of=campaign)
    client.force_login(factories.person(Role.OVERSEER, factories.ProvinceFactory()))
    address = reverse(f"campaigns:{act}", args=[file.public_id])

    assert client.get(address).status_code == 404
    assert client.post(address).status_code in (404, 405)
    assert client.post(page(campaign), make_form()).status_code == 404
    assert CampaignFile.objects.count() == 1


def test_files_of_a_closed_campaign_and_of_a_withdrawn_kit_stay_as_they_are(
    client, campaign, writer
):
    kit = factories.kit(campaign.unit, state="issued", campaign=campaign)
    files = [factories.campaign_file(campaign.unit, of=of) for of in (campaign, kit)]
    overseer = factories.person(Role.OVERSEER, campaign.unit)
    issuing.withdraw_kit(kit, by=overseer, reason="Sai", take_down=False)
    factories.campaign_result(campaign)
    kit.refresh_from_db()
    client.force_login(writer)

    for of, file in zip((campaign, kit), files, strict=True):
        with pytest.raises(Refused):
            storing.add_file(of, SimpleUploadedFile("a.pdf", b"%PDF-"), name="Tệp", by=writer)
        client.post(reverse("campaigns:file_remove", args=[file.public_id]))
        shown = client.get(storing.get_address(file))
        assert not shown.context["may_write"]
        assert shown.context["files"] == [file]

    assert CampaignFile.objects.count() == 2


def test_a_kits_file_does_not_stand_among_those_of_its_campaign(client, campaign, writer):
    kit = factories.kit(campaign.unit, state="issued", campaign=campaign)
    of_kit = factories.campaign_file(campaign.unit, of=kit)
    of_campaign = factories.campaign_file(campaign.unit, of=campaign)
    client.force_login(writer)

    assert client.get(page(campaign)).context["files"] == [of_campaign]
    kit_page = reverse("campaigns:kit_files", args=[kit.public_id])
    assert client.get(kit_page).context["files"] == [of_kit]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_add_the_last_file_one_does(monkeypatch):
    monkeypatch.setattr(storing, "MOST_FILES", 1)
    province = factories.ProvinceFactory()
    campaign = factories.CampaignFactory(unit=province)
    people = [factories.person(Role.SUPERVISOR, province) for _number in range(2)]

    def add(by):
        content = f"%PDF-{by.pk}".encode()
        storing.add_file(campaign, SimpleUploadedFile("a.pdf", content), name="Kế hoạch", by=by)

    assert each_at_once(people, add) == {"done": 1, "refused": 1}
    file = CampaignFile.objects.get()
    assert file.added_at <= timezone.now()
    assert Entry.objects.filter(action="campaign.file_added").count() == 1
