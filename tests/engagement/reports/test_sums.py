"""Sums of figures: the same in any order and grouping, and no 0 for what nobody measured."""

from random import Random

import pytest

from engagement.models import MEASURES
from engagement.reports.sums import (
    COUNTS,
    FOLLOWERS,
    add_figures,
    add_known,
    compute_coverage,
    find_differences,
    find_table_differences,
    list_filled,
    make_empty_figures,
)


def make_figures(dice):
    """Return the figures of a unit, of which about a third was not measured."""

    def measured():
        return dice.choice([None, dice.randint(0, 900), dice.randint(0, 900)])

    figures = make_empty_figures()
    figures |= {name: dice.randint(0, 50) for name in COUNTS}
    figures |= {name: measured() for name in FOLLOWERS}
    figures["measures"] = {name: measured() for name in MEASURES}
    figures["measured"] = {name: dice.randint(0, 9) for name in MEASURES}
    for table, keys in (("platforms", ("facebook", "zalo")), ("topics", ("pccc", ""))):
        figures[table] = {
            key: {"name": key.upper(), "publications": dice.randint(0, 9), "reach": measured()}
            for key in dice.sample(keys, dice.randint(0, 2))
        }
    figures["as_of"] = dice.choice([None, "2026-11-01T00:00:00", "2026-11-02T00:00:00"])
    return figures


@pytest.mark.parametrize("seed", range(8))
def test_a_sum_is_the_same_in_any_order_and_grouping(seed):
    dice = Random(seed)
    units = [make_figures(dice) for _number in range(9)]
    whole = add_figures(units)
    shuffled = dice.sample(units, len(units))

    assert add_figures(shuffled) == whole
    assert add_figures([add_figures(units[:4]), add_figures(units[4:])]) == whole
    assert add_figures([whole, make_empty_figures()]) == whole
    assert add_figures([]) == make_empty_figures()


@pytest.mark.parametrize("seed", range(8))
def test_each_figure_of_a_sum_is_what_its_parts_measured(seed):
    dice = Random(seed)
    units = [make_figures(dice) for _number in range(4)]

    found = add_figures(units)

    for name in MEASURES:
        known = [unit["measures"][name] for unit in units if unit["measures"][name] is not None]
        assert found["measures"][name] == (sum(known) if known else None)
    for name in COUNTS:
        assert found[name] == sum(unit[name] for unit in units)
    for table in ("platforms", "topics"):
        keys = {key for unit in units for key in unit[table]}
        assert set(found[table]) == keys
        for key in keys:
            rows = [unit[table][key] for unit in units if key in unit[table]]
            known = [row["reach"] for row in rows if row["reach"] is not None]
            assert found[table][key]["reach"] == (sum(known) if known else None)


def test_adding_changes_none_of_its_parts():
    dice = Random(1)
    units = [make_figures(dice) for _number in range(3)]
    again = [make_figures(Random(1)) for _number in range(1)]

    add_figures(units)

    assert units[0] == again[0]


@pytest.mark.parametrize(
    ("one", "other", "both"), [(None, None, None), (0, None, 0), (None, 5, 5), (2, 3, 5)]
)
def test_what_is_unknown_takes_nothing_from_what_is_known(one, other, both):
    assert add_known(one, other) == both


def test_reports_from_before_a_figure_was_counted_still_add_up():
    old = make_empty_figures()
    del old["recalls"], old["followers"]

    found = add_figures([old, {**make_empty_figures(), "recalls": 2, "followers": 7}])

    assert (found["recalls"], found["followers"]) == (2, 7)


def test_a_sum_that_differs_is_named_figure_by_figure():
    own = add_figures([make_figures(Random(2))])
    assert find_differences(own, own) == []
    measures = {**own["measures"], "reach": None}
    other = {**own, "posts": own["posts"] + 1, "measures": {**measures, "views": 10**6}}

    found = {row["figure"]: (row["sum"], row["summaries"]) for row in find_differences(own, other)}

    expected = {"posts": (own["posts"], own["posts"] + 1)}
    for name in ("reach", "views"):
        if own["measures"][name] != other["measures"][name]:
            expected[name] = (own["measures"][name], other["measures"][name])
    assert found == expected


def test_tables_that_do_not_add_up_to_their_figures_are_named():
    figures = make_empty_figures() | {"posts": 3, "publications": 5}
    figures["platforms"] = {"facebook": {"name": "Facebook", "publications": 5}}
    figures["topics"] = {"pccc": {"name": "PCCC", "posts": 2, "publications": 5}}

    assert find_table_differences(figures) == [{"figure": "topics.posts", "sum": 2, "summaries": 3}]


def test_the_coverage_counts_each_unit_once_and_a_commune_has_none():
    content = {
        "covered": ["tinh", "a", "b", "a"],
        "units": [{"filled": ["c"]}, {"filled": ["b"]}],
        "filled": [{"filled": ["d"]}],
        "scope": 6,
    }

    assert sorted(list_filled(content)) == ["b", "c", "d"]
    assert compute_coverage(content) == (4, 5)
    assert compute_coverage({"covered": ["a"], "units": []}) == (0, 0)
