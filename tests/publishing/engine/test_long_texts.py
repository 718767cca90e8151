"""A text that is too long for a channel's plain post, from the composer to its end on the page."""

import pytest
from django.urls import reverse

from accounts.permissions import Role
from channels.queries import facts_of
from posts.canonical import content
from posts.editor import saving
from posts.findings import find_findings
from posts.history import restoring
from posts.origins import starting
from posts.queries import last_choices
from posts.review.revisions import store_version
from publishing.engine import worker as engine
from publishing.outputs.texts import whole_text
from publishing.recalls import recalling
from publishing.recalls import worker as recall_worker
from publishing.reconciliation import reconcile
from publishing.states import State
from tests import factories
from tests.publishing.conftest import later

pytestmark = pytest.mark.django_db(transaction=True)
# By platform: the format that takes a longer text.
LONG = {"threads": "long_text", "telegram": "rich_message"}
END = "Hết bài."


@pytest.fixture(params=LONG)
def platform(request):
    return request.param


def limit_of(platform, form=""):
    return facts_of(platform).format(form).max_text


def draft_of(platform, characters, *, pictures=0, **fields):
    """Make a draft whose text on the platform has so many characters."""
    unit = factories.UnitFactory()
    factories.allowed(platform, unit)
    post = factories.PostFactory(
        unit=unit,
        title="",
        body=f"<p>{'a' * (characters - len(unit.name) - 2)}</p>",
        channels=[factories.ChannelFactory(unit=unit, platform=platform)],
        media=[factories.media(unit) for _ in range(pictures)],
    )
    post.targets.update(**fields)
    return post


def shown(post):
    (target,) = content.compose(post)["channels"]
    return target


def is_long(post):
    return shown(post).get("format", "") == LONG[shown(post)["platform"]]


def blocks(post):
    return [(f.rule, f.severity) for f in find_findings(post) if f.rule == "text_long"]


def test_the_longer_format_is_taken_from_the_first_character_that_does_not_fit(platform):
    fits, longer = (draft_of(platform, limit_of(platform) + more) for more in (0, 1))

    assert len(shown(fits)["text"]) == limit_of(platform)
    assert (is_long(fits), is_long(longer)) == (False, True)
    assert blocks(fits) == blocks(longer) == []


def test_what_even_the_longer_format_does_not_take_is_found(platform):
    fits, over = (draft_of(platform, limit_of(platform, LONG[platform]) + more) for more in (0, 1))

    assert blocks(fits) == []
    assert is_long(over)
    assert blocks(over) == [("text_long", "block")]


def test_nobody_chooses_the_longer_format(platform):
    short = draft_of(platform, 100, format=LONG[platform])
    factories.submitted(short)

    assert not is_long(short)
    assert [choice.format for choice in last_choices(short.unit).values()] == [""]


def test_a_long_text_at_threads_needs_a_post_without_pictures():
    post = draft_of("threads", 600, pictures=1)

    assert not is_long(post)
    assert blocks(post) == [("text_long", "block")]


def test_the_composer_counts_against_the_longer_format(client, platform):
    characters = limit_of(platform) + 1
    post = draft_of(platform, characters)
    client.force_login(factories.person(Role.OFFICER, post.unit))

    page = client.get(reverse("posts:edit", args=[post.public_id]))
    (facts,) = page.context["targets"].values()

    assert (facts["kind"], facts["count"], facts["limit"]) == (
        LONG[platform],
        characters,
        limit_of(platform, LONG[platform]),
    )


# --- on the page ----------------------------------------------------------------------------------


@pytest.fixture
def long_row(simulator, platform):
    """A delivery of a text that is too long for the plain post, due now."""
    unit = factories.UnitFactory()
    channel = factories.connected(simulator, platform, unit)
    factories.allowed(platform, unit)
    words = "Cảnh giác với cuộc gọi giả danh. " * (limit_of(platform) // 20)
    post = factories.approved(unit=unit, channels=[channel], body=f"<p>{words}{END}</p>")
    return factories.delivery(post, channel)


def on_page(simulator, row):
    return simulator.visible(row.platform, row.channel.external_id)


def test_a_long_text_is_published_whole_as_it_was_approved(simulator, portal, long_row):
    (target,) = long_row.revision.content["channels"]
    engine.publish_due(platform=long_row.platform)
    long_row.refresh_from_db()

    (seen,) = on_page(simulator, long_row)
    assert long_row.state == State.PUBLISHED
    assert target["format"] == LONG[long_row.platform]
    assert content.digest(long_row.revision.content) == long_row.content_sha256
    shown_text = seen["attachment"]["plaintext"] if seen.get("attachment") else seen["text"]
    assert shown_text.split() == target["text"].split()


def test_a_lost_answer_posts_a_long_text_once(simulator, portal, long_row):
    simulator.fault(long_row.platform, "drop_after", operation="publish")
    engine.publish_due(platform=long_row.platform)
    long_row.refresh_from_db()
    unknown = long_row.state

    for minutes in (2, 4, 10):
        reconcile.reconcile(platform=long_row.platform, clock=later(minutes=minutes))
        engine.publish_due(platform=long_row.platform, clock=later(minutes=minutes))
    long_row.refresh_from_db()

    found = facts_of(long_row.platform).finds  # else a person looks
    assert (unknown, len(on_page(simulator, long_row))) == (State.VERIFYING, 1)
    assert long_row.state == (State.PUBLISHED if found else State.NEEDS_PERSON)


def test_a_long_text_is_taken_down(simulator, portal, long_row):
    engine.publish_due(platform=long_row.platform)
    long_row.refresh_from_db()

    recalling.recall(
        long_row, by=factories.person(Role.APPROVER, long_row.unit), reason="Số điện thoại sai"
    )
    recall_worker.take_down_due(platform=long_row.platform)
    long_row.refresh_from_db()

    assert (long_row.state, on_page(simulator, long_row)) == (State.RECALLED, [])


def test_a_long_text_is_read_aloud_and_copied_whole(long_row):
    assert END in whole_text(long_row.revision.content)


# --- afterwards -----------------------------------------------------------------------------------


def written(post, body, by):
    texts = {target.channel: "" for target in post.targets.select_related("channel")}
    edit = factories.edit_of(post, body=body, texts=texts)
    return saving.save(post, edit, by=by, version=post.version)


def test_an_earlier_version_that_is_brought_back_may_be_shortened(platform):
    post = draft_of(platform, limit_of(platform) + 1)
    officer = factories.person(Role.OFFICER, post.unit)
    store_version(post, content.compose(post))
    post = written(post, "<p>Ngắn.</p>", officer)

    post = restoring.restore(post, post.revisions.first(), by=officer)
    brought_back = is_long(post)
    post = written(post, "<p>Ngắn.</p>", officer)

    assert (brought_back, is_long(post)) == (True, False)


def test_the_correction_of_a_long_text_is_as_long_as_it_is(simulator, portal, long_row):
    engine.publish_due(platform=long_row.platform)
    officer = factories.person(Role.OFFICER, long_row.unit)

    draft = starting.start_correction(long_row.post, by=officer)
    short = written(draft, "<p>Số đúng là 113.</p>", officer)
    formats = [is_long(short)]
    long = written(short, long_row.post.body, officer)
    formats.append(is_long(long))

    assert formats == [False, True]
    assert shown(long)["text"].startswith("ĐÍNH CHÍNH")
