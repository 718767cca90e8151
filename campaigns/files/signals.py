from django.dispatch import Signal

# Sent with the key of the ``file``, inside the transaction that added it.
file_added = Signal()
