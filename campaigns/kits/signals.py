"""Signals of kits that apps above hear. Each is sent inside the transaction of the act."""

from django.dispatch import Signal

# Sent with ``version``, whose kit every unit of its audience may now adopt, and ``by``.
kit_issued = Signal()
# Sent with ``kit``, ``by``, ``reason``, and ``take_down``: what is scheduled from it stops, and
# with ``take_down`` what is live is recalled.
kit_withdrawn = Signal()
# Sent when units have something to hear: a kit was issued, passed on or withdrawn.
announcement_due = Signal()
