-- What language models cost, by day (in the zone of the installation), conversation and model.
-- `thread` is empty where no conversation asked, as in steps of runs.
CREATE TABLE spending (
    day           TEXT NOT NULL,
    thread        TEXT NOT NULL,
    model         TEXT NOT NULL,
    calls         BIGINT NOT NULL,
    input_tokens  BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    micro_usd     BIGINT NOT NULL,
    PRIMARY KEY (day, thread, model)
);
CREATE INDEX spending_by_thread ON spending (thread, micro_usd) WHERE thread <> '';
