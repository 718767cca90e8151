from django.dispatch import Signal

# A unit ended: unit, successor (or None), on, by, position, move_people. Sent in the transaction
# that ends it.
unit_ended = Signal()
