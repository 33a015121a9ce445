INSERT INTO labels (id, key, name, tone) VALUES (1, 'rush', 'Rush', 3);
INSERT INTO order_labels (order_id, label_id) VALUES (1, 1);
INSERT INTO assignments (order_id, person_id) VALUES (1, 1);
INSERT INTO preferences (person_id, columns, density, sort) VALUES (1, 'picture,customer,total', 'compact', 'oldest');
