"""Refuse passwords that somebody who knows the officer, the unit or the usual lists would try
first.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from django.contrib.auth import password_validation
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import User
from core.text import fold

# What remains when every word that others would guess is taken out must still have so many
# characters, of which so many are different.
LEFT_OVER = 6
DIFFERENT = 4
_LIST = """
congan canhsat csgt anninh trattu bocongan phuong dackhu tinh thanhpho truong pho canbo chihuy dongchi
tochuc quantri truyenthong tuyentruyen congthongtin coso matkhau dangnhap taikhoan xinchao vietnam hanoi
saigon hochiminh tphcm danang haiphong cantho nghean thanhhoa anhyeuem emyeuanh yeuem iloveyou admin
administrator root portal outreach police password passw0rd pass login welcome qwerty qwertyuiop asdfgh
zxcvbn abc abcd abcdef letmein secret test user
"""  # noqa: E501
WORDS = frozenset(_LIST.split())
_PATTERNS = [
    re.compile(r"(?:84|0)[35789]\d{8}"),  # a mobile number
    re.compile(r"\d{2}[01]\d(?:19|20)\d\d|(?:19|20)\d\d"),  # a date of birth, a year
    re.compile(r"(.)\1{2,}"),  # aaaa, 0000
]
_ROWS = (
    "01234567890",
    "09876543210",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
)
_LEET = str.maketrans("013457@$!", "oieastasi")


@cache
def common_passwords() -> frozenset[str]:
    """Return the some 20,000 passwords of breaches that Django ships (Royce Williams's list)."""
    return frozenset(CommonPasswordValidator().passwords)


class MinimumLengthValidator(password_validation.MinimumLengthValidator):
    """Django's, in words of our own catalogue: its Vietnamese one lacks the plural of the error."""

    def get_error_message(self) -> str:
        return _("This password is too short: at least %(n)s characters.") % {"n": self.min_length}

    def get_help_text(self) -> str:
        return _("At least %(n)s characters.") % {"n": self.min_length}


class MaximumLengthValidator:
    def __init__(self, max_length: int = 128):
        self.max_length = max_length

    def validate(self, password: str, user: User | None = None) -> None:
        if len(password) > self.max_length:
            message = _("This password is too long: at most %(n)s characters.")
            raise ValidationError(message % {"n": self.max_length}, code="password_too_long")

    def get_help_text(self) -> str:
        return _("At most %(n)s characters.") % {"n": self.max_length}


class GuessablePasswordValidator:
    """Refuse breached passwords with additions, own names, units, places and words of the
    service; with what Django refuses for the same reason, so that it is said once.
    """

    alike = (
        password_validation.UserAttributeSimilarityValidator(),
        CommonPasswordValidator(),
        password_validation.NumericPasswordValidator(),
    )

    def validate(self, password: str, user: User | None = None) -> None:
        refused = ValidationError(self.get_help_text(), code="password_guessable")
        try:
            for validator in self.alike:
                validator.validate(password, user)
        except ValidationError:
            raise refused from None
        typed = fold(password)
        known_words = WORDS | set(_words_about(user))
        # "P@ssw0rd2026": the year at the end is no part of the word.
        spelt = re.sub(r"[\W\d_]+$", "", typed).translate(_LEET)
        if is_guessable(typed, known_words) or is_guessable(spelt, known_words):
            raise refused

    def get_help_text(self) -> str:
        return _(
            "This password is easy to guess: it is common, or made of names, places, years or "
            "words of the service. Choose four or more words that only you connect."
        )


def is_guessable(text: str, known_words: frozenset[str] | set[str]) -> bool:
    """Check whether too little of ``text`` (folded) is left without ``words`` and usual
    patterns.
    """
    letters = re.sub(r"[\W_]+", "", text)
    if letters in common_passwords() or re.sub(r"^\d+|\d+$", "", letters) in common_passwords():
        return True
    rest = _shortest_period(letters)
    for word in sorted(known_words, key=len, reverse=True):
        rest = rest.replace(word, " ")
    for pattern in _PATTERNS:
        rest = pattern.sub(" ", rest)
    rest = "".join(_remove_keyboard_rows(rest).split())
    return len(rest) < LEFT_OVER or len(set(rest)) < DIFFERENT


def _shortest_period(text: str) -> str:
    """Reduce a repetition to its period: 'abcabcabc' becomes 'abc'."""
    at = (text + text).find(text, 1)
    return text[:at] if 0 < at < len(text) else text


def _remove_keyboard_rows(text: str) -> str:
    """Take out three or more neighbours of an alphabet or a keyboard, such as 1234 or qwer."""
    out, at = [], 0
    while at < len(text):
        size = max(_row_length_at(text, at, row) for row in _ROWS)
        out.append(" " if size >= 3 else text[at])
        at += size if size >= 3 else 1
    return "".join(out)


def _row_length_at(text: str, at: int, row: str) -> int:
    size = 0
    while at + size < len(text) and text[at : at + size + 1] in row:
        size += 1
    return size


def _words_about(user: User | None) -> Iterator[str]:
    """Yield the words, of three letters or more, in the person's names and units."""
    if user is None:
        return
    names = [
        user.full_name,
        user.username,
        user.email.partition("@")[0],
        *user.email.partition("@")[2].split("."),
    ]
    if user.pk:
        for appointment in user.appointments.select_related("unit__parent"):
            unit = appointment.unit
            names += [unit.name, unit.place, appointment.title]
            names += [unit.parent.name, unit.parent.place] if unit.parent else []
    for name in names:
        parts = re.findall(r"[a-z0-9]+", fold(name))
        pairs = [first + second for first, second in pairwise(parts)]
        yield from (word for word in [*parts, *pairs, "".join(parts)] if len(word) >= 3)
