"""Each rule speaks from its threshold on, and is silent below."""

from datetime import date, timedelta

import pytest

from engagement.boards.changes import (
    Day,
    Facts,
    KitAdoption,
    NewKit,
    PauseDays,
    Platform,
    TopPost,
    describe_changes,
    report_adoption,
    report_dominant_post,
    report_more_or_fewer,
    report_new_kit,
    report_pause,
    report_silent_platform,
)

TODAY = date(2026, 11, 20)


def facts(**fields):
    usual = {"today": TODAY, "publications": 10, "publications_before": 10, "reach": 1000}
    return Facts(**usual | fields)


def words(statement):
    return statement and statement.words


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        (7, 10, "7 publications, 3 fewer than in the period before (10)."),
        (8, 10, None),
        (14, 10, "14 publications, 4 more than in the period before (10)."),
        (13, 10, None),
        (0, 2, None),  # too few before to say anything
        (0, 3, "0 publications, 3 fewer than in the period before (3)."),
    ],
)
def test_more_or_fewer_publications(now, before, expected):
    found = report_more_or_fewer(facts(publications=now, publications_before=before))
    assert words(found) == expected


def test_one_post_carried_the_reach():
    post = TopPost("Cảnh báo", 500, "/posts/1/")
    found = report_dominant_post(facts(top_post=post))
    assert (found.words, found.source) == (
        "One post had 50 % of all reach: “Cảnh báo”.",
        "/posts/1/",
    )
    assert report_dominant_post(facts(top_post=TopPost("A", 499, "/"))) is None
    assert report_dominant_post(facts(top_post=post, publications=3)) is None
    assert report_dominant_post(facts(top_post=post, reach=None)) is None


def test_a_platform_without_figures():
    def days(*told):
        ago = len(told) + 1
        return [Day(TODAY - timedelta(ago - n), 2, measured) for n, measured in enumerate(told)]

    silent = Platform("Facebook", days(3, 0, 0))
    found = report_silent_platform(facts(platforms=[Platform("Zalo", days(1, 1, 1)), silent]))
    assert found.words == "No figures of Facebook since 17/11/2026, for 4 publications."
    assert report_silent_platform(facts(platforms=[Platform("Zalo", days(3, 0, 2))])) is None
    young = Platform("Facebook", [Day(TODAY - timedelta(n), 2, 0) for n in (1, 0)])
    assert report_silent_platform(facts(platforms=[young])) is None


def test_a_pause_is_set_beside_fewer_posts_only_where_there_were_fewer():
    stop = PauseDays(date(2026, 11, 2), date(2026, 11, 4), "/pauses/")
    same, fewer = facts(pauses=[stop]), facts(pauses=[stop], publications=2)
    assert words(report_pause(same)).startswith("Publishing paused on 3 days (")
    assert "at the same time" not in words(report_pause(same))
    assert "at the same time as fewer publications than before" in words(report_pause(fewer))
    assert report_pause(facts()) is None


def test_a_new_kit_that_publications_came_of():
    kit = NewKit("Lừa đảo", date(2026, 11, 3), 2, "/kits/")
    assert "2 publications came of it" in words(report_new_kit(facts(kits=[kit])))
    assert report_new_kit(facts(kits=[kit], publications=11)) is None
    assert report_new_kit(facts(kits=[NewKit("A", TODAY, 0, "/")], publications=0)) is None


def compared(name, now, before, *, measured=(10, 4)):
    return KitAdoption(
        f"{name} fell %(by)s: %(n)s, %(before)s; %(total)s, %(total_before)s",
        f"{name} rose %(by)s: %(n)s, %(before)s; %(total)s, %(total_before)s",
        now,
        measured[0],
        before,
        measured[1],
    )


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # More was published and reached more in all, but each publication less.
        ([compared("reach", 890, 800)], "reach fell 55: 89, 200; 890, 800"),
        ([compared("reach", 1900, 800)], None),
        ([compared("reach", 4000, 800)], "reach rose 100: 400, 200; 4,000, 800"),
        (
            [compared("reach", 4000, 800), compared("clicks", 10, 40)],
            "clicks fell 90: 1, 10; 10, 40",
        ),
        ([compared("reach", None, 800), compared("clicks", 10, None)], None),
        ([compared("reach", 1, 800, measured=(2, 4))], None),
    ],
)
def test_a_fall_of_what_one_publication_has_is_said_first(rows, expected):
    assert words(report_adoption(facts(adoption=rows))) == expected


def test_at_most_three_sentences_the_unsure_figures_first():
    every = facts(
        publications=5,
        platforms=[Platform("Zalo", [Day(TODAY - timedelta(n), 1, 0) for n in (4, 3)])],
        pauses=[PauseDays(date(2026, 11, 2), date(2026, 11, 2), "/pauses/")],
        top_post=TopPost("A", 900, "/"),
        kits=[NewKit("B", TODAY, 5, "/")],
    )
    assert [change.rule for change in describe_changes(every)] == [
        "silent_platform",
        "pause",
        "more_or_fewer",
    ]
    assert describe_changes(facts()) == []
