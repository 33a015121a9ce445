INSERT INTO revision_values (item_id, revision, field, kind, photo_hash, crop, turn) VALUES (1, 1, 'photo', 'photo', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '0,0,500,500', '90m');
INSERT INTO design_tests (name, field, photo_hash, turn) VALUES ('mug', 'turned', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '180');
