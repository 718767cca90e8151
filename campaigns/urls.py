from django.urls import path

from campaigns import views
from campaigns.files import views as files
from campaigns.planning import views as planning

app_name = "campaigns"
urlpatterns = [
    path("", views.campaign_list, name="list"),
    path("topics/", views.topic_rules, name="topic_rules"),
    path("topics/new/", views.topic_rule_new, name="topic_rule_new"),
    path("topics/<uuid:public_id>/end/", views.topic_rule_end, name="topic_rule_end"),
    path("new/", views.new, name="new"),
    path("<uuid:public_id>/edit/", views.edit, name="edit"),
    path("<uuid:public_id>/plan/", planning.plan, name="plan"),
    path("checklist/<uuid:public_id>/", planning.tick, name="tick"),
    path("<uuid:public_id>/files/", files.campaign_files, name="files"),
    path("kits/<uuid:public_id>/files/", files.kit_files, name="kit_files"),
    path("files/<uuid:public_id>/", files.download_file, name="file"),
    path("files/<uuid:public_id>/remove/", files.remove_file, name="file_remove"),
    path("<uuid:public_id>/copy/", planning.duplicate, name="duplicate"),
]
