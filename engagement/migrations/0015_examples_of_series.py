from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("engagement", "0014_reports")]

    operations = [
        migrations.AddField(
            model_name="example",
            name="rhythm",
            field=models.CharField(blank=True, db_default="", default="", max_length=10),
        ),
        migrations.AddField(
            model_name="example",
            name="step",
            field=models.PositiveSmallIntegerField(null=True),
        ),
    ]
