"""Compares what the portal says with what residents saw.

Judged is only what is beyond doubt: an act counts from the moment at which it was answered, and an
act whose answer was lost counts by what the database holds in the end. All clocks are this
machine's.
"""

import re
import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tests.faults.people import Event
from tests.faults.processes import SHORT
from tests.faults.world import MARK, World

KINDS = (
    "lost",
    "doubled",
    "wrong_version",
    "after_recall",
    "early",
    "late_after",
    "wrong_status",
    "bad_audit",
    "impolite",
)
# The engine's clock is set by the database's once a second and runs by itself in between.
SLACK = 0.1
REFUSALS = {
    "facebook": "368",
    "zalo": "-248",
    "telegram": "400",
}  # how the simulated platforms refuse a content
MOST_TRIES = 8
HELD = float(SHORT["PUBLISH_LEASE_SECONDS"]) / 2 + float(SHORT["PUBLISH_CALL_SECONDS"])


@dataclass
class Violation:
    kind: str
    words: str
    deliveries: list[int]


@dataclass
class Step:
    at: float
    was: str
    to: str
    attempt: int
    by_person: bool


class Judge:
    def __init__(self, world: World, history: Iterable[Event], truth: list[dict], start: float):
        self.world, self.history, self.start = world, list(history), start
        self.found: list[Violation] = []
        self._read()
        self.shown: dict[tuple[int, int, int], list[dict]] = defaultdict(list)
        for post in truth:
            if post["intervals"]:
                self._sort_in(post)
        self.owner: dict[int, list[dict]] = defaultdict(list)  # what became visible, by delivery

    def _read(self) -> None:
        from audit.models import Entry
        from publishing.models import Attempt, Delivery
        from publishing.states import State

        self.rows = {
            row.pk: row
            for row in Delivery.objects.select_related(
                "revision", "unit", "post", "channel"
            ).order_by("pk")
        }
        by_id = {str(row.public_id): pk for pk, row in self.rows.items()}
        self.steps: dict[int, list[Step]] = defaultdict(list)
        entries = Entry.objects.filter(
            object_type="publishing.delivery", object_id__in=list(by_id)
        ).order_by("pk")
        for entry in entries.iterator():
            to = entry.action.removeprefix("delivery.")
            was = entry.data.get("was", "")
            first = not self.steps[by_id[entry.object_id]] and to == State.SCHEDULED
            if to in State.values and (was in State.values or first):
                step = Step(
                    entry.at.timestamp(),
                    was,
                    to,
                    entry.data.get("attempt", 0),
                    entry.actor_id is not None,
                )
                self.steps[by_id[entry.object_id]].append(step)
        self.attempts: dict[int, list[Any]] = defaultdict(list)
        for attempt in Attempt.objects.order_by("delivery_id", "number"):
            self.attempts[attempt.delivery_id].append(attempt)
        self.groups: dict[tuple[int, int, int], list[Any]] = defaultdict(list)
        for row in self.rows.values():
            self.groups[(row.channel_id, *_mark(row.revision.content["title"]))].append(row)

    def _sort_in(self, seen: dict) -> None:
        channel = self.world.pages[seen["platform"], seen["page"]]
        found = MARK.search(f"{seen['title']} {seen['text']}")
        version = self.world.versions.get((int(found[1]), int(found[2]))) if found else None
        if version is None or channel not in version.texts:
            self.say(
                "wrong_version",
                f"{seen['platform']} {seen['id']} shows what nobody approved: {seen['text']!r}",
            )
            return
        text = version.texts[channel]
        right = (version.title, text["html"]) if seen["platform"] == "zalo" else ("", text["text"])
        key = (channel, int(found[1]), int(found[2]))
        if (seen["title"], seen["text"]) != right:
            whose = [row.pk for row in self.groups[key]]
            self.say(
                "wrong_version",
                f"{seen['id']} shows {seen['text']!r} instead of {right[1]!r}",
                whose,
            )
        self.shown[key].append(seen)

    def say(self, kind: str, words: str, deliveries: Iterable[int] = ()) -> None:
        self.found.append(Violation(kind, words, list(deliveries)))

    def judge(self) -> list[Violation]:
        for key in {*self.groups, *self.shown}:
            self._share_out(self.groups[key], self.shown[key])
        for row in self.rows.values():
            self._status(row)
            self._times(row)
            self._record(row)
            self._manners(row)
        self._acts()
        self._pauses()
        return self.found

    # --- what was seen ----------------------------------------------------------------------------

    def _share_out(self, rows: list[Any], seen: list[dict]) -> None:
        """Assign each visible object to its delivery. An object of none was sent twice, or although
        the record says it was not."""
        pks = [row.pk for row in rows]
        left = []
        for post in seen:
            row = next((r for r in rows if _is_of(post, r)), None)
            if row is None:
                left.append(post)
            else:
                self.owner[row.pk].append(post)
        for post in left:
            # What only a person has seen on the page has no id in the record.
            row = next((r for r in rows if self._seen_by_person(r) and not self.owner[r.pk]), None)
            if row is not None:
                self.owner[row.pk].append(post)
            elif any(self.owner[r.pk] for r in rows):
                self.say(
                    "doubled",
                    f"{post['id']} besides {[o['id'] for pk in pks for o in self.owner[pk]]}",
                    pks,
                )
            else:
                self.say(
                    "wrong_status", f"{post['id']} was visible; the record knows of nothing", pks
                )
        for row in rows:
            if len(self.owner[row.pk]) > 1:
                self.say(
                    "doubled",
                    f"{[post['id'] for post in self.owner[row.pk]]} for one delivery",
                    [row.pk],
                )
        spans = sorted(
            (i["visible_at"], i["gone_at"] or float("inf"))
            for post in seen
            for i in post["intervals"]
        )
        if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
            self.say("doubled", "visible twice at one time", pks)

    def _seen_by_person(self, row: Any) -> bool:
        decided = (
            event for event in self.history if event.kind == "decide" and row.pk in event.deliveries
        )
        return row.receipt_source == "seen" or any(event.facts["is_live"] for event in decided)

    def _status(self, row: Any) -> None:
        seen = self.owner[row.pk]
        is_live = [post["id"] for post in seen if post["visible"]]
        match row.state:
            case "published":
                if row.recall_id:
                    self.say("after_recall", "it was recalled, and nobody took it down", [row.pk])
                if not is_live:
                    self.say("wrong_status", "published, but not on the page", [row.pk])
            case "recalled":
                if is_live:
                    self.say("after_recall", f"recalled, but {is_live} is visible", [row.pk])
            case "cancelled" | "failed" | "expired":
                if seen:
                    self.say(
                        "wrong_status",
                        f"{row.state}, but {[e['id'] for e in seen]} was visible",
                        [row.pk],
                    )
                if why := self._unfounded(row):
                    self.say("lost", why, [row.pk])
            case _:
                self.say("lost", f"left in {row.state}", [row.pk])

    def _unfounded(self, row: Any) -> str:
        """Say why it should not have ended as it did; empty when there was a reason."""
        last = self.steps[row.pk][-1] if self.steps[row.pk] else None
        # A worker that was stopped may have read its clock long before it wrote its step down.
        latest = max((step.at for step in self.steps[row.pk]), default=0.0)
        match row.state, row.error_code:
            case "cancelled", "stopped" if self._was_edited(row, before=latest):
                return ""  # in hand when its approval ended, and given back unsent later
            case "cancelled", _:
                return "" if row.recall_id or (last and last.by_person) else "cancelled by nobody"
            case "expired", "paused":
                covered = any(self._covers(pause, row) for pause in self._known_pauses())
                return "" if covered else "set aside for a pause that never was"
            case "expired", _:
                short = (row.not_after - row.due_at).total_seconds() < 300
                return "" if short else f"too late after {row.not_after - row.due_at}"
            case "failed", "refused":
                right = row.platform_code == REFUSALS[row.platform]
                return "" if right else f"refused: {row.platform_code} {row.error_detail}"
            case "failed", "content_changed":
                tampered = any(
                    e.kind == "tamper" and self.world.post_pks[e.post] == row.post_id
                    for e in self.history
                )
                return "" if tampered else "content changed by nobody"
            case "failed", "not_approved":
                forged = any(
                    e.kind == "forge" and self.world.post_pks[e.post] == row.post_id
                    for e in self.history
                )
                return "" if forged else "an approval that was given is not proved"
            case "failed", "too_many_tries" | "not_there":
                return ""
        return f"{row.state} with {row.error_code}"

    def _times(self, row: Any) -> None:
        due, end = row.due_at.timestamp(), row.not_after.timestamp()
        for post in self.owner[row.pk]:
            first = min(post["arrived_at"], *(i["visible_at"] for i in post["intervals"]))
            if first < due - 0.002:
                self.say(
                    "early", f"{post['id']} came {due - first:.3f} s before it was due", [row.pk]
                )
            if post["arrived_at"] > end + HELD + SLACK:
                self.say(
                    "late_after",
                    f"{post['id']} came {post['arrived_at'] - end:.1f} s too late",
                    [row.pk],
                )
            if not any(begun <= post["arrived_at"] + SLACK for begun in self._begun(row.pk)):
                self.say(
                    "bad_audit", f"{post['id']} was sent before anything was on record", [row.pk]
                )
        if any(begun > end + SLACK for begun in self._begun(row.pk)):
            self.say("late_after", "begun after it was too late", [row.pk])

    def _begun(self, pk: int) -> list[float]:
        return [step.at for step in self.steps[pk] if step.to == "committing"]

    # --- what people were promised ----------------------------------------------------------------

    def _acts(self) -> None:
        for event in self.history:
            if event.kind == "edit":
                since = event.facts.get("ended")
            elif (
                event.kind in ("cancel", "recall", "withdraw", "recall campaign")
                and event.outcome == "ok"
            ):
                since = event.returned
            else:
                continue
            for pk in event.deliveries if since else ():
                if any(begun > since + SLACK for begun in self._begun(pk)):
                    self.say("after_recall", f"begun after {event.kind}", [pk])
                if event.kind != "edit" and any(post["visible"] for post in self.owner[pk]):
                    self.say("after_recall", f"visible in the end in spite of {event.kind}", [pk])

    def _was_edited(self, row: Any, *, before: float) -> bool:
        edits = (
            event for event in self.history if event.kind == "edit" and row.pk in event.deliveries
        )
        return any("ended" in edit.facts and edit.started < before for edit in edits)

    def _known_pauses(self) -> list[Any]:
        from publishing.models import Pause

        if not hasattr(self, "_all_pauses"):
            self._all_pauses = list(Pause.objects.exclude(started_at=None).select_related("unit"))
        return self._all_pauses

    @staticmethod
    def _covers(pause: Any, row: Any) -> bool:
        return (
            row.unit.path.startswith(pause.unit.path)
            and pause.channel_id in (None, row.channel_id)
            and pause.topic_id in (None, row.post.topic_id)
        )

    def _pauses(self) -> None:
        intervals = {
            kind: {e.facts.get("pause"): e for e in self.history if e.kind == kind}
            for kind in ("pause", "resume")
        }
        for pause in self._known_pauses():
            begin, end = intervals["pause"].get(pause.pk), intervals["resume"].get(pause.pk)
            if begin is None or end is None or begin.outcome != "ok":
                continue
            for pk, row in self.rows.items():
                inside = (
                    begin.returned + SLACK < begun < end.started - SLACK
                    for begun in self._begun(pk)
                )
                if self._covers(pause, row) and any(inside):
                    self.say("after_recall", f"begun during pause {pause.pk}", [pk])

    # --- the record -------------------------------------------------------------------------------

    def _record(self, row: Any) -> None:
        from publishing.states import NEXT

        steps = self.steps[row.pk]
        if not steps or steps[0].to != "scheduled" or steps[-1].to != row.state:
            self.say("bad_audit", f"{[s.to for s in steps]} does not lead to {row.state}", [row.pk])
        for earlier, later in pairwise(steps):
            if later.was != earlier.to or later.to not in NEXT[later.was]:
                self.say("bad_audit", f"{later.was} -> {later.to} after {earlier.to}", [row.pk])
            if later.attempt < earlier.attempt:
                self.say(
                    "bad_audit",
                    f"try {later.attempt} wrote after try {earlier.attempt} had begun",
                    [row.pk],
                )
        if [attempt.number for attempt in self.attempts[row.pk]] != list(range(1, row.attempt + 1)):
            self.say("bad_audit", "tries are missing from the record", [row.pk])

    def _manners(self, row: Any) -> None:
        tries = self.attempts[row.pk]
        if len(tries) - row.preparations > MOST_TRIES or row.preparations > MOST_TRIES:
            self.say("impolite", f"{len(tries)} tries", [row.pk])
        for attempt, after in pairwise(tries):
            if attempt.outcome == "refused":
                self.say("impolite", "tried again what was refused", [row.pk])
            asked = re.search(r"retry after (\d+)", attempt.detail)
            if asked and attempt.outcome == "later":
                again = [
                    at for at in self._begun(row.pk) if at > after.started_at.timestamp() - SLACK
                ]
                if again and again[0] < attempt.ended_at.timestamp() + int(asked[1]) - SLACK:
                    self.say(
                        "impolite",
                        f"tried again before the {asked[1]} s it was asked to wait",
                        [row.pk],
                    )

    # --- how long it took -------------------------------------------------------------------------

    def recovery(self, moments: Iterable[float]) -> list[float]:
        """Return the seconds until what was in hand at these moments had been published or had
        ended, one by one."""
        from publishing.states import CONCLUDED, IN_HAND

        waits = []
        for moment in moments:
            for pk in self.rows:
                steps = self.steps[pk]
                before = [step.to for step in steps if step.at <= moment]
                if not before or before[-1] not in IN_HAND:
                    continue
                ends = (s.at for s in steps if s.at > moment and s.to in CONCLUDED)
                if (end := next(ends, None)) is not None:
                    waits.append(end - moment)
        return waits

    def lateness(self) -> list[float]:
        return [
            post["arrived_at"] - row.due_at.timestamp()
            for pk, row in self.rows.items()
            for post in self.owner[pk][:1]
        ]

    def describe(self, violation: Violation) -> Iterator[str]:
        """Describe the violation with its whole history; times in seconds from the run's start."""
        yield f"{violation.kind}: {violation.words}"
        for pk in violation.deliveries:
            row = self.rows[pk]
            due = row.due_at.timestamp() - self.start
            yield (
                f"  delivery {pk} {row.platform} page {row.channel.external_id} "
                f"{_mark(row.revision.content['title'])} "
                f"{row.state} due={due:.2f} tries={row.attempt} draft={row.draft_ref} "
                f"id={row.remote_id} "
                f"recall={row.recall_id} {row.error_code} {row.platform_code} {row.error_detail} "
                f"({row.channel.health} {row.channel.lifecycle} {row.channel.health_reason})"
            )
            for step in self.steps[pk]:
                yield (
                    f"    {step.at - self.start:8.3f} {step.was or '-'} -> {step.to} (try "
                    f"{step.attempt})"
                )
            for attempt in self.attempts[pk]:
                ended = (
                    f"{attempt.ended_at.timestamp() - self.start:.3f}" if attempt.ended_at else "-"
                )
                yield f"    try {attempt.number}: {attempt.outcome} at {ended} {attempt.detail}"
            for post in self.owner[pk] or self.shown.get(
                (row.channel_id, *_mark(row.revision.content["title"])), ()
            ):
                spans = [
                    (
                        round(i["visible_at"] - self.start, 3),
                        i["gone_at"] and round(i["gone_at"] - self.start, 3),
                    )
                    for i in post["intervals"]
                ]
                yield (
                    f"    seen {post['id']} arrived {post['arrived_at'] - self.start:.3f} "
                    f"visible {spans}"
                )
            for event in self.history:
                if pk in event.deliveries:
                    span = f"{event.started - self.start:.3f}..{event.returned - self.start:.3f}"
                    yield f"    {event.kind} {span} {event.outcome} {event.facts}"


def _is_of(seen: dict, row: Any) -> bool:
    """Tell whether the delivery's row names this post; a video's post is named by the video's own
    number."""
    if seen.get("video"):
        return seen["video"] == row.remote_id or f'"{seen["video"]}"' in row.draft_ref
    return seen["id"] in row.remote_id.split(",") or seen["id"] == row.draft_ref


def _mark(title: str) -> tuple[int, int]:
    found = MARK.search(title)
    return int(found[1]), int(found[2])


def middle(values: list[float]) -> str:
    return f"{statistics.median(values):7.2f}{max(values):8.2f}" if values else f"{'-':>7}{'-':>8}"
