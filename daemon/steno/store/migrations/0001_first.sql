CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE jobs (
    seq           INTEGER PRIMARY KEY AUTOINCREMENT,
    id            TEXT    NOT NULL UNIQUE,
    path          BLOB    NOT NULL,          -- bytes: names need not be UTF-8
    name          TEXT    NOT NULL,          -- for display and search
    source_size   INTEGER NOT NULL,
    source_mtime  INTEGER NOT NULL,          -- ns
    state         TEXT    NOT NULL,
    reason        TEXT,
    problem       BLOB,                      -- JSON, steno.errors.Problem
    revision      INTEGER NOT NULL DEFAULT 1,
    lease         INTEGER NOT NULL DEFAULT 0, -- raised at each start; fences out what is left of older ones
    barren_starts INTEGER NOT NULL DEFAULT 0, -- starts after a daemon's death without one commit since
    created_at    REAL    NOT NULL,
    queued_at     REAL,
    started_at    REAL,
    finished_at   REAL,
    settings      BLOB    NOT NULL,          -- JSON, steno.wire.JobSettings, every choice made
    versions      BLOB    NOT NULL,          -- JSON, backend to version
    announced     REAL,                      -- seconds, by the container
    audio         TEXT,                      -- file in the job's folder, once complete
    audio_samples INTEGER,
    plan_complete INTEGER NOT NULL DEFAULT 0,
    planned       INTEGER NOT NULL DEFAULT 0,
    done          INTEGER NOT NULL DEFAULT 0,
    aligned       INTEGER NOT NULL DEFAULT 0,
    unaligned     INTEGER NOT NULL DEFAULT 0, -- done, and settled to keep the recogniser's times
    failed        INTEGER NOT NULL DEFAULT 0,
    done_samples  INTEGER NOT NULL DEFAULT 0, -- of segments done or given up
    percent       REAL    NOT NULL DEFAULT 0,
    language      TEXT,
    aligned_at    REAL,
    text_revision INTEGER NOT NULL DEFAULT 0, -- rises with every change of the transcript
    warnings      BLOB    NOT NULL DEFAULT '[]'
);
CREATE INDEX jobs_by_state ON jobs (state, seq);

CREATE TABLE segments (
    job      INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
    idx      INTEGER NOT NULL,
    start    INTEGER NOT NULL,               -- samples
    end      INTEGER NOT NULL,
    forced   INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,     -- times handed out
    failures INTEGER NOT NULL DEFAULT 0,     -- of those, ended by the worker's fault
    gap      TEXT,                           -- why it was given up
    PRIMARY KEY (job, idx)
) WITHOUT ROWID;

CREATE TABLE fragments (
    job     INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
    idx     INTEGER NOT NULL,
    payload BLOB    NOT NULL,                -- JSON, steno.plugins.Fragment
    crc     INTEGER NOT NULL,
    at      REAL    NOT NULL,
    PRIMARY KEY (job, idx)
);

CREATE TABLE alignments (
    job     INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
    idx     INTEGER NOT NULL,
    payload BLOB,                            -- JSON, steno.plugins.Alignment; NULL: could not be aligned
    crc     INTEGER NOT NULL,
    at      REAL    NOT NULL,
    PRIMARY KEY (job, idx)
);

CREATE TABLE cues (
    job   INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
    idx   INTEGER NOT NULL,
    n     INTEGER NOT NULL,
    start REAL    NOT NULL,                  -- seconds
    end   REAL    NOT NULL,
    text  TEXT    NOT NULL,
    words BLOB    NOT NULL,                  -- JSON, list of steno.plugins.Word
    PRIMARY KEY (job, idx, n)
);
CREATE INDEX cues_by_time ON cues (job, start);

CREATE TABLE outputs (
    path   BLOB PRIMARY KEY,                 -- absolute
    job    TEXT NOT NULL,                    -- id; stays when the job is removed
    source BLOB NOT NULL,
    format TEXT NOT NULL,
    sha256 TEXT,                             -- of what Steno wrote last; NULL: nothing yet
    previous TEXT,                           -- the same of the time before
    at     REAL
) WITHOUT ROWID;
CREATE INDEX outputs_by_job ON outputs (job);

CREATE TABLE events (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT NOT NULL,                   -- job:ID and the like; empty: all
    type    TEXT NOT NULL,
    data    BLOB NOT NULL                    -- JSON, with its ts
);
CREATE INDEX events_by_channel ON events (channel, seq);
