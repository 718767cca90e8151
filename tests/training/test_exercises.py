"""Each exercise: prepared and not done, done by the portal's own functions, not done by a wrong
way, and begun again.
"""

import pytest
from django.urls import reverse

from core.errors import Refused
from posts.editor import saving
from posts.editor.edits import ChannelEdit, PostEdit, PostFields, edit_of
from posts.models import Post
from posts.review import decisions
from posts.states import PostState
from tests import factories
from training import progress
from training.exercises.table import EXERCISES
from training.models import Attempt
from training.staging import facebook_page

pytestmark = pytest.mark.django_db(transaction=True)
SAFE = (
    "<p>Có kẻ gọi điện xưng cán bộ, giục chuyển tiền. Bà con không chuyển, gọi trực ban đơn vị.</p>"
)


def begin(participant, slug) -> Attempt:
    return progress.begin(participant, EXERCISES[slug])


def is_done(attempt: Attempt) -> bool:
    attempt = Attempt.objects.select_related("participant").get(pk=attempt.pk)
    progress.judge([attempt])
    return bool(Attempt.objects.get(pk=attempt.pk).done_at)


def subject(attempt: Attempt) -> Post:
    return Post.objects.select_related("unit").get(public_id=attempt.subject)


def write_again(post: Post, body: str, *, by) -> Post:
    edit = edit_of(post)
    fields = PostFields(title="Nhắc bà con cảnh giác", body=body, topic=edit.fields.topic)
    return saving.save(
        post, PostEdit(fields, edit.channels, edit.media), by=by, version=post.version
    )


def write_first_post(participant) -> Post:
    fields = PostFields(
        title="Không chuyển tiền qua điện thoại", body=SAFE, topic=factories.topic()
    )
    edit = PostEdit(fields, {facebook_page(participant): ChannelEdit()})
    post = Post(unit=participant.unit, author=participant.user, version=1)
    return saving.save(post, edit, by=participant.user, version=1)


# --- the first post -------------------------------------------------------------------------------


def test_the_first_post_is_done_once_it_is_submitted(officer):
    attempt = begin(officer, "first-post")
    assert not is_done(attempt)

    post = write_first_post(officer)
    assert not is_done(attempt)
    decisions.submit(post, by=officer.user)

    assert is_done(attempt)


def test_the_first_post_of_another_try_does_not_count(officer):
    begin(officer, "first-post")
    decisions.submit(write_first_post(officer), by=officer.user)

    again = begin(officer, "first-post")

    assert not is_done(again)
    assert Post.objects.get(author=officer.user).state == PostState.ARCHIVED


# --- a leak found ---------------------------------------------------------------------------------


def test_a_leak_is_done_once_the_post_is_submitted_without_it(officer):
    attempt = begin(officer, "leak-found")
    with pytest.raises(Refused):
        decisions.submit(subject(attempt), by=officer.user)
    assert not is_done(attempt)

    decisions.submit(write_again(subject(attempt), SAFE, by=officer.user), by=officer.user)

    assert is_done(attempt)


def test_a_leak_is_not_done_by_another_post(officer):
    attempt = begin(officer, "leak-found")

    decisions.submit(write_first_post(officer), by=officer.user)

    assert not is_done(attempt)


# --- all ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", EXERCISES)
def test_an_exercise_can_be_begun_again_and_is_then_not_done(officer, leader, slug):
    for participant in (officer, leader):
        if participant.role not in EXERCISES[slug].roles:
            continue
        first = begin(participant, slug)
        again = begin(participant, slug)

        assert again.pk == first.pk
        assert not is_done(again)


@pytest.mark.parametrize("slug", EXERCISES)
def test_an_exercise_leads_to_a_page_that_its_participants_may_open(officer, leader, sign_in, slug):
    for participant in (officer, leader):
        if participant.role not in EXERCISES[slug].roles:
            continue
        client = sign_in(participant.user)
        attempt = begin(participant, slug)
        page = client.get(reverse("training:exercise", args=[slug]))

        assert page.status_code == 200
        assert client.get(EXERCISES[slug].address(attempt)).status_code == 200
