-- The first tables. Times are microseconds since 1970 (UTC); documents, bodies and states are JSON as text.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
);

CREATE TABLE runs (
    id        TEXT PRIMARY KEY NOT NULL,
    workflow  TEXT NOT NULL,
    version   BIGINT,
    dry_run   BOOLEAN NOT NULL,
    document  TEXT NOT NULL,
    workspace TEXT NOT NULL,
    status    TEXT NOT NULL,
    created   BIGINT NOT NULL,
    started   BIGINT,
    ended     BIGINT,
    error     TEXT,
    thread    TEXT,
    wake_at   BIGINT
);
CREATE INDEX runs_by_workflow ON runs (workflow, id);
CREATE INDEX runs_unfinished ON runs (id) WHERE ended IS NULL;
CREATE INDEX runs_by_wake_time ON runs (wake_at) WHERE wake_at IS NOT NULL;

CREATE TABLE run_events (
    run  TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    seq  BIGINT NOT NULL,
    at   BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (run, seq)
);

CREATE TABLE threads (
    id        TEXT PRIMARY KEY NOT NULL,
    created   BIGINT NOT NULL,
    updated   BIGINT NOT NULL,
    workspace TEXT NOT NULL,
    state     TEXT NOT NULL
);
CREATE INDEX threads_by_update ON threads (updated, id);

CREATE TABLE thread_items (
    thread TEXT NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
    seq    BIGINT NOT NULL,
    at     BIGINT NOT NULL,
    body   TEXT NOT NULL,
    PRIMARY KEY (thread, seq)
);

CREATE TABLE drafts (
    id        TEXT PRIMARY KEY NOT NULL,
    thread    TEXT REFERENCES threads (id) ON DELETE CASCADE,
    created   BIGINT NOT NULL,
    workspace TEXT NOT NULL,
    document  TEXT NOT NULL,
    body      TEXT NOT NULL
);
CREATE INDEX drafts_by_thread ON drafts (thread, id);

CREATE TABLE workflows (
    name    TEXT PRIMARY KEY NOT NULL,
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    latest  BIGINT NOT NULL,
    active  BIGINT
);

CREATE TABLE workflow_versions (
    workflow  TEXT NOT NULL REFERENCES workflows (name) ON DELETE CASCADE,
    version   BIGINT NOT NULL,
    created   BIGINT NOT NULL,
    workspace TEXT NOT NULL,
    document  TEXT NOT NULL,
    PRIMARY KEY (workflow, version)
);

-- `body` is what may be seen of a credential; `sealed` is what only the vault's key opens.
CREATE TABLE credentials (
    name    TEXT PRIMARY KEY NOT NULL,
    kind    TEXT NOT NULL,
    body    TEXT NOT NULL,
    sealed  BLOB NOT NULL,
    updated BIGINT NOT NULL
);
CREATE INDEX credentials_by_kind ON credentials (kind, name);
