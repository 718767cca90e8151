"""Series: posts made ahead, each approved by itself, changed together, stopped with a reason."""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from core.errors import Refused
from core.models import Letter
from posts.models import Post, Reading, Review, Signature
from posts.states import Decision, PostState
from publishing.models import Delivery, Occurrence, Series
from publishing.models.series import MOST_OCCURRENCES, Rhythm
from publishing.recurrence import planning
from publishing.recurrence.planning import occurrence_times
from publishing.recurrence.queries import occurrences_of
from publishing.states import State
from tests import factories
from tests.publishing.review.conftest import decide

pytestmark = pytest.mark.django_db
FIRST = (timezone.localtime() + timedelta(days=3)).replace(
    hour=7, minute=30, second=0, microsecond=0
)


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(client, unit):
    officer = factories.person(Role.OFFICER, unit)
    client.force_login(officer)
    return officer


@pytest.fixture
def approver(unit):
    return factories.person(Role.APPROVER, unit)


def begun(unit, officer, n: int = 3, **rule) -> Series:
    post = factories.PostFactory(unit=unit, author=officer)
    values = {"first": FIRST, "rhythm": Rhythm.WEEKS, "step": 1, "until": None, "times": n}
    return planning.create_series(post, by=officer, **{**values, **rule})


def submitted(unit, officer, n: int = 3) -> Series:
    series = begun(unit, officer, n)
    planning.submit_all(series, by=officer)
    return series


def states(series: Series) -> list[str]:
    return [post.state for post in occurrences_of(series)]


# --- The times ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rhythm", "step", "until", "times", "days"),
    [
        (Rhythm.WEEKS, 1, None, 3, ["31/01", "07/02", "14/02"]),
        (Rhythm.WEEKS, 2, date(2027, 2, 28), None, ["31/01", "14/02", "28/02"]),
        (Rhythm.DAYS, 3, date(2027, 2, 5), 9, ["31/01", "03/02"]),
        (Rhythm.MONTHS, 1, None, 4, ["31/01", "28/02", "31/03", "30/04"]),
        (Rhythm.MONTHS, 12, None, 2, ["31/01", "31/01"]),
    ],
)
def test_the_times_follow_the_rule_and_keep_the_hour(  # any clock
    rhythm, step, until, times, days
):
    first = timezone.make_aware(datetime(2027, 1, 31, 7, 30))

    found = occurrence_times(first, rhythm=rhythm, step=step, until=until, times=times)

    assert [timezone.localtime(moment).strftime("%d/%m") for moment in found] == days
    assert {timezone.localtime(moment).strftime("%H:%M") for moment in found} == {"07:30"}


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"times": 1}, "one time only"),
        ({"times": None, "until": date(2099, 1, 1)}, "at most 52"),
        ({"times": 30, "rhythm": Rhythm.MONTHS}, "within two years"),
        ({"first": timezone.now() - timedelta(minutes=1)}, "later than now"),
    ],
)
def test_a_series_without_a_proper_end_is_refused(unit, officer, rule, words):  # any clock
    with pytest.raises(Refused, match=words):
        begun(unit, officer, **rule)
    assert not Series.objects.exists()


def test_a_series_ends_before_its_content_does(unit, officer):
    post = factories.PostFactory(unit=unit, author=officer, valid_until=FIRST + timedelta(days=10))

    with pytest.raises(Refused, match="End the series before that"):
        planning.create_series(
            post, by=officer, first=FIRST, rhythm="weeks", step=1, until=None, times=3
        )


# --- The posts ------------------------------------------------------------------------------------


def test_each_time_becomes_a_post_with_the_same_content(client, unit, officer):
    post = factories.PostFactory(unit=unit, author=officer, media=[factories.media(unit)])
    form = {
        "first": FIRST.strftime("%Y-%m-%dT%H:%M"),
        "rhythm": "weeks",
        "step": "1",
        "times": "4",
    }
    page = reverse("publishing:series_new", args=[post.public_id])

    shown = client.post(page, form)
    assert len(shown.context["times"]) == 4
    assert not Series.objects.exists()

    client.post(page, {**form, "make": "on"})
    series = Series.objects.get()
    posts = list(occurrences_of(series))
    assert posts[0] == post
    assert [post.requested_time for post in posts] == [FIRST + timedelta(weeks=n) for n in range(4)]
    assert {post.title for post in posts} == {post.title}
    assert {post.pictures.count() for post in posts} == {1}
    planning.submit_all(series, by=officer)
    hashes = {copy.current_revision.content_sha256 for copy in occurrences_of(series)}
    assert len(hashes) == 1


def test_a_post_of_a_series_begins_no_other(unit, officer):
    post = occurrences_of(begun(unit, officer))[1]

    with pytest.raises(Refused, match="Make a copy first"):
        planning.create_series(
            post, by=officer, first=FIRST, rhythm="weeks", step=1, until=None, times=3
        )


def test_fifty_two_times_take_no_more_queries_than_three(unit, officer):
    def queries(n: int) -> int:
        with CaptureQueriesContext(connection) as found:
            begun(unit, officer, n)
        return len(found)

    queries(2)  # what is cached is asked once
    assert queries(MOST_OCCURRENCES) == queries(3)


def test_all_are_submitted_with_one_notice_that_leads_to_the_sheet(unit, officer, approver):
    series = submitted(unit, officer)

    assert states(series) == [PostState.IN_REVIEW] * 3
    (notice,) = Notice.objects.filter(user=approver)
    assert (notice.kind, notice.facts["n"], notice.facts["title"]) == (
        "series_submitted",
        "3",
        series.title,
    )
    assert notice.address == reverse("publishing:series_review", args=[series.public_id])


# --- Approval -------------------------------------------------------------------------------------


def sheet(client, series, approver):
    client.force_login(approver)
    return client.get(reverse("publishing:series_review", args=[series.public_id]))


def approve(client, response, approver, posts):
    mark = factories.queue_mark(approver)
    revisions = [str(post.current_revision.public_id) for post in posts]
    return client.post(
        reverse("publishing:approve_many"), {"mark": mark, "revision": revisions}, follow=True
    )


def test_the_sheet_approves_each_time_by_itself_and_schedules_it(client, unit, officer, approver):
    series = submitted(unit, officer)
    shown = sheet(client, series, approver)

    approve(client, shown, approver, shown.context["posts"])

    assert states(series) == [PostState.APPROVED] * 3
    assert Review.objects.count() == Signature.objects.count() == 3
    due = list(Delivery.objects.order_by("due_at").values_list("due_at", flat=True))
    assert due == [FIRST + timedelta(weeks=n) for n in range(3)]


def test_the_writer_gets_one_notice_and_one_mail_of_a_series(client, unit, officer, approver):
    series = submitted(unit, officer)
    shown = sheet(client, series, approver)

    approve(client, shown, approver, shown.context["posts"])

    (notice,) = Notice.objects.filter(user=officer)
    assert (notice.kind, notice.facts["n"], notice.facts["title"]) == (
        "series_approved",
        "3",
        series.title,
    )
    assert notice.address == reverse("publishing:series", args=[series.public_id])
    assert Letter.objects.filter(to=officer.email).count() == 1


def test_the_notice_says_how_many_still_need_a_time(client, unit, officer, approver):
    series = submitted(unit, officer)
    Post.objects.filter(occurrence__number=2).update(requested_time=None)
    shown = sheet(client, series, approver)

    approve(client, shown, approver, shown.context["posts"])

    (notice,) = Notice.objects.filter(user=officer)
    assert (notice.kind, notice.facts["left"]) == ("series_to_schedule", "1")


def test_one_post_of_a_series_is_announced_by_itself(client, unit, officer, approver):
    series = submitted(unit, officer)
    shown = sheet(client, series, approver)

    approve(client, shown, approver, shown.context["posts"][:1])

    (notice,) = Notice.objects.filter(user=officer)
    assert notice.kind == "post_approved"


def test_without_the_sheet_nothing_of_a_series_can_be_approved_together(
    client, unit, officer, approver
):
    series = submitted(unit, officer)
    client.force_login(approver)

    approve(client, None, approver, occurrences_of(series))

    assert states(series) == [PostState.IN_REVIEW] * 3


def test_another_content_is_not_opened_by_the_sheet(client, unit, officer, approver):
    series = begun(unit, officer)
    Post.objects.filter(occurrence__number=2).update(body="<p>Nội dung khác.</p>")
    planning.submit_all(series, by=officer)

    shown = sheet(client, series, approver)

    assert [post.occurrence.number for post in shown.context["posts"]] == [1, 3]
    assert [post.occurrence.number for post in shown.context["others"]] == [2]
    read = Reading.objects.values_list("revision__post__occurrence__number", flat=True)
    assert sorted(read) == [1, 3]


def test_nobody_approves_a_series_of_their_own(client, unit, approver):
    series = submitted(unit, approver)

    shown = sheet(client, series, approver)
    approve(client, shown, approver, occurrences_of(series))

    assert shown.context["posts"] == []
    assert states(series) == [PostState.IN_REVIEW] * 3


def test_where_the_province_approves_too_each_time_goes_there_by_itself(
    client, unit, officer, approver
):
    factories.topic_rule(unit.parent)
    overseer = factories.person(Role.OVERSEER, unit.parent)
    series = submitted(unit, officer)
    shown = sheet(client, series, approver)

    approve(client, shown, approver, shown.context["posts"])

    assert Review.objects.filter(decision=Decision.FIRST).count() == 3
    assert [n.kind for n in Notice.objects.filter(user=overseer)] == ["series_second_asked"]
    assert [n.kind for n in Notice.objects.filter(user=officer)] == ["series_first_approved"]
    assert states(series) == [PostState.IN_REVIEW] * 3
    assert not Delivery.objects.exists()
    again = sheet(client, series, approver)
    assert (again.context["posts"], again.context["others"]) == ([], [])


def test_fifty_two_times_are_approved_from_one_sheet(client, unit, officer, approver):
    series = submitted(unit, officer, MOST_OCCURRENCES)
    shown = sheet(client, series, approver)

    approve(client, shown, approver, shown.context["posts"])

    assert set(states(series)) == {PostState.APPROVED}


def test_the_queue_names_the_series_once(client, unit, officer, approver):
    series = submitted(unit, officer)
    client.force_login(approver)

    shown = client.get(reverse("publishing:review_queue"))

    (card,) = shown.context["cards"]
    assert (card.post.in_series, card.can_be_chosen) == (3, False)
    assert reverse("publishing:series_review", args=[series.public_id]) in shown.content.decode()
    # Its posts, and what follows a decision, count it as the queue does.
    other = factories.submitted(unit=unit)
    page = client.get(reverse("publishing:review", args=[other.public_id]))
    assert page.context["waiting"] == 2
    decide(client, other, "return", reason="Ghi rõ địa điểm.")
    decided = client.get(reverse("publishing:review", args=[other.public_id]))
    assert decided.context["waiting"] == 1


def test_today_names_the_series_once(client, unit, officer, approver):
    series = begun(unit, officer)
    factories.PostFactory(unit=unit, author=officer, version=2)

    def named(person, card):
        client.force_login(person)
        page = client.get(reverse("oversight:today"))
        rows = page.context[card].rows
        return sorted(post.in_series or 1 for post in rows), page.content.decode()

    drafts, page = named(officer, "drafts")
    assert drafts == [1, 3]
    assert reverse("publishing:series", args=[series.public_id]) in page
    client.post(reverse("publishing:series_submit", args=[series.public_id]))
    waiting, page = named(approver, "waiting")
    assert waiting == [3]
    assert reverse("publishing:series_review", args=[series.public_id]) in page


def test_what_is_left_of_a_series_stands_in_the_queue_as_a_post_of_its_own(
    client, unit, officer, approver
):
    series = submitted(unit, officer)
    for occurrence in series.occurrences.all()[:2]:
        factories.approved(occurrence.post)
    client.force_login(approver)

    (card,) = client.get(reverse("publishing:review_queue")).context["cards"]

    assert (card.post.occurrence.number, card.is_series) == (3, False)


# --- Changes --------------------------------------------------------------------------------------


def test_the_later_ones_take_over_a_content_and_their_approvals_end(
    client, unit, officer, approver
):
    series = submitted(unit, officer)
    shown = sheet(client, series, approver)
    approve(client, shown, approver, shown.context["posts"])
    first, second, third = occurrences_of(series)
    Post.objects.filter(pk=second.pk).update(title="Tên mới")

    client.force_login(officer)
    client.post(reverse("publishing:series_change", args=[second.public_id]))

    first.refresh_from_db()
    third.refresh_from_db()
    assert (first.state, third.state, third.title) == ("approved", "draft", "Tên mới")
    assert third.requested_time == FIRST + timedelta(weeks=2)
    assert [d.state for d in Delivery.objects.filter(post=third)] == [State.CANCELLED]
    assert [d.state for d in Delivery.objects.filter(post=first)] == [State.SCHEDULED]


def test_stopping_needs_a_reason_and_keeps_what_went_out(client, unit, officer, approver):
    series = submitted(unit, officer)
    shown = sheet(client, series, approver)
    approve(client, shown, approver, shown.context["posts"])
    gone = Delivery.objects.order_by("due_at").first()
    Delivery.objects.filter(pk=gone.pk).update(
        state=State.PUBLISHED,
        published_at=timezone.now(),
        remote_id="1_2",
        receipt_source="platform",
    )
    client.force_login(officer)
    page = reverse("publishing:series_stop", args=[series.public_id])

    assert client.post(page, {"reason": ""}).status_code == 422
    client.post(page, {"reason": "Luật đã thay đổi"})

    assert states(series) == [PostState.APPROVED, PostState.ARCHIVED, PostState.ARCHIVED]
    assert sorted(Delivery.objects.values_list("state", flat=True)) == [
        State.CANCELLED,
        State.CANCELLED,
        State.PUBLISHED,
    ]
    entry = Entry.objects.get(action="series.stopped")
    assert (entry.reason, entry.data["posts"]) == ("Luật đã thay đổi", 2)
    assert client.post(page, {"reason": "Lại"}).status_code == 409


def test_a_series_of_another_unit_is_not_found(client, officer):
    series = factories.series(factories.UnitFactory())

    for name in ("series", "series_stop"):
        page = reverse(f"publishing:{name}", args=[series.public_id])
        assert client.get(page).status_code == 404
    assert Occurrence.objects.count() == 3
