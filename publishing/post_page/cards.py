"""The cards of a post's page: each channel's deliveries with their status, and what the person may
do about them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from channels.queries import facts_of
from channels.states import Health, Kind, by_platform, platform_rank
from posts.canonical.destinations import LeftOut, describe_destinations
from posts.findings import find_findings
from posts.models import Post, Revision
from posts.queries import overridden_warnings
from posts.states import PostState
from publishing.broadcasts.presenters import broadcast_status
from publishing.models import Broadcast, Delivery, Pauses, Recall
from publishing.pauses.presenters import decided_status
from publishing.presenters.delivery import delivery_status, describe_attempt
from publishing.presenters.status import StatusView
from publishing.presenters.text import page_name
from publishing.states import (
    BROADCAST_GOING_OUT,
    CANCELLABLE,
    ENDED,
    MOVABLE,
    MOVING,
    NEVER_SENT,
    RECALLABLE,
    ReceiptSource,
    State,
)


@dataclass(frozen=True)
class DeliveryCard:
    """A delivery as the page shows it.

    ``is_newest``: of its channel, so that it alone says how the post stands there. ``may_schedule``
    and ``may_withdraw`` are the rights of the person who reads it.
    """

    delivery: Delivery
    status: StatusView
    recall: Recall | None
    is_newest: bool
    is_approved: bool
    is_live: bool
    may_schedule: bool
    may_withdraw: bool

    @property
    def page(self) -> str:
        return page_name(self.delivery.channel)

    @cached_property
    def attempts(self) -> list[str]:
        return [describe_attempt(attempt) for attempt in self.delivery.attempts.all()]

    @cached_property
    def broadcast(self) -> Broadcast | None:
        return next(iter(self.delivery.broadcasts.all()), None)

    @property
    def broadcast_status(self) -> StatusView | None:
        return broadcast_status(self.broadcast) if self.broadcast else None

    @property
    def is_plainly_published(self) -> bool:
        """Check whether a time says all: no hand, no broadcast and no recall was in it."""
        row = self.delivery
        is_ours = row.receipt_source == ReceiptSource.PLATFORM and row.recall_id is None
        return row.state == State.PUBLISHED and is_ours

    @property
    def is_moving(self) -> bool:
        """Check whether it changes by itself, so that the page asks again."""
        going = self.broadcast is not None and self.broadcast.state in BROADCAST_GOING_OUT
        return going or self.delivery.state in MOVING

    @property
    def can_be_moved(self) -> bool:
        return self.may_schedule and self.delivery.state in MOVABLE

    @property
    def can_be_cancelled(self) -> bool:
        return self.may_schedule and self.delivery.state in CANCELLABLE

    @property
    def can_be_posted_manually(self) -> bool:
        return self.may_schedule and self.delivery.state == State.MANUAL

    @property
    def can_be_decided(self) -> bool:
        return self.may_schedule and self.delivery.state == State.NEEDS_PERSON

    @property
    def can_be_recalled(self) -> bool:
        row = self.delivery
        return self.may_withdraw and row.recall_id is None and row.state in RECALLABLE

    @property
    def can_be_broadcast(self) -> bool:
        """Check whether the button makes sense; the service asks again, and asks everything."""
        row = self.delivery
        is_live = row.state == State.PUBLISHED and row.receipt_source == ReceiptSource.PLATFORM
        never_sent = self.broadcast is None or self.broadcast.state in NEVER_SENT
        channel = row.channel
        is_connected = channel.health == Health.CONNECTED and not channel.awaits_confirmation
        is_allowed = self.may_schedule and self.is_approved
        is_possible = is_live and is_connected and facts_of(row.platform).broadcasts
        return is_allowed and never_sent and is_possible

    @property
    def can_be_scheduled_again(self) -> bool:
        return self.may_schedule and self.is_approved and not self.is_live

    @property
    def can_be_kept_unpublished(self) -> bool:
        return self.is_newest and self.can_be_scheduled_again and self.delivery.awaits_decision


@dataclass(frozen=True, slots=True)
class ChannelCard:
    """One channel of a post: its deliveries, the newest and those before it, where there are any;
    and as ``target`` what the content shows there, where it goes there. ``label`` is the platform
    alone where the post goes to but one page there.
    """

    platform: str
    label: str
    newest: DeliveryCard | None
    earlier: list[DeliveryCard]
    target: Mapping[str, Any] | None


def channel_cards(
    post: Post,
    deliveries: Iterable[Delivery],
    content: Mapping[str, Any],
    *,
    rights: Mapping[str, bool],
    pauses: Pauses,
    recalls: Mapping[int, Recall],
) -> list[ChannelCard]:
    """Return a card for each channel that the post was ever scheduled on, and for those that its
    content is for, in the order of the composer. ``recalls`` are those the person may see.
    """
    targets = {target["channel"]: target for target in content["channels"]}
    by_channel: dict[int, list[Delivery]] = {}
    for row in deliveries:
        by_channel.setdefault(row.channel_id, []).insert(0, row)

    def card(row: Delivery, *, is_newest: bool, is_live: bool) -> DeliveryCard:
        is_decided = row.awaits_decision and not is_newest
        return DeliveryCard(
            delivery=row,
            status=decided_status(row) if is_decided else delivery_status(row, pauses),
            recall=recalls.get(row.recall_id) if row.recall_id else None,
            is_newest=is_newest,
            is_approved=post.state == PostState.APPROVED,
            is_live=is_live,
            may_schedule=rights["schedule"],
            may_withdraw=rights["withdraw"],
        )

    pages = {(newest.platform, newest.channel.name): None for newest, *_rest in by_channel.values()}
    pages |= {(target["platform"], target["name"]): None for target in content["channels"]}
    on_platform = Counter(platform for platform, _name in pages)

    def channel_card(
        platform: str, name: str, target: Mapping[str, Any] | None, rows: Sequence[Delivery] = ()
    ) -> ChannelCard:
        is_live = any(row.state not in ENDED for row in rows)
        cards = [card(row, is_newest=not n, is_live=is_live) for n, row in enumerate(rows)]
        label = str(Kind(platform).label)
        if on_platform[platform] > 1:
            label = f"{label} {name}"
        return ChannelCard(platform, label, cards[0] if cards else None, cards[1:], target)

    all_cards = []
    for rows in by_channel.values():
        channel = rows[0].channel
        target = targets.pop(str(channel.public_id), None)
        all_cards.append(channel_card(channel.platform, channel.name, target, rows))
    all_cards += [channel_card(t["platform"], t["name"], t) for t in targets.values()]
    return sorted(all_cards, key=lambda card: (platform_rank(card.platform), card.label))


def left_out_channels(post: Post) -> list[LeftOut]:
    """Return the channels of the unit to which the post does not go, each with the reason: its
    pictures and videos, its kit, or a person.
    """
    rows = post.targets.select_related("channel")
    targets = list(rows.order_by(by_platform("channel__platform"), "channel__name"))
    if all(target.is_on for target in targets):
        return []
    pictures = list(post.pictures.select_related("media"))
    left_out = [*describe_destinations(targets, pictures)["left_out"]]
    off = [target.channel for target in targets if target.switched_by_person and not target.is_on]
    of_kit = post.adoption.version.platforms if post.adoption else []
    by_author, by_kit = (
        _("switched off by the author of the post"),
        _("the kit is for other channels"),
    )
    for channel in off:
        reason = by_kit if of_kit and channel.platform not in of_kit else by_author
        left_out.append(LeftOut(channel.get_platform_display(), reason, False))
    return left_out


@dataclass(frozen=True, slots=True)
class OverriddenWarningsCard:
    """The warnings under which a post was submitted and approved, each with who saw it, in words.
    ``gone``: how many more there were that are not found any more.
    """

    lines: list[tuple[str, str]]
    gone: int


def overridden_warnings_card(post: Post, revision: Revision) -> OverriddenWarningsCard | None:
    """Return the warnings that were overridden for the newest revision; None where none were."""
    warnings = overridden_warnings(post)
    rules = warnings.author | warnings.approver
    if not rules:
        return None
    findings = [
        finding for finding in find_findings(post, revision.content) if finding.rule in rules
    ]
    lines = []
    for warning in findings:
        seen = [
            warning.rule in warnings.author and _("the author saw it and submitted"),
            warning.rule in warnings.approver and _("the approver saw it and approved"),
        ]
        lines.append((warning.message, "; ".join(text for text in seen if text)))
    return OverriddenWarningsCard(lines, len(rules - {finding.rule for finding in findings}))
