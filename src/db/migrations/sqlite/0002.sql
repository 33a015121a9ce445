-- Labels of orders, who looks after an order, and how each person likes their pages.

-- Words that people put on orders. One that no order carries is forgotten.
CREATE TABLE labels (
    id             INTEGER PRIMARY KEY,
    key            TEXT NOT NULL UNIQUE,   -- the name in small letters
    name           TEXT NOT NULL,
    tone           INTEGER NOT NULL CHECK (0 <= tone AND tone < 6)
) STRICT;

CREATE TABLE order_labels (
    order_id       INTEGER NOT NULL REFERENCES orders,
    label_id       INTEGER NOT NULL REFERENCES labels,
    PRIMARY KEY (order_id, label_id)
) STRICT;
CREATE INDEX order_labels_label ON order_labels (label_id, order_id);

-- The one person who looks after an order.
CREATE TABLE assignments (
    order_id       INTEGER PRIMARY KEY REFERENCES orders,
    person_id      INTEGER NOT NULL REFERENCES people
) STRICT;
CREATE INDEX assignments_person ON assignments (person_id, order_id);

-- What a person chose for their own pages; without a row all is as usual.
CREATE TABLE preferences (
    person_id      INTEGER PRIMARY KEY REFERENCES people,
    columns        TEXT NOT NULL,          -- of the order list: picture,customer,items
    density        TEXT NOT NULL CHECK (density IN ('comfortable', 'compact')),
    sort           TEXT NOT NULL,          -- of the order list, where its address says nothing
    has_keys       INTEGER NOT NULL DEFAULT 1 CHECK (has_keys IN (0, 1))
) STRICT;
