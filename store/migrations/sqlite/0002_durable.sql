-- What durable runs need: one row per document, blobs, deliveries, approvals, triggers and notices.

-- A document is kept once, however many runs there are of it. What was kept before gets a name in place of a hash.
CREATE TABLE documents (
    hash TEXT PRIMARY KEY NOT NULL,
    body TEXT NOT NULL
);
INSERT INTO documents (hash, body) SELECT 'run ' || MIN(id), document FROM runs GROUP BY document;
CREATE INDEX documents_by_body ON documents (body);
ALTER TABLE runs ADD COLUMN document_hash TEXT REFERENCES documents (hash);
UPDATE runs SET document_hash = (SELECT d.hash FROM documents d WHERE d.body = runs.document);
DROP INDEX documents_by_body;
ALTER TABLE runs DROP COLUMN document;

ALTER TABLE runs ADD COLUMN parent TEXT;
ALTER TABLE runs ADD COLUMN depth BIGINT NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN trigger TEXT NOT NULL DEFAULT 'manual';
ALTER TABLE runs ADD COLUMN seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN announce BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE runs ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN cost_micros BIGINT NOT NULL DEFAULT 0;
UPDATE runs SET seq = (SELECT COALESCE(MAX(e.seq), 0) FROM run_events e WHERE e.run = runs.id);

DROP INDEX runs_unfinished;
DROP INDEX runs_by_wake_time;
CREATE INDEX runs_by_document ON runs (document_hash);
CREATE INDEX runs_by_status ON runs (status, id);
CREATE INDEX runs_by_workflow_and_status ON runs (workflow, status, id);
CREATE INDEX runs_by_start ON runs (workflow, started) WHERE started IS NOT NULL AND NOT dry_run;
CREATE INDEX runs_with_costs ON runs (workflow, created, cost_micros) WHERE cost_micros > 0;
CREATE INDEX runs_to_wake ON runs (wake_at, id) WHERE ended IS NULL AND wake_at IS NOT NULL;
CREATE INDEX runs_to_announce ON runs (id) WHERE announce;

-- Large parts of events.
CREATE TABLE run_blobs (
    run  TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    seq  BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (run, seq)
);

-- What was taken in. It stays when its run is removed, so that a late repeat is still known.
CREATE TABLE deliveries (
    workflow TEXT NOT NULL,
    key      TEXT NOT NULL,
    at       BIGINT NOT NULL,
    run      TEXT NOT NULL,
    PRIMARY KEY (workflow, key)
);
CREATE INDEX deliveries_by_time ON deliveries (at);

CREATE TABLE approvals (
    id           TEXT PRIMARY KEY NOT NULL,
    run          TEXT REFERENCES runs (id) ON DELETE CASCADE,
    step         TEXT,
    workflow     TEXT NOT NULL,
    kind         TEXT NOT NULL,
    what         TEXT NOT NULL,
    payload_hash TEXT NOT NULL,
    payload      TEXT NOT NULL,
    deciders     TEXT NOT NULL,
    created      BIGINT NOT NULL,
    expires      BIGINT,
    decision     TEXT,
    decided_by   TEXT,
    decided_via  TEXT,
    comment      TEXT,
    decided_at   BIGINT
);
CREATE INDEX approvals_by_run ON approvals (run, id) WHERE run IS NOT NULL;
CREATE INDEX approvals_open ON approvals (id) WHERE decision IS NULL;

CREATE TABLE triggers (
    workflow   TEXT NOT NULL REFERENCES workflows (name) ON DELETE CASCADE,
    place      BIGINT NOT NULL,
    version    BIGINT NOT NULL,
    kind       TEXT NOT NULL,
    body       TEXT NOT NULL,
    state      TEXT NOT NULL,
    route      TEXT,
    listens_to TEXT,
    next_at    BIGINT,
    last_at    BIGINT,
    fired      BIGINT NOT NULL,
    trouble    TEXT,
    PRIMARY KEY (workflow, place)
);
CREATE UNIQUE INDEX triggers_by_route ON triggers (route) WHERE route IS NOT NULL;
CREATE INDEX triggers_by_listening ON triggers (listens_to, workflow, place) WHERE listens_to IS NOT NULL;
CREATE INDEX triggers_by_time ON triggers (next_at, workflow, place) WHERE next_at IS NOT NULL;

CREATE TABLE notices (
    id       TEXT PRIMARY KEY NOT NULL,
    at       BIGINT NOT NULL,
    kind     TEXT NOT NULL,
    workflow TEXT,
    run      TEXT,
    text     TEXT NOT NULL,
    seen     BIGINT
);
CREATE INDEX notices_unseen ON notices (id) WHERE seen IS NULL;
