-- Answers of language models that steps asked to be used again for a while.
CREATE TABLE answers (
    key  TEXT PRIMARY KEY NOT NULL,
    body TEXT NOT NULL,
    kept_until BIGINT NOT NULL
);
CREATE INDEX answers_by_end ON answers (kept_until);
