-- What is installed. A row stays when a model is deleted: how often it was used is still known.
CREATE TABLE models (
    name         TEXT    PRIMARY KEY,        -- kind/id
    version      TEXT,                       -- its folder below the model's; NULL: not installed
    revision     TEXT,
    pinned       TEXT,                       -- the catalogue's revision when it was installed
    size         INTEGER NOT NULL DEFAULT 0, -- bytes
    verified     TEXT,                       -- catalogue, repository, unverified
    installed_at REAL,
    newer        TEXT,                       -- newest revision, if it is another
    uses         INTEGER NOT NULL DEFAULT 0,
    last_used    REAL
) WITHOUT ROWID;

-- What is wanted, in the order in which it was asked for.
CREATE TABLE downloads (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT    NOT NULL UNIQUE,
    status     TEXT    NOT NULL,             -- waiting, downloading, incomplete, error
    revision   TEXT,                         -- NULL: the catalogue's, or the newest
    started_at REAL,
    done       INTEGER NOT NULL DEFAULT 0,   -- bytes there when it ended too soon
    total      INTEGER,
    problem    BLOB                          -- JSON, of an error
);
