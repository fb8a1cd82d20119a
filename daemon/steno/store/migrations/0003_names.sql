-- Names of jobs by their trigrams: any part of one is found without a look at all of them.
CREATE VIRTUAL TABLE job_names USING fts5 (
    name, content = 'jobs', content_rowid = 'seq', tokenize = 'trigram'
);
INSERT INTO job_names (job_names) VALUES ('rebuild');

CREATE TRIGGER job_named AFTER INSERT ON jobs BEGIN
    INSERT INTO job_names (rowid, name) VALUES (new.seq, new.name);
END;
CREATE TRIGGER job_unnamed AFTER DELETE ON jobs BEGIN
    INSERT INTO job_names (job_names, rowid, name) VALUES ('delete', old.seq, old.name);
END;
CREATE TRIGGER job_renamed AFTER UPDATE OF name ON jobs BEGIN
    INSERT INTO job_names (job_names, rowid, name) VALUES ('delete', old.seq, old.name);
    INSERT INTO job_names (rowid, name) VALUES (new.seq, new.name);
END;
