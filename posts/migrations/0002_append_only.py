from django.db import migrations

from core.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("posts", "0001_initial")]
    operations = [append_only("posts_revision"), append_only("posts_review")]
