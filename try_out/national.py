"""A country at work, written by the database itself: for measuring pages, never for showing.

A share of 1 is two years: 400,000 posts, 2 million deliveries, 20 million counts, 5 million entries
of the record, spread over all units with some ten times as busy as others. A share of a tenth has
the same density over a tenth of the time. Contents are not real: nothing of it could be sent.
"""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from core.errors import Refused
from engagement.counting.schedule import COUNT_AGES
from posts.models import Post
from units.models import Unit
from units.services import load_units

# A percent sign in a statement with parameters is doubled.
DAYS, POSTS = 730, 400_000
PLATFORMS = ("facebook", "instagram", "threads", "youtube", "tiktok", "telegram")
_PEOPLE = """
INSERT INTO accounts_user (password, is_superuser, username, is_staff, is_active, date_joined,
    public_id, full_name, email, language, search, open_folds, saved_views)
SELECT '!', false, 'seed.' || unit.id || '.' || nth, false, true, now(), gen_random_uuid(),
    'Cán bộ ' || unit.id || ' ' || nth, 'seed.' || unit.id || '.' || nth || '@congan.example',
    'vi', 'can bo ' || unit.id, '[]', '{}'
FROM units_unit AS unit, generate_series(1, 4) AS nth;
INSERT INTO accounts_appointment (public_id, role, title, valid_from, unit_id, user_id,
    approves_from)
SELECT gen_random_uuid(),
    CASE WHEN nth = 1 THEN 'officer' WHEN nth = 2 THEN 'approver'
         WHEN nth = 3 AND level <> 'commune' THEN 'overseer'
         WHEN nth = 4 AND level <> 'commune' THEN 'administrator' ELSE 'officer' END,
    '', DATE '2025-07-01', unit.id, person.id, now() - INTERVAL '3 days'
FROM units_unit AS unit JOIN generate_series(1, 4) AS nth ON true
JOIN accounts_user AS person ON person.username = 'seed.' || unit.id || '.' || nth
"""
_CHANNELS = """
INSERT INTO channels_channel (public_id, platform, external_id, name, handle, address, health,
    health_reason, sealed, scopes, followers, checked_at, connected_at, connected_by_id, unit_id,
    health_code, known_handle, known_name, lifecycle, lifecycle_reason, refresh_failures,
    check_at,
    watched_since, confirmed_by_id, confirmed_at)
SELECT gen_random_uuid(), platform, 'seed-' || unit.id || '-' || platform, unit.name, '',  '',
    'connected', '', ''::bytea, '[]', (random() * 20000)::int, now(), now() - INTERVAL '800 days',
    one.id, unit.id, '', '', unit.name, 'active', '', 0, now() + INTERVAL '1 day', now(), two.id,
    now() - INTERVAL '799 days'
FROM units_unit AS unit
JOIN accounts_user AS one ON one.username = 'seed.' || unit.id || '.1'
JOIN accounts_user AS two ON two.username = 'seed.' || unit.id || '.2'
CROSS JOIN unnest(%(platforms)s) AS platform WHERE unit.has_police_body
"""
_CAMPAIGNS = """
INSERT INTO campaigns_campaign (public_id, name, aim, starts_on, ends_on, created_at, search,
    created_by_id, unit_id, spread_minutes)
SELECT gen_random_uuid(), 'Chiến dịch ' || month || ' ' || unit.place, '',
    current_date - month * 30 - 30, current_date - month * 30 + 10, now(), 'chien dich ' || month,
    person.id, unit.id, 0
FROM units_unit AS unit
JOIN accounts_user AS person ON person.username = 'seed.' || unit.id || '.1'
CROSS JOIN generate_series(0, %(days)s / 30) AS month WHERE unit.level <> 'commune'
"""
# `luck` makes some units ten times as busy as others. Times lie in working hours.
_POSTS = """
CREATE TEMP TABLE seeded_units AS
SELECT unit.id, unit.parent_id, person.id AS author,
    SUM(1 / (0.1 + random())) OVER (ORDER BY unit.id) AS upto FROM units_unit AS unit
JOIN accounts_user AS person ON person.username = 'seed.' || unit.id || '.1'
WHERE unit.has_police_body;
CREATE TEMP TABLE seeded_posts AS
SELECT number, random() AS fate, date_trunc('day', now()) - random() * %(days)s * INTERVAL '1 day'
    + INTERVAL '1 hour' * random() AS at, random() * (SELECT MAX(upto) FROM seeded_units) AS luck
FROM generate_series(1, %(posts)s) AS number;
CREATE INDEX ON seeded_units (upto);
INSERT INTO posts_post (public_id, state, title, body, link, version, created_at, changed_at,
    search, author_id, campaign_id, last_editor_id, topic_id, unit_id, urgent, ai_made,
    submitted_at)
SELECT gen_random_uuid(), CASE WHEN fate < 0.9 THEN 'approved' WHEN fate < 0.95 THEN 'draft'
    WHEN fate < 0.96 THEN 'in_review' WHEN fate < 0.98 THEN 'withdrawn' ELSE 'archived' END,
    'Cảnh báo lừa đảo số ' || number, '<p>Công an không yêu cầu chuyển tiền. Bài ' || number
    || '. Nghi ngờ, gọi ngay 113. Không bấm vào đường dẫn lạ, không cung cấp mã OTP.</p>', '', 2,
    at, at, 'canh bao lua dao so ' || number || ' cong an khong yeu cau chuyen tien bai '
    || number || ' nghi ngo goi ngay 113 khong bam vao duong dan la khong cung cap ma xac thuc',
    unit.author, campaign.id, unit.author, (SELECT id FROM campaigns_topic ORDER BY position,
    code OFFSET number %% (SELECT COUNT(*) FROM campaigns_topic) LIMIT 1), unit.id, false, false, at
FROM seeded_posts
CROSS JOIN LATERAL (SELECT * FROM seeded_units WHERE upto >= luck ORDER BY upto LIMIT 1) AS unit
LEFT JOIN LATERAL (SELECT c.id FROM campaigns_campaign AS c JOIN units_unit AS owner
    ON owner.id = c.unit_id WHERE fate < 0.35 AND at::date BETWEEN starts_on AND ends_on
    AND (owner.level = 'ministry' OR owner.id = unit.parent_id)
    ORDER BY (owner.level = 'ministry') = (fate < 0.25) DESC LIMIT 1) AS campaign ON true
ORDER BY at
"""
_REVISIONS = """
INSERT INTO posts_revision (public_id, number, content, content_sha256, created_at, author_id,
    editor_id, post_id)
SELECT gen_random_uuid(), 1, '{"media": [], "channels": []}', md5(id::text) || md5(id::text),
    created_at, author_id, author_id, id FROM posts_post WHERE state <> 'draft' ORDER BY id;
UPDATE posts_post SET words = to_tsvector('simple', search), current_revision_id = revision.id,
    approved_revision_id = CASE WHEN state = 'approved' THEN revision.id END
FROM posts_revision AS revision WHERE revision.post_id = posts_post.id
"""
_DELIVERIES = """
INSERT INTO publishing_delivery (public_id, platform, content_sha256, state, due_at, not_after,
    fire_at, attempt, draft_ref, verify_count, remote_id, permalink, published_at, committing_at,
    error_code, error_detail, created_at, channel_id, post_id, revision_id, scheduled_by_id,
    unit_id, platform_code)
SELECT gen_random_uuid(), platform, content_sha256, fated, due, due + INTERVAL '6 hours', due, 1,
    '', 0, CASE WHEN seen THEN 'seed-' || post_id || '-' || channel_id ELSE '' END, '',
    CASE WHEN seen THEN due + INTERVAL '1 second' * (CASE WHEN luck < 0.95 THEN luck * 3
        ELSE luck * 900 END) END,
    CASE WHEN seen THEN due + INTERVAL '1 second' END,
    CASE fated WHEN 'failed' THEN 'refused' WHEN 'expired' THEN 'expired'
        WHEN 'needs_person' THEN 'unknown' ELSE '' END,
    '', due - INTERVAL '1 day', channel_id, post_id, revision_id, author_id, unit_id, ''
FROM (SELECT *, fated IN ('published', 'recalled') AS seen FROM (
    SELECT *, CASE WHEN due > now() THEN 'scheduled' WHEN luck < 0.9 THEN 'published'
        WHEN luck < 0.96 THEN CASE WHEN luck < 0.955 THEN 'published' ELSE 'recalled' END
        WHEN luck < 0.98 THEN 'failed' WHEN luck < 0.99 THEN 'expired'
        WHEN luck < 0.9905 AND due > now() - INTERVAL '60 days' THEN 'needs_person'
        ELSE 'cancelled' END AS fated
    FROM (SELECT random() AS luck, post.id AS post_id, post.unit_id, post.author_id,
        post.created_at + INTERVAL '1 day' * (1 + CASE WHEN post.created_at > now() -
            INTERVAL '3 days' THEN random() * 14 ELSE random() * 2 END) AS due, revision.id AS
        revision_id, revision.content_sha256, channel.id AS channel_id, channel.platform
        FROM posts_post AS post JOIN posts_revision AS revision ON revision.post_id = post.id
        JOIN channels_channel AS channel ON channel.unit_id = post.unit_id
        WHERE post.state = 'approved' AND abs(hashtext(post.id || channel.platform)) %% 6 < 5
    ) AS drawn) AS drawn) AS drawn
ORDER BY due
"""
_COUNTS = """
INSERT INTO engagement_count (taken_at, views, reach, reactions, comments, shares, delivery_id,
    source)
SELECT delivery.published_at + looked, (size * sqrt(place))::bigint, CASE WHEN delivery.platform IN
    ('facebook', 'instagram') THEN (size * sqrt(place) * 0.7)::bigint END,
    (size * sqrt(place) * 0.03)::bigint, (size * 0.004)::bigint, (size * 0.006)::bigint,
    delivery.id, 'platform'
FROM (SELECT *, 20 + random() * 900 AS size FROM publishing_delivery
    WHERE published_at IS NOT NULL AND published_at < now()) AS delivery
CROSS JOIN unnest(%(looks)s::interval[]) WITH ORDINALITY AS looks (looked, place)
WHERE delivery.published_at + looked < now() AND place %% 2 = delivery.id %% 2
ORDER BY delivery.published_at + looked;
INSERT INTO engagement_measurement (delivery_id, next_at, taken_at, failures, views, reach,
    reactions, comments, shares, source)
SELECT DISTINCT ON (delivery_id) delivery_id, NULL::timestamptz, taken_at, 0, views, reach,
    reactions, comments, shares, 'platform'
FROM engagement_count ORDER BY delivery_id, taken_at DESC
"""
_RECORD = """
INSERT INTO audit_entry (at, actor_id, actor_name, actor_position, action, object_type, object_id,
    object_label, unit_path, reason, data, stream, position, previous)
SELECT due_at, CASE WHEN step = 1 THEN scheduled_by_id END, '', '',
    CASE step WHEN 1 THEN 'delivery.scheduled' WHEN 2 THEN 'delivery.claimed'
        ELSE 'delivery.published' END, 'publishing.delivery', delivery.public_id::text, '',
    unit.path, '', '{}', 99, ROW_NUMBER() OVER (), ''
FROM publishing_delivery AS delivery JOIN units_unit AS unit ON unit.id = delivery.unit_id
CROSS JOIN generate_series(1, 3) AS step
"""
# One kit of the ministry for all: a third has published it, some are on the way or have declined.
_KITS = """
WITH kit AS (
    INSERT INTO campaigns_kit (public_id, announced_upto, announced_at, name, created_at,
        withdraw_reason, taken_down, search, campaign_id, created_by_id, unit_id, topic_id)
    SELECT gen_random_uuid(), 0, now(), 'Bộ nội dung toàn quốc', now() - INTERVAL '9 days', '',
        false, 'bo noi dung toan quoc', campaign.id, campaign.created_by_id, unit.id,
        (SELECT id FROM campaigns_topic ORDER BY position, code LIMIT 1)
    FROM units_unit AS unit JOIN campaigns_campaign AS campaign ON campaign.unit_id = unit.id
    WHERE unit.level = 'ministry' ORDER BY campaign.starts_on DESC LIMIT 1
    RETURNING id, created_by_id, unit_id
), version AS (
    INSERT INTO campaigns_kitversion (public_id, announced_upto, announced_at, number, state,
        title, text, texts, placeholders, script, link, window_from, window_until, platforms,
        own_lines, note, changes, all_below, for_levels, for_kinds, aimed_at, by_provinces,
        spread_minutes, content_sha256, changed_at, edition, submitted_at, approved_at,
        return_reason, issued_at, approved_by_id, author_id, kit_id, last_editor_id)
    SELECT gen_random_uuid(), 0, now(), 1, 'issued', 'Cảnh báo lừa đảo', 'Gọi ngay 113.', '{}',
        '[]', '', '', current_date - 7, current_date + 7, '[]', true, '', '', true, '[]', '[]', '',
        false, 0, md5('kit') || md5('kit'), now(), 1, now() - INTERVAL '8 days',
        now() - INTERVAL '8 days', '', now() - INTERVAL '8 days', other.id, kit.created_by_id,
        kit.id, kit.created_by_id
    FROM kit JOIN accounts_user AS other ON other.username = 'seed.' || kit.unit_id || '.2'
    RETURNING id, kit_id
)
INSERT INTO campaigns_adoption (public_id, opened_at, adopted_at, declined_at, reason, remark,
    values, by_id, unit_id, kit_id, version_id)
SELECT gen_random_uuid(), now() - INTERVAL '6 days',
    CASE WHEN unit.id %% 10 < 6 THEN now() - INTERVAL '5 days' END,
    CASE WHEN unit.id %% 10 = 6 THEN now() - INTERVAL '5 days' END,
    CASE WHEN unit.id %% 10 = 6 THEN 'done_already' ELSE '' END, '', '{}', person.id, unit.id,
    version.kit_id, version.id
FROM version CROSS JOIN units_unit AS unit
JOIN accounts_user AS person ON person.username = 'seed.' || unit.id || '.1'
WHERE unit.has_police_body AND unit.id %% 10 < 8;
UPDATE campaigns_kit SET current_id = version.id FROM campaigns_kitversion AS version
WHERE version.kit_id = campaigns_kit.id;
UPDATE posts_post SET adoption_id = adoption.id
FROM campaigns_adoption AS adoption CROSS JOIN LATERAL (
    SELECT id FROM posts_post WHERE unit_id = adoption.unit_id ORDER BY changed_at DESC LIMIT 1
) AS newest WHERE newest.id = posts_post.id AND adopted_at IS NOT NULL
"""
# What a look at each page found; a thirtieth was not read of late.
_LOOKS = """
INSERT INTO channels_pagecheck (channel_id, picture, cover, description, address, phone, hours,
    register, pinned, recent, verified, texts, told, confirmed_on, last_post_at, read_at, due_at)
SELECT id, random() < 0.9, random() < 0.7, random() < 0.8, random() < 0.6, random() < 0.6,
    random() < 0.3, CASE WHEN random() < 0.5 THEN true END, random() < 0.2, random() < 0.8,
    random() < 0.4, '{}', '["picture", "description", "phone"]', '{}', now() - INTERVAL '2 days',
    now() - CASE WHEN id %% 30 = 0 THEN INTERVAL '20 days' ELSE INTERVAL '6 hours' END,
    now() + INTERVAL '18 hours' FROM channels_channel
"""
# Rows by the million: their indexes are made when all rows are there.
_FILLED = {
    "deliveries": "publishing_delivery",
    "counts": "engagement_count",
    "entries of the record": "audit_entry",
}
STEPS = {
    "people": _PEOPLE,
    "channels": _CHANNELS,
    "campaigns": _CAMPAIGNS,
    "posts": _POSTS,
    "revisions": _REVISIONS,
    "deliveries": _DELIVERIES,
    "counts": _COUNTS,
    "entries of the record": _RECORD,
    "a kit": _KITS,
    "looks at pages": _LOOKS,
}


def seed_nation(*, share: float) -> Iterator[str]:
    """Fill an empty PostgreSQL database as its superuser; yield each step as it begins."""
    if settings.PRODUCTION or Post.objects.exists():
        raise Refused("A national load is for an empty database, never for one in production.")
    if not Unit.objects.exists():
        load_units(settings.BASE_DIR / "data" / "units.csv")
    params: dict[str, Any] = {
        "days": max(30, round(DAYS * share)),
        "posts": round(POSTS * share),
        "platforms": list(PLATFORMS),
        "looks": list(COUNT_AGES),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL work_mem = '512MB'")
        cursor.execute("SET LOCAL maintenance_work_mem = '1GB'")
        # Neither guards of rows nor checks of foreign keys, 60 million at share 1: these
        # statements keep both.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for name, sql in STEPS.items():
            yield name
            indexes = _drop_indexes(_FILLED[name]) if name in _FILLED else []
            cursor.execute(sql, params)
            for index in indexes:
                cursor.execute(index)


def _drop_indexes(table: str) -> list[str]:
    """Drop the indexes of a table that no constraint needs; return what makes them again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND schemaname = "
            "current_schema() AND indexname NOT IN (SELECT conname FROM pg_constraint)",
            [table],
        )
        indexes = cursor.fetchall()
        for name, _made in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
    # As PostgreSQL writes them, those of a table in partitions would be made of no partition.
    return [made.replace(" ON ONLY ", " ON ") for _name, made in indexes]
