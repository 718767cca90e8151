from django.urls import path

from channels.views import allowances, connecting, life, looking

app_name = "channels"
urlpatterns = [
    path("", looking.channel_list, name="list"),
    path("tomorrow/", looking.failing, name="forecast"),
    path("foreign-posts/", looking.foreign_posts, name="foreign"),
    path("connect/", connecting.platforms, name="platforms"),
    path("connect/<slug:platform>/", connecting.connect, name="connect"),
    path("by-hand/<slug:platform>/", connecting.by_hand, name="by_hand"),
    path("callback/<slug:platform>/", connecting.callback, name="callback"),
    path("choose/", connecting.choose, name="choose"),
    path("allowances/", allowances.allowances, name="allowances"),
    path("foreign-posts/<uuid:public_id>/", life.decide, name="decide"),
    path("<uuid:public_id>/", looking.channel, name="channel"),
    path("<uuid:public_id>/check/", looking.check, name="check"),
    path("<uuid:public_id>/by-hand/", connecting.go_on_by_hand, name="go_on_by_hand"),
    path("<uuid:public_id>/rest/", life.change, {"act": "rest"}, name="rest"),
    path("<uuid:public_id>/resume/", life.change, {"act": "resume"}, name="resume"),
    path("<uuid:public_id>/confirm/", life.change, {"act": "confirm"}, name="confirm"),
    path("<uuid:public_id>/taken-over/", life.change, {"act": "taken_over"}, name="taken_over"),
    path("<uuid:public_id>/close/", life.change, {"act": "close"}, name="close"),
    path("<uuid:public_id>/hand-over/", life.hand_over, name="hand_over"),
    path("<uuid:public_id>/disconnect/", life.disconnect, name="disconnect"),
]
