from django.urls import include, path

from publishing.broadcasts import views as broadcast_views
from publishing.calendar.views import changes as calendar_changes
from publishing.calendar.views import events as calendar_events
from publishing.calendar.views import pages as calendar_pages
from publishing.calendar_links import views as calendar_link_views
from publishing.manual import views as manual_views
from publishing.outputs import views as output_views
from publishing.pauses.views import actions as pause_actions
from publishing.pauses.views import new as pause_new
from publishing.pauses.views import pages as pause_pages
from publishing.pauses.views import undecided
from publishing.post_list import views as post_list_views
from publishing.post_page.views import actions, page, times
from publishing.recalls import views as recall_views
from publishing.recurrence import views as series_views
from publishing.review.views import decision, queues
from publishing.sharing import views as sharing_views
from publishing.slots import views as slot_views

app_name = "publishing"
# What a partner opens, without an account.
SHARED = [
    path("<uuid:public_id>/<str:secret>/", sharing_views.partner_page, name="shared"),
    path(
        "<uuid:public_id>/<str:secret>/<int:number>/", sharing_views.shared_file, name="shared_file"
    ),
    path("<uuid:public_id>/<str:secret>/qr.png", sharing_views.shared_code, name="shared_code"),
    path(
        "<uuid:public_id>/<str:secret>/poster-<slug:paper>.pdf",
        sharing_views.shared_poster,
        name="shared_poster",
    ),
    path(
        "<uuid:public_id>/<str:secret>/card-<int:number>-<slug:size>.png",
        sharing_views.shared_card,
        name="shared_card",
    ),
]

urlpatterns = [
    path("posts/", post_list_views.posts, name="post_list"),
    path("posts/new/correction/", post_list_views.correctable_posts, name="correctable"),
    path("review/", queues.review_queue, name="review_queue"),
    path("review/second/", queues.second_queue, name="second_queue"),
    path("review/second/approve/", queues.approve_second_many, name="approve_second_many"),
    path("review/approve/", queues.approve_many, name="approve_many"),
    path("review/approve/passkey/", queues.list_passkey_options, name="list_passkey_options"),
    path("review/<uuid:public_id>/", decision.review, name="review"),
    path("review/<uuid:public_id>/passkey/", decision.passkey_options, name="passkey_options"),
    path("review/<uuid:public_id>/undo/", decision.undo, name="undo_approval"),
    path("posts/<uuid:public_id>/", page.page, name="post"),
    path("posts/<uuid:public_id>/repeat/", series_views.repeat, name="series_new"),
    path("posts/<uuid:public_id>/repeat/later/", series_views.change, name="series_change"),
    path("series/<uuid:public_id>/", series_views.series_page, name="series"),
    path("series/<uuid:public_id>/submit/", series_views.submit, name="series_submit"),
    path("series/<uuid:public_id>/review/", series_views.review, name="series_review"),
    path("series/<uuid:public_id>/stop/", series_views.stop, name="series_stop"),
    path("posts/<uuid:public_id>/schedule/", times.schedule, name="schedule"),
    path("posts/<uuid:public_id>/move/", times.move_all, name="move_all"),
    path("posts/<uuid:public_id>/outputs/", output_views.outputs, name="outputs"),
    path("posts/<uuid:public_id>/outputs/poster/", output_views.poster, name="poster"),
    path(
        "posts/<uuid:public_id>/outputs/poster/link/", output_views.poster_link, name="poster_link"
    ),
    path(
        "posts/<uuid:public_id>/outputs/poster/file/", output_views.poster_file, name="poster_file"
    ),
    path("posts/<uuid:public_id>/share/", sharing_views.share, name="share"),
    path("shares/", sharing_views.share_list, name="share_list"),
    path("shares/revoke/", sharing_views.revoke_all, name="share_revoke_all"),
    path("shares/<uuid:public_id>/renew/", sharing_views.renew, name="share_renew"),
    path("shares/<uuid:public_id>/revoke/", sharing_views.revoke, name="share_revoke"),
    path("kits/<uuid:public_id>/share/", sharing_views.share_kit, name="share_kit"),
    path("shared/kit/", include(SHARED)),  # the address of kits in earlier links
    path("shared/", include(SHARED)),
    path("posts/<uuid:public_id>/reopen/", actions.reopen, name="reopen"),
    path("posts/<uuid:public_id>/withdraw/", actions.withdraw, name="withdraw"),
    path("deliveries/<uuid:public_id>/", page.delivery, name="delivery"),
    path("deliveries/<uuid:public_id>/move/", times.move, name="move"),
    path("deliveries/<uuid:public_id>/cancel/", actions.cancel, name="cancel"),
    path("deliveries/<uuid:public_id>/recall/", actions.recall, name="recall"),
    path("deliveries/<uuid:public_id>/decide/", actions.decide, name="decide"),
    path("deliveries/<uuid:public_id>/broadcast/", broadcast_views.ask, name="broadcast_ask"),
    path("broadcasts/", broadcast_views.broadcast_list, name="broadcast_list"),
    path("broadcasts/<uuid:public_id>/", broadcast_views.broadcast, name="broadcast"),
    path("broadcasts/<uuid:public_id>/confirm/", broadcast_views.confirm, name="broadcast_confirm"),
    path(
        "broadcasts/<uuid:public_id>/call-off/", broadcast_views.call_off, name="broadcast_call_off"
    ),
    path("broadcasts/<uuid:public_id>/decide/", broadcast_views.decide, name="broadcast_decide"),
    path("pauses/", pause_pages.pause_list, name="pauses"),
    path("pauses/new/", pause_new.pause_new, name="pause_new"),
    path("pauses/held/", undecided.undecided_list, name="held"),
    path("pauses/held/leave/", undecided.keep_unpublished, name="leave"),
    path("pauses/<uuid:public_id>/", pause_pages.pause, name="pause"),
    path("pauses/<uuid:public_id>/start/", pause_actions.pause_start, name="pause_start"),
    path("pauses/<uuid:public_id>/times/", pause_actions.pause_change, name="pause_change"),
    path("pauses/<uuid:public_id>/end/", pause_actions.pause_end, name="pause_end"),
    path("pauses/<uuid:public_id>/discard/", pause_actions.pause_discard, name="pause_discard"),
    path("recalls/", recall_views.recall_list, name="recall_list"),
    path("recalls/<uuid:public_id>/", recall_views.recall_report, name="recall_ledger"),
    path(
        "campaigns/<uuid:public_id>/recall/", recall_views.recall_campaign, name="recall_campaign"
    ),
    path("deliveries/<uuid:public_id>/by-hand/", manual_views.task, name="manual_task"),
    path("by-hand/", manual_views.task_list, name="manual_tasks"),
    path("calendar/", calendar_pages.calendar, name="calendar"),
    path("calendar/export/", calendar_pages.export, name="calendar_export"),
    path("calendar/events/", calendar_events.feed, name="calendar_feed"),
    path("calendar/move/", calendar_changes.move, name="calendar_move"),
    path("calendar/many/", calendar_changes.change_many, name="calendar_many"),
    path("calendar/compose/", calendar_pages.compose_on, name="compose_on"),
    path("calendar/links/", calendar_link_views.links, name="calendar_links"),
    path(
        "calendar/links/<uuid:public_id>/renew/",
        calendar_link_views.renew,
        name="calendar_link_renew",
    ),
    path(
        "calendar/links/<uuid:public_id>/revoke/",
        calendar_link_views.revoke,
        name="calendar_link_revoke",
    ),
    path(
        "calendar/links/<uuid:public_id>/<str:secret>.ics",
        calendar_link_views.serve_calendar,
        name="calendar_subscribed",
    ),
    path("calendar/slots/", slot_views.slots, name="slots"),
    path("calendar/slots/remove/", slot_views.remove, name="slot_remove"),
    path("calendar/slots/follow/", slot_views.follow, name="slots_follow"),
    path("calendar/slots/suggest/", slot_views.suggest, name="slot_suggest"),
    path(
        "calendar/slots/suggest/remove/",
        slot_views.remove_suggestion,
        name="slot_suggestion_remove",
    ),
]
