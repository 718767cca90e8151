from django.db import migrations

from core.append_only import append_only, refuse_truncate

TOPICS = [
    ("lua_dao", "Cảnh báo lừa đảo", "Scam warnings"),
    ("phap_luat", "Phổ biến, giáo dục pháp luật", "Legal education"),
    ("phong_ngua", "Phòng ngừa tội phạm", "Crime prevention"),
    ("pccc", "Phòng cháy, chữa cháy", "Fire safety"),
    ("giao_thong", "An toàn giao thông", "Traffic safety"),
    ("vneid", "Hướng dẫn VNeID, thủ tục hành chính", "VNeID and procedures"),
    ("ma_tuy", "Phòng, chống ma túy", "Drug prevention"),
    ("tre_em", "Bảo vệ trẻ em", "Child protection"),
    ("thien_tai", "Phòng, chống thiên tai", "Natural disasters"),
    ("phong_trao", "Phong trào Toàn dân bảo vệ an ninh Tổ quốc", "Mass movement for security"),
]


def load_topics(apps, schema_editor):
    topic = apps.get_model("campaigns", "Topic")
    topic.objects.bulk_create(
        topic(code=code, name_vi=vi, name_en=en, position=n)
        for n, (code, vi, en) in enumerate(TOPICS, start=1)
    )


class Migration(migrations.Migration):
    replaces = [("campaigns", "0008_partners")]
    dependencies = [("campaigns", "0001_squashed_0007_plans_and_results")]
    operations = [
        migrations.RunPython(load_topics, migrations.RunPython.noop),
        append_only("campaigns_campaignresult"),
        refuse_truncate("campaigns_campaignresult"),
    ]
