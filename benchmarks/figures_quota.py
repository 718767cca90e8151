"""Calls that collecting figures makes in a day, beside what each platform allows.

    python -m benchmarks.figures_quota [--units 3319] [--posts 0.2]

Each unit has a page on every platform and publishes ``--posts`` a day on it, for sixty days.
Nothing is called: the schedule says how often each age is looked at, and a simulation of one
platform shows what becomes of it when the share is too small. The calls of each question are those
that the connectors make against the simulator; a page that is asked by itself seldom has two posts
due at once, so each of its looks is a question.
"""

import argparse
import heapq
import os
from datetime import timedelta
from math import ceil

import django

# Calls for one question, and for figures of a page itself in a day: as the contract tests count
# them. Each page is checked once a day besides, which tells its followers.
_OF_A_QUESTION = {
    "facebook": 2,
    "instagram": 2,
    "threads": 1,
    "youtube": 1,
    "tiktok": 1,
    "zalo": 2,
    "telegram": 0,
}
_OF_A_PAGE = {"facebook": 1, "instagram": 7, "threads": 1, "youtube": 1}
_DAY = timedelta(days=1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--units", type=int, default=3319)
    parser.add_argument("--posts", type=float, default=0.2, help="posts a day, page and platform")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outreach_portal.settings")
    django.setup()
    from channels.queries import facts_of
    from engagement.counting.post_claims import GATHERING_TIME
    from engagement.counting.schedule import COUNT_AGES

    looks = round(options.units * options.posts * len(COUNT_AGES))
    print(f"{options.units:,} units, {options.posts} posts a day, {len(COUNT_AGES)} looks a post:")
    print(f"{looks:,} looks a day and platform when sixty days are full\n")
    print(
        f"{'':10} {'of posts':>10} {'checks':>10} {'of pages':>10} {'share':>12} {'used':>7}  limit"
    )
    for platform, calls in _OF_A_QUESTION.items():
        reading = facts_of(platform).reading
        together = reading.posts_per_request if reading and reading.across_pages else 1
        questions = looks
        if together > 1:  # a question waits until it is full, for five minutes at most
            questions = max(ceil(looks / together), min(looks, _DAY // GATHERING_TIME))
        of_posts = questions * calls
        of_pages = options.units * _OF_A_PAGE.get(platform, 0)
        if reading is None:
            share, used = "", ""
            limit = (
                "of each page: 4,800 calls a day for each engaged user" if calls else "not asked"
            )
        else:
            a_day = int(reading.calls * reading.share * (_DAY / reading.period))
            share, used = f"{a_day:,}", f"{(of_posts + options.units) / a_day:.0%}"
            limit = f"{reading.calls:,} calls in {reading.period} for all pages"
            if reading.page_calls:
                limit += f"; {reading.page_calls:,} for figures of pages"
        print(
            f"{platform:10} {of_posts:>10,} {options.units:>10,} {of_pages:>10,} {share:>12} "
            f"{used:>7}  {limit}"
        )
    _squeezed(options.units, options.posts, COUNT_AGES)


def _squeezed(units: int, posts: float, looks: tuple[timedelta, ...]) -> None:
    """Print how late looks are on YouTube, whose day is the scarcest."""
    from channels.queries import facts_of

    reading = facts_of("youtube").reading
    assert reading is not None
    a_day = int(reading.calls * reading.share) - units  # what daily checks leave
    posts_a_day = a_day * (reading.posts_per_request if reading.across_pages else 1)
    # One queue, oldest look first; a look that was missed meanwhile is left out, as the schedule
    # does. A day of 60: time in hours.
    ages = [look / timedelta(hours=1) for look in looks]
    due: list[tuple[float, float, int]] = []
    for unit in range(units):
        for n in range(int(60 * posts)):
            born = (n + unit / units) / posts * 24
            heapq.heappush(due, (born + ages[0], born, 0))
    step, budget, made, late = 1 / 12, posts_a_day / 24 / 12, 0.0, []
    hour, missed = 0.0, 0
    while due and hour < 60 * 24:
        hour, made = hour + step, made + budget
        while due and due[0][0] <= hour and made >= 1:
            at, born, place = heapq.heappop(due)
            made -= 1
            late.append(hour - at)
            later = (n for n in range(place + 1, len(ages)) if born + ages[n] > hour)
            following = next(later, None)
            if following is not None:
                missed += following - place - 1
                heapq.heappush(due, (born + ages[following], born, following))
        made = min(made, 1.0) if not due or due[0][0] > hour else made
    late.sort()
    print(
        f"\nYouTube within {a_day:,} calls, {posts_a_day:,} posts a day, 60 days: "
        f"{len(late):,} looks made, {missed:,} left out,\n"
        f"late by {late[len(late) // 2]:.1f} hours in the median and "
        f"{late[int(len(late) * 0.95)]:.1f} at the 95th percentile"
    )


if __name__ == "__main__":
    main()
