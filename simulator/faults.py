"""Make things go wrong on purpose: which call, in which way, how often."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from simulator.model import Mistake

OPERATIONS = (
    "publish", "stage", "upload", "edit", "withdraw", "find", "verify", "measure", "token",
    "connect",
    "broadcast", "any",
)  # fmt: skip
BEFORE = (
    "rate_limit",
    "error_before",
    "drop_before",
    "expired_token",
    "kill_token",
    "refuse",
    "duplicate",
)
AFTER = ("error_after", "drop_after", "hang_after", "truncated_json", "not_json")
SHAPING = ("slow", "late_apply", "listing_lag", "process_error")
KINDS = (*SHAPING, *BEFORE, *AFTER)


@dataclass
class Fault:
    platform: str
    kind: str
    operation: str = "any"
    page: str = ""
    times: int = 1
    skip: int = 0  # matching calls that it lets pass first
    probability: float = 1.0
    seed: int = 0
    ms: float = 0.0
    seconds: float = 0.0
    retry_after: int = 30
    status: int = 500
    subcode: int = 460
    code: int = 0
    words: str = ""
    id: int = 0
    hits: int = 0
    passed: int = 0
    dice: random.Random = field(default_factory=random.Random, repr=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise Mistake(f"kind is one of {', '.join(KINDS)}")
        if self.operation not in OPERATIONS:
            raise Mistake(f"operation is one of {', '.join(OPERATIONS)}")
        self.dice.seed(self.seed)

    def strikes(self, platform: str, page: str, operations: tuple[str, ...]) -> bool:
        """Decide whether this call is hit. The dice fall for matching calls alone: a seed means the
        same in each run."""
        meant = (
            self.platform == platform
            and (not self.page or self.page == page)
            and (self.operation == "any" or self.operation in operations)
            and (not self.times or self.hits < self.times)
        )
        if meant and self.passed < self.skip:
            self.passed += 1
            return False
        return meant and (self.probability >= 1.0 or self.dice.random() < self.probability)

    def as_json(self) -> dict[str, Any]:
        answer = {name: value for name, value in vars(self).items() if name != "dice"}
        return answer | {"left": max(0, self.times - self.hits) if self.times else None}


@dataclass
class Plan:
    """Hold what befalls one call: at most one thing before it is accepted and one after."""

    slow: float = 0.0
    late: float = 0.0
    lag: float = 0.0
    fails: Fault | None = None
    before: Fault | None = None
    after: Fault | None = None


NOTHING = Plan()


class Faults:
    def __init__(self, platforms: tuple[str, ...]) -> None:
        self.platforms = platforms
        self.all: dict[int, Fault] = {}
        self.last_id = 0

    def add(self, **fields: Any) -> Fault:
        try:
            fault = Fault(**fields)
        except TypeError as error:
            raise Mistake(f"unknown or missing field: {error}") from None
        if fault.platform not in self.platforms:
            raise Mistake(f"platform is one of {', '.join(self.platforms)}")
        self.last_id += 1
        fault.id = self.last_id
        self.all[fault.id] = fault
        return fault

    def clear(self, fault_id: int | None = None) -> int:
        doomed = list(self.all) if fault_id is None else [fault_id] if fault_id in self.all else []
        for number in doomed:
            del self.all[number]
        return len(doomed)

    def listed(self) -> Iterable[Fault]:
        return self.all.values()

    def plan(self, platform: str, page: str, operations: tuple[str, ...]) -> Plan:
        """Spend the faults that meet this call. A second one of the same moment waits for the next
        call."""
        if not self.all:
            return NOTHING
        plan = Plan()
        for fault in self.all.values():
            taken = (fault.kind in BEFORE and plan.before) or (fault.kind in AFTER and plan.after)
            if taken or not fault.strikes(platform, page, operations):
                continue
            fault.hits += 1
            if fault.kind == "slow":
                plan.slow += fault.ms / 1000
            elif fault.kind == "late_apply":
                plan.late += fault.seconds
            elif fault.kind == "listing_lag":
                plan.lag = max(plan.lag, fault.seconds)
            elif fault.kind == "process_error":
                plan.fails = fault
            elif fault.kind in BEFORE:
                plan.before = fault
            else:
                plan.after = fault
        return plan
