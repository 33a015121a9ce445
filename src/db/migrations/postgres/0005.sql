-- How strict the checks of a product's prints are, and what they told of a print; fonts for every design.
ALTER TABLE products ADD COLUMN checks TEXT NOT NULL DEFAULT '';

CREATE TABLE remarks (
    item_id        BIGINT NOT NULL REFERENCES items,
    revision       BIGINT NOT NULL,
    nth            BIGINT NOT NULL,
    code           TEXT NOT NULL,
    place          TEXT NOT NULL,
    detail         TEXT NOT NULL,
    PRIMARY KEY (item_id, revision, nth)
);

CREATE TABLE fonts (
    file           TEXT PRIMARY KEY,
    hash           TEXT NOT NULL REFERENCES files,
    families       TEXT NOT NULL,
    about          TEXT NOT NULL,
    added_at       TEXT NOT NULL,
    added_by       TEXT NOT NULL
);
