"""The order in which an officer reads comments, judged from their text as it is shown and kept
nowhere.
"""

import re
from collections.abc import Iterable

from core.text import fold
from platforms.messages import Comment

# Those who prey on victims offer their money back, a loan or easy work, and lead on to a contact of
# their own. A victim asks in the same words: both want to be read before the rest.
_LURES = re.compile(
    r"\b(?:(?:lay|nhan|doi|rut) lai (?:duoc |het )?(?:so )?tien|thu hoi (?:von|tien|no)|"
    r"hoan (?:lai )?tien|viec nhe|luong cao|vay (?:nhanh|nong|online|tin chap)|giai ngan|no xau|"
    r"hoa hong|sinh loi|lai cao|trung thuong|nhan qua|inbox|ib|ket ban|nhan tin rieng)\b"
)
_CONTACTS = re.compile(
    r"https?://|\bwww\.|\b(?:bit\.ly|t\.me|zalo\.me|tinyurl\.com)/|"
    r"(?<!\d)(?:\+?84|0)(?:[ .-]?\d){9}(?!\d)|\b(?:zalo|tele(?:gram)?)\b"
)


def names_money_or_contact(comment: Comment) -> bool:
    text = fold(comment.text)
    return bool(_LURES.search(text) or _CONTACTS.search(text))


def sort_by_need(comments: Iterable[Comment]) -> list[Comment]:
    """Sort what is unanswered first, and of that what names money or a contact; hidden ones last.
    Otherwise the order stays.
    """

    def rank(comment: Comment) -> tuple[bool, bool, bool]:
        is_done = comment.hidden or comment.answered
        return comment.hidden, is_done, is_done or not names_money_or_contact(comment)

    return sorted(comments, key=rank)
