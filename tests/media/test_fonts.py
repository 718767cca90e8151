"""The fonts that cards, posters and captions are drawn with: whole, named, with all letters."""

import hashlib
import json
import string
import unicodedata
from pathlib import Path

import pytest
from django.conf import settings
from PIL import ImageFont

FONTS = Path(settings.BASE_DIR) / "media" / "fonts"
_VOWELS = "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY"
_TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
LETTERS = {
    *string.ascii_letters,
    *string.digits,
    *"đĐ₫.,:;!?…–—“”‘’()[]/\\#@$%&*+-=_<>|·•",
    *(unicodedata.normalize("NFC", vowel + tone) for vowel in _VOWELS for tone in _TONES),
}


def test_every_font_is_the_one_in_the_manifest():
    manifest = json.loads((FONTS / "manifest.json").read_text(encoding="utf-8"))
    listed = {name: sha for font in manifest["fonts"] for name, sha in font["files"].items()}

    found = {
        path.relative_to(FONTS).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in FONTS.glob("*/*.ttf")
    }

    assert found == listed
    assert all((path / "OFL.txt").is_file() for path in FONTS.iterdir() if path.is_dir())
    assert sum(path.stat().st_size for path in FONTS.rglob("*")) < 3_000_000


@pytest.mark.parametrize("path", sorted(FONTS.glob("*/*.ttf")), ids=lambda path: path.stem)
def test_a_font_has_all_letters_of_vietnamese(path):
    font = ImageFont.truetype(path, 40)
    blank = bytes(font.getmask("\U000e0fff"))  # no font has it: the box of a missing letter

    missing = [letter for letter in LETTERS if bytes(font.getmask(letter)) == blank]

    assert missing == []
