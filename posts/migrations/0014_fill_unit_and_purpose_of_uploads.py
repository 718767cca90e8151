from django.db import migrations
from django.db.models import OuterRef, Subquery


def fill(apps, schema_editor):
    posts = apps.get_model("posts", "Post").objects.filter(pk=OuterRef("post"))
    apps.get_model("posts", "Upload").objects.update(
        unit=Subquery(posts.values("unit")[:1]), purpose_id=Subquery(posts.values("public_id")[:1])
    )


class Migration(migrations.Migration):
    dependencies = [("posts", "0013_uploads_name_unit_and_purpose")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
