from django.urls import path

from engagement.boards import views as board_views
from engagement.boards.notes import views as note_views
from engagement.dashboards import campaign_views, closing_views, figures_views
from engagement.dashboards import views as dashboard_views
from engagement.examples import views as example_views
from engagement.exports import views as export_views
from engagement.replies import views as reply_views
from engagement.replies import wording_views
from engagement.reports import form_views, overview_views
from engagement.reports import views as report_views

app_name = "engagement"
urlpatterns = [
    path("campaigns/<uuid:public_id>/", campaign_views.campaign, name="campaign"),
    path("campaigns/<uuid:public_id>/remind/", campaign_views.remind_units, name="remind_campaign"),
    path("campaigns/<uuid:public_id>/figures/", figures_views.figures, name="campaign_figures"),
    path("campaigns/<uuid:public_id>/close/", closing_views.close, name="campaign_close"),
    path("campaigns/<uuid:public_id>/summary/", closing_views.summary, name="campaign_summary"),
    path("summaries/<uuid:public_id>/", closing_views.public_summary, name="public_summary"),
    path(
        "campaigns/<uuid:public_id>/export/",
        figures_views.campaign_export,
        name="campaign_export",
    ),
    path("files/", export_views.request_export, name="begin_export"),
    path("files/<uuid:public_id>/", export_views.export, name="export"),
    path("files/<uuid:public_id>/content/", export_views.download_export, name="export_content"),
    path("posts/<uuid:public_id>/counts/", dashboard_views.post_counts, name="post_counts"),
    path(
        "deliveries/<uuid:public_id>/figures/", dashboard_views.enter_figures, name="enter_figures"
    ),
    path("results/", board_views.own_board, name="results"),
    path("results/units/<slug:key>/", board_views.unit_board, name="results_of_unit"),
    path("results/units/<slug:key>/notes/", note_views.notes, name="board_notes"),
    path("results/notes/<uuid:public_id>/", note_views.note, name="board_note"),
    path(
        "results/notes/<uuid:public_id>/remove/", note_views.remove_note, name="remove_board_note"
    ),
    path("results/topics/<slug:code>/", board_views.topic_board, name="results_of_topic"),
    path(
        "results/channels/<uuid:public_id>/", board_views.channel_board, name="results_of_channel"
    ),
    path("results/kits/<uuid:public_id>/", board_views.kit_board, name="results_of_kit"),
    path("figures/", dashboard_views.meanings, name="dictionary"),
    path("examples/", example_views.examples, name="examples"),
    path("examples/<uuid:public_id>/", example_views.example, name="example"),
    path("examples/<uuid:public_id>/use/", example_views.use, name="use_example"),
    path("examples/<uuid:public_id>/accept/", example_views.accept, name="accept_example"),
    path("examples/<uuid:public_id>/return/", example_views.return_, name="return_example"),
    path("examples/<uuid:public_id>/withdraw/", example_views.withdraw, name="withdraw_example"),
    path("posts/<uuid:public_id>/propose/", example_views.propose, name="propose_example"),
    path("reports/", report_views.reports, name="reports"),
    path("reports/overview/", overview_views.overview, name="reports_overview"),
    path("reports/overview/remind/", overview_views.remind_unsent, name="remind_unsent"),
    path("reports/forms/", form_views.report_forms, name="report_forms"),
    path("reports/forms/<str:kind>/", form_views.report_form, name="report_form"),
    path("reports/new/", report_views.begin, name="begin_report"),
    path("reports/<uuid:public_id>/", report_views.report, name="report"),
    path(
        "reports/<uuid:public_id>/draft.<slug:format>",
        report_views.download_draft,
        name="report_draft",
    ),
    path("reports/<uuid:public_id>/files/", report_views.retry_files, name="make_report_files"),
    path("reports/<uuid:public_id>/texts/", report_views.edit, name="edit_report"),
    path("reports/<uuid:public_id>/figures/", report_views.retake_figures, name="take_figures"),
    path("reports/<uuid:public_id>/submit/", report_views.submit, name="submit_report"),
    path("reports/<uuid:public_id>/approve/", report_views.approve, name="approve_report"),
    path("reports/<uuid:public_id>/send/", report_views.send, name="send_report"),
    path("reports/<uuid:public_id>/decline/", report_views.decline, name="decline_report"),
    path("reports/<uuid:public_id>/return/", report_views.return_, name="return_report"),
    path("reports/<uuid:public_id>/correct/", report_views.correct, name="correct_report"),
    path(
        "reports/<uuid:public_id>/file/<str:format>/",
        report_views.download_file,
        name="report_file",
    ),
    path("comments/", reply_views.desks, name="desks"),
    path("comments/allowed/", reply_views.allowances, name="desk_allowances"),
    path("comments/words/", wording_views.reply_words, name="reply_words"),
    path(
        "comments/words/<uuid:public_id>/approve/",
        wording_views.approve_phrase,
        name="approve_reply_phrase",
    ),
    path("comments/words/<uuid:public_id>/end/", wording_views.end_phrase, name="end_reply_phrase"),
    path("comments/releases/", wording_views.give_release, name="give_reply_release"),
    path("comments/releases/ask/", wording_views.ask_release, name="ask_reply_release"),
    path(
        "comments/releases/<uuid:public_id>/end/",
        wording_views.end_release,
        name="end_reply_release",
    ),
    path("deliveries/<uuid:public_id>/comments/", reply_views.comments, name="comments"),
]
