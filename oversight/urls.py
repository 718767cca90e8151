from django.urls import path

from oversight import views

app_name = "oversight"
urlpatterns = [
    path("", views.today, name="today"),
    path("oversight/", views.province, name="province"),
    path("oversight/nation/", views.nation, name="nation"),
    path("oversight/<slug:key>/", views.unit, name="unit"),
]
