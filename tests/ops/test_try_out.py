from collections import Counter
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Case, F, When
from django.db.models import Count as CountOf
from django.test import Client, TestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Role
from audit.models import Entry
from audit.verification import verify_record
from campaigns.kits.models import Adoption, Kit
from channels.models import Channel
from channels.queries import facts_of
from channels.states import Kind
from core import jobs
from core.periods import Period
from engagement.models import CommentCount, Count, FollowerCount, ReplyPhrase
from engagement.reports import queries
from engagement.reports.models import Report, ReportFile
from engagement.rollups.models import ChangedDay
from engagement.rollups.services import find_differences, refresh_changed_days
from operations.measure import take_measurement
from outreach_portal.guard import TRY_OUT_DOMAIN
from oversight.matters.models import Matter
from oversight.queries import list_province_rows, list_unit_rows
from platforms.limits import find_problems
from posts.canonical import content
from posts.leak_rules.models import AllowedItem, FalseAlarm, LeakCount, RuleSwitch
from posts.models import BulkImport, Post, Review
from posts.review import approvals
from posts.states import PostState
from publishing.broadcasts.broadcasting import broadcasts_awaiting
from publishing.models import Delivery, ShareLink
from publishing.recurrence.queries import first_of_each_series
from publishing.review.queries import posts_awaiting_second, posts_to_review
from publishing.sharing.presenters import shared_page
from publishing.sharing.queries import RELATED, Status, statuses
from publishing.states import State
from simulator.testing import RunningSimulator
from tests.conftest import platforms_at
from tests.factories import UserFactory
from try_out import people, samples
from units.models import Level, Unit

pytestmark = [pytest.mark.django_db, pytest.mark.try_out]


def text_of(delivery: Delivery) -> str:
    targets = {
        target["channel"]: target["text"] for target in delivery.revision.content["channels"]
    }
    return targets[str(delivery.channel.public_id)]


class TestFilled(TestCase):
    """The content that `make run` shows at first. It is made once for all these tests, for that
    takes some seconds."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.simulator = cls.enterClassContext(RunningSimulator())
        cls.var = Path(cls.enterClassContext(TemporaryDirectory()))
        cls.enterClassContext(
            override_settings(
                TRY_OUT=True,
                SAMPLES=True,
                VAR_DIR=cls.var,
                MEDIA_ROOT=cls.var / "media",
                SIMULATOR_URL=cls.simulator.url,
                PLATFORMS=platforms_at(cls.simulator.url),
                PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
            )
        )
        super().setUpClass()

    @classmethod
    def setUpTestData(cls) -> None:
        call_command("try_out")

    def test_a_partners_page_of_a_kit_shows_all_that_such_a_page_can(self):
        share = ShareLink.objects.select_related(*RELATED).exclude(kit=None).get()

        page = shared_page(share)

        assert statuses([share], now=timezone.now()) == {share.pk: Status.ACTIVE}
        assert len(page.texts) == 2
        assert not any("{" in text.text for text in page.texts)
        assert page.pieces
        assert page.cards
        assert page.qr
        assert page.has_poster

    def test_it_shows_every_state_that_a_post_and_a_delivery_can_rest_in(self):
        posts = Counter(Post.objects.values_list("state", flat=True))
        deliveries = Counter(Delivery.objects.values_list("state", flat=True))

        assert set(posts) == set(PostState) - {PostState.ARCHIVED}
        resting = {
            State.SCHEDULED,
            State.PUBLISHED,
            State.FAILED,
            State.EXPIRED,
            State.NEEDS_PERSON,
            State.MANUAL,
        }
        resting |= {State.RECALLED}
        assert set(deliveries) == resting
        assert set(Post.objects.values_list("topic__code", flat=True)) == {
            s.topic for s in samples.read_samples().values()
        }

    def test_the_reply_desk_has_been_used_and_a_broadcast_waits_for_the_chief(self):
        chief = User.objects.get(username="hai-chau.truong")

        assert CommentCount.objects.filter(unanswered__gt=0).exists()
        assert (ReplyPhrase.objects.usable().count(), ReplyPhrase.objects.count()) == (2, 3)
        assert [row.state for row in broadcasts_awaiting(chief)] == ["planned"]

    def test_a_series_a_sheet_and_a_second_approval_are_there_to_be_seen(self):
        chief = User.objects.get(username="hai-chau.truong")
        overseer = User.objects.get(username="tinh.phutrach")

        assert 6 in [post.in_series for post in first_of_each_series(posts_to_review(chief))]
        sheet = BulkImport.objects.get()
        assert (sheet.state, sheet.made.count(), len(sheet.left_out)) == ("done", 2, 1)
        assert posts_awaiting_second(overseer).count() == 1

    def test_reports_stand_at_each_step_and_the_worker_finds_their_files(self):
        rows = Report.objects.values_list("unit__level", "state")
        assert Counter(rows) == {
            ("commune", "sent"): 5,
            ("commune", "returned"): 1,
            ("commune", "in_review"): 1,
            ("commune", "draft"): 2,
            ("province", "sent"): 1,
        }
        assert set(ReportFile.objects.values_list("job__state", flat=True)) == {"waiting"}
        assert jobs.run_waiting("report_file").done == 7 * 3
        unit = Unit.objects.get(
            pk=User.objects.get(username="hai-chau.canbo").appointments.get().unit_id
        )
        (due,) = queries.find_due([unit], timezone.localdate())
        assert (due.report.state, due.report.author) == ("draft", None)
        (city,) = queries.find_due([unit.parent], timezone.localdate())
        assert city.report is None

    def test_what_is_published_stands_on_the_simulated_page_under_its_link(self):
        live_posts = {post["permalink"]: post["text"] for post in self.simulator.visible()}
        # Of the year before there are figures, and no pages.
        published = (
            Delivery.objects.filter(state=State.PUBLISHED)
            .exclude(remote_id__startswith="year:")
            .select_related("channel", "revision")
        )

        shown = {d.permalink: text_of(d) for d in published}
        unknown = Delivery.objects.get(state=State.NEEDS_PERSON)
        rest = {link: text for link, text in live_posts.items() if link not in shown}

        assert {link: live_posts.get(link) for link in shown} == shown
        assert [unknown.revision.content["title"] in text for text in rest.values()] == [True]

    def test_every_text_fits_where_it_goes(self):
        found = {}
        for delivery in Delivery.objects.select_related("channel", "revision"):
            approved, facts = delivery.revision.content, facts_of(delivery.platform)
            target = next(
                t for t in approved["channels"] if t["channel"] == str(delivery.channel.public_id)
            )
            message = content.build_message(approved, target, key="")
            found[delivery.platform, delivery.pk] = find_problems(
                facts.format(target.get("format", "")), message
            )

        assert {key: too_long for key, too_long in found.items() if too_long} == {}
        assert {platform for platform, _pk in found} == set(Kind)

    def test_nothing_is_dated_later_than_now_and_the_past_is_on_record_as_then(self):
        first = Entry.objects.filter(action="delivery.published").order_by("at").first()
        oldest = Delivery.objects.filter(state=State.PUBLISHED).order_by("published_at").first()

        assert first.at == oldest.published_at
        for delivery in Delivery.objects.filter(state=State.PUBLISHED).select_related("revision"):
            assert delivery.revision.created_at < delivery.due_at <= delivery.published_at
        now = timezone.now()
        later = [
            Count.objects.filter(taken_at__gt=now),
            Entry.objects.filter(at__gt=now),
            Post.objects.filter(changed_at__gt=now),
        ]
        assert [rows.count() for rows in later] == [0, 0, 0]

    def test_the_year_before_is_approved_by_hash_signed_and_on_record(self):
        year = Post.objects.filter(deliveries__remote_id__startswith="year:").distinct()
        reviews = Review.objects.filter(revision__post__in=year).select_related(
            "signature", "revision"
        )

        assert year.count() > 300
        assert reviews.count() == year.count()
        for review in reviews:
            revision, signature = review.revision, review.signature
            signed = approvals.Signed(
                signature.statement,
                signature.method,
                signature.assertion,
                signature.key_id,
                signature.seal,
            )
            wrong = approvals.approval_problem(
                signed,
                revision=str(revision.public_id),
                content_sha256=content.digest(revision.content),
                by=review.by_id,
            )
            assert wrong == ""
        assert verify_record().broken is None

    def test_the_same_days_of_last_year_have_figures_to_compare_with(self):
        now = timezone.now()
        then = Delivery.objects.filter(
            due_at__range=(now - timedelta(days=390), now - timedelta(days=345)),
            measurement__reach__gt=0,
        )
        units = set(then.values_list("unit__name", flat=True))
        campaigns = set(then.values_list("post__campaign__name", flat=True)) - {None}

        assert len(units) >= 5
        # In January that of Tết, too.
        assert campaigns >= {"Cao điểm phòng, chống lừa đảo trên không gian mạng năm trước"}
        assert FollowerCount.objects.filter(day__lt=now - timedelta(days=365)).exists()

    def test_its_summaries_are_those_of_the_raw_rows(self):
        refresh_changed_days()
        assert not ChangedDay.objects.exists()
        assert find_differences() == {}

    def test_provinces_differ_and_the_nation_adds_up_what_its_units_published(self):
        now, today = timezone.now(), timezone.localdate()
        period = Period.last_days(28, today=today)
        head = User.objects.get(username="bo.phutrach")

        rows = list_province_rows(head, period, now=now)

        published = Delivery.objects.filter(
            published_at__isnull=False, due_at__gte=period.start, due_at__lt=period.end
        )
        province = Case(When(unit__level=Level.COMMUNE, then=F("unit__parent")), default=F("unit"))
        recount = dict(published.order_by().values_list(province).annotate(n=CountOf("pk")))
        assert len(rows) == 34
        assert {row.unit.pk: row.published for row in rows if row.published} == recount
        assert sum(row.mark == "not_begun" for row in rows) >= 4
        assert len({row.published for row in rows}) > 12
        for row in sorted(rows, key=lambda row: row.published)[-3:]:
            units = list_unit_rows(head, row.unit, period, now=now)
            assert sum(unit.published for unit in units) == row.published
            assert sum(unit.alive for unit in units) == row.alive

    def test_each_kit_was_used_and_the_leak_check_has_rules_and_numbers(self):
        used = Adoption.objects.filter(adopted_at__isnull=False, post__state="approved")

        assert set(used.values_list("kit", flat=True)) == set(
            Kit.objects.exclude(current=None).values_list("pk", flat=True)
        )
        assert RuleSwitch.objects.in_force(timezone.localdate()).count() == 1
        assert AllowedItem.objects.in_force().count() == 3
        assert AllowedItem.objects.filter(confirmed_at=None).count() == 1
        assert FalseAlarm.objects.filter(seen_at=None).count() == 3
        assert LeakCount.objects.values("unit").distinct().count() > 20
        assert Matter.objects.filter(text__contains="mạo danh").exists()

    def test_the_watch_itself_finds_a_post_that_waits_for_a_person(self):
        signs = take_measurement().signs

        # No worker serves a queue here: what falls due while these tests run is late.
        signs = [sign for sign in signs if sign.kind not in ("silent", "late")]
        assert [(s.kind, s.key, s.n) for s in signs] == [("needs_person", "telegram", 1)]

    def test_the_year_speaks_of_no_season_but_its_own(self):
        tet = Post.objects.filter(title__contains="Hóa vàng", title__startswith="Bản tin")

        months = {timezone.localtime(post.submitted_at + timedelta(hours=20)).month for post in tet}

        assert months <= {1, 2}
        platforms = Delivery.objects.filter(remote_id__startswith="year:")
        assert set(platforms.values_list("platform", flat=True)) == {"facebook", "telegram"}

    def test_every_text_is_written_in_the_name_of_a_unit_that_exists(self):
        invented = {sample.place for sample in samples.read_samples().values()}

        texts = "".join(Post.objects.values_list("body", flat=True))

        assert [place for place in invented if place in texts] == []
        names = Channel.objects.values_list("name", "unit__name")
        assert [name for name, unit in names if name != unit] == []

    def test_everybody_signs_in_with_the_printed_password(self):
        printed = (self.var / "sign-ins.txt").read_text(encoding="utf-8")
        roles = {
            role
            for user in User.objects.all()
            for role in user.appointments.values_list("role", flat=True)
        }

        answer = Client().post(
            reverse("account_login"), {"login": "hai-chau.canbo", "password": people.PASSWORD}
        )

        assert people.PASSWORD in printed
        assert (answer.status_code, answer.headers["Location"]) == (302, reverse("oversight:today"))
        assert roles == set(Role)
        assert not User.objects.exclude(email__endswith=f"@{TRY_OUT_DOMAIN}").exists()
        assert User.objects.get(username="hai-ban").appointments.count() == 2

    def test_a_second_run_changes_nothing(self):
        before = (
            Post.objects.count(),
            Delivery.objects.count(),
            Entry.objects.count(),
            User.objects.count(),
        )

        call_command("try_out")

        assert (
            Post.objects.count(),
            Delivery.objects.count(),
            Entry.objects.count(),
            User.objects.count(),
        ) == before

    def test_links_follow_a_simulator_that_stands_on_another_port(self):
        with override_settings(SIMULATOR_URL="http://127.0.0.1:9"):
            call_command("try_out")

        links = [*Delivery.objects.exclude(permalink="").values_list("permalink", flat=True)]
        links += Channel.objects.exclude(address="").values_list("address", flat=True)
        assert len(links) > 30
        assert [link for link in links if not link.startswith("http://127.0.0.1:9/")] == []


def test_it_refuses_outside_the_try_out(settings):
    settings.SAMPLES = False

    with pytest.raises(CommandError, match="PORTAL_MODE is not try-out"):
        call_command("try_out")


def test_it_says_so_when_the_simulator_does_not_answer_and_leaves_nothing_half_done(settings):
    settings.SAMPLES, settings.SIMULATOR_URL = True, "http://127.0.0.1:9"

    with pytest.raises(
        CommandError, match=r"The simulator at http://127\.0\.0\.1:9 does not answer"
    ):
        call_command("try_out")

    assert not User.objects.exists()


def test_it_refuses_a_database_with_the_people_of_another_installation(settings):
    settings.SAMPLES = True
    UserFactory(email="thu.ha@congan.example")

    with pytest.raises(CommandError, match="holds other data, and nothing in it was changed"):
        call_command("try_out")

    assert User.objects.count() == 1
