"""News for the apps above, and questions that only they can answer: posts does not know what a
delivery is.
"""

from django.dispatch import Signal

# Sent inside the transaction in which an approval stops holding: `post`, `by`, `reason`,
# `withdrawn` (bool).
approval_ended = Signal()

# Asked of whoever publishes: whether `revision` is on its way to a platform now, or stands there.
is_going_out = Signal()

# Asked of whoever publishes: the `posts.canonical.corrections.PublishedTrace` of `post`, or None.
was_published = Signal()

# Asked of whoever publishes: the `posts.queries.PublishedUse` of `media`, which are keys, that
# `user` may see; without `user` all.
media_uses_asked = Signal()

# Asked of whoever publishes: how many scheduled deliveries would stop if `post` were opened for
# editing.
would_stop = Signal()

# Asked of the apps above: the `posts.origins.shown.Origin` of `post` as `user` may see it, or None.
origin_asked = Signal()

# Sent inside the transaction in which a unit takes a kit up: the draft, as `post`.
kit_adopted = Signal()

# Asked of the apps above: the `posts.origins.shown.Suggestion` of how the draft `post` is repeated,
# or None.
rhythm_asked = Signal()

# Asked of whoever publishes: the `posts.queries.TakenTime` of `asked`, which are pairs of a
# channel's key and a time.
taken_times_asked = Signal()

# Asked of whoever publishes: when `channels`, which are one unit's, have a free slot after `now`.
free_times_asked = Signal()

# Asked of whoever publishes: when `post` could go out on all of `channels` soon after `at`.
times_after_asked = Signal()
