import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.permissions import Role
from audit.models import Entry
from media.models import Logo
from posts.queries import unused_media
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def leader(client, unit):
    leader = factories.person(Role.APPROVER, unit)
    client.force_login(leader)
    return leader


def _file(content: bytes | None = None) -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (500, 500), "#14532d").save(out, "PNG")
    return SimpleUploadedFile("logo.png", content or out.getvalue(), "image/png")


def test_the_leader_uploads_a_logo_which_everybody_in_the_unit_sees(client, unit, leader):
    answer = client.post(reverse("media:change_logo", args=[unit.key]), {"file": _file()})

    assert answer.status_code == 302
    assert Entry.objects.get(action="unit.logo_changed").actor_id == leader.pk
    client.force_login(factories.person(Role.OFFICER, unit))
    shown = client.get(reverse("media:logo", args=[unit.key]))
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/jpeg")
    assert Image.open(io.BytesIO(shown.getvalue())).size == (480, 480)
    page = client.get(reverse("units:unit", args=[unit.key])).content.decode()
    assert reverse("media:logo", args=[unit.key]) in page


def test_another_file_is_refused_beside_the_field(client, unit, leader):
    answer = client.post(
        reverse("media:change_logo", args=[unit.key]), {"file": _file(b"<svg onload=alert(1)>")}
    )

    assert (answer.status_code, list(answer.context["form"].errors)) == (409, ["file"])
    assert not Logo.objects.exists()


def test_the_leader_removes_it_again(client, unit, leader):
    Logo.objects.create(unit=unit, media=factories.media(unit), changed_at=timezone.now())

    client.post(reverse("media:change_logo", args=[unit.key]), {"remove": "1"})

    assert client.get(reverse("media:logo", args=[unit.key])).status_code == 404
    assert Entry.objects.filter(action="unit.logo_removed").count() == 1


def test_a_logo_is_no_unused_picture(unit):
    kept, unused = factories.media(unit), factories.media(unit)
    Logo.objects.create(unit=unit, media=kept, changed_at=timezone.now())

    assert set(unused_media(timezone.now() + timedelta(minutes=1))) == {unused}
