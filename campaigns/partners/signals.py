"""Signals of agreements with partners, for the apps above."""

from django.dispatch import Signal

# partners: keys of rows whose agreements have just ended, in the same transaction.
agreements_ended = Signal()
