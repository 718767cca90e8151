"""The form of a kit: what it refuses stays typed, and it offers what the unit may choose."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from campaigns.kits import issuing
from campaigns.kits.models import MOST_MEDIA, Kit
from tests import factories
from tests.campaigns.kits.test_pages import written

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
TODAY = timezone.localdate


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def writer(client, province):
    writer = factories.person(Role.SUPERVISOR, province)
    client.force_login(writer)
    return writer


def say(days) -> str:
    return f"{TODAY() + days * DAY:%d/%m/%Y}"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"campaign": ""}, "campaign"),
        ({"topic": "0"}, "topic"),
        ({"window_until": "31/02/2030"}, "window_until"),
        ({"window_until": "01/01/2026"}, "window_until"),
        ({"legal_from": say(3), "legal_until": say(2)}, "legal_until"),
        ({"best_from": "8"}, "best_until"),
        ({"best_from": "18", "best_until": "8"}, "best_until"),
        ({"best_from": "8", "best_until": "25"}, "best_until"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"spread_minutes": "500"}, "spread_minutes"),
        ({"placeholder-0-limit": "500"}, "placeholder-0-limit"),
        ({"placeholder-0-name": "don_vi"}, "placeholder-0-name"),
        ({"platforms": ["myspace"]}, "platforms"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_all_stays_typed(  # any clock
    client, province, writer, changes, field
):
    form = written(province, title="Tiêu đề 4815", **changes)

    answer = client.post(reverse("kits:new"), form)

    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert "Tiêu đề 4815" in answer.text
    assert "Không sạc qua đêm" in answer.text
    assert not Kit.objects.exists()


def test_campaigns_that_are_over_or_of_other_units_are_not_offered(client, province, writer):
    mine = factories.CampaignFactory(unit=province, name="Của tỉnh")
    above = factories.CampaignFactory(unit=factories.ministry(), name="Của Bộ")
    over = factories.CampaignFactory(unit=province, name="Đã qua", ends_on=TODAY() - DAY)
    foreign = factories.CampaignFactory(unit=factories.ProvinceFactory(), name="Tỉnh khác")

    offered = set(client.get(reverse("kits:new")).context["form"].fields["campaign"].queryset)

    assert offered == {mine, above}
    for campaign in (over, foreign):
        form = written(province, campaign=campaign.pk)
        assert client.post(reverse("kits:new"), form).status_code == 422
    # A kit keeps the campaign that ended while it was written.
    kit = factories.kit(province, campaign=over)
    edit = client.get(reverse("kits:edit", args=[kit.public_id])).context["form"]
    assert over in edit.fields["campaign"].queryset


def test_pictures_of_another_library_and_too_many_are_not_taken(client, province, writer):
    own = [factories.media(province) for _number in range(MOST_MEDIA + 1)]
    foreign = factories.media(factories.ProvinceFactory())
    ids = [str(media.public_id) for media in own]

    many = client.post(reverse("kits:new"), written(province, media=ids))
    client.post(
        reverse("kits:new"), written(province, media=[ids[0], str(foreign.public_id), "x", ids[0]])
    )

    assert many.status_code == 422
    version = Kit.objects.get().versions.get()
    assert [row.media for row in version.media.all()] == [own[0]]


def test_units_of_the_list_are_those_below_that_are_open(client, province, writer):
    below = factories.UnitFactory(parent=province)
    closed = factories.UnitFactory(parent=province, valid_to=TODAY())
    foreign = factories.UnitFactory()
    keys = [unit.key for unit in (below, closed, foreign, province)]

    client.post(
        reverse("kits:new"), written(province, audience="chosen", for_units=[*keys, "khong-co"])
    )

    version = Kit.objects.get().versions.get()
    assert list(version.for_units.all()) == [below]
    assert not version.all_below


def test_campaign_and_topic_of_an_issued_kit_stay_as_they_are(client, province, writer):
    kit = factories.kit(province, state="issued")
    newer = issuing.begin_new_version(kit, by=writer)
    address = reverse("kits:edit", args=[kit.public_id])
    other = factories.CampaignFactory(unit=province)

    sent = client.post(
        address,
        written(province, edition=str(newer.edition), campaign=other.pk, changes="Số mới"),
    )

    assert sent.status_code == 302
    assert Kit.objects.get().campaign == kit.campaign
    assert kit.versions.get(number=2).title == "Sạc xe điện an toàn"


def test_a_colleagues_newer_words_are_not_overwritten_and_ones_own_stay_typed(
    client, province, writer
):
    kit = factories.kit(province)
    version = kit.versions.get()
    address = reverse("kits:edit", args=[kit.public_id])
    first = written(province, edition=str(version.edition), campaign=kit.campaign.pk)
    assert client.post(address, {**first, "title": "Lời của tôi"}).status_code == 302

    late = client.post(address, {**first, "title": "Lời đến muộn 4815"})

    assert late.status_code == 409
    assert "Lời đến muộn 4815" in late.text
    version.refresh_from_db()
    assert version.title == "Lời của tôi"


@pytest.mark.parametrize("state", ["in_review", "approved", "issued"])
def test_a_version_that_is_not_open_is_not_edited(client, province, writer, state):
    kit = factories.kit(province, state=state)
    version = kit.versions.get()

    form = written(province, edition=str(version.edition), title="Lời khác")
    answer = client.post(reverse("kits:edit", args=[kit.public_id]), form)

    assert answer["Location"] == reverse("kits:kit", args=[kit.public_id])
    version.refresh_from_db()
    assert version.title == "Sạc xe điện an toàn"
