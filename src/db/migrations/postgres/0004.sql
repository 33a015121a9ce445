-- A print file can be of more kinds, and bears the picture of the finished product that shows it.
ALTER TABLE print_files DROP CONSTRAINT print_files_extension_check;
ALTER TABLE print_files ADD CONSTRAINT print_files_extension_check
    CHECK (extension IN ('png', 'jpg', 'tif', 'pdf', 'svg'));
ALTER TABLE print_files ADD COLUMN mockup TEXT REFERENCES files;
CREATE INDEX print_files_mockup ON print_files (mockup) WHERE mockup IS NOT NULL;
