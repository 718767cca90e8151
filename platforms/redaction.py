"""Redact a platform's complaint, which may repeat what was sent: a resident's words, a name, a
token.
"""

import re

LONGEST = 200
_HIDDEN = "…"
_MAX_READ = 2000  # characters of a complaint, which may have megabytes

# What is in quotation marks was most often sent by somebody; the name of a field was not.
_QUOTED = re.compile(r"""["“”«»`]([^"“”«»`]*)(?:["“”«»`]|$)|(?<!\w)['‘]([^'‘’]{1,200})['’](?!\w)""")
_FIELD = re.compile(r"[a-z][a-z0-9_.]{0,30}")
_NUMBER = re.compile(r"\+?\d(?:[ ._-]?\d){8,}")  # of an object, of a telephone
_TOKEN_LENGTH = 20  # characters, one of them a digit
_CALL = re.compile(
    r" \(log \w{1,64}\)$"
)  # TikTok's number of the call, by which its support finds it


def redact(text: str) -> str:
    """Return at most `LONGEST` characters of ``words``, and the number of the call, without what
    they may repeat; empty where nothing is left.

    Platforms complain in English. From the first letter that English has not, somebody else wrote
    the sentence: it is left out with all that follows.
    """
    text = _keep_english_part(" ".join(text[:_MAX_READ].replace("\0", " ").split()))
    call = _CALL.search(text)
    text = text.removesuffix(call[0]) if call else text
    text = _QUOTED.sub(
        lambda match: match[0] if _FIELD.fullmatch(match[1] or match[2] or "") else _HIDDEN, text
    )
    text = " ".join(_HIDDEN if _is_revealing(word) else word for word in text.split(" "))
    text = _NUMBER.sub(_HIDDEN, text)[:LONGEST] + (call[0] if call else "")
    return text if any(letter.isalpha() for letter in text) else ""


def _is_revealing(word: str) -> bool:
    """Tell whether it is an address, or looks like a token."""
    address = "://" in word or "@" in word or word.startswith("www.")
    return address or (len(word) >= _TOKEN_LENGTH and any(letter.isdigit() for letter in word))


def _keep_english_part(text: str) -> str:
    """Return the sentences, or their parts, before the first foreign letter."""
    foreign = next(
        (n for n, letter in enumerate(text) if letter.isalpha() and not letter.isascii()), None
    )
    if foreign is None:
        return text
    start = max(text.rfind(mark, 0, foreign) for mark in (". ", ": ", "; ", "(", '"', "“", "'"))
    return f"{text[: start + 1]} {_HIDDEN}".strip() if start >= 0 else ""
