"""The plan of a run, drawn from its seed alone: posts, actions of people around the due seconds,
and strikes."""

import random
from dataclasses import dataclass, field
from typing import Any

from tests.faults.processes import PLATFORMS
from tests.faults.worker import (
    CHANNEL_STEPS,
    PUBLISH_STEPS,
    RECALL_STEPS,
    RECONCILE_STEPS,
    UPLOAD_STEPS,
)

SETTLING = 6.0  # seconds before the first post falls due
ACTS = ("cancel", "move", "edit", "recall", "withdraw", "tamper")
STRIKES = (
    "kill a publisher",
    "stop a publisher past its lease",
    "flush redis",
    "kill every worker",
    "deploy",
    "kill tokens",
    "renew tokens",
    "crash postgresql",
    "kill redis",
    "forge ticks",
    "ring a hundred times",
    "second beat",
    "clock an hour ahead",
    "clock an hour behind",
    "kill the reconciler",
    "kill the recaller",
    "kill the uploader",
    "stop the reconciler",
)


@dataclass(frozen=True)
class PlannedPost:
    place: int
    platforms: tuple[str, ...]
    due: float  # seconds from the start, as every time here
    scheduled: float
    patience: float  # seconds until it is too late
    campaign: bool = False
    topic: int = 0
    with_video: bool = False  # shows a video, on Facebook alone


@dataclass(frozen=True)
class Act:
    at: float
    kind: str
    post: int = -1
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Strike:
    at: float
    kind: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass
class Plan:
    seed: int
    seconds: float
    places: int
    posts: list[PlannedPost]
    acts: list[Act]
    strikes: list[Strike]
    # One a start of a worker, in turn: the step at which it dies, or nothing.
    deaths: dict[str, list[str]]
    faults: list[dict[str, Any]]


def draw(*, n: int, seed: int, seconds: float = 0, platforms: tuple[str, ...] = PLATFORMS) -> Plan:
    dice = random.Random(seed)
    seconds = seconds or max(24.0, n / 12)
    places = max(6, n // 24)
    posts = _posts(dice, n, seconds, places, platforms)
    return Plan(
        seed=seed,
        seconds=seconds,
        places=places,
        posts=posts,
        acts=sorted(
            [*_acts(dice, posts), *_pauses(dice, places, seconds, posts)], key=lambda act: act.at
        ),
        strikes=_strikes(dice, seconds),
        deaths={
            "publish": _deaths(dice, PUBLISH_STEPS),
            "upload": _deaths(dice, UPLOAD_STEPS),
            "reconcile": _deaths(dice, RECONCILE_STEPS),
            "recall": _deaths(dice, RECALL_STEPS),
            "channels": _deaths(dice, CHANNEL_STEPS),
        },
        faults=[fault for platform in platforms for fault in _faults(dice, platform)],
    )


def _posts(
    dice: random.Random, n: int, seconds: float, places: int, platforms: tuple[str, ...]
) -> list[PlannedPost]:
    bursts = [
        SETTLING + dice.uniform(2, seconds - 2) // 1 for _ in range(max(2, int(seconds // 15)))
    ]
    posts: list[PlannedPost] = []
    left = n
    while left > 0:
        video = "facebook" in platforms and dice.random() < 0.25
        where = tuple(p for p in platforms if dice.random() < 0.7) or (dice.choice(platforms),)
        where = ("facebook",) if video else where[:left]
        left -= len(where)
        due = dice.choice(bursts) if dice.random() < 0.35 else SETTLING + dice.uniform(0, seconds)
        scheduled = max(
            0.0, due - (dice.uniform(0.1, 1.5) if dice.random() < 0.1 else dice.uniform(3, 9))
        )
        patience = dice.uniform(3, 12) if dice.random() < 0.05 else 900.0
        campaign = dice.random() < 0.06
        place, topic = dice.randrange(places), dice.randrange(2)
        posts.append(PlannedPost(place, where, due, scheduled, patience, campaign, topic, video))
    return posts


def _acts(dice: random.Random, posts: list[PlannedPost]) -> list[Act]:
    acts = []
    for number, post in enumerate(posts):
        acts.append(Act(post.scheduled, "schedule", number))
        if dice.random() > 0.4:
            continue
        kind = dice.choices(ACTS, weights=(22, 12, 22, 22, 16, 5))[0]
        at = post.due + dice.uniform(-0.7, 1.5)
        facts: dict[str, Any] = {"which": dice.random()}
        match kind:
            case "move":
                at, facts = post.due - dice.uniform(1.5, 3.5), {**facts, "by": dice.uniform(1, 4)}
            case "tamper":
                at = max(post.scheduled + 0.3, post.due - dice.uniform(1, 5))
            case "edit":
                at, facts = (
                    post.due + dice.uniform(-1.5, 1.0),
                    {**facts, "again": dice.uniform(1.0, 3.0)},
                )
            case "recall" | "withdraw" if dice.random() < 0.3:
                at = post.due + dice.uniform(2, 8)
        acts.append(Act(max(at, post.scheduled + 0.1), kind, number, facts))
    if any(post.campaign for post in posts):
        when = dice.choice([post.due for post in posts if post.campaign])
        acts.append(Act(when + dice.uniform(-0.3, 1.0), "recall campaign"))
    return acts


def _pauses(
    dice: random.Random, places: int, seconds: float, posts: list[PlannedPost]
) -> list[Act]:
    acts = []
    for number in range(max(3, int(seconds // 8))):
        scope = dice.choices(("unit", "channel", "topic", "province"), weights=(6, 3, 2, 1))[0]
        # Where somebody has something to publish, or it would hold nothing.
        post = dice.choice(posts)
        start = max(1.0, post.due + dice.uniform(-2.5, 0.5))
        facts = {
            "number": number,
            "scope": scope,
            "place": post.place,
            "platform": post.platforms[0],
        }
        facts |= {"topic": post.topic, "lasts": dice.uniform(1.5, 4)}
        acts.append(Act(start, "pause", facts=facts))
    return acts


def _strikes(dice: random.Random, seconds: float) -> list[Strike]:
    """Draw strikes of all kinds in a drawn order, again and again, evenly over the run."""
    span = seconds + 4
    count = max(len(STRIKES), round(span / 4.5))
    strikes: list[Strike] = []
    kinds: list[str] = []
    for number in range(count):
        if not kinds:
            kinds = list(STRIKES)
            dice.shuffle(kinds)
        at = SETTLING + span * (number + dice.uniform(0.2, 0.8)) / count
        strikes.append(
            Strike(at, kinds.pop(), {"which": dice.random(), "seconds": dice.uniform(0.5, 2.5)})
        )
    return strikes


def _deaths(dice: random.Random, steps: tuple[str, ...]) -> list[str]:
    """Return every step in a drawn order, then some more of them."""
    order = list(steps) * 40
    first = list(steps)
    dice.shuffle(first)
    dice.shuffle(order)
    few = (1, 1, 2, 3) if steps is not PUBLISH_STEPS else (2, 5, 10, 20, 30)
    # Some live until something strikes: a portal that only ever restarts would publish nothing.
    return [
        f"{step}:{dice.choice(few)}" if dice.random() < 0.4 else "" for step in [*first, *order]
    ]


def _faults(dice: random.Random, platform: str) -> list[dict[str, Any]]:
    """Return what the platform does wrong, each now and then."""
    requested: list[tuple[str, str, float, dict[str, Any]]] = [
        ("publish", "error_before", 0.02, {}),
        ("publish", "error_after", 0.02, {}),
        ("publish", "drop_before", 0.02, {}),
        ("publish", "drop_after", 0.02, {}),
        ("publish", "hang_after", 0.01, {"seconds": 6}),
        ("publish", "truncated_json", 0.01, {}),
        ("publish", "not_json", 0.01, {}),
        ("publish", "late_apply", 0.03, {"seconds": 2}),
        ("publish", "expired_token", 0.006, {}),
        ("publish", "refuse", 0.004, {}),
        ("stage", "error_before", 0.02, {}),
        ("stage", "drop_after", 0.01, {}),
        ("stage", "hang_after", 0.005, {"seconds": 6}),
        ("stage", "slow", 0.03, {"ms": 800}),
        ("find", "listing_lag", 0.5, {"seconds": 1}),
        ("find", "error_before", 0.05, {}),
        ("find", "truncated_json", 0.02, {}),
        ("withdraw", "error_before", 0.05, {}),
        ("withdraw", "drop_after", 0.04, {}),
        ("withdraw", "hang_after", 0.01, {"seconds": 6}),
    ]
    if platform == "telegram":  # the others ask for a minute at least
        requested.append(("publish", "rate_limit", 0.03, {"retry_after": 2}))
    return [
        {
            "platform": platform,
            "operation": operation,
            "kind": kind,
            "probability": share,
            "times": 0,
            "seed": dice.randrange(1 << 30),
            **more,
        }
        for operation, kind, share, more in requested
    ]
