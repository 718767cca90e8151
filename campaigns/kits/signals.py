"""What apps above hear of kits. Each is sent inside the transaction of the act."""

from django.dispatch import Signal

# Sent with ``version``, whose kit every unit of its audience may now adopt, and ``by``.
kit_issued = Signal()
# Sent with ``kit``, ``by``, ``reason``, once a withdrawal asked to stop and take down what came of
# it. A withdrawal that only ends new posts sends nothing.
kit_withdrawn = Signal()
# Sent when units have something to hear: a kit was issued, passed on or withdrawn.
announcement_due = Signal()
