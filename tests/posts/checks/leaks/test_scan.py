"""The check as others use it: places in the text as given, one finding a place, secrecy marks."""

from datetime import date

import pytest

from posts.checks.leaks.scan import RULES, SENSITIVE_RULES, Allowed, Severity, find_leaks
from tests.core.test_secrecy import MARKED
from tests.core.test_secrecy import SILENT as ORDINARY

TODAY = date(2026, 11, 27)


def found(text, **allowed):
    lists = {name: frozenset(entries) for name, entries in allowed.items()}
    leaks = find_leaks(text, allowed=Allowed(**lists), today=TODAY)
    return [(leak.rule, leak.severity, text[leak.start : leak.end]) for leak in leaks]


@pytest.mark.parametrize(
    "number",
    ["034190000017", "034.190.000.017", "０３４１９０００００１７", "034\u200b190\u00a0000–017"],
)
def test_a_number_is_found_in_any_disguise_and_marked_where_it_stands(number):
    assert found(f"Số định danh {number}.") == [("id_cccd", Severity.HARD, number)]


def test_findings_come_in_the_order_of_the_text():
    rules = [rule for rule, *_ in found("Gọi 0912 000 345, số 034190000017.")]
    assert rules == ["phone_personal", "id_cccd"]


def test_a_number_of_the_unit_is_no_leak():
    text = "Trực ban: +84 912.000.345"
    assert found(text, phones={"0912000345"}) == []
    assert found(text)[0][:2] == ("phone_personal", Severity.HARD)


@pytest.mark.parametrize(
    ("text", "allowed", "rule"),
    [
        ("STK 3761 0000 00123 của xã", {"accounts": {"3761000000123"}}, "bank_acc"),
        ("Xem https://tin.hoamai.example/a", {"hosts": {"hoamai.example"}}, "link_risk"),
        ("Gửi hop.thu@hoamai.example", {"hosts": {"hoamai.example"}}, "email_personal"),
        ("Trực ban 069.23.40001", {"phones": {"0692340001"}}, "phone_069"),
    ],
)
def test_what_a_unit_has_made_public_is_no_leak(text, allowed, rule):
    assert found(text, **allowed) == []
    assert [leak[0] for leak in found(text)] == [rule]


def test_a_secrecy_mark_is_a_hard_finding_whose_words_are_kept_nowhere():
    assert found("TỐI MẬT\nKế hoạch") == [("secret_mark", Severity.HARD, "TỐI MẬT")]
    assert "secret_mark" in SENSITIVE_RULES


@pytest.mark.parametrize("text", [text for text in MARKED if "<" not in text and "&" not in text])
def test_what_the_portal_refuses_to_store_is_a_hard_finding(text):
    assert ("secret_mark", Severity.HARD) in [leak[:2] for leak in found(text)]


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_words_and_lessons_about_secrets_are_no_mark(text):
    assert "secret_mark" not in [rule for rule, *_ in found(text)]


def test_the_sensitive_rules_are_rules():
    assert set(RULES) > SENSITIVE_RULES
