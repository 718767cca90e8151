"""Turns of the composer. Reading what is written costs a processor up to seconds: a person's
requests go one by one, checks and saves together, whichever process they reach.
"""

from core.semaphores import OwnTurns

CHECKING = OwnTurns("writing", waiting=1, patience=10)
SAVING = OwnTurns("writing", waiting=2, patience=30)
