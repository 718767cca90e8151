from django.urls import path

from operations import views

app_name = "operations"
urlpatterns = [
    path("status/", views.status, name="status"),
    path("status/freeze/", views.freeze, name="freeze"),
    path("status/release/", views.release, name="release"),
]
