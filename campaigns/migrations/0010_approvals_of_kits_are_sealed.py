from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0009_posters_of_kits")]

    operations = [
        migrations.AddField(
            model_name="kitversion",
            name=name,
            field=models.CharField(blank=True, db_default="", default="", max_length=length),
        )
        for name, length in (("method", 10), ("key_id", 16), ("seal", 64))
    ]
