-- Photos can be turned by quarters and mirrored: "90", "180m"; nothing where they stand as they were given.
ALTER TABLE revision_values ADD COLUMN turn TEXT;
ALTER TABLE design_tests ADD COLUMN turn TEXT;
