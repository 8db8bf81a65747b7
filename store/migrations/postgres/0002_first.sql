-- The first tables on PostgreSQL, in the format of the same number on SQLite. Times are microseconds since 1970 (UTC);
-- documents, bodies and states are JSON as text. Names and identifiers sort by their bytes, as they do on SQLite.

CREATE TABLE meta (
    key   TEXT COLLATE "C" PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE documents (
    hash TEXT COLLATE "C" PRIMARY KEY,
    body TEXT NOT NULL
);

CREATE TABLE runs (
    id            TEXT COLLATE "C" PRIMARY KEY,
    workflow      TEXT COLLATE "C" NOT NULL,
    version       BIGINT,
    dry_run       BOOLEAN NOT NULL,
    document_hash TEXT COLLATE "C" NOT NULL REFERENCES documents (hash),
    workspace     TEXT NOT NULL,
    status        TEXT COLLATE "C" NOT NULL,
    created       BIGINT NOT NULL,
    started       BIGINT,
    ended         BIGINT,
    error         TEXT,
    thread        TEXT,
    wake_at       BIGINT,
    parent        TEXT,
    depth         BIGINT NOT NULL,
    trigger       TEXT NOT NULL,
    seq           BIGINT NOT NULL,
    announce      BOOLEAN NOT NULL,
    bytes         BIGINT NOT NULL,
    cost_micros   BIGINT NOT NULL
);
CREATE INDEX runs_by_workflow ON runs (workflow, id);
CREATE INDEX runs_by_document ON runs (document_hash);
CREATE INDEX runs_by_status ON runs (status, id);
CREATE INDEX runs_by_workflow_and_status ON runs (workflow, status, id);
CREATE INDEX runs_by_start ON runs (workflow, started) WHERE started IS NOT NULL AND NOT dry_run;
CREATE INDEX runs_with_costs ON runs (workflow, created, cost_micros) WHERE cost_micros > 0;
CREATE INDEX runs_to_wake ON runs (wake_at, id) WHERE ended IS NULL AND wake_at IS NOT NULL;
CREATE INDEX runs_to_announce ON runs (id) WHERE announce;

CREATE TABLE run_events (
    run  TEXT COLLATE "C" NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    seq  BIGINT NOT NULL,
    at   BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (run, seq)
);

-- Large parts of events.
CREATE TABLE run_blobs (
    run  TEXT COLLATE "C" NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    seq  BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (run, seq)
);

-- What was taken in. It stays when its run is removed, so that a late repeat is still known.
CREATE TABLE deliveries (
    workflow TEXT COLLATE "C" NOT NULL,
    key      TEXT COLLATE "C" NOT NULL,
    at       BIGINT NOT NULL,
    run      TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (workflow, key)
);
CREATE INDEX deliveries_by_time ON deliveries (at);

CREATE TABLE approvals (
    id           TEXT COLLATE "C" PRIMARY KEY,
    run          TEXT COLLATE "C" REFERENCES runs (id) ON DELETE CASCADE,
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

CREATE TABLE threads (
    id        TEXT COLLATE "C" PRIMARY KEY,
    created   BIGINT NOT NULL,
    updated   BIGINT NOT NULL,
    workspace TEXT NOT NULL,
    state     TEXT NOT NULL
);
CREATE INDEX threads_by_update ON threads (updated, id);

CREATE TABLE thread_items (
    thread TEXT COLLATE "C" NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
    seq    BIGINT NOT NULL,
    at     BIGINT NOT NULL,
    body   TEXT NOT NULL,
    PRIMARY KEY (thread, seq)
);

CREATE TABLE drafts (
    id        TEXT COLLATE "C" PRIMARY KEY,
    thread    TEXT COLLATE "C" REFERENCES threads (id) ON DELETE CASCADE,
    created   BIGINT NOT NULL,
    workspace TEXT NOT NULL,
    document  TEXT NOT NULL,
    body      TEXT NOT NULL
);
CREATE INDEX drafts_by_thread ON drafts (thread, id);

CREATE TABLE workflows (
    name    TEXT COLLATE "C" PRIMARY KEY,
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    latest  BIGINT NOT NULL,
    active  BIGINT
);

CREATE TABLE workflow_versions (
    workflow  TEXT COLLATE "C" NOT NULL REFERENCES workflows (name) ON DELETE CASCADE,
    version   BIGINT NOT NULL,
    created   BIGINT NOT NULL,
    workspace TEXT NOT NULL,
    document  TEXT NOT NULL,
    PRIMARY KEY (workflow, version)
);

CREATE TABLE triggers (
    workflow   TEXT COLLATE "C" NOT NULL REFERENCES workflows (name) ON DELETE CASCADE,
    place      BIGINT NOT NULL,
    version    BIGINT NOT NULL,
    kind       TEXT NOT NULL,
    body       TEXT NOT NULL,
    state      TEXT NOT NULL,
    route      TEXT COLLATE "C",
    listens_to TEXT COLLATE "C",
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
    id       TEXT COLLATE "C" PRIMARY KEY,
    at       BIGINT NOT NULL,
    kind     TEXT NOT NULL,
    workflow TEXT,
    run      TEXT,
    text     TEXT NOT NULL,
    seen     BIGINT
);
CREATE INDEX notices_unseen ON notices (id) WHERE seen IS NULL;

-- `body` is what may be seen of a credential; `sealed` is what only the vault's key opens.
CREATE TABLE credentials (
    name    TEXT COLLATE "C" PRIMARY KEY,
    kind    TEXT COLLATE "C" NOT NULL,
    body    TEXT NOT NULL,
    sealed  BYTEA NOT NULL,
    updated BIGINT NOT NULL
);
CREATE INDEX credentials_by_kind ON credentials (kind, name);
