"""Each exercise: prepared and not done, done by the portal's own functions, not done by a wrong
way, and begun again.
"""

import re
from dataclasses import replace
from datetime import timedelta

import polib
import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from campaigns.kits.models import Kit
from campaigns.kits.states import Declined
from channels.connection import manual
from channels.lifecycle import transitions
from channels.models import UnrecognisedPost
from channels.monitoring.unrecognised import acknowledge
from channels.states import Health
from core.errors import Refused
from engagement.reports import decisions as report_decisions
from engagement.reports import drafts
from engagement.reports.models import Report
from help.guides import read_guides
from posts.editor import saving
from posts.editor.edits import ChannelEdit, PostEdit, PostFields, edit_of
from posts.findings import find_findings
from posts.kits import adopting
from posts.models import Post
from posts.origins import starting
from posts.review import decisions
from posts.states import PostState
from publishing.recalls import recalling
from tests import factories
from tests.channels.connection.flow import choose, connect_flow
from tests.publishing.review.conftest import decide
from training import progress
from training.exercises.table import EXERCISES, list_exercises
from training.models import Attempt, Participant
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


def test_a_post_from_before_the_exercise_does_not_count(officer):
    decisions.submit(write_first_post(officer), by=officer.user)

    assert not is_done(begin(officer, "first-post"))


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


def test_a_leak_is_not_done_where_the_post_still_says_who_it_was(officer):
    attempt = begin(officer, "leak-found")
    body = "<p>Sáng nay bà Nguyễn Thị Hoa bị lừa. Bà con không chuyển tiền.</p>"
    post = write_again(subject(attempt), body, by=officer.user)

    ticks = [finding.mark for finding in find_findings(post)]
    decisions.submit(post, by=officer.user, acknowledgements=ticks)

    assert subject(attempt).state == PostState.IN_REVIEW
    assert not is_done(attempt)
    assert "vẫn nêu" in EXERCISES["leak-found"].explain(attempt)


def test_a_leak_is_not_done_by_another_post(officer):
    attempt = begin(officer, "leak-found")

    decisions.submit(write_first_post(officer), by=officer.user)

    assert not is_done(attempt)


# --- returned with a reason -----------------------------------------------------------------------


def test_a_returned_post_is_done_once_it_is_submitted_with_other_content(officer):
    attempt = begin(officer, "returned")
    assert not is_done(attempt)

    decisions.submit(write_again(subject(attempt), SAFE, by=officer.user), by=officer.user)

    assert is_done(attempt)


def test_a_returned_post_is_not_done_where_nothing_was_changed(officer):
    attempt = begin(officer, "returned")

    decisions.submit(subject(attempt), by=officer.user)

    assert not is_done(attempt)
    assert "chưa sửa gì" in EXERCISES["returned"].explain(attempt)


# --- approval at another time ---------------------------------------------------------------------


def approve(client, attempt, hour, minute=0) -> None:
    """Approve on the page of the review, for tomorrow at this hour."""
    day = timezone.localdate() + timedelta(days=1)
    answer = decide(client, subject(attempt), f"{day:%Y-%m-%d}T{hour:02}:{minute:02}")
    assert answer.status_code == 302


def test_an_approval_is_done_once_the_post_is_due_in_the_evening(leader, sign_in):
    attempt = begin(leader, "another-time")
    assert not is_done(attempt)

    approve(sign_in(leader.user), attempt, 20)

    assert is_done(attempt)


@pytest.mark.parametrize("hour", [13, 18, 21])
def test_an_approval_is_not_done_at_another_hour_than_asked(leader, sign_in, hour):
    attempt = begin(leader, "another-time")

    approve(sign_in(leader.user), attempt, hour, minute=30 if hour == 13 else 0)

    assert not is_done(attempt)
    assert "ngoài khung" in EXERCISES["another-time"].explain(attempt)


# --- the token expired ----------------------------------------------------------------------------


def test_a_lost_page_is_done_once_it_is_connected_again(leader, sign_in, training):
    attempt = begin(leader, "token-expired")
    page = facebook_page(leader)
    assert (page.health, is_done(attempt)) == (Health.LOST, False)

    client = sign_in(leader.user)
    chosen = {"external_id": page.external_id}
    person = training.user("facebook", pages=[page.external_id])
    connect_flow(training, client, person, [chosen], data={"channel": page.public_id})
    choose(client, chosen)

    assert is_done(attempt)


def test_a_lost_page_is_not_done_by_posting_by_hand(leader):
    attempt = begin(leader, "token-expired")

    manual.continue_manually(facebook_page(leader), by=leader.user, reason="Không kết nối được.")

    assert not is_done(attempt)


def test_a_lost_page_is_not_done_where_another_exercise_mends_it(leader):
    attempt = begin(leader, "token-expired")

    begin(leader, "recall")

    assert facebook_page(leader).health == Health.CONNECTED
    assert not is_done(attempt)
    assert "bài tập khác" in EXERCISES["token-expired"].explain(attempt)


# --- the page taken over --------------------------------------------------------------------------


def test_a_page_taken_over_is_done_once_it_is_reported_and_the_post_is_not_ours(leader):
    attempt = begin(leader, "page-taken-over")
    strange = UnrecognisedPost.objects.open().select_related("channel__unit").get()
    assert not is_done(attempt)

    acknowledge(strange, by=leader.user, ours=False)
    assert not is_done(attempt)
    transitions.report_taken_over(facebook_page(leader), by=leader.user, reason="Có bài lạ.")

    assert is_done(attempt)


def test_a_page_taken_over_is_not_done_where_the_post_is_taken_for_ours(leader):
    attempt = begin(leader, "page-taken-over")
    strange = UnrecognisedPost.objects.open().select_related("channel__unit").get()

    acknowledge(strange, by=leader.user, ours=True)
    transitions.report_taken_over(facebook_page(leader), by=leader.user, reason="Có bài lạ.")

    assert not is_done(attempt)


# --- recall ---------------------------------------------------------------------------------------


def test_a_recall_is_done_once_the_post_is_on_its_way_off_the_page(leader, sign_in):
    attempt = begin(leader, "recall")
    assert not is_done(attempt)

    sign_in(leader.user).post(
        reverse("publishing:withdraw", args=[attempt.subject]),
        {"reason": "Lễ hội hoãn.", "take_down": "on"},
    )

    assert is_done(attempt)


def test_a_recall_is_not_done_by_a_correction(leader):
    attempt = begin(leader, "recall")

    starting.start_correction(subject(attempt), by=leader.user)

    assert not is_done(attempt)


def test_a_recall_is_not_done_by_a_withdrawal_that_leaves_the_post_on_the_page(leader):
    attempt = begin(leader, "recall")

    recalling.withdraw(subject(attempt), by=leader.user, reason="Hoãn.", take_down=False)

    assert not is_done(attempt)


# --- correction -----------------------------------------------------------------------------------


def test_a_correction_is_done_once_it_is_submitted(officer):
    attempt = begin(officer, "correction")
    post = starting.start_correction(subject(attempt), by=officer.user)
    assert not is_done(attempt)

    decisions.submit(write_again(post, SAFE, by=officer.user), by=officer.user)

    assert is_done(attempt)


def test_a_correction_is_not_done_by_a_new_post(officer):
    attempt = begin(officer, "correction")

    decisions.submit(write_first_post(officer), by=officer.user)

    assert not is_done(attempt)


# --- a storm of comments --------------------------------------------------------------------------


def attend(client, attempt, *, hides: int) -> None:
    """Hide the comments that the desk sorts first, and answer the others, on its page."""
    address = reverse("engagement:comments", args=[attempt.subject])
    for number in range(7):
        page = client.get(address)
        row = next(
            row
            for row in page.context["comments"]
            if not row["comment"].hidden and not row["comment"].answered
        )
        phrase = {"phrase": page.context["phrases"][0].public_id}
        act = {"act": "hide"} if number < hides else phrase
        assert client.post(address, {"ticket": row["ticket"], **act}).status_code == 302
    client.get(address)


def test_a_storm_is_done_once_questions_are_answered_and_scams_hidden(officer, sign_in):
    attempt = begin(officer, "comment-storm")
    assert not is_done(attempt)

    attend(sign_in(officer.user), attempt, hides=2)

    assert is_done(attempt)


def test_a_storm_is_not_done_where_questions_are_hidden(officer, sign_in):
    attempt = begin(officer, "comment-storm")

    attend(sign_in(officer.user), attempt, hides=7)

    assert not is_done(attempt)


# --- a kit adopted --------------------------------------------------------------------------------


def test_a_kit_is_done_once_its_post_is_filled_in_and_submitted(officer):
    attempt = begin(officer, "kit-adopted")
    kit = Kit.objects.get(public_id=attempt.subject)
    post = adopting.adopt(kit, unit=officer.unit, by=officer.user)
    assert not is_done(attempt)

    edit = replace(edit_of(post), placeholder_values={"khu_vuc": "các thôn ven chợ"})
    post = saving.save(post, edit, by=officer.user, version=post.version)
    decisions.submit(post, by=officer.user)

    assert is_done(attempt)


def test_a_kit_is_not_done_where_it_is_declined(officer):
    attempt = begin(officer, "kit-adopted")
    kit = Kit.objects.get(public_id=attempt.subject)

    adopting.decline(kit, unit=officer.unit, by=officer.user, reason=Declined.WRONG_TIME)

    assert not is_done(attempt)
    assert "không phù hợp" in EXERCISES["kit-adopted"].explain(attempt)


# --- the month's report ---------------------------------------------------------------------------


def test_a_report_is_done_once_it_is_written_and_submitted(officer):
    attempt = begin(officer, "month-report")
    report = Report.objects.get(public_id=attempt.subject)
    texts = {"situation": "Địa bàn ổn định.", "results": "Mỗi tuần hai bài."}
    drafts.write(report, texts, by=officer.user)
    assert not is_done(attempt)

    report_decisions.submit(report, by=officer.user)

    assert is_done(attempt)


def test_a_report_is_not_done_without_what_the_unit_says(officer):
    attempt = begin(officer, "month-report")

    report_decisions.submit(Report.objects.get(public_id=attempt.subject), by=officer.user)

    assert not is_done(attempt)


def test_a_report_that_is_begun_again_is_empty(officer):
    attempt = begin(officer, "month-report")
    report = Report.objects.get(public_id=attempt.subject)
    drafts.write(report, {"situation": "Ổn định.", "results": "Hai bài."}, by=officer.user)
    report_decisions.submit(report, by=officer.user)

    begin(officer, "month-report")

    report.refresh_from_db()
    assert (report.state, report.texts) == ("draft", {})


# --- a flood of notices ---------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["officer", "leader"])
def test_a_flood_is_done_once_the_question_is_answered_and_all_is_read(role, request, sign_in):
    participant = request.getfixturevalue(role)
    attempt = begin(participant, "mail-flood")
    assert Notice.objects.filter(user=participant.user, read_at=None).count() == 41
    client = sign_in(participant.user)
    answer = {"text": "Có bố trí trực cả hai ngày, từ 7 giờ đến 21 giờ."}

    client.post(reverse("oversight:answer_matter", args=[attempt.subject]), answer)
    assert not is_done(attempt)
    client.post(reverse("accounts:read_notices"))

    assert is_done(attempt)


def test_a_flood_is_not_done_by_reading_alone(officer, sign_in):
    attempt = begin(officer, "mail-flood")

    sign_in(officer.user).post(reverse("accounts:read_notices"))

    assert not is_done(attempt)
    assert "chưa được trả lời" in EXERCISES["mail-flood"].explain(attempt)


# --- all ------------------------------------------------------------------------------------------


def test_there_are_twelve_with_guides_and_every_role_has_some():
    assert len(EXERCISES) == 12
    assert {exercise.guide for exercise in EXERCISES.values()} <= read_guides().keys()
    assert [len(list_exercises(role)) for role in Participant.ROLES] == [8, 5]


# Quoted in a task or hint, and no label of the catalogue.
QUOTED = {
    "để xác minh",
    "Cảnh báo lừa đảo",  # a topic
    "một người dân trên địa bàn",
    "ĐÍNH CHÍNH bài …",
    "các thôn ven chợ",
    "Tình hình, đặc điểm",  # parts of the report's form
    "Kết quả thực hiện",
}


def test_what_hints_quote_are_labels_of_the_screen():
    catalogue = polib.pofile(str(settings.BASE_DIR / "locale/vi/LC_MESSAGES/django.po"))
    labels = {entry.msgstr for entry in catalogue}
    texts = [text for e in EXERCISES.values() for text in (e.task, *e.hints)]
    quoted = {label for text in texts for label in re.findall("“([^”]+)”", text)}

    assert quoted - labels == QUOTED


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
