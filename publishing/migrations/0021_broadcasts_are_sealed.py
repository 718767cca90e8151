from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("publishing", "0020_no_words_of_platforms")]

    operations = [
        migrations.AddField(
            model_name="broadcast",
            name="method",
            field=models.CharField(blank=True, default="", max_length=10),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="broadcast",
            name="key_id",
            field=models.CharField(blank=True, default="", max_length=16),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="broadcast",
            name="seal",
            field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="broadcast",
            index=models.Index(
                condition=models.Q(("error_code", "not_approved"), ("state", "failed")),
                fields=["ended_at"],
                name="broadcast_not_approved",
            ),
        ),
    ]
