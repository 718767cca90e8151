"""Advice on how a post is read. Every limit is a habit of this portal, not a platform's; nothing
here blocks, and each rule reads the text a constant number of times.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from channels.queries import facts_of
from channels.states import Kind
from core.phones import SHORT
from platforms.facts import Fold
from posts.canonical.content import channel_name
from posts.canonical.folding import fold_text
from posts.checks.base import Draft, Finding, hint

SCAMS = "lua_dao"  # the topic of warnings of fraud, by its code
LONGEST_FIRST_LINE = 125  # characters: Instagram's fold, the narrowest that shows whole sentences
NARROWEST_FOLD = Fold(LONGEST_FIRST_LINE, lines=3)
FEWEST_WORDS_AHEAD = 4  # before a fold
# A syllable is what stands between two blanks: Vietnamese writes it so.
LONG_SENTENCE, LONG_ON_AVERAGE, MOST_LONG = 40, 26, 0.34
FEWEST_SYLLABLES = 60  # below that an average says nothing
FEWEST_WITH_ACCENTS, JUDGED_FROM = 0.2, 12  # share of the words, and how many it takes to judge
FEWEST_WORDS_BESIDE_PICTURES = 12

# Possessive, and not begun within a run: a run of dots is read once.
_SENTENCE_END = re.compile(r"(?<![.!?…])[.!?…]++(?=\s|$)|\n+")
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d(?:[ .()\-]{0,2}\d)*")  # 113, or (0236) 3822.300


def check_first_line(draft: Draft) -> Iterator[Finding]:
    """Find a first line that is too long, or what stands before the fold of marks and tags alone.

    The title is the first line where a platform shows none of its own.
    """
    title = draft.own_title
    text = f"{title}\n\n{draft.text}".strip()
    where = "title" if title else "body"
    first = text.split("\n", 1)[0]
    if len(first) > LONGEST_FIRST_LINE:
        message = _(
            "The first line has %(n)s characters. Residents see about %(most)s before “See more”: "
            "say the most important thing there."
        )
        yield hint(
            "first_line_long", message % {"n": len(first), "most": LONGEST_FIRST_LINE}, where
        )
    if len(text) > LONGEST_FIRST_LINE and len(_words(fold_text(text, NARROWEST_FOLD).head)) < (
        FEWEST_WORDS_AHEAD
    ):
        message = _(
            "Hardly any words stand before “See more”. Begin with what residents should know."
        )
        yield hint("beginning_empty", message, where)


def check_accents(draft: Draft) -> Iterator[Finding]:
    """Find a text that was typed without Vietnamese accents: it is misread, and reads like spam."""
    for where, text in (("title", draft.own_title), ("body", draft.text)):
        words = _words(text)
        with_accents = sum(not word.isascii() for word in words)
        if len(words) >= JUDGED_FROM and with_accents < FEWEST_WITH_ACCENTS * len(words):
            message = _("This text has hardly any Vietnamese accents. Type it with accents.")
            yield hint("accents_missing", message, where)


def check_readability(draft: Draft) -> Iterator[Finding]:
    """Find sentences that are hard to follow, by their mean length in syllables and the share of
    long ones.

    Sentence length is the oldest measure of Vietnamese readability; it is reviewed in Luong, Nguyen
    and Dinh, "Examining the part-of-speech features in assessing the readability of Vietnamese
    texts", Acta Linguistica Asiatica 10(2), 2020. The limits are ours.
    """
    sentences = [len(part.split()) for part in _SENTENCE_END.split(draft.text)]
    sentences = [length for length in sentences if length]
    if sum(sentences) < FEWEST_SYLLABLES:
        return
    mean = sum(sentences) / len(sentences)
    long = sum(length > LONG_SENTENCE for length in sentences)
    if mean > LONG_ON_AVERAGE or long > MOST_LONG * len(sentences):
        message = _(
            "Sentences are long: %(mean)s syllables on average, %(long)s of %(all)s above "
            "%(most)s. "
            "Shorter ones are easier to follow."
        )
        facts = {"mean": round(mean), "long": long, "all": len(sentences), "most": LONG_SENTENCE}
        yield hint("sentences_long", message % facts, "body")


def check_length(draft: Draft) -> Iterator[Finding]:
    """Find texts that are longer than is usual on their platform; one hint for the common text."""
    common = []
    for target in draft.content["channels"]:
        if not _usual_length(target) or len(target["text"]) <= _usual_length(target):
            continue
        if target["own_text"]:
            facts = {"names": channel_name(target), "most": _usual_length(target)}
            yield hint("text_longer_than_usual", _too_long_text() % facts, target["channel"])
        else:
            common.append(target)
    if common:
        names = dict.fromkeys(str(Kind(target["platform"]).label) for target in common)
        facts = {"names": ", ".join(names), "most": min(map(_usual_length, common))}
        yield hint("text_longer_than_usual", _too_long_text() % facts, "body")


def check_words_outside_picture(draft: Draft) -> Iterator[Finding]:
    has_pictures = any("video" not in medium for medium in draft.content["media"])
    if has_pictures and draft.text and len(_words(draft.text)) < FEWEST_WORDS_BESIDE_PICTURES:
        message = _(
            "The text is very short. What stands in a picture alone is not read aloud to blind "
            "people and not found by search: write it into the text, too."
        )
        yield hint("words_in_picture", message, "body")


def check_hotline(draft: Draft) -> Iterator[Finding]:
    if draft.content["topic"] != SCAMS or not draft.text:
        return
    short = any(number in SHORT for number in re.findall(r"\d+", draft.text))
    numbers = (re.sub(r"\D", "", number) for number in _NUMBER.findall(draft.text))
    if not short and not any(number in draft.phones for number in numbers):
        message = _(
            "A warning of scams should end with a number to call: 113, 156 or the unit's own "
            "telephone."
        )
        yield hint("hotline_missing", message, "body")


def check_time(draft: Draft) -> Iterator[Finding]:
    best = draft.best_hours
    if not best or not draft.requested_time:
        return
    if not best.first <= timezone.localtime(draft.requested_time).hour < best.end:
        message = _(
            "By the unit's last %(n)s posts, those published between %(first)s:00 and %(end)s:00 "
            "are seen most."
        )
        facts = {"n": best.posts, "first": best.first, "end": best.end}
        yield hint("other_hours_better", message % facts, "wanted")


def _words(text: str) -> list[str]:
    """List the words that residents read; links and tags are none."""
    parts = (part for part in text.split() if not part.startswith(("#", "@", "http")))
    return [word for part in parts for word in _WORD.findall(part)]


def _usual_length(target: Mapping[str, Any]) -> int:
    return facts_of(target["platform"]).comfortable_length


def _too_long_text() -> str:
    return _("The text is longer than is usual on %(names)s: few residents read past %(most)s.")
