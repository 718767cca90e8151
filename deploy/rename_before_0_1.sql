-- For docs/moving_to_0_1.md: the tables and columns of an installation made before 0.1, as they are named since.

ALTER TABLE channels_foreignpost RENAME TO channels_unrecognisedpost;
ALTER SEQUENCE channels_foreignpost_id_seq RENAME TO channels_unrecognisedpost_id_seq;
ALTER TABLE engagement_deskallowance RENAME TO engagement_replyallowance;
ALTER SEQUENCE engagement_deskallowance_id_seq RENAME TO engagement_replyallowance_id_seq;
ALTER TABLE engagement_thinned RENAME TO engagement_downsampleduntil;
ALTER SEQUENCE engagement_thinned_id_seq RENAME TO engagement_downsampleduntil_id_seq;
ALTER TABLE media_film_edit RENAME TO media_video_edit;
ALTER SEQUENCE media_film_edit_id_seq RENAME TO media_video_edit_id_seq;
ALTER TABLE posts_media RENAME TO media_media;
ALTER SEQUENCE posts_media_id_seq RENAME TO media_media_id_seq;
ALTER TABLE posts_media_tags RENAME TO media_media_tags;
ALTER SEQUENCE posts_media_tags_id_seq RENAME TO media_media_tags_id_seq;
ALTER TABLE posts_upload RENAME TO media_upload;
ALTER SEQUENCE posts_upload_id_seq RENAME TO media_upload_id_seq;
ALTER TABLE publishing_alarm RENAME TO operations_alarm;
ALTER SEQUENCE publishing_alarm_id_seq RENAME TO operations_alarm_id_seq;
ALTER TABLE publishing_gate RENAME TO publishing_ratelimit;
ALTER SEQUENCE publishing_gate_id_seq RENAME TO publishing_ratelimit_id_seq;
ALTER TABLE publishing_pulse RENAME TO publishing_heartbeat;

ALTER TABLE accounts_delegation RENAME chief_held TO chief_position;
ALTER TABLE accounts_delegation RENAME deputy_held TO deputy_position;
ALTER TABLE accounts_delegation RENAME ended_held TO ended_position;
ALTER TABLE accounts_waiver RENAME post_held TO position;
ALTER TABLE audit_entry RENAME post_held TO actor_position;
ALTER TABLE channels_channel RENAME life TO lifecycle;
ALTER TABLE channels_channel RENAME life_reason TO lifecycle_reason;
ALTER TABLE channels_channel RENAME life_since TO lifecycle_since;
ALTER TABLE channels_channel RENAME looked_at TO last_checked_at;
ALTER TABLE channels_channel RENAME look_at TO check_at;
ALTER TABLE channels_hookevent RENAME told_at TO reported_at;
ALTER TABLE channels_unrecognisedpost RENAME post_held TO position;
ALTER TABLE operations_alarm RENAME tell_at TO report_at;
ALTER TABLE operations_alarm RENAME tells TO reports;
ALTER TABLE posts_comment RENAME post_held TO position;
ALTER TABLE posts_post RENAME wanted_at TO requested_time;
ALTER TABLE posts_review RENAME passed TO overridden;
ALTER TABLE posts_review RENAME post_held TO position;
ALTER TABLE publishing_broadcast RENAME wanted_at TO requested_time;
ALTER TABLE publishing_delivery RENAME hand_until TO manual_deadline;
ALTER TABLE publishing_freeze RENAME doubted_at TO marked_unknown_at;
ALTER TABLE publishing_heartbeat RENAME rung_at TO last_seen_at;
ALTER TABLE publishing_recall RENAME post_held TO position;
ALTER TABLE posts_postchannel RENAME by_hand TO switched_by_person;
ALTER TABLE channels_pagecheck RENAME by_hand TO confirmed_on;
ALTER TABLE media_scan RENAME eye_by_id TO reviewed_by_id;
ALTER TABLE media_scan RENAME eye_at TO reviewed_at;
ALTER TABLE media_scan RENAME lacking TO missing;
ALTER TABLE campaigns_kitversion RENAME slots TO placeholders;

ALTER TABLE posts_leakcount ALTER outcome TYPE varchar(12);

UPDATE accounts_notice SET kind = 'video_made' WHERE kind = 'film_made';
UPDATE core_job SET kind = 'video' WHERE kind = 'film';
UPDATE publishing_heartbeat SET queue = 'reconcile' WHERE queue = 'settle';
UPDATE publishing_heartbeat SET queue = 'maintenance' WHERE queue = 'house';
UPDATE posts_leakcount SET outcome = CASE outcome
    WHEN 'held' THEN 'blocked' WHEN 'passed' THEN 'overridden' ELSE 'acknowledged' END;
UPDATE engagement_export SET kind = 'adoption' WHERE kind = 'take_up';

-- Share links of posts and of kits stand in one table.
ALTER TABLE publishing_share RENAME TO publishing_sharelink;
ALTER SEQUENCE publishing_share_id_seq RENAME TO publishing_sharelink_id_seq;
ALTER TABLE publishing_sharelink
    ALTER post_id DROP NOT NULL,
    ALTER revision_id DROP NOT NULL,
    ADD kit_id bigint,
    ADD version_id bigint,
    ADD "values" jsonb NOT NULL DEFAULT '{}';
INSERT INTO publishing_sharelink
    (public_id, unit_id, partner_id, kit_id, version_id, "values", link_id, secret_hash, made_by_id, made_at, expires_on, revoked_at)
SELECT public_id, unit_id, partner_id, kit_id, version_id, "values", link_id, secret_hash, made_by_id, made_at, expires_on, revoked_at
FROM publishing_kitshare;
DROP TABLE publishing_kitshare;

ALTER TABLE accounts_user ADD COLUMN open_folds jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN saved_views jsonb NOT NULL DEFAULT '{}';

-- Snippets stand among the templates, by their kind.
ALTER TABLE posts_template ADD COLUMN kind varchar(10) NOT NULL DEFAULT 'post';
ALTER TABLE posts_template ALTER COLUMN topic_id DROP NOT NULL;
INSERT INTO posts_template (public_id, kind, unit_id, title, text, topic_id, hashtags, months, texts, variables, uses,
                            code, version, changed_by_id, changed_at, archived_at, search)
    SELECT public_id, kind, unit_id, name, text, topic_id, '', 0, '{}', '[]', 0,
           code, version, changed_by_id, changed_at, archived_at, search
    FROM posts_snippet;
DROP TABLE posts_snippet;
