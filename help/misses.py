"""Words of acts that the search did not know: reported by a press of a button, counted without who
pressed it, so that the synonyms grow.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from django.db.models import F, Sum
from django.utils import timezone

from accounts.models import User
from core import quotas
from core.search import MOST_WORDS, SHORTEST_WORDS, find_matches, fold_typed_words
from core.text import fold, normalise
from help.models import SearchMiss

LONGEST = 40  # letters: the name of an act, never a text
LISTED_FROM = 3  # reports of the same words
MOST_LISTED = 20


def make_reportable(typed: str) -> str:
    """Return the words as they would be counted; empty where they can name no act: numbers,
    addresses, long texts.
    """
    words = normalise(typed[: 2 * LONGEST]).casefold().split()
    text = " ".join(words)
    is_short = SHORTEST_WORDS <= len(text) <= LONGEST and len(words) <= MOST_WORDS
    return text if is_short and all(word.isalpha() for word in words) else ""


def report_miss(typed: str, *, by: User) -> None:
    """Count ``typed`` as not found. Words that something is found by are not counted, nor is a
    person's name; whoever reports is not told which, lest they learn who has an account. Raise
    QuotaExceeded.
    """
    quotas.use("search_miss", by=by)
    words = make_reportable(typed)
    if not words or find_matches(by, fold_typed_words(words)) or _is_name(words):
        return
    row = SearchMiss.objects.filter(words=words, month=timezone.localdate().replace(day=1))
    if not row.update(n=F("n") + 1):
        new = SearchMiss(words=words, month=timezone.localdate().replace(day=1))
        SearchMiss.objects.bulk_create([new], ignore_conflicts=True)
        row.update(n=F("n") + 1)


def _is_name(words: str) -> bool:
    return User.objects.filter(search__contains=fold(words)).exists()


def list_misses(today: date) -> Iterable[Mapping[str, object]]:
    """Return the ``words`` that were reported several times within ninety days, with ``times``."""
    recent = SearchMiss.objects.filter(month__gt=today - timedelta(days=90))
    counted = recent.values("words").annotate(times=Sum("n"))
    return counted.filter(times__gte=LISTED_FROM).order_by("-times", "words")[:MOST_LISTED]
