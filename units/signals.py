from django.dispatch import Signal

# A unit ended: unit, successor (or None), on, by, post_held, move_people. Sent in the transaction that ends it.
unit_ended = Signal()
