"""Units, pages, approved posts and deliveries in bulk: how they come about is not what is
measured.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from benchmarks.simulator import Simulator

SINCE = date(2025, 7, 1)
WORDS = "<p>Công an không yêu cầu chuyển tiền qua điện thoại. Nghi ngờ, gọi ngay 113.</p>"


@dataclass
class Row:
    """A post with its unit and the channels it goes to."""

    unit: Any
    post: Any
    revision: Any
    channels: list[Any]


class Rows:
    def __init__(self, simulator: Simulator):
        self.simulator = simulator
        self.numbers = iter(range(10**9))

    @functools.cached_property
    def top(self) -> Any:
        from units.models import Level, Unit

        return Unit.objects.create(
            level=Level.MINISTRY, kind="bộ", place="Bộ", name="Bộ Công an", valid_from=SINCE
        )

    @functools.cached_property
    def user(self) -> Any:
        """Return a person who may withdraw and pause in the whole country."""
        from accounts.models import Appointment, User
        from accounts.permissions import Role

        user = User.objects.create(
            username="bench", email="bench@congan.example", full_name="Bench"
        )
        Appointment.objects.create(user=user, unit=self.top, role=Role.OVERSEER, valid_from=SINCE)
        return user

    def fill(
        self,
        platform: str,
        units: int,
        *,
        per_unit: int = 1,
        posts: int = 1,
        pages: list[dict] | None = None,
        parent: Any = None,
        **of: Any,
    ) -> list[Row]:
        """Create communes of ``parent``, or of the ministry, with ``per_unit`` pages and ``posts``
        approved posts for all of these; ``of`` are fields of the posts.

        Return a row for each post; those of one unit follow one another.
        """
        from django.utils import timezone

        now = timezone.now()
        pages = self.simulator.pages(platform, units * per_unit) if pages is None else pages
        communes = self._communes(units, parent or self.top)
        channels = self._channels(platform, communes, pages, per_unit, now)
        rows = self._posts(communes, channels, posts, {"changed_at": now, **of})
        self._revise(rows, platform, now)
        self._approve(rows, now)
        return rows

    def _communes(self, units: int, parent: Any) -> list[Any]:
        from units.models import Level, Unit

        communes = []
        for number in (next(self.numbers) for _ in range(units)):
            unit = Unit(
                level=Level.COMMUNE, kind="xã", place=f"Xã {number}", name=f"Công an xã {number}"
            )
            unit.parent, unit.valid_from = parent, SINCE
            unit.place_in_tree()
            communes.append(unit)
        Unit.objects.bulk_create(communes, batch_size=2000)
        return communes

    def _channels(
        self, platform: str, communes: list[Any], pages: list[dict], per_unit: int, now: datetime
    ) -> dict[int, list[Any]]:
        """Connect ``per_unit`` pages to each commune. Return the channels by their commune."""
        from channels.models import Channel
        from channels.queries import row_name
        from core import sealing

        by_unit: dict[int, list[Any]] = {unit.pk: [] for unit in communes}
        for number, page in enumerate(pages):
            unit = communes[number // per_unit]
            channel = Channel(
                unit=unit, platform=platform, external_id=page["external_id"], name=page["name"]
            )
            channel.handle, channel.connected_by, channel.connected_at = (
                page["username"],
                self.user,
                now,
            )
            channel.confirmed_at = now
            secret = page["tokens"].get("access_token") or page["tokens"]["bot_token"]
            channel.sealed = sealing.seal({"token": secret}, row=row_name(channel))
            by_unit[unit.pk].append(channel)
        Channel.objects.bulk_create(
            (one for channels in by_unit.values() for one in channels), batch_size=2000
        )
        return by_unit

    def _posts(
        self, communes: list[Any], channels: dict[int, list[Any]], number: int, of: dict[str, Any]
    ) -> list[Row]:
        """Write ``number`` posts of each commune for all of its channels."""
        from posts.models import Post, PostChannel

        common = {
            "title": "Cảnh báo lừa đảo",
            "body": WORDS,
            "author": self.user,
            "last_editor": self.user,
            **of,
        }
        posts = [Post(unit=unit, **common) for unit in communes for _ in range(number)]
        Post.objects.bulk_create(posts, batch_size=2000)
        rows = [Row(post.unit, post, None, channels[post.unit_id]) for post in posts]
        PostChannel.objects.bulk_create(
            (
                PostChannel(post=row.post, channel=channel)
                for row in rows
                for channel in row.channels
            ),
            batch_size=5000,
        )
        return rows

    def _revise(self, rows: list[Row], platform: str, now: datetime) -> None:
        """Cut a revision of each post. Only the first is composed; the others differ from it in
        their units' and channels' names.
        """
        from channels.queries import facts_of
        from posts.canonical import content
        from posts.models import Revision

        shape = facts_of(platform).formats[0]
        pattern = content.compose(rows[0].post)
        for row in rows:
            targets = []
            for channel in row.channels:
                texts = content.compose_text(
                    shape,
                    title=pattern["title"],
                    body=WORDS,
                    override="",
                    link="",
                    unit_name=row.unit.name,
                )
                own = {
                    "channel": str(channel.public_id),
                    "platform": platform,
                    "name": channel.name,
                    **texts,
                }
                targets.append({**pattern["channels"][0], **own})
            composed = {**pattern, "unit": row.unit.name, "channels": targets}
            row.revision = Revision(
                post=row.post, number=1, author=self.user, editor=self.user, created_at=now
            )
            row.revision.content, row.revision.content_sha256 = composed, content.digest(composed)
        Revision.objects.bulk_create((row.revision for row in rows), batch_size=2000)

    def _approve(self, rows: list[Row], now: datetime) -> None:
        from django.db.models import OuterRef, Subquery

        from posts.leak_rules.enforcement import find_held_back
        from posts.models import Post, Revision

        self._sign([row.revision for row in rows], now)
        find_held_back({row.revision.pk: row.unit.path for row in rows}, now=now)
        revision = Subquery(Revision.objects.filter(post=OuterRef("pk")).values("pk")[:1])
        Post.objects.filter(pk__in=[row.post.pk for row in rows]).update(
            state="approved", current_revision=revision, approved_revision=revision
        )

    def _sign(self, revisions: list[Any], now: datetime) -> None:
        """Approve as an approver does what is to be published: the engine checks the proof."""
        from accounts.models import User
        from posts.models import Review, Signature
        from posts.review import approvals

        facts = {"email": "approver@congan.example", "full_name": "Approver"}
        approver, _made = User.objects.get_or_create(username="bench-approver", defaults=facts)
        common = {
            "by": approver,
            "author": self.user,
            "editor": self.user,
            "decision": "approved",
            "decided_at": now,
        }
        reviews = [
            Review(
                revision=revision,
                position="Bench",
                content_sha256=revision.content_sha256,
                **common,
            )
            for revision in revisions
        ]
        Review.objects.bulk_create(reviews, batch_size=2000)
        signatures = []
        for review in reviews:
            text = approvals.build_statement(
                revision=str(review.revision.public_id),
                content_sha256=review.content_sha256,
                channels=[target["channel"] for target in review.revision.content["channels"]],
                by=approver.pk,
                requested="",
                rendered_at=now,
                nonce="bench",
            )
            signatures.append(
                Signature(review=review, **approvals.sign(text, approvals.Method.CODE)._asdict())
            )
        Signature.objects.bulk_create(signatures, batch_size=2000)

    def deliver(self, rows: list[Row], due: float | Callable[[int], float]) -> None:
        """Create a delivery to each channel of ``rows``, due at a Unix second, or at the result of
        ``due`` for its number.
        """
        from publishing.deliveries import schedules
        from publishing.models import Delivery

        deliveries = []
        for row in rows:
            for channel in row.channels:
                moment = due(len(deliveries)) if callable(due) else due
                at = datetime.fromtimestamp(moment, UTC)
                deliveries.append(
                    Delivery(
                        revision=row.revision,
                        channel=channel,
                        post=row.post,
                        unit=row.unit,
                        platform=channel.platform,
                        content_sha256=row.revision.content_sha256,
                        due_at=at,
                        fire_at=at,
                        not_after=at + timedelta(hours=2),
                        scheduled_by=self.user,
                    )
                )
                schedules.seal(deliveries[-1])
        Delivery.objects.bulk_create(deliveries, batch_size=2000)
