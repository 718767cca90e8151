"""A Celery worker that can be told how to fail: `python -m tests.faults.worker <celery's arguments>`.

By environment: FAULTS_CRASH=step:n (dies at the n-th passing of a step below), FAULTS_SKEW=seconds (its clock is wrong
by so much), FAULTS_MUTANT=name (one guard is taken out), and short waits where production's are fixed.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

# Which queue's worker passes which step. Before a "." stands what is done, after it how far.
PUBLISH_STEPS = (
    "claim.uncommitted",  # W1: the lease and the attempt are written, their transaction is not committed
    "claim.committed",  # W2: nothing has been sent
    "stage.leaving",
    "stage.answered",  # an invisible draft exists that nobody has written down
    "stage.step",  # a part of it is there and on record, and the next is not asked for
    "begin.uncommitted",
    "begin.committed",  # W2 of the visible call
    "commit.leaving",
    "commit.sent",  # W3: under way
    "commit.answered",  # W4, W5: it stands, and nobody has written it down
    "publish.uncommitted",
    "publish.committed",  # W6
)
UPLOAD_STEPS = (
    "claim.uncommitted",
    "claim.committed",
    "stage.leaving",
    "stage.sent",
    "stage.answered",
    "stage.step",
    "prepare.uncommitted",
)
SETTLE_STEPS = ("reap.uncommitted", "find.leaving", "find.answered", "settle.uncommitted")
RECALL_STEPS = ("withdraw.leaving", "withdraw.answered", "recall.uncommitted")
CHANNEL_STEPS = ("refresh.answered",)  # W7: the old pair of tokens is dead, and nobody has stored the new one


class Death:
    def __init__(self, told: str):
        self.step, _colon, left = told.partition(":")
        self.left = int(left or 1)

    def passes(self, step: str, times: int = 1) -> bool:
        """Whether this passing is the last."""
        if step != self.step:
            return False
        self.left -= times
        return self.left <= 0

    def at(self, step: str, times: int = 1) -> None:
        if self.passes(step, times):
            self.now()

    def now(self) -> None:
        with open(os.environ["FAULTS_DEATHS"], "a") as file:
            file.write(f"{time.clock_gettime(time.CLOCK_REALTIME)} {self.step}\n")
        os.kill(os.getpid(), signal.SIGKILL)


def arm(death: Death) -> None:
    """Puts the steps around the engine's own functions; production code knows nothing of them."""
    from channels.connectors import CONNECTORS
    from publishing import engine, recalls, settling, uploads

    moves = {
        engine: {"claimed": "claim.uncommitted", "committing": "begin.uncommitted", "published": "publish.uncommitted"},
        uploads: {"scheduled": "prepare.uncommitted"},
        settling: {
            "verifying": "reap.uncommitted",
            "published": "settle.uncommitted",
            "scheduled": "settle.uncommitted",
        },
        recalls: {"recalling": "recall.uncommitted", "recalled": "recall.uncommitted"},
    }
    for module, steps in moves.items():
        module.move_many = _after_move(module.move_many, steps, death)

    prepare, begin, written = engine.Run._prepare, engine.Run._begin, engine.Run._write_published
    stepped = engine.Run._write_steps

    def _write_steps(run: Any, steps: list) -> Any:
        answer = stepped(run, steps)
        if steps:
            death.at("stage.step", len(steps))
        return answer

    engine.Run._write_steps = _write_steps

    def _prepare(run: Any, rows: list) -> Any:
        if rows:
            death.at("claim.committed", len(rows))
        return prepare(run, rows)

    def _begin(run: Any, *given: Any) -> Any:
        begun = begin(run, *given)
        if begun:
            death.at("begin.committed", len(begun))
        return begun

    def _write_published(run: Any, published: list) -> Any:
        answer = written(run, published)
        if published:
            death.at("publish.committed", len(published))
        return answer

    engine.Run._prepare, engine.Run._begin, engine.Run._write_published = _prepare, _begin, _write_published
    for connector in CONNECTORS.values():
        for name in ("stage", "commit", "find", "withdraw", "refresh"):
            setattr(connector, name, _around_call(getattr(connector, name), name, death))


def _after_move(move_many: Callable, steps: dict[str, str], death: Death) -> Callable:
    def moved(rows: Any, to: Any, **fields: Any) -> Any:
        won = move_many(rows, to, **fields)
        if won and (step := steps.get(str(to))):
            death.at(step, len(won))
        return won

    return moved


def _around_call(call: Callable, name: str, death: Death) -> Callable:
    async def around(*given: Any, **more: Any) -> Any:
        import asyncio

        death.at(f"{name}.leaving")
        if death.passes(f"{name}.sent"):
            asyncio.get_running_loop().call_later(0.01, death.now)
        answer = await call(*given, **more)
        death.at(f"{name}.answered")
        return answer

    return around


def shorten() -> None:
    """What is fixed in production, and fits real platforms."""
    from django.conf import settings

    from channels.connectors import facebook, zalo
    from channels.connectors.base import Connector
    from publishing import engine, recalls

    Connector.deadline = timedelta(seconds=settings.PUBLISHING["call_seconds"])
    zalo.Zalo.waits = (0.2, 0.3, 0.5)
    # A small film in some pieces, a step each.
    facebook._CHUNK, facebook.Facebook.step = 8_000, timedelta(0)
    draft = facebook._Upload.draft
    facebook._Upload.draft = lambda upload, *, ready=False, wait=0: draft(upload, ready=ready, wait=wait / 10)
    zalo.Room.LONGEST_WAIT = 1.5
    retry = timedelta(seconds=float(os.environ["FAULTS_RETRY_SECONDS"]))
    wait = engine.Run._wait

    def _wait(run: Any, what: Any, error: Any) -> Any:
        error.wait = error.wait or retry
        return wait(run, what, error)

    engine.Run._wait = _wait
    taking_down = recalls._wait
    recalls._wait = lambda row, error: max(taking_down(row, None) / 8, (error and error.wait) or timedelta(0))
    recalls._LEASE = timedelta(seconds=12)


def main() -> None:
    if skew := float(os.environ.get("FAULTS_SKEW", "0")):
        import time_machine

        time_machine.travel(time.time() + skew, tick=True).start()
    import django

    django.setup()
    shorten()
    if told := os.environ.get("FAULTS_CRASH"):
        arm(Death(told))
    if mutant := os.environ.get("FAULTS_MUTANT"):
        from tests.faults.mutants import MUTANTS

        MUTANTS[mutant].change()
    from celery.__main__ import main as celery
    from celery.signals import worker_ready

    @worker_ready.connect(weak=False)
    def ready(**_: object) -> None:
        with open(os.environ["FAULTS_UP"], "w"):
            pass

    sys.argv = ["celery", *sys.argv[1:]]
    celery()


if __name__ == "__main__":
    main()
