"""The story of the try-out's units: what they wrote, published and encountered before the first
start.
"""

import io
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import Notice
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders
from campaigns import editing, topic_rules
from campaigns.models import Campaign, Topic, TopicRule
from channels.allowances.allowing import allow
from channels.completeness import changes
from channels.completeness.reading import read_due
from channels.connection import manual as manual_channels
from channels.connection.health import check_due, mark_lost
from channels.models import Channel
from channels.queries import facts_of
from channels.reasons import describe_reason
from channels.states import Kind
from engagement.replies import services as replies
from engagement.replies import wording
from links import services as links
from links.clicks import add_clicks
from media import pictures, videos
from media.models import Media
from posts.editor import saving
from posts.editor.edits import ChannelEdit, MediaEdit, PostEdit, PostFields
from posts.library import texts
from posts.library.models import Template
from posts.models import Post
from posts.origins import starting
from posts.review import decisions
from posts.review.approvals import Method, Proof
from posts.states import PostState
from publishing.broadcasts import broadcasting
from publishing.deliveries.transitions import move_many
from publishing.manual import manual_posting
from publishing.models import Delivery, Recall, Rhythm
from publishing.recalls import recalling
from publishing.recurrence import planning
from publishing.review import approval_and_time
from publishing.states import Outcome, Reason, State
from try_out import (
    adoption,
    cards,
    examples,
    figures,
    kits,
    matters,
    pages,
    partners,
    people,
    plans,
    provinces,
    reports,
    rules,
    samples,
    scans,
    shelf,
    undertakings,
    year,
)
from try_out.connections import store_channel
from try_out.history import time_set_to
from try_out.people import Staff, World
from try_out.profiles import make_profile
from try_out.publication import begin_attempts, end_attempt, store_published
from try_out.script import STORY, Line
from units.facts import Facts, PublicNumber, change_facts

FOLLOWERS = {
    "hai-chau": 21400,
    "son-tra": 16800,
    "hoi-an": 18900,
    "hoa-vang": 7300,
    "duy-xuyen": 5600,
    "tra-my": 2900,
}
# A platform's share of a station's followers.
SHARE = {
    Kind.FACEBOOK: 1.0,
    Kind.ZALO: 0.6,
    Kind.TELEGRAM: 0.08,
    Kind.INSTAGRAM: 0.25,
    Kind.THREADS: 0.06,
}
SHARE |= {Kind.TIKTOK: 0.7, Kind.YOUTUBE: 0.12}
# Where only videos go.
VIDEO_PLATFORMS = {Kind.TIKTOK, Kind.YOUTUBE}
# The platforms that only some stations are on yet; every other, all of them are on.
ONLY = {Kind.INSTAGRAM: {"hai-chau", "hoi-an"}, Kind.THREADS: {"hai-chau", "son-tra"}}
ONLY |= {Kind.TIKTOK: {"hai-chau", "son-tra"}, Kind.YOUTUBE: {"hai-chau", "hoi-an"}}
PAGES_SINCE = timedelta(days=410)
# How long a token lives until it is renewed, and the grant behind it, where the simulator does not
# say so itself.
LIVES = {Kind.THREADS: timedelta(days=8)}
GRANTS = {Kind.THREADS: timedelta(days=59), Kind.TIKTOK: timedelta(days=180)}
# One connection ends in a week, which its chief is told.
GRANTED = {("hoi-an", Kind.ZALO): timedelta(days=7, minutes=5)}
# What a ward answers to comments at once; the last one waits for its leader.
ANSWERS = (
    "Cảm ơn bà con đã phản ánh. Đơn vị đã tiếp nhận và đang kiểm tra.",
    "Việc của riêng từng người, đơn vị không trao đổi qua bình luận. Mời bà con gọi trực ban hoặc "
    "đến trụ sở để được hướng dẫn.",
    "Nếu nghi ngờ lừa đảo, bà con không chuyển tiền, không bấm vào đường dẫn lạ và báo ngay cho "
    "công an nơi gần nhất.",
)


def _make_proof() -> Proof:
    """Return the proof of a sample approval: a one-time code."""
    return Proof(Method.CODE, timezone.now(), "try-out")


@transaction.atomic
def create_story(now: datetime) -> World:
    """Fill the empty portal and the simulator. All or nothing."""
    pages.reset_simulator()
    world = people.create_people()
    filler = Filler(world, now)
    for line in STORY:
        filler.fill(line)
    check_due(now=now)
    for platform in Kind.values:
        read_due(platform=platform, now=now)
    filler.continue_manually()
    filler.fill_library()
    figures.store_past_counts(now)
    year.create_year(world, now, filler.topics)
    filler.open_the_reply_desk()
    filler.ask_for_a_broadcast()
    filler.propose_words_for_a_page()
    plans.suggest_slots(world, now)
    filler.plan_a_series()
    plans.import_sheet(world, now, texts=filler.samples, topics=filler.topics)
    plans.delegate_approval(world, now)
    shelf.create_library(world, now)
    kits.create_kits(world, now, year_end=filler.campaigns["year_end"])
    undertakings.create_plans(world, now, filler.campaigns)
    scans.create_drafts_with_findings(world, now)
    adoption.create_adoption(world, now, proof=_make_proof, go_out=filler.go_out)
    examples.create_examples(world, now)
    filler.ask_for_a_second_approval()
    plans.create_blackout(world, now)
    partners.create_partners(world, now)
    reports.create_reports(world, now)
    filler.lose_a_connection()
    matters.create_matters(world, now)
    # After the mail, of which 20 more people would get one.
    provinces.create_provinces(world, now, filler.topics)
    rules.create_rules(world, now)
    kits.create_new_versions(world, now)
    Notice.objects.filter(created_at__lt=now - timedelta(days=2)).update(
        read_at=now - timedelta(days=1)
    )
    return world


class Filler:
    def __init__(self, world: World, now: datetime):
        self.world, self.now = world, now
        self.samples = samples.read_samples()
        self.topics = {topic.code: topic for topic in Topic.objects.all()}
        opened = timezone.make_aware(datetime.combine(people.SINCE, time(8)))
        with time_set_to(max(now - PAGES_SINCE, opened)):
            reason = "Công an thành phố cho phép dùng Telegram làm kênh phụ, có kiểm tra định kỳ."
            allow(Kind.TELEGRAM, province=world.province, by=world.overseer, reason=reason)
            for word, staff in world.staff.items():
                self._connect(word, staff)
        with time_set_to(now - timedelta(days=25)):
            self.campaigns = self._begin_campaigns()
            self._make_links()

    # --- the ground -------------------------------------------------------------------------------

    def _connect(self, word: str, staff: Staff) -> None:
        connected_at = timezone.now()
        page_there = ""  # on Facebook, to which the account on Instagram is linked
        for platform in SHARE:
            if word not in ONLY.get(platform, {word}):
                continue
            if platform == Kind.TELEGRAM and staff.unit.parent_id != self.world.province.pk:
                continue  # its province has not allowed it
            linked = {"facebook_page": page_there} if platform == Kind.INSTAGRAM else {}
            made = pages.add_page(
                platform=platform,
                name=staff.unit.name,
                username=f"congan_{word.replace('-', '_')}",
                followers=int(FOLLOWERS.get(word, 1800) * SHARE[platform]),
                created_at=connected_at.timestamp(),
                profile=make_profile(word, staff.unit),
                **linked,
            )
            if platform == Kind.FACEBOOK:
                page_there = made["external_id"]
            store_channel(
                made,
                platform=platform,
                unit=staff.unit,
                by=staff.chief,
                lifetime=LIVES.get(platform),
                grant_lifetime=GRANTED.get((word, platform), GRANTS.get(platform)),
                now=self.now,
            )

    def _make_links(self) -> None:
        """Make short links of one ward, followed every day since."""
        staff, today = self.world.staff["hai-chau"], timezone.localdate(self.now)
        for title, target, usual in (
            ("Đăng ký tạm trú", "https://dichvucong.bocongan.gov.vn/", 14),
            ("Cảnh báo lừa đảo: áp phích tổ dân phố", "https://bocongan.gov.vn/", 6),
        ):
            link = links.create_link(unit=staff.unit, title=title, target=target, by=staff.officer)
            add_clicks(
                (link.pk, today - timedelta(days=n), usual + (n * 7 + usual) % 9) for n in range(25)
            )

    def _begin_campaigns(self) -> dict[str, Campaign]:
        today = timezone.localdate(self.now)

        def begin(name: str, aim: str, first: int, last: int, topics: tuple[str, ...]) -> Campaign:
            return editing.begin_campaign(
                unit=self.world.province,
                by=self.world.overseer,
                name=name,
                aim=aim,
                starts_on=today + timedelta(days=first),
                ends_on=today + timedelta(days=last),
                topics=[self.topics[code] for code in topics],
            )

        return {
            "school": begin(
                "Đồng hành cùng năm học mới",
                "Phụ huynh, học sinh, sinh viên đi lại an toàn, không bị bắt nạt, khai báo "
                "tạm trú đủ.",
                -24,
                -9,
                ("giao_thong", "tre_em", "vneid"),
            ),
            "scams": begin(
                "Đợt cao điểm phòng, chống lừa đảo trên không gian mạng",
                (
                    "Mỗi xã, phường đăng ít nhất hai bài về thủ đoạn mới; ưu tiên người cao "
                    "tuổi và sinh viên."
                ),
                -25,
                20,
                ("lua_dao", "phong_ngua"),
            ),
            "year_end": begin(
                "Bình yên ngày cuối năm: an toàn cháy, nổ, giao thông và pháo",
                (
                    "Nhắc người dân sạc xe, hóa vàng, uống rượu bia và dùng pháo an toàn "
                    "trong những ngày cuối năm."
                ),
                -10,
                30,
                ("pccc", "giao_thong", "phap_luat"),
            ),
        }

    # --- a post's life ----------------------------------------------------------------------------

    def fill(self, line: Line) -> None:
        due = self._moment(line)
        staff = self.world.staff[line.station]
        # Written the day before it is due, or lately when it is only due in some days.
        submitted = min(due - timedelta(hours=20), self.now - timedelta(hours=5))
        match line.ending:
            case "draft":
                self._draft(line, staff, due)
            case "in_review":
                self._submit(line, staff, due)
            case "returned":
                post = self._submit(line, staff, due)
                with time_set_to(due + timedelta(hours=1)):
                    reason = (
                        "Bổ sung số điện thoại trực ban của phường và nói rõ hơn "
                        "đoạn hướng dẫn phụ huynh."
                    )
                    decisions.request_changes(
                        post, post.current_revision, by=staff.deputy, reason=reason
                    )
            case "approved":
                post = self._submit(line, staff, due)
                with time_set_to(due + timedelta(hours=1)):
                    decisions.approve(
                        post, post.current_revision, by=staff.chief, proof=_make_proof()
                    )
            case _:
                post = self._submit(line, staff, submitted, requested_time=due)
                with time_set_to(submitted + timedelta(hours=2)):
                    approval_and_time.approve_and_schedule(
                        post, post.current_revision, by=staff.chief, proof=_make_proof(), due_at=due
                    )
                deliveries = list(
                    post.deliveries.select_related("channel", "unit", "post").order_by("pk")
                )
                if line.ending != "scheduled":
                    self._publish_steps(line, staff, deliveries, due)

    def _moment(self, line: Line) -> datetime:
        if line.day == 0:
            hours, minutes = line.hour.lstrip("+-").split(":")
            distance = timedelta(hours=int(hours), minutes=int(minutes))
            return self.now - distance if line.hour.startswith("-") else self.now + distance
        day = timezone.localdate(self.now) + timedelta(days=line.day)
        return timezone.make_aware(datetime.combine(day, time.fromisoformat(line.hour)))

    def _draft(
        self, line: Line, staff: Staff, when: datetime, *, requested_time: datetime | None = None
    ) -> Post:
        sample = self.samples[line.sample]
        title, text = sample.make_texts(staff.unit)
        with time_set_to(when - timedelta(minutes=50)):
            post = starting.start_draft(
                unit=staff.unit, by=staff.officer, campaign=self.campaigns.get(line.campaign)
            )
        card = cards.draw_card(
            topic=sample.topic,
            topic_name=str(self.topics[sample.topic]),
            headline=title,
            unit_name=staff.unit.name,
        )
        channels = [
            t.channel
            for t in post.targets.select_related("channel")
            if (t.channel.platform in VIDEO_PLATFORMS) == line.with_video
        ]
        with time_set_to(when - timedelta(minutes=10)):
            medium = videos.store if line.with_video else pictures.store
            stored = medium(
                io.BytesIO(cards.make_video(card) if line.with_video else card),
                unit=staff.unit,
                by=staff.officer,
            )
            scans.mark_checked(stored)
            public = {"privacy": "PUBLIC_TO_EVERYONE"}
            edit = PostEdit(
                PostFields(
                    title=title,
                    body=samples.to_html(text),
                    topic=self.topics[sample.topic],
                    campaign=self.campaigns.get(line.campaign),
                    requested_time=requested_time,
                ),
                {
                    channel: ChannelEdit(
                        _make_own_text(channel, title, text),
                        options=public if channel.platform == Kind.TIKTOK else {},
                    )
                    for channel in channels
                },
                [MediaEdit(stored, f"Ảnh thông điệp của {staff.unit.name}: {title}")],
            )
            return saving.save(post, edit, by=staff.officer, version=post.version)

    def _submit(
        self, line: Line, staff: Staff, when: datetime, *, requested_time: datetime | None = None
    ) -> Post:
        post = self._draft(line, staff, when, requested_time=requested_time)
        with time_set_to(when):
            decisions.submit(post, by=staff.officer)
        return post

    # --- on its way -------------------------------------------------------------------------------

    def _publish_steps(
        self, line: Line, staff: Staff, deliveries: list[Delivery], due: datetime
    ) -> None:
        """Take the steps of the engine, with the platform's part given to the simulator."""
        by_platform = {d.platform: d for d in deliveries}
        if line.ending == "too_late":
            with time_set_to(due + timedelta(hours=2)):
                missed = by_platform.pop(Kind.FACEBOOK)
                move_many([missed], State.EXPIRED, now=timezone.now(), error_code=Reason.EXPIRED)
                self._notify_unit(missed, "delivery_expired")
        if line.ending == "by_hand":
            del by_platform[Kind.ZALO]  # waits for `continue_manually`
        rows = list(by_platform.values())
        begin_attempts(rows, due)
        if line.ending == "refused":
            refused = by_platform.pop(Kind.FACEBOOK)
            detail = (
                "(#368) The action attempted has been deemed abusive or is otherwise disallowed"
            )
            with time_set_to(due + timedelta(seconds=1)) as now:
                move_many(
                    [refused],
                    State.FAILED,
                    now=now,
                    lease_until=None,
                    error_code=Reason.REFUSED,
                    platform_code="368",
                    error_detail=detail,
                )
                end_attempt(refused, Outcome.REFUSED, now, detail)
                self._notify_unit(
                    refused, "delivery_failed", reason=describe_reason("facebook", "368")
                )
        if line.ending == "unknown":
            unknown = by_platform.pop(Kind.TELEGRAM)
            self._show(unknown, due)
            with time_set_to(due + timedelta(seconds=41)) as now:
                move_many(
                    [unknown],
                    State.VERIFYING,
                    now=now,
                    lease_until=None,
                    error_code=Reason.UNKNOWN,
                )
                end_attempt(unknown, Outcome.UNKNOWN, now, "no answer")
            with time_set_to(due + timedelta(minutes=2)) as now:
                move_many([unknown], State.NEEDS_PERSON, now=now, verify_at=None)
                self._notify_unit(unknown, "delivery_needs_person")
        self._publish(list(by_platform.values()), due, still_there=line.ending != "withdrawn")
        if line.ending == "withdrawn":
            self._take_down(staff, deliveries, due)

    def go_out(self, rows: list[Delivery]) -> None:
        """Publish deliveries at their hour, as the engine would."""
        due = max(row.due_at for row in rows)
        begin_attempts(rows, due)
        self._publish(rows, due, still_there=True)

    def _publish(self, rows: list[Delivery], due: datetime, *, still_there: bool) -> None:
        receipts = {}
        for row in rows:
            pictures = (
                self._show(row, due)
                if still_there
                else {"id": f"gone:{row.public_id}", "permalink": ""}
            )
            receipts[row.pk] = {"remote_id": pictures["id"], "permalink": pictures["permalink"]}
        store_published(rows, receipts, due + timedelta(milliseconds=340))

    def _show(self, row: Delivery, due: datetime) -> dict[str, str]:
        """Put the post on the simulated page, where it has been read since ``due``."""
        approved = row.revision.content
        target = next(t for t in approved["channels"] if t["channel"] == str(row.channel.public_id))
        images = []
        for entry in approved["media"]:
            if "video" in entry:
                continue  # the simulator shows a video of its own
            with Media.objects.get(unit=row.unit, sha256=entry["sha256"]).file.open("rb") as file:
                images.append((file.read(), entry["alt"]))
        return pages.add_post(
            platform=row.platform,
            page=row.channel.external_id,
            title=approved["title"] if facts_of(row.platform).formats[0].max_title else "",
            message=target["text"],
            created_at=due.timestamp(),
            images=images,
        )

    def _take_down(self, staff: Staff, deliveries: list[Delivery], due: datetime) -> None:
        reason = "Ngày hội đổi địa điểm tổ chức; xã sẽ đăng thông báo đính chính."
        with time_set_to(due + timedelta(hours=26)) as now:
            post = Post.objects.get(pk=deliveries[0].post_id)
            ledger = recalling.withdraw(post, by=staff.chief, reason=reason, take_down=True)
            for row in deliveries:
                row.refresh_from_db()
            gone_at = now + timedelta(seconds=3)
            move_many(deliveries, State.RECALLED, now=gone_at, verify_at=None)
            Recall.objects.filter(pk=ledger.pk).update(finished_at=gone_at)

    def _notify_unit(self, row: Delivery, kind: str, **facts: str) -> None:
        people = holders(Permission.POST_SCHEDULE, unit=row.unit)
        notify(
            people,
            kind,
            address=f"/posts/{row.post.public_id}/",
            title=row.post,
            channel=row.channel,
            **facts,
        )

    def continue_manually(self) -> None:
        """Make a channel manual: its account gives the portal no right any more, so that what is
        due there becomes a task.
        """
        staff = self.world.staff["tan-hiep"]
        channel = Channel.objects.get(unit=staff.unit, platform=Kind.ZALO)
        with time_set_to(self.now - timedelta(days=2)):
            reason = "Zalo thu hồi quyền đăng bài của ứng dụng; đang làm thủ tục xác thực lại OA."
            manual_channels.continue_manually(channel, by=staff.chief, reason=reason)
        with time_set_to(self.now - timedelta(minutes=19, seconds=57)) as then:
            manual_posting.create_manual_tasks(clock=lambda: then)

    def open_the_reply_desk(self) -> None:
        """Open the reply desk of a province, and read the comments under the newest posts as an
        officer. Two answers are approved, a third one waits.
        """
        with time_set_to(self.now - timedelta(days=20)):
            reason = "Thí điểm trả lời người dân ngay trên hệ thống; cán bộ trực đã được tập huấn."
            replies.allow_replies(self.world.province, by=self.world.overseer, reason=reason)
        staff = self.world.staff["hai-chau"]
        with time_set_to(self.now - timedelta(days=19)):
            proposed = [
                wording.propose_phrase(text, unit=staff.unit, by=staff.officer) for text in ANSWERS
            ]
            for phrase in proposed[:2]:
                wording.approve_phrase(phrase, by=staff.chief)
        desk_deliveries = replies.find_desk_deliveries(staff.officer, now=self.now)
        for publication in desk_deliveries.order_by("-published_at")[:3]:
            replies.read_comments(publication, by=staff.officer)

    def fill_library(self) -> None:
        """Write what each unit tells residents, and a template that the ward made itself."""
        for number, staff in enumerate(self.world.staff.values(), start=1):
            told = Facts(
                address=f"Số {number * 10} đường Bình Yên, {staff.unit.place}",
                duty_phone=f"0230 3000 1{number:02}",
                opening_hours="7:30–11:30, 13:30–17:00, thứ Hai đến thứ Sáu",
                public_numbers=[PublicNumber(f"0230 3000 2{number:02}", "Bộ phận một cửa")],
                leader_phone=f"0230 3000 3{number:02}",
            )
            change_facts(staff.unit, told, by=staff.chief)
        staff = self.world.staff["hai-chau"]
        texts.create_template(
            unit=staff.unit,
            fields=texts.TemplateFields(
                title="Tạm cấm đường {ten_duong}",
                text="Đường {ten_duong} tạm cấm xe {thoi_gian}.\n\nĐề nghị bà con đi đường khác, "
                "theo hướng dẫn của lực lượng làm nhiệm vụ. Cần hỏi thêm, xin gọi trực ban: "
                "{duong_day_nong}.\n\n{don_vi}",
                topic=self.topics["giao_thong"],
                variables=[
                    {"name": "ten_duong", "label": "Tên đường", "example": "Bạch Đằng"},
                    {"name": "thoi_gian", "label": "Thời gian", "example": "từ 18 giờ đến 22 giờ"},
                ],
            ),
            by=staff.officer,
        )
        begun = Template.objects.get(code="lua-dao-gia-cong-an")
        starting.start_from_template(begun, unit=staff.unit, by=staff.officer)

    def ask_for_a_broadcast(self) -> None:
        """Request a broadcast, which waits for the chief to confirm it."""
        staff = self.world.staff["hai-chau"]
        is_live = Delivery.objects.filter(
            unit=staff.unit, platform=Kind.ZALO, state=State.PUBLISHED
        )
        newest = is_live.select_related("channel", "unit", "post").latest("published_at")
        reason = "Thủ đoạn mới, nhiều người cao tuổi đã mất tiền trong tuần này."
        broadcasting.plan(newest, by=staff.officer, reason=reason)

    def propose_words_for_a_page(self) -> None:
        """Propose a description of a page, which waits for the chief to approve it."""
        staff = self.world.staff["hai-chau"]
        channel = Channel.objects.select_related("unit").get(
            unit=staff.unit, platform=Kind.TELEGRAM
        )
        texts = (
            f"Kênh chính thức của {staff.unit.name}: cảnh báo lừa đảo, thủ tục hành chính, "
            f"an ninh trật tự. Tin báo khẩn: 113. Danh bạ trang thật: {settings.REGISTER_URL}"
        )
        changes.propose(channel, by=staff.officer, texts={"description": texts})

    def plan_a_series(self) -> None:
        """Repeat a post each week and submit it: one sheet waits for the chief."""
        staff = self.world.staff["hai-chau"]
        day = timezone.localdate(self.now) + timedelta(days=4)
        first = timezone.make_aware(datetime.combine(day, time(17, 30)))
        line = Line("G20", "hai-chau", "draft", -1, "08:00")
        post = self._draft(line, staff, self.now - timedelta(hours=7))
        with time_set_to(self.now - timedelta(hours=6)):
            rule = {"first": first, "rhythm": Rhythm.WEEKS, "step": 1, "until": None, "times": 6}
            series = planning.create_series(post, by=staff.officer, **rule)
            planning.submit_all(series, by=staff.officer)

    def ask_for_a_second_approval(self) -> None:
        """Make the city ask for a second approval on a topic, of which one post waits for it."""
        staff, today = self.world.staff["hoa-vang"], timezone.localdate()
        waiting = Post.objects.filter(unit=staff.unit, state=PostState.IN_REVIEW)
        post = waiting.select_related("unit", "topic", "current_revision").latest("submitted_at")
        topic_rules.set_rule(
            post.topic,
            unit=self.world.province,
            asks=TopicRule.Asks.SECOND_APPROVAL,
            valid_from=today,
            valid_to=today + timedelta(days=30),
            reason="Kế hoạch tuyên truyền cao điểm cuối năm của Công an thành phố.",
            by=self.world.overseer,
        )
        evening = datetime.combine(today + timedelta(days=1), time(19, 30))
        due_at = timezone.make_aware(evening)
        revision, proof = post.current_revision, _make_proof()
        approval_and_time.approve_and_schedule(
            post, revision, by=staff.chief, proof=proof, due_at=due_at
        )

    def lose_a_connection(self) -> None:
        """Lose a page's connection, as after its administrator changed the password: it must be
        connected again.
        """
        channel = Channel.objects.get(
            unit=self.world.staff["duy-xuyen"].unit, platform=Kind.FACEBOOK
        )
        pages.kill_token(platform=channel.platform, page=channel.external_id)
        with time_set_to(self.now - timedelta(days=3, hours=4)):
            mark_lost(channel, code="190/460")


def _make_own_text(channel: Channel, title: str, text: str) -> str:
    """Return a short text that leads to the whole; empty where the master text fits."""
    form = facts_of(channel.platform).formats[0]
    limit = form.max_text_with_media or form.max_text
    if len(f"{title}\n\n{text}\n\n{channel.unit.name}") <= limit:
        return ""
    beginning = text.split("\n\n")[0]
    return (
        f"{title}\n\n{beginning}\n\nXem đầy đủ trên trang Facebook và Zalo của {channel.unit.name}."
    )
