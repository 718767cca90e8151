"""The figures of a dashboard."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from channels.models import Channel
from core.periods import Period
from engagement.boards import events, figures, usual
from engagement.boards.cached_sums import get_or_compute
from engagement.boards.changes import (
    Facts,
    KitAdoption,
    NewKit,
    PauseDays,
    Sentence,
    TopPost,
    describe_changes,
)
from engagement.boards.forms import BoardFilter
from engagement.boards.scopes import Scope
from engagement.dashboards.charts import Mark
from engagement.rollups import periods as opening
from engagement.rollups.queries.figures import BY_CHANNEL, Area, Figures
from engagement.rollups.queries.pages import PageSums, add_up_pages


@dataclass(frozen=True)
class Board:
    """The figures of a scope in the periods and filters of its reader, each computed once."""

    user: Any
    scope: Scope
    form: BoardFilter
    now: datetime

    @property
    def period(self) -> Period:
        return self.form.period

    @cached_property
    def periods(self) -> tuple[Period, Period, Period]:
        return opening.make_three_periods(self.period)

    def publications(self, *periods: Period) -> Figures:
        return replace(self.scope.publications(periods, self.form.values), area=self.area)

    @cached_property
    def area(self) -> Area | None:
        """Return the province or nation whose sums are stored; None where filters leave a part."""
        if not self.scope.is_area or self.form.values:
            return None
        place: Any = self.scope.place
        return Area(None if self.scope.is_nation else place.pk)

    @cached_property
    def _rows(self) -> list[dict[str, Any]]:
        """Return the sums by day, platform and, unless those are stored apart, topic."""

        def make() -> list[dict[str, Any]]:
            columns = ("day", "platform") if self.area else ("day", "platform", "topic")
            rows = self.publications(*self.periods).by(*columns, sums=figures.SUM_COLUMNS)
            return [{**row, "day": row["day"].isoformat()} for row in rows]

        rows = self._cache_nation("days", make)
        return [{**row, "day": date.fromisoformat(row["day"])} for row in rows]

    @cached_property
    def by_day_and_platform(self) -> list[dict[str, Any]]:
        return self._rows if self.area else figures.add_up_topics(self._rows)

    @property
    def is_cached(self) -> bool:
        """Check whether the page shows sums as they were some minutes ago."""
        return self.scope.is_nation and self.stored_page_sums is None

    def _cache_nation(self, name: str, make: Callable[[], Any], *, always: bool = False) -> Any:
        """Return what ``make`` returns; of the nation with filters, or in periods whose page sums
        are not stored, as it was some minutes ago: all who see the nation see the same sums. With
        ``always``, of the nation in any case: what is told of its posts beside its sums.
        """
        if not (self.scope.is_nation if always else self.is_cached):
            return make()
        of = {**self.form.values, **self.scope.values}
        return get_or_compute(name, self.period, of, make, group=self.scope.kind)

    @cached_property
    def days(self) -> list[dict[str, Any]]:
        return figures.add_up_platforms(self.by_day_and_platform)

    @cached_property
    def days_of_period(self) -> list[Mapping[str, Any]]:
        """Return the days and platforms of this period alone."""
        return figures.select_days(self.by_day_and_platform, self.period)

    @cached_property
    def totals(self) -> list[figures.Sums]:
        return [
            figures.add_up(figures.select_days(self.days, period))
            if self._is_known(period)
            else dict.fromkeys(figures.SUM_COLUMNS)
            for period in self.periods
        ]

    def _is_known(self, period: Period) -> bool:
        """Check whether it is the period that is shown, or one that the records cover."""
        return period == self.period or self.scope.covers(period)

    @cached_property
    def by_topic(self) -> Sequence[Mapping[str, Any]]:
        if not self.area:
            return figures.select_days(self._rows, self.period)
        return self._cache_nation("topics", lambda: self.publications(self.period).by("topic"))

    @cached_property
    def stored_page_sums(self) -> list[list[PageSums]] | None:
        """Return the page sums of each unit below as they are stored; None where they are not."""
        if not self.area:
            return None
        return opening.find_stored_pages(
            self.publications().units, self.periods, by=self.scope.rows_by
        )

    @cached_property
    def page_sums_of_periods(self) -> list[list[PageSums]]:
        """Return the pages in each of the periods: by unit below, or each by itself."""
        if self.stored_page_sums is not None:
            return self.stored_page_sums
        by = self.scope.rows_by or BY_CHANNEL

        def make() -> list[list[dict[str, Any]]]:
            publications = self.publications(*self.periods)
            sums = figures.sum_pages_of_scope(publications, self.scope, by=by)
            return [[vars(row) for row in rows] for rows in sums]

        rows = self._cache_nation("pages", make)
        return [[PageSums(**row) for row in of_period] for of_period in rows]

    @property
    def page_sums(self) -> list[PageSums]:
        return self.page_sums_of_periods[0]

    @cached_property
    def page_totals(self) -> list[PageSums]:
        """Return all pages together, in each of the periods."""
        return [
            add_up_pages(rows if self._is_known(period) else ())
            for period, rows in zip(self.periods, self.page_sums_of_periods, strict=True)
        ]

    @cached_property
    def channels(self) -> list[Channel]:
        """Return the pages of one unit, or the one channel."""
        if self.scope.rows_by or self.scope.channel:
            return [self.scope.channel] if self.scope.channel else []
        channels = Channel.objects.filter(pk__in=[row.row for row in self.page_sums])
        return list(channels.order_by("platform", "name", "pk"))

    @cached_property
    def pauses(self) -> list[PauseDays]:
        return events.find_pauses(self.scope, self.period, now=self.now)

    @cached_property
    def new_kits(self) -> list[NewKit]:
        def make() -> list[tuple[str, str, int, str]]:
            kits = events.find_new_kits(self.scope, self.publications(self.period), self.period)
            return [(k.name, k.day.isoformat(), k.publications, k.address) for k in kits]

        rows = self._cache_nation("kits", make, always=True)
        return [NewKit(name, date.fromisoformat(day), n, address) for name, day, n, address in rows]

    @cached_property
    def marks(self) -> list[Mark]:
        phases, notes = events.find_phases_and_notes(self.user, self.scope, self.period)
        marks = [*events.mark_kits(self.new_kits), *events.mark_pauses(self.pauses), *phases]
        marks += events.find_registered(self.scope, self.period)
        # What people wrote is never left out for what the portal knows.
        return sorted([*notes, *sorted(marks)[: events.MOST_MARKS - len(notes)]])

    @cached_property
    def top_post(self) -> TopPost | None:
        """Return the post that reached most."""

        def make() -> tuple[str, int, str] | tuple[()]:
            if self.area and self.scope.is_nation:
                best = figures.find_best_post_of_nation(self.publications(self.period))
            else:
                best = figures.find_best_post(self.publications(self.period))
            if best is None:
                return ()
            return best.title, best.reach, reverse("publishing:post", args=[best.public_id])

        post = self._cache_nation("top_post", make, always=True)
        if not post:
            return None
        title, reach, address = post
        return TopPost(title or _("Untitled"), reach, address)

    @cached_property
    def median_reach(self) -> list[int | None] | None:
        """Return the median reach of a post, in this period and in the one before; None for the
        nation, of which forty thousand posts a month would be read.
        """
        if self.scope.is_nation:
            return None
        now, before, _year = self.periods
        medians = figures.find_median_reaches(self.publications(now, before))
        return medians if self._is_known(before) else [medians[0], None]

    @cached_property
    def changes(self) -> list[Sentence]:
        """Return the sentences on what changed."""
        now, before, _year = self.totals
        facts = Facts(
            today=timezone.localdate(self.now),
            publications=now["publications"] or 0,
            publications_before=before["publications"] or 0,
            reach=now["reach"],
            adoption=_compare_adoption(now, before),
            top_post=self.top_post,
            platforms=events.group_platform_days(self.days_of_period),
            kits=() if self.scope.kit else self.new_kits,
            pauses=self.pauses,
        )
        return describe_changes(facts)

    @cached_property
    def usual(self) -> usual.Usual | None:
        if not usual.is_comparable(self.scope):
            return None
        return usual.find_usual(self.scope, self.page_totals[0], self.period, self.form.values)


def _compare_adoption(now: figures.Sums, before: figures.Sums) -> list[KitAdoption]:
    """Set beside each other what the publications of both periods had. Of clicks nobody knows how
    many publications were measured: they are set against all.
    """
    names = {
        "reach": (
            _(
                "Reach of one publication: %(n)s on average, %(by)s %% less than in the period "
                "before (%(before)s); %(total)s in all, %(total_before)s before."
            ),
            _(
                "Reach of one publication: %(n)s on average, %(by)s %% more than in the period "
                "before (%(before)s); %(total)s in all, %(total_before)s before."
            ),
        ),
        "reactions": (
            _(
                "Reactions to one publication: %(n)s on average, %(by)s %% fewer than in the "
                "period before (%(before)s); %(total)s in all, %(total_before)s before."
            ),
            _(
                "Reactions to one publication: %(n)s on average, %(by)s %% more than in the "
                "period before (%(before)s); %(total)s in all, %(total_before)s before."
            ),
        ),
        "clicks": (
            _(
                "Clicks on one publication: %(n)s on average, %(by)s %% fewer than in the period "
                "before (%(before)s); %(total)s in all, %(total_before)s before."
            ),
            _(
                "Clicks on one publication: %(n)s on average, %(by)s %% more than in the period "
                "before (%(before)s); %(total)s in all, %(total_before)s before."
            ),
        ),
    }
    counted = {"reach": "reach_of", "reactions": "reactions_of", "clicks": "publications"}
    return [
        KitAdoption(
            *names[measure],
            now[measure],
            now[of] or 0,
            before[measure],
            before[of] or 0,
        )
        for measure, of in counted.items()
    ]
