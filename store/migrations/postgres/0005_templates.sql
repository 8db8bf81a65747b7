-- Templates that people made or took in, as the text of a template file.
CREATE TABLE templates (
    name    TEXT COLLATE "C" PRIMARY KEY,
    origin  TEXT NOT NULL,
    updated BIGINT NOT NULL,
    body    TEXT NOT NULL
);
