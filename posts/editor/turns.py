"""Turns of the composer. Reading what is written costs a processor up to seconds: a person's
requests go one by one.
"""

from core.semaphores import OwnTurns

CHECKING = OwnTurns(waiting=1, patience=10)
SAVING = OwnTurns(waiting=2, patience=30)
