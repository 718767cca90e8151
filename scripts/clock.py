"""A clock that is ahead, by Debian's faketime: `make test CLOCK=+40d` runs everything on it.

A clock is written "+40d" or "+6h", counted from now, or "2028-02-29 12:00", in Viet Nam.
"""

import calendar
import glob
import os
import re
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

VIET_NAM = ZoneInfo("Asia/Ho_Chi_Minh")
# What a program must be given that is started with few variables of its own; and the PATH.
VARIABLES = (
    "LD_PRELOAD",
    "FAKETIME",
    "FAKETIME_DONT_FAKE_MONOTONIC",
    "FAKETIME_DISABLE_SHM",
    "FAKETIME_CACHE_DURATION",
    "PYTHONPYCACHEPREFIX",
)
# In the order in which the browser tests look for one.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
# With faketime these wait for ever at their start, for their allocators, or are forty times slower.
# Nothing is asked of Redis but how long a key lives; the tests set the clock of Chromium's pages.
ON_TRUE_CLOCK = ("redis-server", *BROWSERS)


def find_library() -> str | None:
    return next(iter(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")), None)


def count_seconds_ahead(clock: str, *, now: datetime) -> int:
    """Return by how many seconds the clock is ahead of ``now``; ValueError when it is none."""
    if counted := re.fullmatch(r"\+(\d+)([dh])", clock):
        return int(counted[1]) * {"d": 86_400, "h": 3_600}[counted[2]]
    moment = datetime.fromisoformat(clock)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=VIET_NAM)
    return round((moment - now).total_seconds())


def set_ahead(seconds: int, folder: Path) -> dict[str, str]:
    """Return the variables that set the clock of a program, and of all that it starts, ahead.
    ``folder`` is new, and stays.
    """
    folder.mkdir()
    for name, program in ((name, shutil.which(name)) for name in ON_TRUE_CLOCK):
        if program:
            (folder / name).write_text(f'#!/bin/sh\nunset LD_PRELOAD\nexec {program} "$@"\n')
            (folder / name).chmod(0o755)
    values = (
        str(find_library()),
        f"{seconds:+d}",  # a moment would begin again with each program
        "1",  # waits and time-outs last as long as they do
        "1",  # programs that are killed would leave their shared memory behind
        str(10**9),  # read once: else every ten seconds, by whichever thread comes by
        # Files bear the true time: what was just written looks as old as the clock is ahead, and a
        # test that asks for a file's age sets its time. Bytecode is kept apart all the same.
        str(folder / "bytecode"),
    )
    ahead = dict(zip(VARIABLES, values, strict=True))
    return {**ahead, "PATH": f"{folder}:{os.environ['PATH']}"}


def choose_clock(today: date) -> str:
    """Return another clock each day, the same one all day: the days and hours at which programs
    err come round every eight days.
    """
    turn, which = divmod(today.toordinal(), 8)
    year = today.year + turn % 3
    month = turn % 12 + 1
    leap = next(y for y in range(today.year + 1, today.year + 10) if calendar.isleap(y))
    return (
        "+1d",
        f"{leap}-02-29 12:00",
        "+40d",
        f"{year}-12-31 23:58",
        "+400d",
        f"{today + timedelta(days=1)} 23:58",
        f"{year + 1}-{month:02}-{calendar.monthrange(year + 1, month)[1]} 23:58",
        f"+{turn * 37 % 731 + 2}d",
    )[which]
