"""Word lists are data: each names its source or its use, and holds no word twice."""

import re
from pathlib import Path

import pytest

from posts.checks.leaks import text

FILES = sorted((Path(text.__file__).parent / "data").glob("*.txt"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_list_says_what_it_is_and_repeats_nothing(file):
    lines = file.read_text(encoding="utf-8").splitlines()
    words = [line for line in lines if not line.startswith("#")]

    assert lines[0].startswith("# ")
    assert words == [word.strip() for word in dict.fromkeys(words) if word]
    assert text.read_list(file.name) == frozenset(words)


def test_a_pattern_of_a_list_takes_the_longest_entry_first():
    pattern = re.compile(text.pattern_of_list("bank_names.txt"))
    assert pattern.match("MB Bank").group() == "MB Bank"
    assert pattern.match("MB 0912").group() == "MB"
