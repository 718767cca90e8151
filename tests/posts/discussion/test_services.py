"""Rights to comment on a post, and how proposed words come into it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from core.errors import NotAllowed, QuotaExceeded, Refused
from core.models import Letter
from core.secrecy import SecrecyRefused
from posts.discussion import discussing
from posts.discussion.discussing import Remark
from posts.discussion.queries import threads_of
from posts.models import Contribution, Post, Thread
from posts.review import decisions
from posts.states import PostState
from tests import factories

pytestmark = pytest.mark.django_db
WORDS = "Lời không được ra khỏi cổng"


def begin(post, by, **remark):
    return discussing.begin(post, post.current_revision, Remark(**{"text": WORDS, **remark}), by=by)


def returned(post, by):
    decisions.request_changes(post, post.current_revision, by=by, reason="Sai số máy")
    return Post.objects.get(pk=post.pk)


def test_a_comment_stands_at_its_words_and_its_record_and_mail_hold_none_of_them(
    post, officer, leader
):
    thread = begin(post, leader, quote="chuyển  tiền")

    comment = thread.comments.get()
    assert (thread.quote, thread.place, comment.text) == ("chuyển tiền", "text", WORDS)
    notice = Notice.objects.get()
    assert (notice.user, notice.kind) == (officer, "post_commented")
    letter = Letter.objects.get()
    assert letter.to == officer.email
    entry = Entry.objects.get(action="post.commented")
    assert entry.data == {"version": 1}
    for told in (letter.subject, letter.text, str(notice.facts), entry.reason, str(entry.data)):
        assert (WORDS in told, "chuyển tiền" in told) == (False, False)


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.ADMINISTRATOR])
def test_who_only_watches_says_nothing(post, role):
    with pytest.raises(NotAllowed):
        begin(post, factories.person(role, post.unit.parent))


def test_an_officer_of_another_unit_says_nothing(post):
    with pytest.raises(NotAllowed):
        begin(post, factories.person(Role.OFFICER))


def test_the_overseer_comments_and_proposes_no_words(post, overseer):
    begin(post, overseer)

    with pytest.raises(NotAllowed):
        begin(post, overseer, quote="chuyển tiền", proposal="gửi tiền")


def test_an_officer_proposes_no_words(post, officer):
    with pytest.raises(NotAllowed):
        begin(post, officer, quote="chuyển tiền", proposal="gửi tiền")


@pytest.mark.parametrize(
    "remark",
    [
        {"text": " "},
        {"text": "x" * 2001},
        {"quote": "chữ không có trong bài"},
        {"proposal": "thay cho gì?"},
        {"picture": "0b0e0e0e-0000-4000-8000-000000000000"},
    ],
)
def test_a_comment_about_nothing_is_refused(post, leader, remark):
    with pytest.raises(Refused):
        begin(post, leader, **remark)

    assert not Thread.objects.exists()


def test_a_comment_with_a_secrecy_mark_is_not_stored(post, leader):
    with pytest.raises(SecrecyRefused):
        begin(post, leader, text="Kế hoạch\nTUYỆT MẬT")

    assert not Thread.objects.exists()


def test_nobody_comments_without_end(post, leader, settings):
    settings.QUOTAS = {**settings.QUOTAS, "comment": [(2, 3600)]}
    thread = begin(post, leader)
    discussing.reply(thread, Remark(text="2"), by=leader)

    with pytest.raises(QuotaExceeded):
        discussing.reply(thread, Remark(text="3"), by=leader)


def test_a_full_post_and_a_full_thread_take_no_more(post, leader, monkeypatch):
    monkeypatch.setattr(discussing, "MOST_THREADS", 1)
    monkeypatch.setattr(discussing, "MOST_COMMENTS", 1)
    thread = begin(post, leader)

    with pytest.raises(Refused):
        begin(post, leader)
    with pytest.raises(Refused):
        discussing.reply(thread, Remark(text="2"), by=leader)


def test_the_author_who_speaks_first_reaches_whoever_will_decide(post, officer, leader):
    thread = begin(post, officer)
    discussing.reply(thread, Remark(text="Vâng"), by=leader)

    assert [(n.user, n.kind) for n in Notice.objects.order_by("pk")] == [
        (leader, "post_commented"),
        (officer, "post_commented"),
    ]


def test_who_may_no_longer_see_the_post_is_told_nothing(post, officer, leader):
    talker = factories.person(Role.OFFICER, post.unit)
    thread = begin(post, talker)
    Notice.objects.all().delete()
    talker.appointments.update(valid_to=timezone.localdate() - timedelta(days=1))

    discussing.reply(thread, Remark(text="2"), by=leader)

    assert [n.user for n in Notice.objects.all()] == [officer]


def test_open_threads_stand_before_resolved_ones(post, officer, leader):
    first, second, third = (begin(post, leader, text=str(n)) for n in range(3))
    discussing.resolve(second, by=officer)

    assert list(threads_of(post)) == [third, first, second]


def test_a_thread_is_resolved_once_and_open_again_with_the_next_answer(post, officer, leader):
    thread = begin(post, leader)
    discussing.resolve(thread, by=officer)
    discussing.resolve(thread, by=leader)
    thread.refresh_from_db()
    assert thread.resolved_by == officer

    discussing.reply(thread, Remark(text="Chưa"), by=leader)

    thread.refresh_from_db()
    assert (thread.resolved_at, thread.resolved_by) == (None, None)
    assert list(
        Entry.objects.filter(action__startswith="post.thread").values_list("action", flat=True)
    ) == ["post.thread_reopened", "post.thread_resolved"]


def test_a_return_opens_a_thread_that_its_reason_begins(post, leader, officer):
    post = returned(post, leader)

    thread = Thread.objects.get()
    assert (thread.review.reason, thread.revision, thread.comments.count()) == (
        "Sai số máy",
        post.current_revision,
        0,
    )
    discussing.reply(thread, Remark(text="Đã sửa"), by=officer)
    assert Notice.objects.filter(kind="post_commented").get().user == leader


def proposal(post, leader, **remark):
    words = {"quote": "không yêu cầu chuyển tiền", "proposal": "không bao giờ đòi tiền", **remark}
    return begin(post, leader, **words).comments.get()


def test_the_author_takes_proposed_words_and_who_proposed_them_still_approves(
    post, officer, leader
):
    comment = proposal(post, leader)
    post = returned(post, leader)

    discussing.accept_proposal(comment, by=officer)

    post.refresh_from_db()
    assert post.body.startswith("<p>Công an không bao giờ đòi tiền.</p>")
    assert (post.author, post.last_editor) == (officer, officer)
    assert [c.user for c in Contribution.objects.all()] == [officer]
    comment.refresh_from_db()
    assert (comment.taken_by, comment.thread.resolved_by) == (officer, officer)
    revision = decisions.submit(post, by=officer)
    assert "không bao giờ đòi tiền" in revision.content["body"]
    decisions.approve(post, revision, by=leader, proof=factories.proof())
    post.refresh_from_db()
    assert post.state == PostState.APPROVED


def test_the_rest_of_the_draft_stays_when_words_are_taken(post, officer, leader):
    channel = post.targets.get().channel
    post.pictures.create(media=factories.media(post.unit), position=0, alt_text="Ảnh")
    post.targets.update(text="Riêng", options={"x": True})
    comment = proposal(post, leader)
    post = returned(post, leader)

    discussing.accept_proposal(comment, by=officer)

    target = post.targets.get()
    assert (target.channel, target.text, target.options) == (channel, "Riêng", {"x": True})
    assert post.pictures.get().alt_text == "Ảnh"


def test_a_leader_who_takes_the_words_has_edited_and_may_not_approve(post, leader):
    comment = proposal(post, leader)
    post = returned(post, leader)

    discussing.accept_proposal(comment, by=leader)

    post.refresh_from_db()
    revision = decisions.submit(post, by=leader)
    with pytest.raises(NotAllowed):
        decisions.approve(post, revision, by=leader, proof=factories.proof())


def test_words_are_taken_once(post, officer, leader):
    comment = proposal(post, leader)
    post = returned(post, leader)
    discussing.accept_proposal(comment, by=officer)

    with pytest.raises(Refused, match="taken already"):
        discussing.accept_proposal(comment, by=officer)


def test_words_whose_place_has_changed_are_not_taken_and_can_be_later(post, officer, leader):
    comment = proposal(post, leader)
    post = returned(post, leader)
    Post.objects.filter(pk=post.pk).update(body="<p>Viết lại.</p>")

    with pytest.raises(Refused, match="by hand"):
        discussing.accept_proposal(comment, by=officer)

    comment.refresh_from_db()
    assert comment.taken_at is None


def test_words_that_stand_in_the_text_and_in_the_title_are_not_taken(post, officer, leader):
    comment = proposal(post, leader, quote="Công an không chậm trễ", proposal="ngay")
    post = returned(post, leader)
    Post.objects.filter(pk=post.pk).update(title="Công an không chậm trễ")

    with pytest.raises(Refused):
        discussing.accept_proposal(comment, by=officer)


def test_words_are_not_taken_while_the_post_waits_for_its_decision(post, officer, leader):
    comment = proposal(post, leader)

    with pytest.raises(Refused):
        discussing.accept_proposal(comment, by=officer)

    assert Post.objects.get(pk=post.pk).body == post.body


def test_nobody_of_another_unit_takes_words(post, leader):
    comment = proposal(post, leader)
    returned(post, leader)

    with pytest.raises(NotAllowed):
        discussing.accept_proposal(comment, by=factories.person(Role.OFFICER))
