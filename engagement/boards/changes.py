"""Say in up to three sentences what changed, each made from figures by a rule and with its source.

A rule is a pure function from the facts to a statement or None. Thresholds are data. Nothing is
said to be the cause of something: where two things happened in one period, the words are "at the
same time as".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MOST = 3


@dataclass(frozen=True)
class Limits:
    """From where on a change is worth a sentence."""

    fewer: float = 0.7  # of the publications of the period before
    more: float = 1.4
    least_before: int = 3  # publications; below, a change says nothing
    worse: float = 0.8  # of what a publication had in the period before
    better: float = 1.25
    carried: float = 0.5  # of all reach, by one post
    least_posts: int = 4  # publications, before one of them can have carried the others
    silent_days: int = 2  # days of publication without a figure
    figures_take: timedelta = timedelta(days=1)  # a platform has so long to report the first ones
    of_kit: float = 0.2  # of all publications, before a kit is worth a sentence
    pause_days: int = 1


@dataclass(frozen=True)
class Day:
    """A platform's day: its publications, and how many figures of them it has reported."""

    day: date
    publications: int
    measured: int


@dataclass(frozen=True)
class Platform:
    name: str
    days: Sequence[Day]


@dataclass(frozen=True)
class KitAdoption:
    """A measure of how residents took up the publications of a period and of the one before: its
    sum, and over how many publications it was measured.
    """

    fell: str  # the sentences, with the measure's name
    rose: str
    total: int | None
    measured: int
    total_before: int | None
    measured_before: int

    def compare(self, limits: Limits) -> float | None:
        """Return how many times as much one publication had; None where that says nothing."""
        if min(self.measured, self.measured_before) < limits.least_before:
            return None
        if self.total is None or not self.total_before:
            return None
        return (self.total / self.measured) / (self.total_before / self.measured_before)


@dataclass(frozen=True)
class TopPost:
    """The post that reached most."""

    title: str
    reach: int
    address: str


@dataclass(frozen=True)
class NewKit:
    """A kit that was first issued on ``day``, and how many publications came of it since."""

    name: str
    day: date
    publications: int
    address: str


@dataclass(frozen=True)
class PauseDays:
    """A pause that held everything of the scope: its days within the period."""

    first: date
    last: date
    address: str

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True)
class Facts:
    today: date
    publications: int
    publications_before: int
    reach: int | None
    adoption: Sequence[KitAdoption] = ()
    top_post: TopPost | None = None
    platforms: Sequence[Platform] = ()
    kits: Sequence[NewKit] = ()
    pauses: Sequence[PauseDays] = ()
    # The rows behind the sums of publications and of platforms.
    of_publications: str = "#days_publications-title"
    of_platforms: str = "#platforms-title"
    of_sums: str = "#compared-title"
    limits: Limits = field(default_factory=Limits)

    @property
    def times(self) -> float | None:
        """Return how many times as much was published as before; None where that says nothing."""
        if self.publications_before < self.limits.least_before:
            return None
        return self.publications / self.publications_before

    @property
    def are_fewer(self) -> bool:
        return self.times is not None and self.times <= self.limits.fewer


@dataclass(frozen=True)
class Sentence:
    """A sentence and the address of the rows that it was made of."""

    rule: str
    words: str
    source: str


def describe_changes(facts: Facts) -> list[Sentence]:
    """Return what the rules say, in their order, at most MOST of them."""
    sentences = (rule(facts) for rule in RULES)
    return [sentence for sentence in sentences if sentence][:MOST]


def report_silent_platform(facts: Facts) -> Sentence | None:
    """Report the platform that has reported no figure for longest, though posts went out there."""
    limits, settled = facts.limits, facts.today - facts.limits.figures_take
    silences: list[tuple[date, str, int]] = []
    for platform in facts.platforms:
        measured = [day.day for day in platform.days if day.measured]
        last = max(measured, default=date.min)
        silent = [day for day in platform.days if last < day.day < settled]
        if len(silent) >= limits.silent_days:
            n = sum(day.publications for day in silent)
            silences.append((silent[0].day, platform.name, n))
    if not silences:
        return None
    day, name, n = min(silences)
    text = ngettext(
        "No figures of %(platform)s since %(day)s, for %(n)s publication.",
        "No figures of %(platform)s since %(day)s, for %(n)s publications.",
        n,
    )
    return Sentence(
        "silent_platform",
        text % {"platform": name, "day": _format_day(day), "n": n},
        facts.of_platforms,
    )


def report_pause(facts: Facts) -> Sentence | None:
    """Report the longest pause, and fewer publications at the same time where there were."""
    long = [pause for pause in facts.pauses if pause.days >= facts.limits.pause_days]
    if not long:
        return None
    longest = max(long, key=lambda pause: pause.days)
    named = {
        "n": longest.days,
        "first": _format_day(longest.first),
        "last": _format_day(longest.last),
    }
    if facts.are_fewer:
        text = ngettext(
            "Publishing paused on %(n)s day (%(first)s – %(last)s), at the same time as fewer "
            "publications than before.",
            "Publishing paused on %(n)s days (%(first)s – %(last)s), at the same time as fewer "
            "publications than before.",
            longest.days,
        )
    else:
        text = ngettext(
            "Publishing paused on %(n)s day (%(first)s – %(last)s).",
            "Publishing paused on %(n)s days (%(first)s – %(last)s).",
            longest.days,
        )
    return Sentence("pause", text % named, longest.address)


def report_more_or_fewer(facts: Facts) -> Sentence | None:
    """Report that clearly more or fewer posts were published than in the period before."""
    if facts.times is None:
        return None
    named = {
        "n": _format_number(facts.publications),
        "before": _format_number(facts.publications_before),
        "by": _format_number(abs(facts.publications - facts.publications_before)),
    }
    if facts.are_fewer:
        text = _("%(n)s publications, %(by)s fewer than in the period before (%(before)s).")
    elif facts.times >= facts.limits.more:
        text = _("%(n)s publications, %(by)s more than in the period before (%(before)s).")
    else:
        return None
    return Sentence("more_or_fewer", text % named, facts.of_publications)


def report_adoption(facts: Facts) -> Sentence | None:
    """Report the measure of which one publication had clearly less than before; where none has, the
    one that grew most. More publications do not hide that each was taken up less.
    """
    limits = facts.limits
    compared = [
        (times, row) for row in facts.adoption if (times := row.compare(limits)) is not None
    ]
    if not compared:
        return None
    least, most = (of(compared, key=lambda pair: pair[0]) for of in (min, max))
    if least[0] <= limits.worse:
        times, row = least
        text = row.fell
    elif most[0] >= limits.better:
        times, row = most
        text = row.rose
    else:
        return None
    now, before = row.total or 0, row.total_before or 0
    named = {
        "n": _format_number(round(now / row.measured)),
        "before": _format_number(round(before / row.measured_before)),
        "by": _format_number(round(abs(times - 1) * 100)),
        "total": _format_number(now),
        "total_before": _format_number(before),
    }
    return Sentence("adoption", text % named, facts.of_sums)


def report_dominant_post(facts: Facts) -> Sentence | None:
    """Report the post that had most of all reach."""
    post, limits = facts.top_post, facts.limits
    if post is None or not facts.reach or facts.publications < limits.least_posts:
        return None
    share = post.reach / facts.reach
    if share < limits.carried:
        return None
    text = _("One post had %(share)s %% of all reach: “%(title)s”.")
    named = {"share": _format_number(round(share * 100)), "title": post.title}
    return Sentence("one_carried", text % named, post.address)


def report_new_kit(facts: Facts) -> Sentence | None:
    """Report the kit of the period that most publications came of."""
    least = facts.publications * facts.limits.of_kit
    begun = [kit for kit in facts.kits if kit.publications and kit.publications >= least]
    if not begun:
        return None
    kit = max(begun, key=lambda kit: kit.publications)
    text = ngettext(
        "The kit “%(kit)s” was issued on %(day)s; %(n)s publication came of it.",
        "The kit “%(kit)s” was issued on %(day)s; %(n)s publications came of it.",
        kit.publications,
    )
    named = {"kit": kit.name, "day": _format_day(kit.day), "n": _format_number(kit.publications)}
    return Sentence("new_kit", text % named, kit.address)


# What makes figures unsure comes first.
RULES: tuple[Callable[[Facts], Sentence | None], ...] = (
    report_silent_platform,
    report_pause,
    report_adoption,
    report_more_or_fewer,
    report_dominant_post,
    report_new_kit,
)


def _format_day(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")


def _format_number(n: int) -> str:
    return number_format(n, force_grouping=True)
