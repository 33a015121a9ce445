INSERT INTO remarks (item_id, revision, nth, code, place, detail) VALUES (1, 1, 0, 'text_shrunk', 'Name', '62 % of its size on wrap');
