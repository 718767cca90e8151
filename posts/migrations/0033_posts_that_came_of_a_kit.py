import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0006_kits"),
        ("posts", "0032_descriptions_of_pictures"),
    ]

    operations = [
        migrations.AddField(
            model_name="post",
            name="adoption",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="posts",
                related_query_name="post",
                to="campaigns.adoption",
            ),
        ),
        migrations.AddConstraint(
            model_name="post",
            constraint=models.UniqueConstraint(
                condition=models.Q(("adoption__isnull", False)),
                fields=("adoption",),
                name="one_post_an_adoption",
            ),
        ),
    ]
