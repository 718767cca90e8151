from django.urls import path

from links import views

app_name = "links"
urlpatterns = [
    path("links/", views.link_list, name="list"),
    path("links/new/", views.new, name="new"),
    path("links/<uuid:public_id>/", views.link, name="link"),
    path("links/<uuid:public_id>/target/", views.change_target, name="change_target"),
    path("links/<uuid:public_id>/stop/", views.stop_link, name="stop"),
    path("links/<uuid:public_id>/resume/", views.resume_link, name="resume"),
    path("links/<uuid:public_id>/qr.png", views.qr_code, name="qr_code"),
    path("l/<str:code>", views.follow, name="follow"),
]
