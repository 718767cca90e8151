"""A sum says of how many units it speaks; what nobody reported is no 0."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from core.errors import Refused
from engagement.reports import decisions, drafts
from engagement.reports.figures import compute_digest, freeze_figures
from engagement.reports.queries import build_content, build_document
from engagement.reports.sums import compute_coverage
from tests import factories
from tests.engagement.reports.conftest import approve, send_approved

pytestmark = pytest.mark.django_db


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def communes(province):
    return [factories.UnitFactory(parent=province) for _number in range(3)]


@pytest.fixture
def overseer(province):
    return factories.person(Role.OVERSEER, province)


@pytest.fixture
def leader(province):
    return factories.person(Role.OVERSEER, province)


def rows_of(report, caption):
    document = build_document(report)
    tables = [table for part in document.parts for table in part.tables]
    table = next(table for table in [*tables, *document.appendices] if table.caption == caption)
    return {row[0]: row[1:] for row in table.rows}, [column.title for column in table.columns]


def test_without_a_report_a_sum_is_unknown_and_the_portals_own_count_stands_beside(
    province, communes, overseer, month, within, publish
):
    publish(unit=communes[0], at=within, views=70, reach=40)

    report = drafts.begin(province, "month", month, by=overseer)

    rows, titles = rows_of(report, "Kết quả đăng bài")
    assert rows["Bài đã đăng"] == (None, 1, None, None)
    assert rows["Đơn vị có đăng bài"] == (None, 1, None, None)
    assert titles[1:3] == [
        "Kỳ này, theo báo cáo 0/3 đơn vị",
        "Kỳ này, theo hệ thống 3 đơn vị",
    ]
    taken_up, _titles = rows_of(report, "Mức độ tiếp nhận của người dân")
    assert taken_up["Lượt xem"][:2] == (None, 70)
    checked, _titles = rows_of(report, "Đối chiếu với bảng tổng hợp")
    assert [*checked] == ["Chưa có báo cáo nào để đối chiếu"]
    summary = build_document(report).parts[1].paragraphs[0]
    assert "chưa có báo cáo nào" in summary
    assert "1 bài" in summary
    assert "70 lượt xem" in summary


def test_a_sum_says_how_many_units_have_no_page(
    province, communes, overseer, month, within, publish
):
    publish(unit=communes[0], at=within)
    factories.UnitFactory(parent=province, has_police_body=False)

    report = drafts.begin(province, "month", month, by=overseer)

    assert report.figures.content["pageless"] == 2
    said = build_document(report).parts[1].paragraphs
    assert "Đến khi lấy số liệu, 2 đơn vị chưa có trang trên mạng xã hội." in said
    for unit in communes:
        factories.ChannelFactory(unit=unit)
    report = drafts.retake_figures(report, by=overseer)
    assert not [line for line in build_document(report).parts[1].paragraphs if "trang" in line]


def test_units_that_sent_nothing_can_be_filled_in_and_are_marked(
    province, communes, overseer, leader, month, within, publish
):
    reported, silent, _idle = communes
    publish(unit=reported, at=within, reach=40)
    publish(unit=silent, at=within, reach=5)
    factories.report(reported, state="sent")
    report = drafts.begin(province, "month", month, by=overseer)
    assert report.figures.content["total"]["now"]["measures"]["reach"] == 40
    assert compute_coverage(report.figures.content) == (1, 3)

    report = drafts.retake_figures(report, by=overseer, fill=True)

    content = report.figures.content
    assert content["total"]["now"]["measures"]["reach"] == 45
    assert content["total"]["now"]["active"] == 2
    assert content["checks"] == []
    assert len(content["missing"]) == 2  # they did not send, whatever was filled in
    assert compute_coverage(content) == (3, 3)
    by_unit, _titles = rows_of(report, "Số liệu theo đơn vị")
    assert by_unit[f"{silent.name} (theo hệ thống)"][0] == 1
    _rows, titles = rows_of(report, "Kết quả đăng bài")
    assert titles[1] == "Kỳ này, theo báo cáo 1/3 đơn vị, theo hệ thống 2 đơn vị"
    decisions.submit(report, by=overseer)
    report.refresh_from_db()
    decisions.approve(report, by=leader, digest=compute_digest(build_content(report)))


def test_what_was_filled_in_stays_until_it_is_left_out(
    client, province, communes, overseer, leader, month, within, publish
):
    publish(unit=communes[0], at=within, reach=7)
    report = drafts.begin(province, "month", month, by=overseer)
    client.force_login(overseer)
    take = reverse("engagement:take_figures", args=[report.public_id])

    def coverage(row):
        row.refresh_from_db()
        return compute_coverage(row.figures.content)

    client.post(take, {"fill": "1"})
    assert coverage(report) == (3, 3)
    client.post(take)
    assert coverage(report) == (3, 3)
    page = client.get(reverse("engagement:report", args=[report.public_id])).content.decode()
    assert 'name="fill" value="0"' in page
    decisions.submit(report, by=overseer)
    report.refresh_from_db()
    approve(report, leader)
    draft = decisions.correct(report, by=overseer, changes="Sửa lỗi chính tả.")
    assert coverage(draft) == (3, 3)

    client.post(reverse("engagement:take_figures", args=[draft.public_id]), {"fill": "0"})

    assert coverage(draft) == (0, 3)


def test_what_a_province_filled_in_is_counted_once_by_the_ministry(
    province, communes, overseer, leader, month, within, publish
):
    reported, silent, _idle = communes
    other = factories.ProvinceFactory()
    units = [reported, silent, factories.UnitFactory(parent=other)]
    for unit, reach in zip(units, (1, 10, 100), strict=True):
        publish(unit=unit, at=within, reach=reach)
    factories.report(reported, state="sent")
    report = drafts.begin(province, "month", month, by=overseer)
    report = drafts.retake_figures(report, by=overseer, fill=True)
    decisions.submit(report, by=overseer)
    report.refresh_from_db()
    approve(report, leader)
    send_approved(report, overseer)
    ministry = factories.person(Role.OVERSEER, province.parent)

    report = drafts.begin(province.parent, "month", month, by=ministry)

    content = report.figures.content
    assert content["total"]["now"]["measures"]["reach"] == 11
    assert content["checks"] == []
    assert compute_coverage(content) == (4, 6)  # the other province and its unit sent nothing
    _rows, titles = rows_of(report, "Kết quả đăng bài")
    assert titles[1] == "Kỳ này, theo báo cáo 2/6 đơn vị, theo hệ thống 2 đơn vị"
    by_unit, _titles = rows_of(report, "Số liệu theo đơn vị")
    assert f"{province.name} (trong đó 2 đơn vị theo hệ thống)" in by_unit
    said = build_document(report).parts[1].paragraphs
    assert "Chưa có báo cáo của 2 đơn vị, được tính theo số liệu hệ thống: " in said[2]
    assert silent.name in said[2]
    assert said[3] == f"Chưa có báo cáo của 1 đơn vị, chưa cộng vào: {other.name}."

    report = drafts.retake_figures(report, by=ministry, fill=True)

    content = report.figures.content
    assert content["total"]["now"]["posts"] == 3
    assert content["total"]["now"]["measures"]["reach"] == 111
    assert content["checks"] == []
    assert compute_coverage(content) == (6, 6)
    assert [(row["unit"], len(row["filled"])) for row in content["filled"]] == [(other.key, 2)]


def test_a_sum_of_few_units_is_sent_after_a_question_alone(
    client, province, communes, overseer, leader, month
):
    report = drafts.begin(province, "month", month, by=overseer)
    decisions.submit(report, by=overseer)
    report.refresh_from_db()
    digest = compute_digest(build_content(report))
    with pytest.raises(Refused, match="80 %"):
        decisions.approve(report, by=leader, digest=digest)
    client.force_login(leader)
    page = client.get(reverse("engagement:report", args=[report.public_id]))
    assert 'name="with_gaps"' in page.content.decode()

    address = reverse("engagement:approve_report", args=[report.public_id])
    client.post(address, {"digest": digest})
    report.refresh_from_db()
    assert report.state == "in_review"
    client.post(address, {"digest": digest, "with_gaps": "on"})
    report.refresh_from_db()
    assert report.state == "approved"


def test_a_change_speaks_of_units_that_are_known_in_both_periods_alone(
    province, communes, overseer, month, within, publish
):
    old, new, _idle = communes
    for days in (0, 31, 90):
        publish(unit=old, at=within - timedelta(days=days), reach=10)
    publish(unit=new, at=within, reach=500)
    for unit in (old, new):
        factories.report(unit, state="sent")

    report = drafts.begin(province, "month", month, by=overseer)

    rows, _titles = rows_of(report, "Kết quả đăng bài")
    assert rows["Bài đã đăng"] == (2, 2, 1, 0)
    taken_up, _titles = rows_of(report, "Mức độ tiếp nhận của người dân")
    assert taken_up["Lượt tiếp cận"][:4] == (510, 510, 10, 0)


def test_three_posts_stand_as_examples_those_taken_up_most_first(
    province, communes, overseer, month, within, publish
):
    for at, unit in enumerate([*communes, *communes]):
        post = factories.approved(unit=unit, title=f"Bài {at}")
        publish(post=post, unit=unit, at=within, reactions=at, comments=at, views=9 - at)

    report = drafts.begin(province, "month", month, by=overseer)

    rows, _titles = rows_of(report, "Bài tiêu biểu")
    assert [(title, *cells[1:]) for title, cells in rows.items()] == [
        ("Bài 5", 4, 10),
        ("Bài 4", 5, 8),
        ("Bài 3", 6, 6),
    ]


def test_freezing_costs_the_same_queries_for_one_commune_and_for_many(
    communes, month, within, publish
):
    for at, unit in enumerate(communes):
        publish(unit=unit, at=within, reactions=at + 1)

    def cost(units):
        with CaptureQueriesContext(connection) as asked:
            rows = freeze_figures(units, "month", month, now=timezone.now(), first=15)
        assert all(row.content["examples"] for row in rows)
        return len(asked)

    cost(communes)
    assert cost(communes[:1]) == cost(communes)


@pytest.mark.parametrize("format", ["pdf", "docx"])
def test_the_leader_reads_the_very_paper_before_approving(client, province, leader, month, format):
    overseer = factories.person(Role.OVERSEER, province)
    report = drafts.begin(province, "month", month, by=overseer)
    decisions.submit(report, by=overseer)
    report.refresh_from_db()
    client.force_login(leader)
    address = reverse("engagement:report_draft", args=[report.public_id, format])

    answer = client.get(address)

    assert answer.status_code == 200
    assert answer.content.startswith({"pdf": b"%PDF", "docx": b"PK"}[format])
    name = f"BAN-THAO-BC-thang-{month.last:%m-%Y}-"
    assert name in answer.headers["Content-Disposition"]
    approve(report, leader)
    assert client.get(address).status_code == 404
    client.force_login(factories.person(Role.OFFICER))
    assert client.get(address).status_code == 404
