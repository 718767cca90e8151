from django.urls import path

from oversight import views
from oversight.adoption import views as adoption_views
from oversight.board import views as board_views
from oversight.completeness import views as completeness_views
from oversight.digests import views as digest_views
from oversight.matters import views as matter_views

app_name = "oversight"
urlpatterns = [
    path("", views.today, name="today"),
    path("oversight/", board_views.board, name="board"),
    path("oversight/remind-pageless/", board_views.remind_pageless, name="remind_pageless"),
    path("oversight/figures/", views.province, name="province"),
    path("oversight/pages/", completeness_views.official_pages, name="official_pages"),
    path("oversight/nation/", views.nation, name="nation"),
    path("oversight/take-up/", adoption_views.boards, name="adoption_list"),
    path("oversight/take-up/<uuid:public_id>/", adoption_views.board, name="adoption"),
    path(
        "oversight/take-up/<uuid:public_id>/remind/",
        adoption_views.remind_units,
        name="remind_adoption",
    ),
    path(
        "oversight/take-up/<uuid:public_id>/remind-provinces/",
        adoption_views.remind_provinces,
        name="remind_provinces",
    ),
    path("oversight/digest/", digest_views.digest, name="digest"),
    path("oversight/matters/", matter_views.matters, name="matters"),
    path("oversight/matters/new/", matter_views.ask, name="ask_matter"),
    path("oversight/matters/<uuid:public_id>/", matter_views.matter, name="matter"),
    path("oversight/matters/<uuid:public_id>/answer/", matter_views.answer, name="answer_matter"),
    path("oversight/matters/<uuid:public_id>/again/", matter_views.ask_again, name="reopen_matter"),
    path("oversight/matters/<uuid:public_id>/close/", matter_views.close, name="close_matter"),
    path("people/<uuid:public_id>/in-hand/", views.hand_over, name="hand_over"),
    path("oversight/<slug:key>/", views.unit, name="unit"),
    path("oversight/<slug:key>/needs/", board_views.issues, name="issues"),  # as mails say
    path("oversight/<slug:key>/remind/", board_views.remind_unit, name="remind"),
]
