"""What the try-out's units have written, published and met with, up to the moment of the first start."""

import io
from datetime import datetime, time, timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from accounts.models import Notice
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders
from audit.services import record
from campaigns import services as campaigns
from campaigns.models import Campaign, Topic
from channels import by_hand as channels_by_hand
from channels import services as channels
from channels.connectors.base import Tokens
from channels.models import Channel
from channels.queries import facts_of
from channels.reasons import in_words
from channels.states import Kind
from engagement import desk
from posts import pictures, services, videos
from posts.models import Media, Post
from publishing import broadcasts, by_hand, recalls
from publishing import services as publishing
from publishing.models import Attempt, Delivery, Recall
from publishing.states import State
from try_out import cards, figures, pages, people, samples
from try_out.history import at
from try_out.people import Staff, World

FOLLOWERS = {"hai-chau": 21400, "son-tra": 16800, "hoi-an": 18900, "hoa-vang": 7300, "duy-xuyen": 5600, "tra-my": 2900}
# A platform's share of a station's followers.
SHARE = {Kind.FACEBOOK: 1.0, Kind.ZALO: 0.6, Kind.TELEGRAM: 0.08, Kind.INSTAGRAM: 0.25, Kind.THREADS: 0.06}
SHARE |= {Kind.TIKTOK: 0.7, Kind.YOUTUBE: 0.12}
# Where only films go.
FILMED = {Kind.TIKTOK, Kind.YOUTUBE}
# The platforms that only some stations are on yet; every other, all of them are on.
ONLY = {Kind.INSTAGRAM: {"hai-chau", "hoi-an"}, Kind.THREADS: {"hai-chau", "son-tra"}}
ONLY |= {Kind.TIKTOK: {"hai-chau", "son-tra"}, Kind.YOUTUBE: {"hai-chau", "hoi-an"}}
PAGES_SINCE = timedelta(days=90)
# How long a token lives until it is renewed, and the grant behind it, where the simulator does not say so itself.
LIVES = {Kind.THREADS: timedelta(days=8)}
GRANTS = {Kind.THREADS: timedelta(days=59), Kind.TIKTOK: timedelta(days=180)}
# One connection ends in a week, which its chief is told.
GRANTED = {("hoi-an", Kind.ZALO): timedelta(days=7, minutes=5)}


class Line(NamedTuple):
    """A post: which sample, who tells it, what became of it, and when it was or is due."""

    sample: str
    station: str
    ending: str
    day: int
    hour: str
    campaign: str = ""
    film: bool = False  # a film for the platforms of films; else a card for all others


# Day 0 counts hours from now: something went out a while ago, and something goes out while the visitor looks on.
STORY = (
    Line("G11", "hai-chau", "published", -20, "06:30"),
    Line("G18", "hai-chau", "published", -17, "19:30"),
    Line("G19", "hoa-vang", "withdrawn", -15, "08:00"),
    Line("G08", "hai-chau", "published", -13, "07:00"),
    Line("G17", "hoi-an", "published", -12, "18:00"),
    Line("G07", "hoa-vang", "published", -10, "06:45"),
    Line("G05", "tan-hiep", "published", -9, "19:00", "scams"),
    Line("G06", "son-tra", "published", -8, "11:30", "scams"),
    Line("G20", "tan-hiep", "published", -7, "17:00"),
    Line("G05", "hai-chau", "published", -6, "19:30", "scams"),
    Line("G05", "duy-xuyen", "published", -5, "19:00", "scams"),
    Line("G04", "tra-my", "published", -5, "06:30", "scams"),
    Line("G09", "son-tra", "published", -4, "18:00", "year_end"),
    Line("G03", "hoa-vang", "published", -3, "07:00", "scams"),
    Line("G04", "hai-chau", "published", -3, "19:00", "scams", film=True),
    Line("G09", "duy-xuyen", "too_late", -3, "18:30", "year_end"),
    Line("G01", "hoi-an", "published", -2, "07:00", "scams"),
    Line("G01", "tra-my", "published", -2, "18:00", "scams"),
    Line("G02", "son-tra", "published", -2, "19:00", "scams"),
    Line("G03", "son-tra", "published", -2, "20:00", "scams", film=True),
    Line("G02", "hoi-an", "published", -2, "20:30", "scams", film=True),
    Line("G16", "hai-chau", "in_review", -2, "09:00", "year_end"),
    Line("G18", "son-tra", "returned", -2, "15:00"),
    Line("G01", "hai-chau", "published", -1, "07:00", "scams"),
    Line("G15", "hai-chau", "refused", -1, "17:00"),
    Line("G03", "hoi-an", "in_doubt", -1, "19:30", "scams"),
    Line("G13", "hai-chau", "in_review", -1, "10:30"),
    Line("G14", "hoa-vang", "in_review", -1, "14:00"),
    Line("G16", "tra-my", "approved", -1, "16:00", "year_end"),
    Line("G09", "hoi-an", "draft", -1, "15:30", "year_end"),
    Line("G06", "duy-xuyen", "draft", -1, "09:30", "scams"),
    Line("G07", "tan-hiep", "draft", -1, "11:00"),
    Line("G02", "hai-chau", "draft", -1, "16:40", "scams"),
    Line("G06", "hai-chau", "published", 0, "-04:00", "scams"),
    Line("G08", "tan-hiep", "by_hand", 0, "-00:20"),
    Line("G12", "hai-chau", "scheduled", 0, "+00:04", "year_end"),
    Line("G05", "hai-chau", "scheduled", 0, "+00:25", "scams", film=True),
    Line("G07", "hai-chau", "scheduled", 0, "+03:30"),
    Line("G17", "hai-chau", "scheduled", 1, "07:00"),
    Line("G15", "son-tra", "scheduled", 1, "17:00"),
    Line("G20", "hoi-an", "scheduled", 1, "18:00"),
    Line("G12", "son-tra", "scheduled", 2, "16:30", "year_end"),
    Line("G10", "duy-xuyen", "scheduled", 3, "07:00", "year_end"),
    Line("G10", "hoa-vang", "scheduled", 5, "06:45", "year_end"),
)


@transaction.atomic
def tell(now: datetime) -> World:
    """Fills the empty portal and the simulator. All or nothing."""
    pages.reset()
    world = people.settle_in()
    teller = Teller(world, now)
    for line in STORY:
        teller.tell(line)
    channels.check_due(now=now)
    teller.go_on_by_hand()
    figures.remember(now)
    teller.open_the_reply_desk()
    teller.ask_for_a_broadcast()
    teller.lose_a_connection()
    Notice.objects.filter(created_at__lt=now - timedelta(days=2)).update(read_at=now - timedelta(days=1))
    return world


class Teller:
    def __init__(self, world: World, now: datetime):
        self.world, self.now = world, now
        self.samples = samples.read()
        self.topics = {topic.code: topic for topic in Topic.objects.all()}
        with at(now - PAGES_SINCE):
            reason = "Công an thành phố cho phép dùng Telegram làm kênh phụ, có kiểm tra định kỳ."
            channels.allow(Kind.TELEGRAM, province=world.province, by=world.overseer, reason=reason)
            for word, staff in world.staff.items():
                self._connect(word, staff)
        with at(now - timedelta(days=25)):
            self.campaigns = self._begin_campaigns()

    # --- the ground -----------------------------------------------------------------------------------------------

    def _connect(self, word: str, staff: Staff) -> None:
        connected_at = timezone.now()
        held = staff.chief.authority(Permission.CHANNEL_MANAGE, unit=staff.unit)
        page_there = ""  # on Facebook, to which the account on Instagram is linked
        for platform in SHARE:
            if word not in ONLY.get(platform, {word}):
                continue
            linked = {"facebook_page": page_there} if platform == Kind.INSTAGRAM else {}
            made = pages.add_page(
                platform=platform,
                name=staff.unit.name,
                username=f"congan_{word.replace('-', '_')}",
                followers=int(FOLLOWERS.get(word, 1800) * SHARE[platform]),
                created_at=connected_at.timestamp(),
                **linked,
            )
            if platform == Kind.FACEBOOK:
                page_there = made["external_id"]
            told = made["tokens"]
            tokens = Tokens(
                token=told.get("page_token") or told.get("access_token") or told["bot_token"],
                refresh_token=told.get("refresh_token", ""),
                lifetime=timedelta(seconds=int(told["expires_in"])) if "expires_in" in told else LIVES.get(platform),
                grant_lifetime=GRANTED.get((word, platform), GRANTS.get(platform)),
            )
            channel = Channel(
                unit=staff.unit,
                platform=platform,
                external_id=made["external_id"],
                name=made["name"],
                handle=made["username"],
                connected_by=staff.chief,
                connected_at=connected_at,
            )
            for name, value in channels.sealed_tokens(channel, tokens, now=self.now).items():
                setattr(channel, name, value)
            channel.save()
            record("channel.connected", channel, by=staff.chief, post_held=held.post_held)

    def _begin_campaigns(self) -> dict[str, Campaign]:
        today = timezone.localdate(self.now)

        def begin(name: str, aim: str, first: int, last: int, topics: tuple[str, ...]) -> Campaign:
            return campaigns.begin(
                unit=self.world.province,
                by=self.world.overseer,
                name=name,
                aim=aim,
                starts_on=today + timedelta(days=first),
                ends_on=today + timedelta(days=last),
                topics=[self.topics[code] for code in topics],
            )

        return {
            "scams": begin(
                "Đợt cao điểm phòng, chống lừa đảo trên không gian mạng",
                "Mỗi xã, phường đăng ít nhất hai bài về thủ đoạn mới; ưu tiên người cao tuổi và sinh viên.",
                -25,
                20,
                ("lua_dao", "phong_ngua"),
            ),
            "year_end": begin(
                "Bình yên ngày cuối năm: an toàn cháy, nổ, giao thông và pháo",
                "Nhắc người dân sạc xe, hóa vàng, uống rượu bia và dùng pháo an toàn trong những ngày cuối năm.",
                -10,
                30,
                ("pccc", "giao_thong", "phap_luat"),
            ),
        }

    # --- a post's life --------------------------------------------------------------------------------------------

    def tell(self, line: Line) -> None:
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
                with at(due + timedelta(hours=1)):
                    reason = "Bổ sung số điện thoại trực ban của phường và nói rõ hơn đoạn hướng dẫn phụ huynh."
                    services.send_back(post, post.current_revision, by=staff.deputy, reason=reason)
            case "approved":
                post = self._submit(line, staff, due)
                with at(due + timedelta(hours=1)):
                    services.approve(post, post.current_revision, by=staff.chief)
            case _:
                post = self._submit(line, staff, submitted, wanted_at=due)
                with at(submitted + timedelta(hours=2)):
                    publishing.approve(post, post.current_revision, by=staff.chief, due_at=due)
                deliveries = list(post.deliveries.select_related("channel", "unit", "post").order_by("pk"))
                if line.ending != "scheduled":
                    self._go_out(line, staff, deliveries, due)

    def _moment(self, line: Line) -> datetime:
        if line.day == 0:
            hours, minutes = line.hour.lstrip("+-").split(":")
            distance = timedelta(hours=int(hours), minutes=int(minutes))
            return self.now - distance if line.hour.startswith("-") else self.now + distance
        day = timezone.localdate(self.now) + timedelta(days=line.day)
        return timezone.make_aware(datetime.combine(day, time.fromisoformat(line.hour)))

    def _draft(self, line: Line, staff: Staff, when: datetime, *, wanted_at: datetime | None = None) -> Post:
        sample = self.samples[line.sample]
        title, text = sample.told_by(staff.unit)
        with at(when - timedelta(minutes=50)):
            post = services.start(unit=staff.unit, by=staff.officer, campaign=self.campaigns.get(line.campaign))
        card = cards.card(
            topic=sample.topic,
            topic_name=str(self.topics[sample.topic]),
            headline=title,
            unit_name=staff.unit.name,
        )
        shown = [
            t.channel for t in post.targets.select_related("channel") if (t.channel.platform in FILMED) == line.film
        ]
        with at(when - timedelta(minutes=10)):
            medium = videos.store if line.film else pictures.store
            stored = medium(io.BytesIO(cards.film(card) if line.film else card), unit=staff.unit, by=staff.officer)
            return services.save(
                post,
                by=staff.officer,
                version=post.version,
                fields={
                    "title": title,
                    "body": samples.as_html(text),
                    "link": "",
                    "topic": self.topics[sample.topic],
                    "campaign": self.campaigns.get(line.campaign),
                    "valid_until": None,
                    "wanted_at": wanted_at,
                },
                texts={channel: _own_text(channel, title, text) for channel in shown},
                pictures=[(stored, f"Thẻ chữ của {staff.unit.name}: {title}")],
                options={c: {"privacy": "PUBLIC_TO_EVERYONE"} for c in shown if c.platform == Kind.TIKTOK},
            )

    def _submit(self, line: Line, staff: Staff, when: datetime, *, wanted_at: datetime | None = None) -> Post:
        post = self._draft(line, staff, when, wanted_at=wanted_at)
        with at(when):
            services.submit(post, by=staff.officer)
        return post

    # --- on its way -----------------------------------------------------------------------------------------------

    def _go_out(self, line: Line, staff: Staff, deliveries: list[Delivery], due: datetime) -> None:
        """The steps that the engine takes, with the platform's part told to the simulator."""
        by_platform = {d.platform: d for d in deliveries}
        if line.ending == "too_late":
            with at(due + timedelta(hours=2)):
                missed = by_platform.pop(Kind.FACEBOOK)
                publishing.move_many([missed], State.EXPIRED, now=timezone.now())
                self._tell_unit(missed, "delivery_expired")
        if line.ending == "by_hand":
            del by_platform[Kind.ZALO]  # waits for `go_on_by_hand`
        rows = list(by_platform.values())
        _begin(rows, due)
        if line.ending == "refused":
            refused = by_platform.pop(Kind.FACEBOOK)
            detail = "(#368) The action attempted has been deemed abusive or is otherwise disallowed"
            with at(due + timedelta(seconds=1)) as now:
                publishing.move_many(
                    [refused],
                    State.FAILED,
                    now=now,
                    lease_until=None,
                    error_code="refused",
                    platform_code="368",
                    error_detail=detail,
                )
                _end_attempt(refused, "refused", now, detail)
                self._tell_unit(refused, "delivery_failed", reason=in_words("facebook", "368"))
        if line.ending == "in_doubt":
            doubtful = by_platform.pop(Kind.TELEGRAM)
            self._show(doubtful, due)
            with at(due + timedelta(seconds=41)) as now:
                publishing.move_many([doubtful], State.VERIFYING, now=now, lease_until=None, error_code="unknown")
                _end_attempt(doubtful, "unknown", now, "no answer")
            with at(due + timedelta(minutes=2)) as now:
                publishing.move_many([doubtful], State.NEEDS_PERSON, now=now, verify_at=None)
                self._tell_unit(doubtful, "delivery_needs_person")
        self._publish(list(by_platform.values()), due, still_there=line.ending != "withdrawn")
        if line.ending == "withdrawn":
            self._take_down(staff, deliveries, due)

    def _publish(self, rows: list[Delivery], due: datetime, *, still_there: bool) -> None:
        receipts = {}
        for row in rows:
            shown = self._show(row, due) if still_there else {"id": f"gone:{row.public_id}", "permalink": ""}
            receipts[row.pk] = {"remote_id": shown["id"], "permalink": shown["permalink"]}
        published_at = due + timedelta(milliseconds=340)
        publishing.move_many(
            rows, State.PUBLISHED, now=published_at, each=receipts, published_at=published_at, lease_until=None
        )
        for row in rows:
            _end_attempt(row, "published", published_at)

    def _show(self, row: Delivery, due: datetime) -> dict[str, str]:
        """Puts the post on the simulated page, where it has been read since ``due``."""
        approved = row.revision.content
        target = next(t for t in approved["channels"] if t["channel"] == str(row.channel.public_id))
        images = []
        for entry in approved["media"]:
            if "video" in entry:
                continue  # the simulator shows a film of its own
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
        with at(due + timedelta(hours=26)) as now:
            post = Post.objects.get(pk=deliveries[0].post_id)
            ledger = recalls.withdraw(post, by=staff.chief, reason=reason, take_down=True)
            for row in deliveries:
                row.refresh_from_db()
            gone_at = now + timedelta(seconds=3)
            publishing.move_many(deliveries, State.RECALLED, now=gone_at, verify_at=None)
            Recall.objects.filter(pk=ledger.pk).update(finished_at=gone_at)

    def _tell_unit(self, row: Delivery, kind: str, **facts: str) -> None:
        people = holders(Permission.POST_SCHEDULE, unit=row.unit)
        notify(people, kind, address=f"/posts/{row.post.public_id}/", title=row.post, channel=row.channel, **facts)

    def go_on_by_hand(self) -> None:
        """An account that gives the portal no right any more: what is due there is a task, with some time left."""
        staff = self.world.staff["tan-hiep"]
        channel = Channel.objects.get(unit=staff.unit, platform=Kind.ZALO)
        with at(self.now - timedelta(days=2)):
            reason = "Zalo thu hồi quyền đăng bài của ứng dụng; đang làm thủ tục xác thực lại OA."
            channels_by_hand.go_on(channel, by=staff.chief, reason=reason)
        with at(self.now - timedelta(minutes=19, seconds=57)) as then:
            by_hand.hand_over(clock=lambda: then)

    def open_the_reply_desk(self) -> None:
        """The province has opened it, and an officer has looked at what residents wrote under the newest posts."""
        with at(self.now - timedelta(days=20)):
            reason = "Thí điểm trả lời người dân ngay trên cổng; cán bộ trực đã được tập huấn."
            desk.allow(self.world.province, by=self.world.overseer, reason=reason)
        officer = self.world.staff["hai-chau"].officer
        for publication in desk.desks(officer, now=self.now)[:3]:
            desk.read(publication, by=officer)

    def ask_for_a_broadcast(self) -> None:
        """It waits for the chief to confirm it."""
        staff = self.world.staff["hai-chau"]
        stands = Delivery.objects.filter(unit=staff.unit, platform=Kind.ZALO, state=State.PUBLISHED)
        newest = stands.select_related("channel", "unit", "post").latest("published_at")
        reason = "Thủ đoạn mới, nhiều người cao tuổi đã mất tiền trong tuần này."
        broadcasts.plan(newest, by=staff.officer, reason=reason)

    def lose_a_connection(self) -> None:
        """A page whose administrator changed the password: it must be connected again."""
        channel = Channel.objects.get(unit=self.world.staff["duy-xuyen"].unit, platform=Kind.FACEBOOK)
        pages.kill_token(platform=channel.platform, page=channel.external_id)
        with at(self.now - timedelta(days=3, hours=4)):
            channels.mark_lost(channel, reason="The user changed the password.", code="190/460")


def _own_text(channel: Channel, title: str, text: str) -> str:
    """Empty where the master text fits; else a short one that leads to the whole."""
    form = facts_of(channel.platform).formats[0]
    limit = form.max_text_with_media or form.max_text
    if len(f"{title}\n\n{text}\n\n{channel.unit.name}") <= limit:
        return ""
    beginning = text.split("\n\n")[0]
    return f"{title}\n\n{beginning}\n\nXem đầy đủ trên trang Facebook và Zalo của {channel.unit.name}."


def _begin(rows: list[Delivery], due: datetime) -> None:
    lease = due + timedelta(seconds=90)
    claimed_at = due - timedelta(seconds=8)
    publishing.move_many(rows, State.CLAIMED, now=claimed_at, new_attempt=True, lease_until=lease)
    Attempt.objects.bulk_create(Attempt(delivery=row, number=row.attempt, started_at=claimed_at) for row in rows)
    publishing.move_many(rows, State.COMMITTING, now=due, committing_at=due, lease_until=lease)


def _end_attempt(row: Delivery, outcome: str, now: datetime, detail: str = "") -> None:
    Attempt.objects.filter(delivery=row, number=row.attempt).update(outcome=outcome, ended_at=now, detail=detail)
