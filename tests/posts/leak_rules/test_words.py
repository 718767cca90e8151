"""Words that no approver reads are checked where they are written, and what was typed stays."""

from datetime import date

import pytest
from django.urls import reverse

from accounts.permissions import Role
from campaigns import editing
from core.errors import Refused
from core.forms import ReasonForm
from core.leaks import remove_leaks_from_file_name
from core.reasons import require_reason
from media.library import entries
from tests import factories
from tests.factories import UnitFactory, person

pytestmark = pytest.mark.django_db

NUMBER = "034 190 000 017"
LEAK = f"Đăng nhầm căn cước số {NUMBER}"


def test_a_reason_with_a_number_is_refused_beside_its_field():
    form = ReasonForm({"reason": LEAK})

    assert not form.is_valid()
    assert "say it without names and numbers" in form.errors["reason"][0]
    assert form["reason"].value() == LEAK


def test_a_service_refuses_it_too():
    with pytest.raises(Refused, match="without names and numbers"):
        require_reason(LEAK, "missing")

    assert require_reason("Đăng nhầm ảnh", "missing") == "Đăng nhầm ảnh"


@pytest.fixture
def unit():
    return UnitFactory()


@pytest.fixture
def officer(unit, client):
    officer = person(Role.OFFICER, unit)
    client.force_login(officer)
    return officer


@pytest.mark.parametrize("field", ["title", "alt_text", "source"])
def test_a_description_in_the_library_names_no_number(client, officer, unit, field):
    picture = factories.media(unit)
    address = reverse("posts:library_medium", args=[picture.public_id])

    answer = client.post(address, {"version": picture.version, field: LEAK})

    assert answer.status_code == 409
    assert LEAK in answer.content.decode()
    picture.refresh_from_db()
    assert getattr(picture, field) == ""


@pytest.mark.clock("2026-10-26 08:00")
def test_folders_and_campaigns_name_no_number(officer, unit):
    with pytest.raises(Refused, match="identification number"):
        entries.create_folder(unit, LEAK, by=officer)
    with pytest.raises(Refused, match="identification number"):
        editing.begin_campaign(
            unit=unit,
            by=person(Role.APPROVER, unit),
            name="Chiến dịch",
            aim=LEAK,
            starts_on=date(2026, 11, 1),
            ends_on=date(2026, 12, 1),
        )


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("ke-hoach-thang-11.xlsx", "ke-hoach-thang-11.xlsx"),
        ("ke_hoach_thang_11.xlsx", "ke_hoach_thang_11.xlsx"),
        ("lien_he_0912345678.xlsx", "lien he ….xlsx"),
    ],
)
def test_the_name_of_a_file_is_kept_without_numbers(name, kept):
    assert remove_leaks_from_file_name(name) == kept
