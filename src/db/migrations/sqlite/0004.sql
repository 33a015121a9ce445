-- A print file can be of more kinds, and bears the picture of the finished product that shows it.
CREATE TABLE print_files_new (
    item_id        INTEGER NOT NULL REFERENCES items,
    revision       INTEGER NOT NULL,
    area           TEXT NOT NULL,
    place          INTEGER NOT NULL,
    hash           TEXT NOT NULL REFERENCES files,
    width_px       INTEGER NOT NULL,
    height_px      INTEGER NOT NULL,
    dpi            INTEGER NOT NULL,
    extension      TEXT NOT NULL CHECK (extension IN ('png', 'jpg', 'tif', 'pdf', 'svg')),
    preview        TEXT REFERENCES files,
    mockup         TEXT REFERENCES files,
    made_at        TEXT NOT NULL,
    PRIMARY KEY (item_id, revision, area)
) STRICT, WITHOUT ROWID;

INSERT INTO print_files_new
SELECT item_id, revision, area, place, hash, width_px, height_px, dpi, extension, preview, NULL, made_at
FROM print_files;

DROP TABLE print_files;
ALTER TABLE print_files_new RENAME TO print_files;

CREATE INDEX print_files_hash ON print_files (hash);
CREATE INDEX print_files_preview ON print_files (preview) WHERE preview IS NOT NULL;
CREATE INDEX print_files_mockup ON print_files (mockup) WHERE mockup IS NOT NULL;
