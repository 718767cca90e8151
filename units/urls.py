from django.urls import path

from units import views

app_name = "units"
urlpatterns = [
    path("", views.tree, name="tree"),
    path("options/", views.options, name="options"),
    path("<slug:key>/", views.unit, name="unit"),
    path("<slug:key>/facts/", views.facts, name="facts"),
    path("<slug:key>/create/", views.create, name="create"),
    path("<slug:key>/rename/", views.rename, name="rename"),
    path("<slug:key>/merge/", views.merge, name="merge"),
    path("<slug:key>/close/", views.close, name="close"),
]
