"""Background jobs in one table: queued in the caller's transaction, claimed by compare-and-set, and
finished together with what they wrote (ADR 82).
"""

from core.jobs.claims import Claim, JobLost, claim, claim_next
from core.jobs.kinds import BROKEN, LOST, hold_outside_acts, register
from core.jobs.queueing import (
    KEPT,
    AlreadyQueued,
    create_done,
    enqueue,
    enqueue_many,
    find_forgotten,
    measure,
    restart,
    send_on_commit,
)
from core.jobs.running import Run, run_job, run_waiting

__all__ = [
    "BROKEN",
    "KEPT",
    "LOST",
    "AlreadyQueued",
    "Claim",
    "JobLost",
    "Run",
    "claim",
    "claim_next",
    "create_done",
    "enqueue",
    "enqueue_many",
    "find_forgotten",
    "hold_outside_acts",
    "measure",
    "register",
    "restart",
    "run_job",
    "run_waiting",
    "send_on_commit",
]
