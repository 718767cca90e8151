"""Ways out: each takes its finding out of the text, or makes it a lesser one."""

from datetime import date

import pytest

from posts.checks.leaks.remedies import remedies
from posts.checks.leaks.scan import find_leaks
from tests.posts.checks.leaks.cases import FOUND

TODAY = date(2026, 11, 27)
GRAVITY = ["info", "warn", "soft", "hard"]
ALL = [(rule, text) for rule, cases in FOUND.items() for text, *_ in cases]


def first(rule, text):
    return next(leak for leak in find_leaks(text, today=TODAY) if leak.rule == rule)


def written(text, remedy):
    return text[: remedy.start] + remedy.replacement + text[remedy.end :]


def ways(rule, text, **facts):
    found = remedies(text, first(rule, text), **facts)
    return {remedy.kind: written(text, remedy) for remedy in found}


@pytest.mark.parametrize(("rule", "text"), ALL)
def test_every_way_out_takes_the_finding_away_or_makes_it_lesser(rule, text):
    was = first(rule, text)
    for kind, cured in ways(rule, text).items():
        left = [leak for leak in find_leaks(cured, today=TODAY) if leak.rule == rule]
        assert all(GRAVITY.index(leak.severity) < GRAVITY.index(was.severity) for leak in left), (
            kind,
            cured,
        )


@pytest.mark.parametrize(
    ("rule", "text", "kind", "cured"),
    [
        ("phone_personal", "Gọi 0912 000 345 nhé", "mask", "Gọi 0912 000 xxx nhé"),
        ("id_cccd", "Số 034.190.000.017", "mask", "Số 034.xxx.xxx.xxx"),
        ("plate", "xe 29A-123.45", "mask", "xe 29A-xxx.xx"),
        ("bank_acc", "STK 0011 000 000 123", "mask", "STK 001x xxx xxx xxx"),
        ("name_dob", "Đỗ Thị Lụa (SN 1985)", "initials", "Đ.T.L. (SN 1985)"),
        ("name_age", "Đỗ Thị Lụa, 45 tuổi", "initials", "Đ.T.L., 45 tuổi"),
        ("name_case", "Nạn nhân là anh Tạ Văn Lúa.", "initials", "Nạn nhân là anh T.V.L."),
        ("name_dob", "Đỗ Thị Lụa (SN 1985 bị mất xe", "initials", "Đ.T.L. (SN 1985 bị mất xe"),
        (
            "name_case",
            "Nạn nhân là anh Tạ Văn Lúa (SN 1985",
            "initials",
            "Nạn nhân là anh T.V.L. (SN 1985",
        ),
        ("link_risk", "https://gia-mao.xyz/a", "break_link", "gia-mao[.]xyz/a"),
        ("credential", "mật khẩu: Lua@2026 nhé", "mask", "mật khẩu: *** nhé"),
        ("name_dob", "Một\nĐỗ Thị Lụa (SN 1985)\nHai", "drop_line", "Một\nHai"),
    ],
)
def test_a_way_out_keeps_the_rest_of_the_text(rule, text, kind, cured):
    assert ways(rule, text)[kind] == cured


def test_the_unit_puts_its_own_hotline_for_a_number():
    cured = ways("phone_personal", "Gọi 0912 000 345.", hotline="0236.3822.300")
    assert cured["own_hotline"] == "Gọi 0236.3822.300."
    assert "own_hotline" not in ways("phone_personal", "Gọi 0912 000 345.")


@pytest.mark.parametrize(
    "text",
    [
        "Đối tượng Vũ Văn T., CCCD 034xxxxxxxxx, điện thoại 0912 000 345",
        "Đối tượng liên hệ qua số 0912 000 345",
        "Số lạ gọi đến là 0912 000 345",
        "điện thoại 0912 000 345",
    ],
)
def test_the_duty_desk_is_not_named_as_somebody_elses_number(text):
    cured = ways("phone_personal", text, hotline="0236.3822.300")
    assert "own_hotline" not in cured
    assert cured["mask"].endswith("0912 000 xxx")


def test_a_street_is_not_cut_to_initials():
    assert sorted(ways("addr_home", "Anh Đỗ Văn L. trú tại 12 Trần Phú")) == ["drop_line", "mask"]


def test_a_birth_whose_name_is_another_finding_leads_to_that_name():
    text = "Nạn nhân là anh Tạ Văn Lúa (SN 1985)"
    assert ways("name_dob", text)["initials"] == "Nạn nhân là anh T.V.L. (SN 1985)"


def test_the_press_s_way_keeps_family_and_middle_name_but_of_nobody_who_is_protected():
    text = "Nạn nhân là anh Tạ Văn Lúa."
    assert ways("name_case", text)["given_initial"] == "Nạn nhân là anh Tạ Văn L."
    assert "given_initial" not in ways("minor_id", "Ngô Minh Lúa (9 tuổi) nhặt được ví")
    assert "given_initial" not in ways("informant", "Nhân chứng Quách Văn Thóc cho biết")


def test_a_text_with_a_secrecy_mark_has_no_way_out():
    assert ways("secret_mark", "TỐI MẬT\nPhương án") == {}


def test_a_line_as_long_as_a_paragraph_is_not_dropped_by_one_tap():
    text = "Gọi 0912 000 345 nhé. "

    assert "drop_line" in ways("phone_personal", text)
    assert "drop_line" not in ways("phone_personal", text + "Cảnh giác. " * 50)
