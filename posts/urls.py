from collections.abc import Callable

from django.http.response import HttpResponseBase
from django.urls import path
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView

from posts.archive import views as archive_views
from posts.bulk_import import views as import_views
from posts.discussion import views as discussion_views
from posts.editor import script_views, snippet_views, upload_views
from posts.editor import views as editor_views
from posts.history import views as history_views
from posts.kits import views as kit_views
from posts.leak_rules import rule_views
from posts.leak_rules import views as leak_views
from posts.library import views as library_views
from posts.library.models import TemplateKind
from posts.media_access import views as media_views
from posts.media_findings import views as finding_views
from posts.media_library import edit_views, video_views
from posts.media_library import views as media_library_views
from posts.origins import views as origin_views
from posts.picture_cards import views as card_views


def _lead_to(view: str) -> Callable[..., HttpResponseBase]:
    """Return a view that redirects from a former address."""
    return require_safe(RedirectView.as_view(pattern_name=f"posts:{view}", query_string=True))


app_name = "posts"
urlpatterns = [
    path("posts/new/", editor_views.new, name="new"),
    path("posts/new/reuse/", origin_views.reuse, name="reuse"),
    path("posts/import/", import_views.upload, name="import"),
    path("posts/import/template/", import_views.template, name="import_template"),
    path("posts/import/<uuid:public_id>/", import_views.import_page, name="import_one"),
    path("posts/import/<uuid:public_id>/apply/", import_views.apply, name="import_apply"),
    path(
        "posts/import/<uuid:public_id>/pictures/", import_views.add_pictures, name="import_pictures"
    ),
    path("posts/import/<uuid:public_id>/submit/", import_views.submit, name="import_submit"),
    path("posts/import/<uuid:public_id>/resume/", import_views.resume, name="import_resume"),
    path("posts/leak-rules/", rule_views.leak_rules, name="leak_rules"),
    path("posts/leak-rules/<slug:rule>/", rule_views.leak_rule, name="leak_rule"),
    path("posts/leak-rules/<slug:rule>/switch/", rule_views.switch_rule, name="switch_rule"),
    path("posts/leak-rules/<slug:rule>/seen/", rule_views.see_alarms, name="see_alarms"),
    path(
        "posts/rule-switches/<uuid:public_id>/confirm/",
        rule_views.confirm_switch,
        name="confirm_switch",
    ),
    path("posts/rule-switches/<uuid:public_id>/end/", rule_views.end_switch, name="end_switch"),
    path("posts/allowed/", leak_views.allowed, name="allowed"),
    path("posts/allowed/new/", leak_views.enter_allowed, name="enter_allowed"),
    path(
        "posts/allowed/<uuid:public_id>/confirm/",
        leak_views.confirm_allowed,
        name="confirm_allowed",
    ),
    path("posts/allowed/<uuid:public_id>/end/", leak_views.end_allowed, name="end_allowed"),
    path("library/", library_views.library, name="library"),
    path("library/new/", library_views.new_template, name="new_template"),
    path("library/snippets/", library_views.library, {"snippets": True}, name="snippets"),
    path(
        "library/snippets/new/",
        library_views.new_template,
        {"kind": TemplateKind.PARAGRAPH},
        name="new_snippet",
    ),
    path("library/<uuid:public_id>/", library_views.template, name="template"),
    path("library/<uuid:public_id>/use/", origin_views.from_template, name="from_template"),
    path("library/<uuid:public_id>/edit/", library_views.edit_template, name="edit_template"),
    path(
        "library/<uuid:public_id>/archive/",
        library_views.archive_template,
        name="archive_template",
    ),
    # Addresses of snippets before 0.1.
    path("posts/<uuid:public_id>/pieces/", _lead_to("insert_snippet"), name="insert_piece"),
    path("library/pieces/", _lead_to("snippets"), name="pieces"),
    path("library/pieces/new/", _lead_to("new_snippet"), name="new_piece"),
    path("library/pieces/<uuid:public_id>/edit/", _lead_to("edit_template"), name="edit_piece"),
    path("posts/kits/", kit_views.kits, name="kits"),
    path("posts/kits/<uuid:public_id>/", kit_views.kit, name="kit"),
    path("posts/kits/<uuid:public_id>/adopt/", kit_views.adopt, name="adopt_kit"),
    path("posts/kits/<uuid:public_id>/decline/", kit_views.decline, name="decline_kit"),
    path(
        "posts/<uuid:public_id>/take-over-kit/",
        snippet_views.take_over_kit,
        name="take_over_kit",
    ),
    path("posts/<uuid:public_id>/kit-cards/", snippet_views.use_unit_cards, name="use_unit_cards"),
    path("posts/archive/", archive_views.archive_many, name="archive_many"),
    path("posts/archive/undo/", archive_views.unarchive_many, name="unarchive_many"),
    path("posts/<uuid:public_id>/edit/", editor_views.edit, name="edit"),
    path("posts/<uuid:public_id>/autosave/", script_views.autosave, name="autosave"),
    path("posts/<uuid:public_id>/check/", script_views.check, name="check"),
    path("posts/<uuid:public_id>/presence/", script_views.presence, name="presence"),
    path("posts/<uuid:public_id>/upload/", script_views.upload, name="upload"),
    path(
        "posts/<uuid:public_id>/channels/<uuid:channel>/choices/",
        script_views.channel_choices,
        name="choices",
    ),
    path(
        "posts/<uuid:public_id>/channels/<uuid:channel>/preview/",
        script_views.preview,
        name="preview",
    ),
    path("posts/<uuid:public_id>/uploads/", upload_views.begin, name="uploads"),
    path("uploads/<uuid:public_id>/", upload_views.upload, name="one_upload"),
    path("posts/<uuid:public_id>/snippets/", snippet_views.snippets, name="insert_snippet"),
    path("posts/<uuid:public_id>/submit/", editor_views.submit, name="submit"),
    path("posts/<uuid:public_id>/archive/", archive_views.archive, name="archive"),
    path("posts/<uuid:public_id>/unarchive/", archive_views.unarchive, name="unarchive"),
    path("posts/<uuid:public_id>/duplicate/", origin_views.duplicate, name="duplicate"),
    path("posts/<uuid:public_id>/correct/", origin_views.correct, name="correct"),
    path("posts/<uuid:public_id>/history/", history_views.history, name="history"),
    path("posts/<uuid:public_id>/discussion/", discussion_views.discussion, name="discussion"),
    path("threads/<uuid:public_id>/reply/", discussion_views.reply, name="reply"),
    path("threads/<uuid:public_id>/resolve/", discussion_views.resolve, name="resolve"),
    path("threads/<uuid:public_id>/reopen/", discussion_views.reopen, name="reopen_thread"),
    path("comments/<uuid:public_id>/take/", discussion_views.accept_proposal, name="take"),
    path("revisions/<uuid:public_id>/", history_views.revision, name="revision"),
    path("revisions/<uuid:public_id>/restore/", history_views.restore, name="restore"),
    path("media/", media_library_views.media_library, name="media_library"),
    path("media/add/", media_library_views.add_media, name="add_media"),
    path("media/cards/new/", card_views.new_card, name="new_card"),
    path("media/<uuid:public_id>/card/", card_views.change_card, name="change_card"),
    path("kits/<uuid:public_id>/card/", card_views.card_for_kit, name="card_for_kit"),
    path("posts/<uuid:public_id>/card/", card_views.card_for_post, name="card_for_post"),
    path("media/uploads/", upload_views.begin_in_library, name="library_uploads"),
    path("media/folders/", media_library_views.folders, name="media_folders"),
    path("media/folders/<uuid:public_id>/", media_library_views.change_folder, name="media_folder"),
    path("media/states/", finding_views.states, name="media_states"),
    path("media/<uuid:public_id>/findings/", finding_views.findings, name="media_findings"),
    path("media/<uuid:public_id>/about/", media_library_views.medium, name="library_medium"),
    path("media/<uuid:public_id>/edit/", edit_views.edit, name="edit_media"),
    path("media/<uuid:public_id>/video/", video_views.edit_video, name="edit_video"),
    path("media/<uuid:public_id>/edit/undo/", edit_views.undo, name="undo_edit"),
    path("media/<uuid:public_id>/use/", media_library_views.use, name="use_media"),
    path("media/<uuid:public_id>/share/", media_library_views.share, name="share_media"),
    path("media/<uuid:public_id>/archive/", media_library_views.archive, name="archive_media"),
    path(
        "media/<uuid:public_id>/unarchive/", media_library_views.unarchive, name="unarchive_media"
    ),
    path("posts/<uuid:public_id>/library/", media_library_views.choose, name="choose_media"),
    path("media/<uuid:public_id>/", media_views.media, name="media"),
    path("m/<str:token>/<str:name>", media_views.public_media, name="public_media"),
]
