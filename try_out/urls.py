"""Pages of the try-out alone: the portal's addresses take them in only there."""

from django.urls import path

from try_out import views

app_name = "try_out"
urlpatterns = [path("codes/", views.codes, name="codes")]
