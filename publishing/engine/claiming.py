"""The first part of a run: claim what falls due soon, and load what its calls need.

A claim takes a lease and records the attempt before anything is sent. The content is proved to be
the approved one before it becomes a message.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from channels.queries import account_with
from core import sessions
from core.bulk import insert_values, update_from_values
from core.clock import make_steady_clock
from core.sealing import Unsealable
from media.models import Media
from platforms import limits
from platforms.errors import AccessLost, Rejected
from publishing.deliveries.limits import serialise_violation
from publishing.deliveries.messages import message_from, pictures_of
from publishing.deliveries.transitions import move_many
from publishing.engine import rate_limits
from publishing.engine.batch import ClaimedDelivery
from publishing.engine.content_checks import Claimed, ContentChecks, Source
from publishing.engine.results import Results
from publishing.engine.run_context import RunContext, stopping
from publishing.engine.staging import Staging
from publishing.models import Attempt, Delivery
from publishing.states import Reason, State

log = logging.getLogger(__name__)
# Bytes of pictures that a run holds at once; beyond it, it sends before it claims more.
_PICTURE_BYTES = 256 * 1024 * 1024
# The columns that a claim reads: those of ClaimedDelivery in the order of its fields, then those of
# Source.
_OWN_COLUMNS = (
    "pk",
    "public_id",
    "unit__path",
    "channel_id",
    "attempt",
    "state",
    "fire_at",
    "not_after",
    "draft_ref",
    "draft_partial",
    "prepare_at",
    "preparations",
)
_SOURCE_COLUMNS = (
    "unit_id",
    "content_sha256",
    "due_at",
    "scheduled_by",
    "key_id",
    "seal",
    "revision__public_id",
    "revision__content",
    "revision_id",
    "channel__public_id",
    "channel__unit_id",
    "channel__external_id",
    "channel__handle",
    "channel__sealed",
)


class Claiming:
    """Claim deliveries, renew their leases, and load their accounts and messages."""

    def __init__(self, run: RunContext, results: Results, staging: Staging):
        self.run = run
        self.results = results
        self.staging = staging
        self.claimed = 0
        self.next_claim = 0.0  # on the monotonic clock, as the next
        self.renew_at = time.monotonic() + run.options["lease_seconds"] / 3
        self.session = sessions.get_backend_pid()

    def claim_when_due(self) -> None:
        """Claim once a second, and again at once while more is due than fits into one claim."""
        capacity = self.run.strategy.capacity(self.run.batch)
        if capacity and time.monotonic() >= self.next_claim and self._may_claim():
            is_full = self.claim() == capacity
            self.next_claim = time.monotonic() + (0 if is_full else 1)

    def _may_claim(self) -> bool:
        if stopping.is_set() or time.monotonic() < self.run.closed_until:
            return False
        if (pace := self.run.facts.per_app_second) and len(self.run.batch.ready) > 20 * pace:
            return False  # the rest is better left to other workers and applications
        return self.run.batch.picture_bytes < _PICTURE_BYTES

    def claim(self) -> int:
        """Claim what falls due soon and load it; return how many deliveries were claimed."""
        run = self.run
        run.now = make_steady_clock(run.clock)
        now = run.now()
        closed = rate_limits.closed_for_long(run.platform, now)
        if closed.to_all:
            run.closed_until = time.monotonic() + 1
            return 0
        capacity = run.strategy.capacity(run.batch)
        if rate_limits.is_half_open(run.platform):
            capacity = min(capacity, max(0, rate_limits.PROBES - len(run.batch)))
        claimed = self._claim_rows(now, capacity, only_with_draft=closed.to_new_drafts)
        self.claimed += len(claimed)
        self.load(claimed)
        return len(claimed)

    def _claim_rows(self, now: datetime, capacity: int, *, only_with_draft: bool) -> list[Claimed]:
        """Take a lease on what is due and may be sent, and record the attempts, in one
        transaction.
        """
        run = self.run
        with transaction.atomic():
            _prefer_the_index()
            due = run.strategy.due(run.platform, run.batch, now)
            if only_with_draft:
                due = due.exclude(draft_ref="")
            rows = due.sendable(now).order_by("fire_at")
            split = len(_OWN_COLUMNS)
            claimed = []
            for values in rows.values_list(*_OWN_COLUMNS, *_SOURCE_COLUMNS)[:capacity]:
                delivery = ClaimedDelivery(*values[:split])
                # It was taken for dead and freed, while its call is still under way here: not again
                # before the answer.
                if delivery.pk not in run.batch:
                    claimed.append((delivery, Source(*values[split:])))
            deliveries = [delivery for delivery, _source in claimed]
            move_many(
                deliveries,
                State.CLAIMED,
                now=now,
                values_by_pk=run.strategy.claim_values(deliveries),
                new_attempt=True,
                lease_until=run.lease_from(now),
                session=self.session,
                committing_at=None,
                error_code=Reason.NONE,
                platform_code="",
                error_detail="",
            )
            new = {"started_at": now, "outcome": "", "detail": ""}
            insert_values(
                Attempt, [{"delivery": row.pk, "number": row.attempt, **new} for row in deliveries]
            )
        return claimed

    def renew_leases(self) -> None:
        """Renew the lease of what waits for its turn, and store the session of a new connection.

        The lease of what is in flight is not renewed: its call has a deadline of its own.
        """
        batch = self.run.batch
        before, self.session = self.session, sessions.get_backend_pid()
        if self.session != before:
            own = Delivery.objects.filter(
                pk__among=list(batch.in_flight), state=State.COMMITTING, session=before
            )
            own.update(session=self.session)
        elif time.monotonic() < self.renew_at:
            return
        rows = [
            {"id": row.pk, "attempt": row.attempt, "state": row.state} for row in batch.not_begun()
        ]
        if not rows:
            return
        self.renew_at = time.monotonic() + self.run.options["lease_seconds"] / 3
        update_from_values(
            Delivery,
            rows,
            match=("id", "attempt", "state"),
            fields={"lease_until": self.run.lease_from(self.run.now()), "session": self.session},
        )

    # --- message and account ----------------------------------------------------------------------

    def load(self, claimed: Sequence[Claimed]) -> None:
        """Make accounts and messages in few queries, and begin the first steps.

        What may not be sent as it stands ends here.
        """
        pictures = self._load_pictures(claimed)
        checks = ContentChecks.load(claimed, now=self.run.now())
        loaded = []
        for delivery, source in claimed:
            if refusal := checks.find_refusal(delivery, source):
                self.results.fail([delivery], refusal.reason, refusal.error)
            elif self._load_account(delivery, source) and self._load_message(
                delivery, source, pictures.get(source.unit_id, {})
            ):
                loaded.append(delivery)
        self.staging.begin(loaded)

    def _load_pictures(self, claimed: Sequence[Claimed]) -> dict[int, dict[str, Media]]:
        """Return the media that the contents name, by unit and hash."""
        keys = {
            (source.unit_id, medium["sha256"])
            for _delivery, source in claimed
            for medium in source.approved["media"]
        }
        by_unit: dict[int, dict[str, Media]] = {}
        for (unit_id, sha256), medium in pictures_of(keys).items():
            by_unit.setdefault(unit_id, {})[sha256] = medium
        return by_unit

    def _load_account(self, delivery: ClaimedDelivery, source: Source) -> bool:
        """Open the channel's token; if that fails, reschedule the delivery until the channel is
        connected again.
        """
        try:
            delivery.account = account_with(
                self.run.platform,
                source.channel_id,
                source.channel_unit_id,
                source.external_id,
                source.handle,
                source.sealed,
            )
        except Unsealable:
            error = AccessLost("the stored credentials cannot be opened")
            self.results.conclude_without_receipt([delivery], error)
            return False
        return True

    def _load_message(
        self, delivery: ClaimedDelivery, source: Source, pictures: Mapping[str, Media]
    ) -> bool:
        """Build the message; if it is not the approved one, or does not fit, end the delivery."""
        facts = self.run.facts
        has_whole_draft = facts.stages and delivery.is_staged
        # What the platform has already need not come along, but where the last piece of a video is
        # what shows it.
        draft_suffices = facts.shows_by_reference or delivery.prepare_at is None
        try:
            message = message_from(
                source.approved,
                key=delivery.public_id,
                channel_id=source.channel_id,
                media_rows=pictures,
                with_bytes=not (has_whole_draft and draft_suffices),
                for_revision=source.revision_id,
                until=self.run.now() + timedelta(seconds=settings.MEDIA_LINK_SECONDS),
            )
            form = facts.format(message.format)
        except (KeyError, OSError, ValueError):
            # A picture is gone or is not the one that was approved: nothing else may be sent in its
            # place.
            log.exception("delivery %s: content does not match its approval", delivery.public_id)
            self.results.fail([delivery], Reason.CONTENT_CHANGED, Rejected())
            return False
        if violations := limits.find_problems(form, message):
            # The platform would refuse it, or cut it: limits that changed since the approval.
            refusal = Rejected(serialise_violation(violations[0]), code=violations[0].rule)
            self.results.fail([delivery], Reason.DOES_NOT_FIT, refusal)
            return False
        delivery.message = message
        if delivery.prepare_at and not has_whole_draft:
            delivery.videos = [pictures[video.sha256] for video in message.videos]
        return True


def _prefer_the_index() -> None:
    """Make the claim's transaction take the first rows in the index's order.

    Else, when many thousands fall due at one second, PostgreSQL joins and sorts all of them for
    each few hundred (83 ms instead of 3).
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off")
