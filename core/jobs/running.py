"""Do the jobs that wait."""

import logging
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from core.errors import Busy
from core.jobs.claims import Claim, JobLost, claim, claim_next, fail_exhausted
from core.jobs.kinds import Kind, get_kind
from core.models import JobState

log = logging.getLogger(__name__)


class Run(NamedTuple):
    """Tell how many jobs were done, and whether the run ended while others may wait."""

    done: int
    is_full: bool


def run_waiting(name: str, *, first: int | None = None, now: datetime | None = None) -> Run:
    """Do the job with the key ``first``, then what else of its kind waits, until nothing is left or
    the machine is busy. Any number of workers share them, and a repeat does no harm.
    """
    kind = get_kind(name)
    if kind.is_held():
        return Run(0, is_full=False)
    fail_exhausted(kind, now=now)
    if kind.pick:  # it says itself what is done next
        first = None
    done = tried = 0
    with suppress(Busy):
        while tried < kind.most_a_run:
            with kind.hold_worker_slot():
                claimed = claim(first, now=now) if first else None
                claims = [claimed] if claimed else claim_next(name, now=now)
                first = None
                if not claims:
                    return Run(done, is_full=False)
                try:
                    _run(kind, claims)
                finally:
                    done += sum(claim.job.state == JobState.DONE for claim in claims)
            tried += len(claims)
        return Run(done, is_full=True)
    return Run(done, is_full=False)


def run_job(job: int, *, now: datetime | None = None) -> bool:
    """Do this job alone, for a caller that waits for it; return whether this call did."""
    claimed = claim(job, now=now)
    if claimed is None:
        return False
    _run(get_kind(claimed.job.kind), [claimed])
    return claimed.job.state == JobState.DONE


def _run(kind: Kind, claims: list[Claim]) -> None:
    """Do claimed jobs. Raise Busy, after they are handed back."""
    present = [claim for claim in claims if claim.row is not None]
    try:
        if kind.pick and present:
            kind.run(present)
        elif present:
            kind.run(present[0])
    except JobLost as lost:
        log.warning("job %s was taken over by another worker", lost)
        _conclude(present, Claim.release)
    except Busy:
        _conclude(present, Claim.release)
        raise
    except Exception as error:
        # Its words may repeat what was read, an address or a name: only where it was raised.
        *_, frame = traceback.extract_tb(error.__traceback__)
        place = f"{Path(frame.filename).name}:{frame.lineno}"
        for claimed in present:
            is_last = claimed.job.attempts >= kind.most_attempts
            log.log(
                logging.ERROR if is_last else logging.WARNING,
                "job %s failed, attempt %s: %s at %s",
                claimed.job,
                claimed.job.attempts,
                type(error).__name__,
                place,
            )
        _conclude(present, Claim.retry)
    _conclude([claim for claim in claims if claim.is_open], Claim.finish)


def _conclude(claims: list[Claim], act: Callable[[Claim], None]) -> None:
    """End the jobs in this way that are not ended yet. That a claim says it finished proves
    nothing after an error: the transaction may be undone, and the table alone knows.
    """
    for claimed in claims:
        with suppress(JobLost):
            act(claimed)
