"""Passwords that are refused, and a long one of ordinary words that is not."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import translation

from accounts.permissions import Role
from accounts.sign_in.passwords import MinimumLengthValidator
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief():
    province = factories.ProvinceFactory(
        place="Thành phố Đà Nẵng", name="Công an thành phố Đà Nẵng"
    )
    unit = factories.UnitFactory(
        parent=province, place="Phường Hải Châu", name="Công an phường Hải Châu"
    )
    return factories.person(
        Role.APPROVER,
        unit,
        username="hai-chau.pho",
        full_name="Trần Thị Bích Ngọc",
        email="ngoc.ttb@congan.example",
    )


def codes(password, person) -> list[str]:
    try:
        validate_password(password, person)
    except ValidationError as refused:
        return [error.code for error in refused.error_list]
    return []


@pytest.mark.parametrize(
    "password",
    [
        "congancongan",
        "CôngAnCôngAn",
        "hai-chau.pho2026",
        "HảiChâu@2026!!",
        "matkhau123456",
        "M@tKh@u2026!!!",
        "conganhaichau1",
        "congan-danang-2026",
        "bichngoc1988!!",
        "Ngoc0905123456",
        "0905123456789",
        "84905123456abc",
        "abcabcabcabc",
        "aaaaaaaaaaaa",
        "qwertyuiop123456",
        "1234567890qwerty",
        "sunshine2026!!",
        "P@ssw0rd123456",
        "iloveyou123456",
        "outreach-portal-2026",
        "truyenthong-coso-26",
        "anhyeuem123456",
    ],
)
def test_a_password_that_others_would_try_first_is_refused(chief, password):
    assert codes(password, chief) == ["password_guessable"]


@pytest.mark.parametrize("password", ["739284615072", "tran thi bich ngok", "1qaz2wsx3edc"])
def test_a_reason_is_said_once(chief, password):
    assert codes(password, chief) == ["password_guessable"]


@pytest.mark.parametrize(
    "password",
    [
        "mot cau dai de nho 2026",
        "chiều thứ bảy trời mưa",
        "x7Kp92mQ4zT1",
        "con mèo leo cây cau",
        "Hải Châu có cây bàng lá đỏ",
        factories.PASSWORD,
        "đ" * 3 + "ường xa gió lạnh " * 6,
    ],
)
def test_a_password_that_only_its_holder_connects_is_taken(chief, password):
    assert codes(password, chief) == []


def test_another_persons_place_is_no_reason_to_refuse(chief):
    stranger = factories.person(Role.OFFICER)

    assert codes("haichau bichngoc 88", chief) == ["password_guessable"]
    assert codes("haichau bichngoc 88", stranger) == []


@pytest.mark.parametrize(("length", "refused"), [(128, []), (129, ["password_too_long"])])
def test_a_password_may_have_128_characters(chief, length, refused):
    words = "gió núi mây trời sông biển đồng ruộng "

    assert codes((words * 5)[:length], chief) == refused


def test_eleven_characters_are_too_few(chief):
    assert codes("x7Kp92mQ4zT", chief) == ["password_too_short"]


def test_a_short_password_is_refused_in_vietnamese():
    with translation.override("vi"), pytest.raises(ValidationError) as refused:
        MinimumLengthValidator(12).validate("ngan")

    assert refused.value.messages == ["Mật khẩu quá ngắn, cần ít nhất 12 ký tự."]
