from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("posts", "0028_titles_from_the_text"),
    ]

    operations = [
        migrations.AddField("post", "without_approver_since", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "post",
            models.Index(
                fields=["unit"],
                condition=models.Q(without_approver_since__isnull=False),
                name="post_without_approver",
            ),
        ),
    ]
