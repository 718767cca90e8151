"""Videos that workers finished while the composer was open."""

from django.http import QueryDict

from core.text import parse_whole_number
from media.models import FilmEdit, Media
from posts.editor.fields import captions_name
from posts.models import Post


def with_new_films(data: QueryDict, post: Post) -> tuple[QueryDict, dict[str, Media]]:
    """Take over the videos that workers made while the page was open, where nothing else of the
    draft has changed: return what the page sent as if it showed them, and them by the old ones'
    public ids.
    """
    seen = parse_whole_number(data.get("version", ""))
    if seen is None or seen >= post.version:
        return data, {}
    edits = FilmEdit.objects.filter(
        purpose_id=post.public_id, purpose_version__gt=seen, purpose_version__lte=post.version
    )
    made = list(edits.select_related("media", "result").order_by("purpose_version"))
    if len(made) != post.version - seen:
        return data, {}
    captions = dict(post.pictures.values_list("media", "captions"))
    new, replaced = data.copy(), {}
    for edit in made:
        old, result = str(edit.media.public_id), edit.result
        names = new.getlist("picture")
        if result is None or old not in names:  # taken out on the page meanwhile
            continue
        names[names.index(old)] = str(result.public_id)
        new.setlist("picture", names)
        new[f"alt-{result.public_id}"] = new.get(f"alt-{old}", "")
        new[captions_name(result)] = captions.get(result.pk, "")  # they fit the new one
        replaced[old] = result
    new["version"] = str(post.version)
    return new, replaced
