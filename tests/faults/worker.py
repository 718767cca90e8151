"""A Celery worker that can be told how to fail: `python -m tests.faults.worker <celery's
arguments>`.

By environment: FAULTS_CRASH=step:n (dies at the n-th passing of a step below), FAULTS_SKEW=seconds
(its clock is wrong by so much), FAULTS_MUTANT=name (one guard is taken out), FAULTS_STUMBLES=file
(its connector breaks on the answers of the pages that the file names), FAULTS_FREEZE=file (it stops
itself before a call, once the file is there), FAULTS_RUNS=file (there it notes each run that has
ended), and short waits where production's are fixed.
"""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

# Which queue's worker passes which step. Before a "." stands what is done, after it how far.
PUBLISH_STEPS = (
    # W1: the lease and the attempt are written, their transaction is not committed
    "claim.uncommitted",
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
RECONCILE_STEPS = ("reap.uncommitted", "find.leaving", "find.answered", "reconcile.uncommitted")
RECALL_STEPS = ("withdraw.leaving", "withdraw.answered", "recall.uncommitted")
CHANNEL_STEPS = (
    "refresh_tokens.answered",
)  # W7: the old pair of tokens is dead, and nobody has stored the new one


class Death:
    def __init__(self, text: str):
        self.step, _colon, left = text.partition(":")
        self.left = int(left or 1)

    def passes(self, step: str, times: int = 1) -> bool:
        """Count passings of the step, and tell whether this one is the last."""
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
        signal.pthread_kill(threading.get_ident(), signal.SIGKILL)


def arm(death: Death) -> None:
    """Put the steps around the engine's own functions; production code knows nothing of them."""
    from platforms.registry import CONNECTORS
    from publishing.engine import claiming, firing, results, uploads
    from publishing.recalls import recalling
    from publishing.recalls import worker as recall_worker
    from publishing.reconciliation import reconcile

    moves = {
        claiming: {"claimed": "claim.uncommitted"},
        firing: {"committing": "begin.uncommitted"},
        results: {"published": "publish.uncommitted"},
        uploads: {"scheduled": "prepare.uncommitted"},
        reconcile: {
            "verifying": "reap.uncommitted",
            "published": "reconcile.uncommitted",
            "scheduled": "reconcile.uncommitted",
        },
        recalling: {"recalling": "recall.uncommitted"},
        recall_worker: {"recalled": "recall.uncommitted"},
    }
    for module, steps in moves.items():
        module.move_many = _after_move(module.move_many, steps, death)

    load, begin = claiming.Claiming.load, firing.Firing.begin
    write_steps, write_receipts = results.Results.write_steps, results.Results.write_receipts

    def load_claimed(self: Any, claimed: list) -> None:
        if claimed:
            death.at("claim.committed", len(claimed))
        load(self, claimed)

    def begin_calls(self: Any, pks: Any) -> Any:
        begun = begin(self, pks)
        if begun:
            death.at("begin.committed", len(begun))
        return begun

    def steps_written(self: Any, drafts: Any) -> None:
        write_steps(self, drafts)
        if drafts:
            death.at("stage.step", len(drafts))

    def receipts_written(self: Any, receipts: Any) -> None:
        write_receipts(self, receipts)
        if receipts:
            death.at("publish.committed", len(receipts))

    claiming.Claiming.load, firing.Firing.begin = load_claimed, begin_calls
    results.Results.write_steps, results.Results.write_receipts = steps_written, receipts_written
    for connector in CONNECTORS.values():
        for name in ("stage", "commit", "find", "withdraw", "refresh_tokens"):
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


def stumble(pages: Path) -> None:
    """Break the connector on the answer to a visible call, once for each delivery to one of
    ``pages``.
    """
    from platforms.telegram.connector import Telegram

    commit, broken = Telegram.commit, set()

    async def committed(self: Any, account: Any, message: Any, draft_ref: str = "") -> Any:
        receipt = await commit(self, account, message, draft_ref)
        listed = pages.exists() and account.external_id in pages.read_text().split()
        if listed and message.key not in broken:
            broken.add(message.key)
            raise KeyError("message_id")
        return receipt

    Telegram.commit = committed


def freeze_before_a_call(asked: Path) -> None:
    """Stop this process, once ``asked`` is there, when a call has been begun and not yet sent."""
    from platforms import client

    run_request = client.run_request

    async def freeze_and_run(request: Any, *given: Any) -> Any:
        if request.writes and asked.exists():
            asked.unlink()
            # To this thread: a signal to the process may be taken by another one, and this one
            # would run on past the look at the clock before it stops.
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
        return await run_request(request, *given)

    client.run_request = freeze_and_run


def note_runs(ended: Path) -> None:
    """Write down of each run that has ended when it began, on the monotonic clock, and its name."""
    from publishing.engine import worker

    exclusive_run = worker.exclusive_run

    @contextlib.contextmanager
    def noted(name: str) -> Iterator[bool]:
        with exclusive_run(name) as is_only_one:
            began = time.monotonic()
            yield is_only_one
            if is_only_one:
                with ended.open("a") as file:
                    file.write(f"{began} {name}\n")

    worker.exclusive_run = noted


def shorten_refresh_lease() -> None:
    """Let the renewal of tokens by a process that died be followed within seconds, not minutes."""
    from channels.connection import health, tokens
    from channels.credentials import sealing

    for module in (sealing, tokens, health):
        module.REFRESH_LEASE = timedelta(seconds=8)


def shorten() -> None:
    """Shorten the waits that are fixed in production and fit real platforms."""
    from django.conf import settings

    from platforms.connector import Connector
    from platforms.meta.facebook import drafts
    from platforms.meta.facebook.connector import Facebook
    from platforms.meta.facebook.posts import Upload
    from platforms.zalo.connector import Zalo
    from platforms.zalo.rate_limiter import RateLimiter
    from publishing.engine.results import Results
    from publishing.recalls import worker as recall_worker

    shorten_refresh_lease()
    Connector.deadline = timedelta(seconds=settings.PUBLISHING["call_seconds"])
    Zalo.waits = (0.2, 0.3, 0.5)
    # A small video in some pieces, a step each.
    drafts._CHUNK, Facebook.longest_step = 8_000, timedelta(0)
    draft = Upload.draft
    Upload.draft = lambda upload, *, ready=False, wait=0: draft(upload, ready=ready, wait=wait / 10)
    RateLimiter.LONGEST_WAIT = 1.5
    retry = timedelta(seconds=float(os.environ["FAULTS_RETRY_SECONDS"]))
    reschedule = Results.reschedule

    def reschedule_shortly(self: Any, deliveries: Any, error: Any) -> None:
        error.wait = error.wait or retry
        reschedule(self, deliveries, error)

    Results.reschedule = reschedule_shortly
    taking_down = recall_worker._wait
    recall_worker._wait = lambda row, error: max(
        taking_down(row, None) / 8, (error and error.wait) or timedelta(0)
    )
    recall_worker._LEASE = timedelta(seconds=12)


def main() -> None:
    if skew := float(os.environ.get("FAULTS_SKEW", "0")):
        import time_machine

        time_machine.travel(time.time() + skew, tick=True).start()
    import django

    django.setup()
    shorten()
    stumble(Path(os.environ["FAULTS_STUMBLES"]))
    freeze_before_a_call(Path(os.environ["FAULTS_FREEZE"]))
    note_runs(Path(os.environ["FAULTS_RUNS"]))
    if text := os.environ.get("FAULTS_CRASH"):
        arm(Death(text))
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
