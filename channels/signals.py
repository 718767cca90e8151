"""News for the apps above, and questions that only they can answer: channels does not know what a
post is.
"""

from django.dispatch import Signal

# Asked of whoever publishes: `live_posts` maps channels' keys to posts seen on their pages; the
# answer maps the same keys to the ids of those that the portal made.
own_posts_requested = Signal()

# Asked of whoever publishes: for each of `channels` (keys) the spans, from one moment to another,
# in which something of ours may have come to stand there of which nobody knows yet.
unknown_outcomes = Signal()

# Asked of whoever publishes: the keys of channels for which more is scheduled on one of the next
# `days` than their platform takes in a day, to the page or to our application.
overbooked = Signal()

# Sent inside the transaction in which a channel leaves its unit's hands: `channel`, `unit` (the one
# it was), `by`, `position`, `reason`. What waits there must stop.
channel_released = Signal()

# What a platform reported by its webhook: `channel`, `kind` (an EventKind) and `object_id`. Only a
# hint where to look.
webhook_reported = Signal()

# Asked of whoever publishes: when the last post of ours was published on each of `channels` (keys);
# those that never had one are left out.
last_posts = Signal()
