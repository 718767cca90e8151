from django.urls import path

from publishing.views import by_hand, calendar, pauses, post, recalls, review, status

app_name = "publishing"
urlpatterns = [
    path("review/", review.review_queue, name="review_queue"),
    path("review/approve/", review.approve_many, name="approve_many"),
    path("review/<uuid:public_id>/", review.review, name="review"),
    path("posts/<uuid:public_id>/", post.life, name="post"),
    path("posts/<uuid:public_id>/schedule/", post.schedule, name="schedule"),
    path("posts/<uuid:public_id>/reopen/", post.reopen, name="reopen"),
    path("posts/<uuid:public_id>/withdraw/", post.withdraw, name="withdraw"),
    path("deliveries/<uuid:public_id>/", post.delivery, name="delivery"),
    path("deliveries/<uuid:public_id>/move/", post.move, name="move"),
    path("deliveries/<uuid:public_id>/cancel/", post.cancel, name="cancel"),
    path("deliveries/<uuid:public_id>/recall/", post.recall, name="recall"),
    path("deliveries/<uuid:public_id>/decide/", post.decide, name="decide"),
    path("pauses/", pauses.pause_list, name="pauses"),
    path("pauses/new/", pauses.pause_new, name="pause_new"),
    path("pauses/held/", pauses.held, name="held"),
    path("pauses/held/leave/", pauses.leave, name="leave"),
    path("pauses/<uuid:public_id>/", pauses.pause, name="pause"),
    path("pauses/<uuid:public_id>/start/", pauses.pause_start, name="pause_start"),
    path("pauses/<uuid:public_id>/times/", pauses.pause_change, name="pause_change"),
    path("pauses/<uuid:public_id>/end/", pauses.pause_end, name="pause_end"),
    path("pauses/<uuid:public_id>/discard/", pauses.pause_discard, name="pause_discard"),
    path("recalls/", recalls.recall_list, name="recall_list"),
    path("recalls/<uuid:public_id>/", recalls.recall_ledger, name="recall_ledger"),
    path("campaigns/<uuid:public_id>/recall/", recalls.recall_campaign, name="recall_campaign"),
    path("deliveries/<uuid:public_id>/by-hand/", by_hand.task, name="by_hand_task"),
    path("by-hand/", by_hand.tasks, name="by_hand"),
    path("status/", status.status, name="status"),
    path("status/freeze/", status.freeze, name="freeze"),
    path("status/release/", status.release, name="release"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/events/", calendar.feed, name="calendar_feed"),
    path("calendar/move/", calendar.move, name="calendar_move"),
]
