from django.db import migrations

from core.append_only import refuse_truncate


class Migration(migrations.Migration):
    dependencies = [("posts", "0005_uploads")]
    operations = [refuse_truncate("posts_revision"), refuse_truncate("posts_review")]
