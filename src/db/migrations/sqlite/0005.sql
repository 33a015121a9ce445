-- How strict the checks of a product's prints are, and what they told of a print; fonts for every design.
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

CREATE TABLE fonts (
    file           TEXT PRIMARY KEY,       -- its name, such as Amatic-Bold.ttf
    hash           TEXT NOT NULL REFERENCES files,
    families       TEXT NOT NULL,          -- as drawings name them, a line each
    about          TEXT NOT NULL,          -- style and scripts, for people
    added_at       TEXT NOT NULL,
    added_by       TEXT NOT NULL
) STRICT, WITHOUT ROWID;
