INSERT INTO remarks (item_id, revision, nth, code, place, detail) VALUES (1, 1, 0, 'text_shrunk', 'Name', '62 % of its size on wrap');
INSERT INTO fonts (file, hash, families, about, added_at, added_by) VALUES ('Amatic-Bold.ttf', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'Amatic SC', 'Bold; Latin', '2026-01-01T00:00:00.000Z', 'ann');
