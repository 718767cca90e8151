import pytest

from core import phones


@pytest.mark.parametrize(
    ("typed", "dialled", "shown"),
    [
        ("113", "113", "113"),
        ("5656", "5656", "5656"),
        ("1022", "1022", "1022"),
        ("0236 3822 300", "02363822300", "0236.3822.300"),
        ("(+84) 236.3822.300", "02363822300", "0236.3822.300"),
        ("024.3826.8888", "02438268888", "024.3826.8888"),
        ("0905-123-456", "0905123456", "0905.123.456"),
        ("0084905123456", "0905123456", "0905.123.456"),
        ("1900 1234", "19001234", "1900.1234"),
        ("1800 599 920", "1800599920", "1800.599920"),
    ],
)
def test_a_number_is_read_as_it_is_dialled_and_shown_in_groups(typed, dialled, shown):
    assert (phones.parse_digits(typed), phones.group_digits(dialled)) == (dialled, shown)


@pytest.mark.parametrize(
    "typed",
    [
        *("", "117", "12345", "0236 3822", "0136 3822 300", "090512345", "09051234567"),
        *("+1 202 555 0100", "không có", "1900 12345", "٠٩٠٥١٢٣٤٥٦", "0905123456x", "1" * 5000),
    ],
)
def test_what_nobody_in_the_country_could_dial_is_no_number(typed):
    assert phones.parse_digits(typed) is None
