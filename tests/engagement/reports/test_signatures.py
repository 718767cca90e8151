"""Signatures of reports: for whom and as what (Decree 30/2020/NĐ-CP, article 13)."""

import pytest
from django.urls import reverse

from accounts.permissions import Role
from engagement.reports.compose import make_signature
from engagement.reports.queries import build_document
from tests import factories
from tests.engagement.reports.conftest import approve

WARD, PROVINCE, MINISTRY = "TRƯỞNG CÔNG AN PHƯỜNG", "GIÁM ĐỐC", "BỘ TRƯỞNG"


@pytest.mark.parametrize(
    ("head", "position", "authority", "signs"),
    [
        (WARD, "Trưởng Công an phường", (), WARD),
        (WARD, "", (), WARD),
        (WARD, "Phó Trưởng Công an phường", (f"KT. {WARD}",), f"PHÓ {WARD}"),
        (WARD, "Quyền Trưởng Công an phường", (), f"Q. {WARD}"),
        (PROVINCE, "Giám đốc", (), PROVINCE),
        (PROVINCE, "Phó Giám đốc", ("KT. GIÁM ĐỐC",), "PHÓ GIÁM ĐỐC"),
        (
            PROVINCE,
            "Trưởng phòng Công tác chính trị",
            ("TL. GIÁM ĐỐC",),
            "TRƯỞNG PHÒNG CÔNG TÁC CHÍNH TRỊ",
        ),
        (
            PROVINCE,
            "Phó Trưởng phòng Công tác chính trị",
            ("TL. GIÁM ĐỐC", "KT. TRƯỞNG PHÒNG CÔNG TÁC CHÍNH TRỊ"),
            "PHÓ TRƯỞNG PHÒNG",
        ),
        (MINISTRY, "Bộ trưởng", (), MINISTRY),
        (MINISTRY, "Thứ trưởng", ("KT. BỘ TRƯỞNG",), "THỨ TRƯỞNG"),
        (MINISTRY, "Cục trưởng", ("TL. BỘ TRƯỞNG",), "CỤC TRƯỞNG"),
    ],
)
def test_the_signature_follows_the_position(head, position, authority, signs):
    block = make_signature(head, position)

    assert (block.authority, block.position, block.name) == (authority, signs, "")


@pytest.mark.django_db
def test_a_deputy_approves_for_the_chief_and_the_paper_says_so(client):
    unit = factories.UnitFactory()
    report = factories.report(unit, state="in_review")
    deputy = factories.person(Role.APPROVER, unit)
    deputy.appointments.update(title="Phó Trưởng Công an phường")
    client.force_login(deputy)
    page = client.get(reverse("engagement:report", args=[report.public_id])).content.decode()
    assert "KT. TRƯỞNG CÔNG AN PHƯỜNG" in page

    approve(report, deputy)

    assert build_document(report).signature.authority == ("KT. TRƯỞNG CÔNG AN PHƯỜNG",)
