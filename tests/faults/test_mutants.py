"""A checker is worth what it notices: each guard of the engine is taken out once."""

import json

import pytest

from tests import ahead
from tests.faults.mutants import MUTANTS

pytestmark = ahead.marked("tests.faults.mutants")


@pytest.fixture(scope="module")
def rehearsed():
    done = ahead.outcome("tests.faults.mutants")
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", MUTANTS)
def test_the_checker_notices_that_a_guard_is_missing(rehearsed, name):
    report = rehearsed[name]["mutant"]

    assert sum(report["found"].values()) >= 1, report


@pytest.mark.parametrize("name", MUTANTS)
def test_the_same_scene_is_sound_with_every_guard_in_place(rehearsed, name):
    report = rehearsed[name]["sound"]

    assert report["found"] == {}, "\n".join(report["lines"])
