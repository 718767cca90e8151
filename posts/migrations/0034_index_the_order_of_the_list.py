from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("posts", "0033_posts_that_came_of_a_kit")]

    operations = [
        migrations.AddIndex(
            model_name="post",
            index=models.Index(fields=["-changed_at", "-id"], name="post_changed"),
        ),
    ]
