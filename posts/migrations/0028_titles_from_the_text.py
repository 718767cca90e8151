from django.db import migrations, models

from core.append_only import with_triggers_aside


class Migration(migrations.Migration):
    dependencies = [("posts", "0027_grounds_of_posts_and_templates")]
    operations = with_triggers_aside(
        [
            migrations.AddField(
                "post", "title_from_text", models.BooleanField(db_default=False, default=False)
            )
        ]
    )
