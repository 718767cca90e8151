from django.urls import path

from media import views

app_name = "media"
urlpatterns = [
    path("units/<slug:key>/logo/", views.logo, name="logo"),
    path("units/<slug:key>/logo/change/", views.change_logo, name="change_logo"),
]
