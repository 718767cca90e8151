"""An approved revision as words for where no network reaches: read aloud over the commune's
loudspeakers, or pasted by hand into a group.

Nothing is added to what was approved but marks of its parts: these are functions of its content.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

from core.text import fold
from posts.canonical.html import to_plain_text

# Signs that one message in a Zalo chat takes, with room for the mark of the piece.
LONGEST_PIECE = 1900
# Syllables a second over outdoor loudspeakers: slower than a newsreader, for echoes blur the words.
# The portal's own assumption.
SYLLABLES_A_SECOND = 3.0
# A breath between two sentences, a longer one between two paragraphs.
_SENTENCE_PAUSE, _PARAGRAPH_PAUSE = 0.5, 1.5

# What an announcer should not have to guess; only whole words in exactly these letters.
SPOKEN = {
    "ANTT": "an ninh trật tự",
    "ATGT": "an toàn giao thông",
    "BCA": "Bộ Công an",
    "BLHS": "Bộ luật Hình sự",
    "CA": "Công an",
    "CAND": "Công an nhân dân",
    "CAX": "Công an xã",
    "CCCD": "căn cước công dân",
    "CSGT": "Cảnh sát giao thông",
    "CSKV": "Cảnh sát khu vực",
    "HĐND": "Hội đồng nhân dân",
    "KCN": "khu công nghiệp",
    "MXH": "mạng xã hội",
    "OTP": "ô tê pê",
    "NĐ-CP": "Nghị định của Chính phủ",
    "PCCC": "phòng cháy, chữa cháy",
    "CNCH": "cứu nạn, cứu hộ",
    "SĐT": "số điện thoại",
    "TAND": "Tòa án nhân dân",
    "TNGT": "tai nạn giao thông",
    "TNXH": "tệ nạn xã hội",
    "TP": "thành phố",
    "TTATGT": "trật tự, an toàn giao thông",
    "UBND": "Ủy ban nhân dân",
    "VKSND": "Viện kiểm sát nhân dân",
    "km/h": "ki-lô-mét trên giờ",
}
_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
# Numbers that people dial: each digit by itself.
_DIALLED = re.compile(
    r"(?<![\w.,/])(?:11[1-5]|156|5656|0\d{8,10}|0\d{2,3}[ .]\d{3}[ .]\d{3,4}|1[89]00\d{4})"
    r"(?![\w/]|[.,]\d)"
    # What is counted is no telephone number: 113 người, 115 triệu.
    r"(?!\s*(?:%|bài|ca|đồng|em|hồ|hộ|km|lượt|năm|ngày|nghìn|người|suất|trường|triệu|tỷ|vụ|xe)(?!\w))"
)
_ADDRESS = re.compile(r"\(?https?://\S+")
_HASHTAG = re.compile(r"(?<!\S)#\w+")
# Pictures and arrows that nobody reads aloud.
_PICTURES = re.compile("[\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\ufe0f\u200d\U0001f000-\U0001faff]")
_WORD = re.compile(r"\w+")
_KNOWN = "|".join(re.escape(word) for word in sorted(SPOKEN, key=len, reverse=True))
_ABBREVIATION = re.compile(rf"(?<!\w)(?:{_KNOWN})(?!\w)")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")


def short_hash(sha256: str) -> str:
    """Return the short form of a revision's hash, as people compare it by eye."""
    start = sha256[:8].upper()
    return f"{start[:4]}-{start[4:]}"


def whole_text(content: Mapping[str, Any]) -> str:
    """Return the whole text as it was approved: of a channel that shows it complete, with its
    correction's line, the note on AI and the unit's name.
    """
    common = [target["text"] for target in content["channels"] if not target["own_text"]]
    whole = f"{to_plain_text(content['body'])}\n\n{content['unit']}"
    text = max(common, key=len, default="") or whole
    title = content["title"]
    return text if fold(title) in fold(text) else f"{title}\n\n{text}".strip()


def short_sentences(content: Mapping[str, Any], *, longest: int) -> list[str]:
    """Return the sentences of the approved text that are short enough for a line of a poster."""
    sentences: dict[str, None] = {}
    for paragraph in to_plain_text(content["body"]).split("\n"):
        for sentence in _SENTENCE_END.split(_ADDRESS.sub("", paragraph).strip()):
            tidy = " ".join(sentence.split())
            if 0 < len(tidy) <= longest and not tidy.endswith(
                ":"
            ):  # a list follows that is not shown
                sentences.setdefault(tidy)
    return list(sentences)


def to_spoken_text(text: str) -> str:
    """Return the text as an announcer reads it: abbreviations in full, numbers to dial digit by
    digit, without addresses, hashtags and pictures.
    """
    for sign in (_ADDRESS, _HASHTAG, _PICTURES):
        text = sign.sub("", text)
    text = _DIALLED.sub(lambda match: _spell_digits(match.group()), text)
    text = _ABBREVIATION.sub(lambda match: SPOKEN[match.group()], text)
    lines = (re.sub(r"[ \t]+", " ", line).strip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _spell_digits(number: str) -> str:
    return " ".join(_DIGITS[int(sign)] for sign in number if sign.isdigit())


def estimate_reading_seconds(text: str) -> int:
    """Estimate how long an announcer reads; a number counts as its digits do."""
    syllables = sum(2 * len(word) - 1 if word.isdigit() else 1 for word in _WORD.findall(text))
    paragraphs = [part for part in text.split("\n\n") if part.strip()]
    sentences = sum(len(_SENTENCE_END.split(part.strip())) for part in paragraphs)
    pauses = sentences * _SENTENCE_PAUSE + len(paragraphs) * _PARAGRAPH_PAUSE
    return math.ceil(syllables / SYLLABLES_A_SECOND + pauses) if syllables else 0


def split_into_messages(text: str, *, longest: int = LONGEST_PIECE) -> list[str]:
    """Cut a text into messages that a chat takes, between paragraphs where that fits, else between
    sentences, words, or at last anywhere. Several are numbered: (1/3).
    """
    messages: list[str] = []
    for part, joint in _smallest_parts(text, longest):
        if messages and len(messages[-1]) + len(joint) + len(part) <= longest:
            messages[-1] += joint + part
        else:
            messages.append(part)
    if len(messages) < 2:
        return messages
    return [f"({n}/{len(messages)}) {piece}" for n, piece in enumerate(messages, start=1)]


def _smallest_parts(text: str, longest: int) -> list[tuple[str, str]]:
    """Return the smallest parts that need no further cut, each with what joins it to the one
    before.
    """
    parts: list[tuple[str, str]] = []
    for paragraph in filter(None, (part.strip() for part in text.split("\n\n"))):
        if len(paragraph) <= longest:
            parts.append((paragraph, "\n\n"))
            continue
        joint = "\n\n"
        for sentence in _SENTENCE_END.split(paragraph):
            for bit in _cut_sentence(sentence, longest):
                parts.append((bit, joint))
                joint = " "
    return parts


def _cut_sentence(sentence: str, longest: int) -> list[str]:
    bits: list[str] = []
    while len(sentence) > longest:
        at = sentence.rfind(" ", 1, longest + 1)
        at = at if at > 0 else longest
        bits.append(sentence[:at].strip())
        sentence = sentence[at:].strip()
    return [*bits, sentence] if sentence else bits
