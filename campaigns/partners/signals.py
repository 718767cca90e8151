"""What apps above hear of agreements with partners."""

from django.dispatch import Signal

# partners: keys of rows whose agreements have just ended, in the same transaction.
agreements_ended = Signal()
