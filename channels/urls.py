from django.urls import path

from channels.allowances import views as allowance_views
from channels.completeness import change_views
from channels.completeness import views as completeness_views
from channels.connection import confirmation_views
from channels.connection import views as connection_views
from channels.directory import views as directory_views
from channels.lifecycle import views as lifecycle_views
from channels.monitoring import views as monitoring_views

app_name = "channels"
urlpatterns = [
    path("", directory_views.channel_list, name="list"),
    path("tomorrow/", monitoring_views.channels_at_risk, name="forecast"),
    path("foreign-posts/", monitoring_views.unrecognised_posts, name="unrecognised_posts"),
    path("completeness/", completeness_views.pages, name="completeness"),
    path("connect/", connection_views.platforms, name="platforms"),
    path("connect/<slug:platform>/", connection_views.connect, name="connect"),
    path("by-hand/<slug:platform>/", connection_views.register_manually, name="register_manually"),
    path("callback/<slug:platform>/", connection_views.callback, name="callback"),
    path("choose/", connection_views.choose, name="choose"),
    path("allowances/", allowance_views.allowances, name="allowances"),
    path("foreign-posts/<uuid:public_id>/", monitoring_views.decide, name="decide"),
    path("<uuid:public_id>/", directory_views.channel, name="channel"),
    path("<uuid:public_id>/profile/", completeness_views.profile, name="profile"),
    path("<uuid:public_id>/profile/propose/", change_views.propose, name="propose"),
    path("changes/<uuid:public_id>/", change_views.change, name="change"),
    path("<uuid:public_id>/check/", directory_views.check, name="check"),
    path("<uuid:public_id>/by-hand/", connection_views.continue_manually, name="continue_manually"),
    path("<uuid:public_id>/rest/", lifecycle_views.change, {"act": "rest"}, name="rest"),
    path("<uuid:public_id>/resume/", lifecycle_views.change, {"act": "resume"}, name="resume"),
    path("<uuid:public_id>/confirm/", lifecycle_views.change, {"act": "confirm"}, name="confirm"),
    path("<uuid:public_id>/confirm-page/", confirmation_views.confirm_page, name="confirm_page"),
    path(
        "<uuid:public_id>/taken-over/",
        lifecycle_views.change,
        {"act": "taken_over"},
        name="taken_over",
    ),
    path("<uuid:public_id>/close/", lifecycle_views.change, {"act": "close"}, name="close"),
    path("<uuid:public_id>/hand-over/", lifecycle_views.transfer, name="transfer"),
    path("<uuid:public_id>/disconnect/", connection_views.disconnect, name="disconnect"),
]
