"""Secrecy marks of documents. A portal on the internet may hold no state secret: a marked draft is not stored."""

import re
import unicodedata

# Case and accents matter: without them MẬT is mặt or mát. "BẢO MẬT", "BÍ MẬT", "mật ong" stay silent.
_LEVEL = "TUYỆT MẬT|TỐI MẬT|MẬT"
_MARKS = re.compile(
    rf"(?m)^[ \t*_(\[“\"]*(?:{_LEVEL})[ \t*_)\]”\".]*$"
    rf"|[(\[](?:{_LEVEL})[)\]]"
    rf"|[Đđ]ộ mật\s*:\s*\"?(?:{_LEVEL}|Tuyệt mật|Tối mật|Mật)\b"
    r"|\b(?:TUYỆT MẬT|TỐI MẬT)\b"
)
_TEACHING = re.compile(r"Bảo vệ bí mật nhà nước|ba độ mật", re.IGNORECASE)


def has_secrecy_mark(text: str) -> bool:
    text = unicodedata.normalize("NFKC", text)
    text = text.translate({0x200B: None, 0x200C: None, 0x200D: None, 0xFEFF: None})
    return bool(_MARKS.search(text)) and not _TEACHING.search(text)
