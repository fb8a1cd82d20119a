-- What a person set, beside what the machine made: NULL where nothing was set. Alignment and later
-- fragments write the machine's columns only, edits these only.
ALTER TABLE cues ADD COLUMN text_set  TEXT;
ALTER TABLE cues ADD COLUMN start_set REAL;                       -- seconds
ALTER TABLE cues ADD COLUMN end_set   REAL;
ALTER TABLE cues ADD COLUMN words_set BLOB;                       -- JSON, whence each word has its times
ALTER TABLE cues ADD COLUMN hidden    INTEGER NOT NULL DEFAULT 0; -- deleted, or merged into another
ALTER TABLE cues ADD COLUMN revision  INTEGER NOT NULL DEFAULT 0; -- rises with every edit of the cue

DROP INDEX cues_by_time;
-- By the start that is shown: one the machine moves never passes an end a person set.
CREATE INDEX cues_shown ON cues (job, coalesce(start_set, min(start, end_set), start), idx, n)
    WHERE NOT hidden;

CREATE TABLE edits (
    job    INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
    n      INTEGER NOT NULL,                 -- the transcript's revision it made, so never used twice
    action TEXT    NOT NULL,
    before BLOB    NOT NULL,                 -- JSON, what was set in the cues it touched
    after  BLOB    NOT NULL,
    undone INTEGER NOT NULL DEFAULT 0,
    at     REAL    NOT NULL,
    PRIMARY KEY (job, n)
) WITHOUT ROWID;
CREATE INDEX edits_undone ON edits (job, undone, n);

CREATE TABLE uploads (
    id     TEXT    PRIMARY KEY,              -- also the file's name in the folder of uploads
    name   TEXT    NOT NULL,                 -- as the client called it
    size   INTEGER NOT NULL,                 -- bytes
    sha256 TEXT    NOT NULL,                 -- of the whole file, hex
    at     REAL    NOT NULL
) WITHOUT ROWID;

ALTER TABLE jobs ADD COLUMN upload TEXT;     -- id; NULL: a local file
ALTER TABLE jobs ADD COLUMN sha256 TEXT;     -- of the upload; it outlives the file
CREATE INDEX jobs_by_sha256 ON jobs (sha256) WHERE sha256 IS NOT NULL;
