from django.urls import path

from publishing.views import calendar, post, review

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
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/events/", calendar.feed, name="calendar_feed"),
    path("calendar/move/", calendar.move, name="calendar_move"),
]
