from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("publishing", "0045_index_what_people_check")]

    operations = [
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["due_at"], name="delivery_due_at"),
        ),
    ]
