from django.urls import path

from channels import views

app_name = "channels"
urlpatterns = [
    path("", views.channel_list, name="list"),
    path("connect/", views.platforms, name="platforms"),
    path("connect/<slug:platform>/", views.connect, name="connect"),
    path("by-hand/<slug:platform>/", views.by_hand, name="by_hand"),
    path("callback/<slug:platform>/", views.callback, name="callback"),
    path("choose/", views.choose, name="choose"),
    path("allowances/", views.allowances, name="allowances"),
    path("<uuid:public_id>/", views.channel, name="channel"),
    path("<uuid:public_id>/check/", views.check, name="check"),
    path("<uuid:public_id>/by-hand/", views.go_on_by_hand, name="go_on_by_hand"),
    path("<uuid:public_id>/disconnect/", views.disconnect, name="disconnect"),
]
