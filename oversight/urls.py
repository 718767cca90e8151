from django.urls import path

from oversight import views
from oversight.board import views as board_views
from oversight.completeness import views as completeness_views
from oversight.take_up import views as take_up_views

app_name = "oversight"
urlpatterns = [
    path("", views.today, name="today"),
    path("oversight/", board_views.board, name="board"),
    path("oversight/figures/", views.province, name="province"),
    path("oversight/pages/", completeness_views.official_pages, name="official_pages"),
    path("oversight/nation/", views.nation, name="nation"),
    path("oversight/take-up/<uuid:public_id>/", take_up_views.board, name="take_up"),
    path("oversight/take-up/<uuid:public_id>/remind/", take_up_views.remind, name="remind_take_up"),
    path("oversight/<slug:key>/", views.unit, name="unit"),
    path("oversight/<slug:key>/needs/", board_views.needs, name="needs"),
    path("oversight/<slug:key>/remind/", board_views.remind, name="remind"),
]
