from django.dispatch import Signal

# Sent inside the transaction in which an approval stops holding: `post`, `by`, `reason`, `withdrawn` (bool).
approval_ended = Signal()
