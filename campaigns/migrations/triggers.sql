CREATE TRIGGER campaigns_campaignresult_append_only BEFORE UPDATE OR DELETE ON campaigns_campaignresult
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER campaigns_campaignresult_no_truncate BEFORE TRUNCATE ON campaigns_campaignresult
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

INSERT INTO campaigns_topic (code, name_vi, name_en, position) VALUES
    ('lua_dao', 'Cảnh báo lừa đảo', 'Scam warnings', 1),
    ('phap_luat', 'Phổ biến, giáo dục pháp luật', 'Legal education', 2),
    ('phong_ngua', 'Phòng ngừa tội phạm', 'Crime prevention', 3),
    ('pccc', 'Phòng cháy, chữa cháy', 'Fire safety', 4),
    ('giao_thong', 'An toàn giao thông', 'Traffic safety', 5),
    ('vneid', 'Hướng dẫn VNeID, thủ tục hành chính', 'VNeID and procedures', 6),
    ('ma_tuy', 'Phòng, chống ma túy', 'Drug prevention', 7),
    ('tre_em', 'Bảo vệ trẻ em', 'Child protection', 8),
    ('thien_tai', 'Phòng, chống thiên tai', 'Natural disasters', 9),
    ('phong_trao', 'Phong trào Toàn dân bảo vệ an ninh Tổ quốc', 'Mass movement for security', 10);
