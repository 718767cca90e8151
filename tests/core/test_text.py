import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from core import text as folding
from core.text import fold, normalise


def test_search_ignores_case_and_accents():
    assert fold("Công an phường  Đống Đa") == "cong an phuong dong da"
    assert fold("ĐẮK LẮK") == fold("đắk lắk") == "dak lak"


@given(st.text())
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_decomposed_letters_are_found_like_composed_ones(text):
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


def test_letters_that_no_page_asks_for_fill_no_memory():
    fold("".join(map(chr, range(0x10000, 0x20000))))

    assert len(folding._BARE) <= 0x2000


def test_stored_text_is_composed_and_has_plain_newlines():
    assert normalise("a\u0301\r\nb\rc") == "á\nb\nc"


def test_what_is_stored_turns_no_direction():
    """Between these signs people would see 0912345678."""
    assert normalise("Gọi \u202e8765432190\u202c, \u2067an\u2069 toàn") == "Gọi 8765432190, an toàn"
