-- Moments are TEXT in UTC with milliseconds, always the same width: text sorts as time does.
-- A CHECK names its words with OR and not with IN: SQLite builds a table for each IN of three and more
-- whenever a row is written, which costs more than the row.
-- A table whose key is not a number of its own has no rowid: its rows stand in the tree of their key,
-- and not in a second one besides.

CREATE TABLE shops (
    id             INTEGER PRIMARY KEY,
    name           TEXT NOT NULL UNIQUE,
    url            TEXT NOT NULL,
    go_live_at     TEXT NOT NULL,
    cursor_at      TEXT,                   -- largest change seen in a finished sweep
    polled_at      TEXT,                   -- last finished sweep
    is_enabled     INTEGER NOT NULL DEFAULT 1 CHECK (is_enabled IN (0, 1))
) STRICT;

CREATE TABLE providers (
    id             INTEGER PRIMARY KEY,
    name           TEXT NOT NULL UNIQUE,
    kind           TEXT NOT NULL,
    delay_s        INTEGER CHECK (0 <= delay_s),
    is_enabled     INTEGER NOT NULL DEFAULT 1 CHECK (is_enabled IN (0, 1)),
    paused_at      TEXT,
    paused_why     TEXT NOT NULL DEFAULT ''
) STRICT;

-- Bytes live in a folder under their hash; a row is touched before its file is stored, and swept
-- in a transaction before its file is removed.
CREATE TABLE files (
    hash           TEXT PRIMARY KEY,
    bytes          INTEGER NOT NULL,
    kind           TEXT NOT NULL,          -- png, jpg, webp, svg, toml, font, other
    touched_at     TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX files_touched ON files (touched_at);

CREATE TABLE designs (
    hash           TEXT PRIMARY KEY,
    name           TEXT NOT NULL,
    title          TEXT NOT NULL,
    added_at       TEXT NOT NULL,
    is_current     INTEGER NOT NULL CHECK (is_current IN (0, 1)),
    added_by       TEXT NOT NULL DEFAULT '',
    preview        TEXT REFERENCES files   -- its first area with example values
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX designs_current ON designs (name) WHERE is_current = 1;

CREATE TABLE design_files (
    design_hash    TEXT NOT NULL REFERENCES designs,
    path           TEXT NOT NULL,
    file_hash      TEXT NOT NULL REFERENCES files,
    PRIMARY KEY (design_hash, path)
) STRICT, WITHOUT ROWID;

CREATE INDEX design_files_file ON design_files (file_hash);

-- What a design is tried out with, by its name: the next version is tried out with the same.
CREATE TABLE design_tests (
    name           TEXT NOT NULL,
    field          TEXT NOT NULL,
    text           TEXT,
    photo_hash     TEXT REFERENCES files,
    crop           TEXT,
    PRIMARY KEY (name, field),
    CHECK ((text IS NULL) <> (photo_hash IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX design_tests_photo ON design_tests (photo_hash) WHERE photo_hash IS NOT NULL;

CREATE TABLE products (
    id             INTEGER PRIMARY KEY,
    shop_id        INTEGER NOT NULL REFERENCES shops,
    match_kind     TEXT NOT NULL CHECK (match_kind = 'variation' OR match_kind = 'product'
                       OR match_kind = 'sku'),
    match_key      TEXT NOT NULL,
    made           TEXT NOT NULL CHECK (made IN ('here', 'elsewhere')),
    design         TEXT NOT NULL DEFAULT '',
    provider       TEXT NOT NULL DEFAULT '',
    provider_sku   TEXT NOT NULL DEFAULT '',
    routes         TEXT NOT NULL DEFAULT '',   -- DE+AT=provider:variant; …
    steps          TEXT,                   -- NULL: the shop's setting
    delay_s        INTEGER CHECK (0 <= delay_s),
    copies         TEXT NOT NULL DEFAULT 'as_designed'
                   CHECK (copies = 'alike' OR copies = 'differ' OR copies = 'as_designed'),
    doubts         TEXT NOT NULL DEFAULT '',   -- what spoke against it when it was last looked at, a line each
    UNIQUE (shop_id, match_kind, match_key),
    CHECK (made = 'elsewhere' OR (design <> '' AND provider <> ''))
) STRICT;

CREATE TABLE deliveries (
    id             INTEGER PRIMARY KEY,
    shop_id        INTEGER NOT NULL REFERENCES shops,
    hook_id        TEXT NOT NULL,
    topic          TEXT NOT NULL,
    shop_order_id  INTEGER,
    body_hash      TEXT NOT NULL,
    body           TEXT NOT NULL,
    received_at    TEXT NOT NULL,
    times          INTEGER NOT NULL DEFAULT 1,
    outcome        TEXT NOT NULL DEFAULT '',
    UNIQUE (shop_id, hook_id, topic, body_hash)
) STRICT;
CREATE INDEX deliveries_received ON deliveries (received_at);

-- Orders of the shop that do not concern us, so that nothing disappears without a word.
CREATE TABLE passed_orders (
    shop_id        INTEGER NOT NULL REFERENCES shops,
    shop_order_id  INTEGER NOT NULL,
    number         TEXT NOT NULL,
    why            TEXT NOT NULL,
    seen_at        TEXT NOT NULL,
    PRIMARY KEY (shop_id, shop_order_id)
) STRICT, WITHOUT ROWID;

-- What such an order is about: no row of the product map explains it yet.
CREATE TABLE passed_lines (
    shop_id        INTEGER NOT NULL,
    shop_order_id  INTEGER NOT NULL,
    place          INTEGER NOT NULL,
    name           TEXT NOT NULL,
    sku            TEXT NOT NULL,
    product_id     INTEGER NOT NULL,
    variation_id   INTEGER NOT NULL,
    PRIMARY KEY (shop_id, shop_order_id, place),
    FOREIGN KEY (shop_id, shop_order_id) REFERENCES passed_orders
) STRICT, WITHOUT ROWID;

CREATE TABLE orders (
    id               INTEGER PRIMARY KEY,
    shop_id          INTEGER NOT NULL REFERENCES shops,
    shop_order_id    INTEGER,
    order_key        TEXT NOT NULL,
    number           TEXT NOT NULL,
    source           TEXT NOT NULL,
    state            TEXT NOT NULL CHECK (state = 'awaiting_payment' OR state = 'open' OR state = 'closed'
                       OR state = 'cancelled'),
    shop_status      TEXT NOT NULL,
    shop_modified_at TEXT NOT NULL,
    told_hash        TEXT NOT NULL,        -- what the shop last told of it, to notice changes
    placed_at        TEXT NOT NULL,
    paid_at          TEXT,
    currency         TEXT NOT NULL,
    total_minor      INTEGER NOT NULL,
    first_name       TEXT NOT NULL,
    last_name        TEXT NOT NULL,
    company          TEXT NOT NULL,
    address_1        TEXT NOT NULL,
    address_2        TEXT NOT NULL,
    city             TEXT NOT NULL,
    province         TEXT NOT NULL,
    postcode         TEXT NOT NULL,
    country          TEXT NOT NULL,
    phone            TEXT NOT NULL,
    email            TEXT NOT NULL,
    shipping_method  TEXT NOT NULL,
    note             TEXT NOT NULL,
    delay_s          INTEGER CHECK (0 <= delay_s),
    together         TEXT NOT NULL CHECK (together = 'order' OR together = 'provider' OR together = 'item'),
    approval         TEXT NOT NULL CHECK (approval IN ('automatic', 'manual')),
    ledger_told      TEXT NOT NULL DEFAULT '', -- our submissions as the shop was told of them
    address_by       TEXT NOT NULL DEFAULT 'shop' CHECK (address_by IN ('shop', 'staff')),
    edit_lease_until TEXT,
    edit_lease_by    TEXT NOT NULL DEFAULT '',
    deadline_at      TEXT,
    received_at      TEXT NOT NULL,
    closed_at        TEXT,
    erased_at        TEXT                  -- nothing of the customer is left since
) STRICT;
CREATE INDEX orders_kept ON orders (closed_at) WHERE closed_at IS NOT NULL AND erased_at IS NULL;
CREATE UNIQUE INDEX orders_shop ON orders (shop_id, shop_order_id) WHERE shop_order_id IS NOT NULL;
CREATE INDEX orders_email ON orders (email, placed_at) WHERE email <> '';
CREATE INDEX orders_received ON orders (received_at, id);

CREATE TABLE lines (
    id             INTEGER PRIMARY KEY,
    order_id       INTEGER NOT NULL REFERENCES orders,
    shop_line_id   INTEGER NOT NULL,
    name           TEXT NOT NULL,
    sku            TEXT NOT NULL,
    product_id     INTEGER NOT NULL,
    variation_id   INTEGER NOT NULL,
    quantity       INTEGER NOT NULL CHECK (0 <= quantity),
    refunded       INTEGER NOT NULL DEFAULT 0 CHECK (0 <= refunded),
    kind           TEXT NOT NULL CHECK (kind = 'printed' OR kind = 'passes_by' OR kind = 'unmapped'),
    total_minor    INTEGER NOT NULL,
    UNIQUE (order_id, shop_line_id)
) STRICT;

-- Pictures that came with a line from elsewhere, such as a marketplace's preview: shown beside the values.
CREATE TABLE line_pictures (
    line_id        INTEGER NOT NULL REFERENCES lines,
    hash           TEXT NOT NULL REFERENCES files,
    PRIMARY KEY (line_id, hash)
) STRICT, WITHOUT ROWID;

-- What the columns of a source's table mean, as somebody said last; by its head row.
CREATE TABLE import_maps (
    source         TEXT NOT NULL,
    head           TEXT NOT NULL,          -- hash of the head row
    columns        TEXT NOT NULL,          -- one word for each column, with commas between them
    changed_at     TEXT NOT NULL,
    changed_by     TEXT NOT NULL,
    PRIMARY KEY (source, head)
) STRICT, WITHOUT ROWID;

-- What the customer typed and chose, as it was placed: shown beside the values, never written back.
CREATE TABLE line_meta (
    line_id        INTEGER NOT NULL REFERENCES lines,
    place          INTEGER NOT NULL,
    name           TEXT NOT NULL,
    value          TEXT NOT NULL,
    source         TEXT NOT NULL CHECK (source = 'plugin' OR source = 'visible' OR source = 'hidden'),
    PRIMARY KEY (line_id, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE items (
    id             INTEGER PRIMARY KEY,
    order_id       INTEGER NOT NULL REFERENCES orders,
    line_id        INTEGER NOT NULL REFERENCES lines,
    copy           INTEGER NOT NULL,
    quantity       INTEGER NOT NULL CHECK (0 <= quantity),
    reprints       INTEGER NOT NULL DEFAULT 0 CHECK (0 <= reprints),
    steps          TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state = 'dropped' OR state = 'awaiting_input'
                       OR state = 'awaiting_review' OR state = 'making'
                       OR state = 'awaiting_check' OR state = 'awaiting_approval'
                       OR state = 'ready'),
    provider_id    INTEGER NOT NULL REFERENCES providers,
    provider_sku   TEXT NOT NULL,
    delay_s        INTEGER CHECK (0 <= delay_s),
    revision       INTEGER NOT NULL CHECK (1 <= revision),
    dropped_at     TEXT,
    UNIQUE (line_id, copy),
    CHECK ((state = 'dropped') = (dropped_at IS NOT NULL))
) STRICT;
CREATE INDEX items_order ON items (order_id, line_id, copy);

CREATE TABLE revisions (
    item_id        INTEGER NOT NULL REFERENCES items,
    revision       INTEGER NOT NULL CHECK (1 <= revision),
    design_hash    TEXT NOT NULL REFERENCES designs,
    areas          TEXT NOT NULL,          -- the design's areas, comma between
    made_at        TEXT NOT NULL,
    made_by        TEXT NOT NULL,
    why            TEXT NOT NULL,
    PRIMARY KEY (item_id, revision)
) STRICT, WITHOUT ROWID;

CREATE TABLE revision_values (
    item_id        INTEGER NOT NULL,
    revision       INTEGER NOT NULL,
    field          TEXT NOT NULL,
    kind           TEXT NOT NULL CHECK (kind IN ('text', 'photo')),
    text           TEXT NOT NULL DEFAULT '',
    photo_hash     TEXT REFERENCES files,
    crop           TEXT,                   -- left,top,width,height in thousandths
    PRIMARY KEY (item_id, revision, field),
    FOREIGN KEY (item_id, revision) REFERENCES revisions,
    CHECK ((kind = 'photo') = (photo_hash IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX revision_values_photo ON revision_values (photo_hash) WHERE photo_hash IS NOT NULL;

CREATE TABLE pieces (
    item_id        INTEGER NOT NULL REFERENCES items,
    field          TEXT NOT NULL,
    given          INTEGER,                -- the revision it was last given in
    verdict        TEXT CHECK (verdict = 'accepted' OR verdict = 'rejected' OR verdict = 'waived'),
    notes          TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (item_id, field)
) STRICT, WITHOUT ROWID;

CREATE TABLE print_files (
    item_id        INTEGER NOT NULL REFERENCES items,
    revision       INTEGER NOT NULL,
    area           TEXT NOT NULL,
    place          INTEGER NOT NULL,
    hash           TEXT NOT NULL REFERENCES files,
    width_px       INTEGER NOT NULL,
    height_px      INTEGER NOT NULL,
    dpi            INTEGER NOT NULL,
    extension      TEXT NOT NULL CHECK (extension IN ('png', 'jpg')),
    preview        TEXT REFERENCES files,
    made_at        TEXT NOT NULL,
    PRIMARY KEY (item_id, revision, area)
) STRICT, WITHOUT ROWID;

CREATE INDEX print_files_hash ON print_files (hash);
CREATE INDEX print_files_preview ON print_files (preview) WHERE preview IS NOT NULL;

CREATE TABLE verdicts (
    item_id        INTEGER NOT NULL REFERENCES items,
    revision       INTEGER NOT NULL,
    kind           TEXT NOT NULL CHECK (kind IN ('passed', 'approved')),
    seal           TEXT NOT NULL,          -- of the very bytes that were looked at
    by_whom        TEXT NOT NULL,
    at             TEXT NOT NULL,
    PRIMARY KEY (item_id, revision, kind, seal)
) STRICT, WITHOUT ROWID;

CREATE TABLE fulfilments (
    id                INTEGER PRIMARY KEY,
    order_id          INTEGER NOT NULL REFERENCES orders,
    provider_id       INTEGER NOT NULL REFERENCES providers,
    state             TEXT NOT NULL CHECK (state = 'gathering' OR state = 'awaiting_submit' OR state = 'countdown'
                       OR state = 'submitting' OR state = 'in_production' OR state = 'refused'
                       OR state = 'shipped' OR state = 'cancelled' OR state = 'superseded'),
    stage             TEXT CHECK (stage = 'intent' OR stage = 'unknown' OR stage = 'person'),
    submit_at         TEXT,
    submit_at_kept    TEXT,
    due_seen_at       TEXT, -- a copied installation saw it due, and lets its twin go first
    reference         TEXT UNIQUE,
    edition           INTEGER NOT NULL DEFAULT 0 CHECK (0 <= edition),
    attempt           INTEGER NOT NULL DEFAULT 0 CHECK (0 <= attempt),
    payload_hash      TEXT,
    intent_at         TEXT,
    misses            INTEGER NOT NULL DEFAULT 0,
    first_miss_at     TEXT,
    correction_hash   TEXT, -- of a correction that was sent and has no answer yet
    correction_at     TEXT,
    held_first_at     TEXT, -- placed on hold there, to be compared and released
    release_at        TEXT, -- the release may have been sent
    released_at       TEXT,
    provider_order_id TEXT,
    price_minor       INTEGER,
    price_currency    TEXT,
    counts_milli      INTEGER, -- what it counts with against limits of money, in thousandths
    provider_word     TEXT NOT NULL DEFAULT '',
    provider_mark     TEXT NOT NULL DEFAULT '', -- of its last answer, to notice changes
    can_correct       INTEGER CHECK (can_correct = 0 OR can_correct = 1), -- as it last said
    since             TEXT NOT NULL,
    deadline_at       TEXT,
    next_action       TEXT NOT NULL,
    CHECK ((state = 'countdown') = (submit_at IS NOT NULL)),
    CHECK ((correction_hash IS NULL) = (correction_at IS NULL)),
    CHECK (released_at IS NULL OR held_first_at IS NOT NULL),
    CHECK ((state = 'submitting') = (stage IS NOT NULL)),
    CHECK ((state <> 'submitting' AND state <> 'in_production'
                       AND state <> 'shipped') OR reference IS NOT NULL)
) STRICT;
CREATE INDEX fulfilments_order ON fulfilments (order_id, id);
CREATE INDEX fulfilments_due ON fulfilments (deadline_at) WHERE deadline_at IS NOT NULL;
CREATE INDEX fulfilments_intents ON fulfilments (intent_at) WHERE intent_at IS NOT NULL;
CREATE INDEX fulfilments_state ON fulfilments (state);
CREATE INDEX fulfilments_correction ON fulfilments (correction_at) WHERE correction_at IS NOT NULL;

CREATE TABLE fulfilment_lines (
    fulfilment_id  INTEGER NOT NULL REFERENCES fulfilments,
    item_id        INTEGER NOT NULL REFERENCES items,
    quantity       INTEGER NOT NULL CHECK (1 <= quantity),
    shipped        INTEGER NOT NULL DEFAULT 0 CHECK (0 <= shipped),
    given_up       INTEGER NOT NULL DEFAULT 0 CHECK (0 <= given_up),
    revision       INTEGER,
    PRIMARY KEY (fulfilment_id, item_id),
    CHECK (shipped + given_up <= quantity)
) STRICT, WITHOUT ROWID;
CREATE INDEX fulfilment_lines_item ON fulfilment_lines (item_id);

CREATE TABLE holds (
    id             INTEGER PRIMARY KEY,
    order_id       INTEGER NOT NULL REFERENCES orders,
    item_id        INTEGER REFERENCES items,
    fulfilment_id  INTEGER REFERENCES fulfilments,
    what           TEXT NOT NULL,
    place          TEXT NOT NULL,
    detail         TEXT NOT NULL,
    set_by         TEXT NOT NULL,
    set_at         TEXT NOT NULL,
    lifted_by      TEXT,
    lifted_at      TEXT,
    CHECK (item_id IS NULL OR fulfilment_id IS NULL),
    CHECK ((lifted_by IS NULL) = (lifted_at IS NULL))
) STRICT;
CREATE INDEX holds_open ON holds (order_id) WHERE lifted_at IS NULL;

CREATE TABLE shipments (
    id              INTEGER PRIMARY KEY,
    order_id        INTEGER NOT NULL REFERENCES orders,
    fulfilment_id   INTEGER NOT NULL REFERENCES fulfilments,
    parcel_key      TEXT NOT NULL,
    carrier         TEXT NOT NULL,
    tracking_number TEXT NOT NULL,
    tracking_url    TEXT NOT NULL,
    shipped_at      TEXT NOT NULL,
    shop_told_at    TEXT,
    UNIQUE (fulfilment_id, parcel_key, tracking_number)
) STRICT;
CREATE INDEX shipments_order ON shipments (order_id);

-- Pages of carriers that a provider's hook told of, perhaps before the parcel itself was known.
CREATE TABLE tracking_links (
    fulfilment_id   INTEGER NOT NULL REFERENCES fulfilments,
    tracking_number TEXT NOT NULL,
    url             TEXT NOT NULL,
    PRIMARY KEY (fulfilment_id, tracking_number)
) STRICT, WITHOUT ROWID;

CREATE TABLE shipment_lines (
    shipment_id    INTEGER NOT NULL REFERENCES shipments,
    item_id        INTEGER NOT NULL REFERENCES items,
    quantity       INTEGER NOT NULL CHECK (1 <= quantity),
    PRIMARY KEY (shipment_id, item_id)
) STRICT, WITHOUT ROWID;

-- What a provider may fetch without a log-in.
CREATE TABLE file_links (
    token          TEXT NOT NULL,
    hash           TEXT NOT NULL REFERENCES files,
    fulfilment_id  INTEGER NOT NULL REFERENCES fulfilments,
    extension      TEXT NOT NULL,
    expires_at     TEXT,                   -- NULL until it is known when it shipped
    PRIMARY KEY (token, hash)
) STRICT, WITHOUT ROWID;

CREATE INDEX file_links_hash ON file_links (hash);
CREATE INDEX file_links_fulfilment ON file_links (fulfilment_id);

CREATE TABLE history (
    id             INTEGER PRIMARY KEY,
    order_id       INTEGER NOT NULL REFERENCES orders,
    at             TEXT NOT NULL,
    actor          TEXT NOT NULL,
    subject        TEXT NOT NULL,          -- order, item 1001-1, wb-main-1001-7-1
    event          TEXT NOT NULL,
    from_state     TEXT NOT NULL,
    to_state       TEXT NOT NULL,
    note           TEXT NOT NULL
) STRICT;
CREATE INDEX history_order ON history (order_id, id);

CREATE TABLE jobs (
    id             INTEGER PRIMARY KEY,
    step           TEXT NOT NULL,          -- which step of the flow
    key            TEXT NOT NULL,          -- what it is about
    lane           TEXT NOT NULL CHECK (lane = 'intake' OR lane = 'money' OR lane = 'shop' OR lane = 'mail'
                       OR lane = 'render'),
    order_id       INTEGER REFERENCES orders,
    state          TEXT NOT NULL DEFAULT 'scheduled' CHECK (state = 'scheduled' OR state = 'running' OR state = 'failed'),
    run_at         TEXT NOT NULL,
    attempt        INTEGER NOT NULL DEFAULT 0 CHECK (0 <= attempt),
    attempt_max    INTEGER NOT NULL,
    crashes        INTEGER NOT NULL DEFAULT 0, -- how often the program ended while it ran alone
    spared         INTEGER NOT NULL DEFAULT 0, -- how often since then the program ended without it
    suspected_at   TEXT,                   -- it was running when the program ended, and has not ended since
    lease_until    TEXT,
    started_at     TEXT,
    finished_at    TEXT,
    outcome        TEXT NOT NULL DEFAULT '',
    errors         TEXT NOT NULL DEFAULT '', -- one line for each failed attempt
    CHECK (state <> 'running' OR started_at IS NOT NULL),
    CHECK ((state = 'failed') = (finished_at IS NOT NULL))
) STRICT;
-- The same work cannot be waiting twice; work asked for while its twin runs is not lost.
CREATE UNIQUE INDEX jobs_one_waiting ON jobs (step, key) WHERE state = 'scheduled';
CREATE INDEX jobs_due ON jobs (run_at, id) WHERE state = 'scheduled';
CREATE INDEX jobs_suspected ON jobs (run_at, id) WHERE suspected_at IS NOT NULL;
CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_order ON jobs (order_id) WHERE order_id IS NOT NULL;

CREATE TABLE alerts (
    id             INTEGER PRIMARY KEY,
    order_id       INTEGER REFERENCES orders,
    key            TEXT NOT NULL,
    what           TEXT NOT NULL,
    place          TEXT NOT NULL,
    detail         TEXT NOT NULL,
    raised_at      TEXT NOT NULL,
    times          INTEGER NOT NULL DEFAULT 1,
    cleared_at     TEXT
) STRICT;
CREATE UNIQUE INDEX alerts_open ON alerts (key) WHERE cleared_at IS NULL;

CREATE TABLE mails (
    id             INTEGER PRIMARY KEY,
    order_id       INTEGER REFERENCES orders,
    kind           TEXT NOT NULL,
    key            TEXT NOT NULL,
    message_id     TEXT NOT NULL UNIQUE,
    recipient      TEXT NOT NULL,
    subject        TEXT NOT NULL,
    text_part      TEXT NOT NULL,
    html_part      TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state = 'waiting' OR state = 'sending' OR state = 'sent'
                       OR state = 'unknown' OR state = 'refused'),
    made_at        TEXT NOT NULL,
    sent_at        TEXT,
    UNIQUE (kind, key),
    CHECK ((state = 'sent') = (sent_at IS NOT NULL))
) STRICT;

-- What people may do. The first two are made here and cannot be changed: whoever is the owner may do
-- everything, or nobody could.
CREATE TABLE roles (
    id             INTEGER PRIMARY KEY,
    name           TEXT NOT NULL UNIQUE,
    rights         TEXT NOT NULL,          -- words with commas between them
    is_fixed       INTEGER NOT NULL DEFAULT 0 CHECK (is_fixed IN (0, 1))
) STRICT;
INSERT INTO roles (name, rights, is_fixed) VALUES ('owner', 'orders,money,products,settings,people', 1);
INSERT INTO roles (name, rights, is_fixed) VALUES ('operator', 'orders,money', 1);

CREATE TABLE people (
    id             INTEGER PRIMARY KEY,
    name           TEXT NOT NULL UNIQUE,
    password_hash  TEXT NOT NULL,
    added_at       TEXT NOT NULL,
    is_enabled     INTEGER NOT NULL DEFAULT 1 CHECK (is_enabled IN (0, 1)),
    email          TEXT NOT NULL DEFAULT '',
    role_id        INTEGER NOT NULL REFERENCES roles,
    factor_sealed  TEXT NOT NULL DEFAULT '', -- the second factor's secret, sealed
    factor_step    INTEGER NOT NULL DEFAULT 0   -- the last of its codes that was taken, none of which counts twice
) STRICT;

-- Codes that stand in for a lost second factor, each once.
CREATE TABLE recovery_codes (
    person_id      INTEGER NOT NULL REFERENCES people,
    code_hash      TEXT NOT NULL,
    PRIMARY KEY (person_id, code_hash)
) STRICT, WITHOUT ROWID;

-- Links that let somebody choose a password once: who is invited, and who forgot it. Only the hash of
-- the token is kept.
CREATE TABLE person_links (
    id             INTEGER PRIMARY KEY,
    token_hash     TEXT NOT NULL UNIQUE,
    purpose        TEXT NOT NULL CHECK (purpose IN ('join', 'reset')),
    person_id      INTEGER REFERENCES people,
    email          TEXT NOT NULL,
    role_id        INTEGER REFERENCES roles,
    made_by        TEXT NOT NULL,
    made_at        TEXT NOT NULL,
    expires_at     TEXT NOT NULL,
    CHECK ((purpose = 'join') = (person_id IS NULL)),
    CHECK ((purpose = 'join') = (role_id IS NOT NULL))
) STRICT;

-- What people did that belongs to no order: who may log in, and what for.
CREATE TABLE acts (
    id             INTEGER PRIMARY KEY,
    at             TEXT NOT NULL,
    person         TEXT NOT NULL,
    what           TEXT NOT NULL
) STRICT;

CREATE TABLE sessions (
    token_hash     TEXT PRIMARY KEY,
    person_id      INTEGER NOT NULL REFERENCES people,
    csrf           TEXT NOT NULL,
    made_at        TEXT NOT NULL,
    used_at        TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Views of the order list that people keep: a query of its address under a name.
CREATE TABLE saved_views (
    id             INTEGER PRIMARY KEY,
    person_id      INTEGER NOT NULL REFERENCES people,
    name           TEXT NOT NULL,
    query          TEXT NOT NULL,
    is_shared      INTEGER NOT NULL DEFAULT 0 CHECK (is_shared IN (0, 1)),
    is_start       INTEGER NOT NULL DEFAULT 0 CHECK (is_start IN (0, 1)),
    UNIQUE (person_id, name)
) STRICT;

CREATE TABLE login_tries (
    id             INTEGER PRIMARY KEY,
    who            TEXT NOT NULL,          -- account:name or address:ip
    at             TEXT NOT NULL
) STRICT;
CREATE INDEX login_tries_who ON login_tries (who, at);

CREATE TABLE switches (
    name           TEXT PRIMARY KEY,       -- stopped
    value          TEXT NOT NULL,
    changed_at     TEXT NOT NULL,
    changed_by     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Orders from elsewhere whose personalisation nobody has: people look it up and fill the design in.
CREATE VIEW orders_needing_design AS
    SELECT items.order_id FROM items JOIN orders ON orders.id = items.order_id
        WHERE items.state = 'awaiting_input' AND orders.source <> 'shop' AND orders.state = 'open'
    UNION SELECT holds.order_id FROM holds JOIN orders ON orders.id = holds.order_id
        WHERE holds.lifted_at IS NULL AND holds.what = 'value_missing' AND orders.source <> 'shop'
          AND orders.state IN ('open', 'awaiting_payment');

-- Orders at which somebody of the staff must do something. Holds whose move is not the staff's, and
-- orders from before the start, would drown the rest; an alert of an order that is done is on the
-- alerts page.
CREATE VIEW orders_needing_people AS
    SELECT order_id FROM holds WHERE lifted_at IS NULL
        AND what NOT IN ('before_go_live', 'not_payable', 'unpaid', 'answer_lost')
    UNION SELECT order_id FROM fulfilments WHERE state IN ('refused', 'awaiting_submit')
    UNION SELECT order_id FROM fulfilments WHERE state = 'submitting' AND stage = 'person'
    UNION SELECT items.order_id FROM items JOIN orders ON orders.id = items.order_id
        WHERE items.state IN ('awaiting_review', 'awaiting_check') AND orders.state = 'open'
    UNION SELECT alerts.order_id FROM alerts JOIN orders ON orders.id = alerts.order_id
        WHERE alerts.cleared_at IS NULL AND orders.state IN ('open', 'awaiting_payment')
    UNION SELECT order_id FROM orders_needing_design;

-- Orders that are being prepared: paid or not, nothing of them counts down or was sent.
CREATE VIEW orders_in_progress AS
    SELECT orders.id AS order_id FROM orders WHERE orders.state IN ('open', 'awaiting_payment')
        AND NOT EXISTS (SELECT 1 FROM fulfilments
                        WHERE fulfilments.order_id = orders.id
                          AND fulfilments.state IN ('countdown', 'submitting', 'in_production'));

-- Orders that are with a provider and have not left.
CREATE VIEW orders_at_providers AS
    SELECT order_id FROM fulfilments WHERE state IN ('submitting', 'in_production');

-- What the tabs of the order list hold, by the word they stand under in the address.
CREATE VIEW order_views AS
    SELECT 'needs-you' AS name, order_id FROM orders_needing_people
    UNION ALL SELECT 'needs-design' AS name, order_id FROM orders_needing_design
    UNION ALL SELECT 'in-progress' AS name, order_id FROM orders_in_progress
    UNION ALL SELECT 'counting-down' AS name, order_id FROM fulfilments WHERE state = 'countdown'
    UNION ALL SELECT 'at-provider' AS name, order_id FROM orders_at_providers
    UNION ALL SELECT 'done' AS name, id AS order_id FROM orders WHERE state IN ('closed', 'cancelled');

-- What was set in the pages: of a section, or of one shop or provider. What config.toml declares wins.
CREATE TABLE settings (
    section        TEXT NOT NULL,          -- mail, alerts, countdown, limits, retention, shop, provider
    name           TEXT NOT NULL,          -- of which shop or provider; empty for a section
    document       TEXT NOT NULL,          -- TOML with the keys of config.toml, without secrets
    is_enabled     INTEGER NOT NULL DEFAULT 1 CHECK (is_enabled IN (0, 1)),
    changed_at     TEXT NOT NULL,
    changed_by     TEXT NOT NULL,
    PRIMARY KEY (section, name)
) STRICT, WITHOUT ROWID;

-- Their secrets, each sealed so that it opens in its own place alone.
CREATE TABLE setting_secrets (
    section        TEXT NOT NULL,
    name           TEXT NOT NULL,
    field          TEXT NOT NULL,
    sealed         TEXT NOT NULL,
    set_at         TEXT NOT NULL,
    PRIMARY KEY (section, name, field)
) STRICT, WITHOUT ROWID;

CREATE TABLE setting_changes (
    id             INTEGER PRIMARY KEY,
    at             TEXT NOT NULL,
    person         TEXT NOT NULL,
    place          TEXT NOT NULL,          -- shop main, limits
    field          TEXT NOT NULL,
    old            TEXT NOT NULL,
    new            TEXT NOT NULL
) STRICT;

-- Shops that were asked for keys through their own approval page, and have not all answered.
CREATE TABLE shop_connections (
    token_hash     TEXT PRIMARY KEY,       -- of the callback's address
    user_hash      TEXT NOT NULL,          -- of what the shop repeats
    name           TEXT NOT NULL,
    url            TEXT NOT NULL,
    made_by        TEXT NOT NULL,
    made_at        TEXT NOT NULL,
    expires_at     TEXT NOT NULL,
    key_sealed     TEXT NOT NULL DEFAULT '',
    secret_sealed  TEXT NOT NULL DEFAULT '',
    permissions    TEXT NOT NULL DEFAULT '',
    arrived_at     TEXT,
    CHECK (arrived_at IS NULL OR (key_sealed <> '' AND secret_sealed <> ''))
) STRICT, WITHOUT ROWID;

-- Print files that were drawn to try everything out. No order has them, so nothing leads to a provider.
CREATE TABLE rehearsals (
    id             INTEGER PRIMARY KEY,
    area           TEXT NOT NULL,
    design         TEXT NOT NULL,
    words          TEXT NOT NULL,
    hash           TEXT NOT NULL REFERENCES files,
    extension      TEXT NOT NULL,
    width_px       INTEGER NOT NULL,
    height_px      INTEGER NOT NULL,
    made_at        TEXT NOT NULL,
    made_by        TEXT NOT NULL
) STRICT;
CREATE INDEX rehearsals_file ON rehearsals (hash);

-- What people write to the customer. The shop mails it, each text once for an order.
CREATE TABLE customer_notes (
    id             INTEGER PRIMARY KEY,
    order_id       INTEGER NOT NULL REFERENCES orders,
    text           TEXT NOT NULL,
    written_by     TEXT NOT NULL,
    written_at     TEXT NOT NULL,
    told_at        TEXT,
    UNIQUE (order_id, text)
) STRICT;
