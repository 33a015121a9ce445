-- How strict the checks of a product's prints are, and what they told of a print.
ALTER TABLE products ADD COLUMN checks TEXT NOT NULL DEFAULT '';   -- text_shrunk=block; …

CREATE TABLE remarks (
    item_id        INTEGER NOT NULL REFERENCES items,
    revision       INTEGER NOT NULL,
    nth            INTEGER NOT NULL,
    code           TEXT NOT NULL,
    place          TEXT NOT NULL,
    detail         TEXT NOT NULL,
    PRIMARY KEY (item_id, revision, nth)
) STRICT, WITHOUT ROWID;
