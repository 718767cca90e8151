"""Every format and every option of every platform has words that officers understand."""

import pytest

from channels import presenters
from platforms.facts import Format
from platforms.limits import Problem
from platforms.registry import CONNECTORS

FORMATS = [
    pytest.param(form, id=f"{kind}-{form.name}")
    for kind, c in CONNECTORS.items()
    for form in c.facts.formats
]


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_has_a_name_and_says_what_it_takes(form):
    assert form.name in presenters.FORMATS
    assert presenters.describe_format(form)


@pytest.mark.parametrize("form", FORMATS)
def test_every_option_has_a_label_and_every_choice_its_words(form):
    for option in form.options:
        words = presenters.OPTIONS[option.name]
        assert set(option.choices) <= set(words.choices)
        if option.default is None:
            assert str(words.label) in presenters.describe_problem(
                Problem(f"choose_{option.name}"), channel="TikTok A"
            )


def test_what_was_decided_is_described():
    assert presenters.describe_options({"privacy": "SELF_ONLY", "comments": False}) == [
        ("Who can see the post", "Only the page itself"),
        ("Allow comments", "no"),
    ]


@pytest.mark.parametrize(
    ("count", "unit"),
    [
        (len, "characters"),
        (lambda text: len(text.encode()), "bytes"),
        (lambda text: len(text.encode("utf-16-le")) // 2, "utf16"),
        (lambda text: sum(4 if ord(c) > 0xFFFF else 1 for c in text), "emoji"),
    ],
)
def test_the_platforms_way_to_count_is_found_out_by_counting(count, unit):
    assert presenters.counting_unit(Format("post", max_text=10, count=count)) == unit


def test_too_many_bytes_are_not_called_characters():
    form = Format("video", max_text=10, count=lambda text: len(text.encode()))
    said = presenters.describe_problem(Problem("text_long", 7), channel="YouTube A", form=form)
    assert said == "The text for YouTube A is 7 bytes too long; a letter with a mark takes 2 or 3."


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("instagram", {"Up to 30 hashtags and 20 mentions (@)."}),
        ("threads", {"Up to 5 different links.", "A video of at most 5 minutes and 1\xa0GB."}),
    ],
)
def test_the_limits_of_a_channel_name_what_else_is_counted(kind, sentence):
    assert sentence <= set(presenters.describe_limits(CONNECTORS[kind].facts))


@pytest.mark.parametrize("part", ["formats", "options", "rights"])
def test_what_platforms_call_alike_means_the_same(part):
    merged = getattr(presenters, part.upper())
    differing = [
        (kind, name)
        for kind, connector in CONNECTORS.items()
        for name, words in getattr(connector.words, part).items()
        if words != merged[name]
    ]
    assert differing == []


@pytest.mark.parametrize("kind", CONNECTORS)
def test_every_right_and_every_format_has_its_words_and_none_are_left_over(kind):
    words, facts = CONNECTORS[kind].words, CONNECTORS[kind].facts
    assert set(words.rights) == {*facts.rights, *facts.optional_rights}
    assert set(words.formats) == {form.name for form in facts.formats}
    assert set(words.options) == {option.name for form in facts.formats for option in form.options}


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("zalo", "Up to 10 pictures of at most 900\xa0KB each."),  # by thousands
        ("tiktok", "Up to 35 pictures of at most 20\xa0MB each."),
        ("facebook", "Up to 10 pictures of at most 4\xa0MB each."),  # by 1,024
        ("youtube", "720 minutes and 256\xa0GB."),
    ],
)
def test_a_limit_of_size_is_written_as_its_platform_counts(kind, written):
    sentences = presenters.describe_limits(CONNECTORS[kind].facts)
    assert [s for s in sentences if s.endswith(written)], sentences
