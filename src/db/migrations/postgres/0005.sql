-- How strict the checks of a product's prints are, and what they told of a print.
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
