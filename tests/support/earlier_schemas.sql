-- What made the tables of each released version, and rows as it would write them. Frozen: add to it, never change it.
-- `earlier_schemas.py` runs the parts up to a schema, one after the other.

-- 000 the list of migrations
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");

-- 001_datasets
CREATE TABLE dataset (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, source TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL CHECK (state IN ('importing', 'ready')), created_at TEXT NOT NULL,
    scale TEXT NOT NULL, fingerprint TEXT NOT NULL DEFAULT '', n_docs INTEGER NOT NULL DEFAULT 0,
    n_queries INTEGER NOT NULL DEFAULT 0, report TEXT NOT NULL DEFAULT '{}');
CREATE TABLE doc (
    id INTEGER PRIMARY KEY, dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
    docid TEXT NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL, metadata TEXT NOT NULL,
    text_hash TEXT NOT NULL, UNIQUE (dataset_id, docid));
CREATE TABLE query (
    id INTEGER PRIMARY KEY, dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
    qid TEXT NOT NULL, text TEXT NOT NULL, note TEXT NOT NULL DEFAULT '', tags TEXT NOT NULL DEFAULT '[]',
    UNIQUE (dataset_id, qid));
INSERT INTO dataset (id, name, source, state, created_at, scale, fingerprint, n_docs, n_queries)
VALUES (1, 'made', 'tests', 'ready', '2025-01-01T00:00:00.000+00:00',
    '{"0": "Not relevant", "1": "Related", "2": "Useful", "3": "Answers it"}', '6d616465', 300, 12);
WITH RECURSIVE n (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM n WHERE n < 299)
INSERT INTO doc (dataset_id, docid, title, text, metadata, text_hash)
SELECT 1, 'd' || n, '', 'tern number ' || n || ' dives near the coast', '{}', printf('%032x', n) FROM n;
WITH RECURSIVE n (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM n WHERE n < 11)
INSERT INTO query (dataset_id, qid, text) SELECT 1, 'q' || n, 'which tern has number ' || n FROM n;

-- 002_judgments
CREATE TABLE judgment (
    id INTEGER PRIMARY KEY, dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
    qid TEXT NOT NULL, docid TEXT NOT NULL, judge TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('grade', 'undo')), grade INTEGER,
    undoes INTEGER REFERENCES judgment(id), restores INTEGER REFERENCES judgment(id),
    source TEXT NOT NULL CHECK (source IN ('human', 'import', 'llm', 'adjudication')),
    note TEXT NOT NULL DEFAULT '', at TEXT NOT NULL, text_hash TEXT NOT NULL DEFAULT '',
    client_id TEXT, seq INTEGER, UNIQUE (client_id, seq));
CREATE INDEX judgment_pair ON judgment (dataset_id, qid, docid, judge, id);
CREATE INDEX judgment_undoes ON judgment (undoes) WHERE undoes IS NOT NULL;
CREATE INDEX judgment_restores ON judgment (restores) WHERE restores IS NOT NULL;
WITH RECURSIVE n (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n WHERE n < 500)
INSERT INTO judgment (dataset_id, qid, docid, judge, kind, grade, source, note, at, text_hash, client_id, seq)
SELECT 1, 'q' || (n % 12), 'd' || (n % 300), 'ann', 'grade', n % 4, 'human', '', '2025-01-02T00:00:00.000+00:00',
    printf('%032x', n % 300), '00000000-0000-4000-8000-000000000001', n FROM n;
INSERT INTO judgment (dataset_id, qid, docid, judge, kind, grade, undoes, restores, source, note, at, client_id, seq)
VALUES (1, 'q8', 'd200', 'ann', 'undo', 0, 500, 200, 'human', 'a slip', '2025-01-02T00:00:01.000+00:00',
    '00000000-0000-4000-8000-000000000001', 501);

-- 003_rankings
CREATE TABLE candidates (
    key TEXT PRIMARY KEY, dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
    qid TEXT NOT NULL, settings TEXT NOT NULL, docs TEXT NOT NULL, seconds REAL, at TEXT NOT NULL);
CREATE TABLE ranking (
    candidates_key TEXT NOT NULL REFERENCES candidates(key) ON DELETE CASCADE, system TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('ready', 'failed')), docs TEXT NOT NULL, seconds REAL,
    error TEXT NOT NULL DEFAULT '', at TEXT NOT NULL, PRIMARY KEY (candidates_key, system)) WITHOUT ROWID;
CREATE TABLE system (
    id TEXT PRIMARY KEY, model TEXT NOT NULL, settings TEXT NOT NULL DEFAULT '{}', at TEXT NOT NULL);
WITH RECURSIVE n (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM n WHERE n < 11)
INSERT INTO candidates (key, dataset_id, qid, settings, docs, seconds, at)
SELECT printf('%032x', n), 1, 'q' || n, '{}', '[["d1",0.5,{},0,{}],["d2",0.25,{},0,{}]]', 0.01, '2025-01-03' FROM n;
INSERT INTO ranking (candidates_key, system, state, docs, seconds, at)
SELECT key, 'minilm-cosine@1', 'ready', docs, 0.1, '2025-01-03' FROM candidates;
INSERT INTO system (id, model, settings, at) VALUES ('short', 'minilm-cosine', '{"max_length": 64}', '2025-01-03');

-- 004_caches
CREATE TABLE vector (
    model TEXT NOT NULL, text_hash TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (model, text_hash));
CREATE TABLE score (
    model TEXT NOT NULL, query_hash TEXT NOT NULL, text_hash TEXT NOT NULL, value REAL NOT NULL,
    tokens_cut INTEGER NOT NULL, PRIMARY KEY (model, query_hash, text_hash)) WITHOUT ROWID;
WITH RECURSIVE n (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM n WHERE n < 299)
INSERT INTO vector (model, text_hash, data) SELECT 'encoder', printf('%032x', n), zeroblob(16) FROM n;
WITH RECURSIVE n (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM n WHERE n < 499)
INSERT INTO score (model, query_hash, text_hash, value, tokens_cut)
SELECT 'model ' || (n % 2), printf('%032x', n % 10), printf('%032x', n), n / 7.0, n % 3 FROM n;

-- 005_jobs
CREATE TABLE job (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, params TEXT NOT NULL, urgent INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
    done INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0, message TEXT NOT NULL DEFAULT '',
    cancel INTEGER NOT NULL DEFAULT 0, result TEXT NOT NULL DEFAULT '{}', created_at TEXT NOT NULL,
    heartbeat REAL NOT NULL DEFAULT 0);
CREATE INDEX job_open ON job (state, urgent, id);
INSERT INTO job (kind, params, state, created_at) VALUES ('run', '{"dataset": "made"}', 'done', '2025-01-04');

-- 006_usage
ALTER TABLE ranking ADD COLUMN usage TEXT NOT NULL DEFAULT '{}';
ALTER TABLE ranking ADD COLUMN notes TEXT NOT NULL DEFAULT '[]';

-- 007_runs
CREATE TABLE evidence (
    candidates_key TEXT NOT NULL REFERENCES candidates(key) ON DELETE CASCADE, system TEXT NOT NULL,
    cold INTEGER, tokenize_seconds REAL, device TEXT NOT NULL, versions TEXT NOT NULL,
    PRIMARY KEY (candidates_key, system)) WITHOUT ROWID;
CREATE TABLE run (
    id INTEGER PRIMARY KEY, dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
    system TEXT NOT NULL, system_key TEXT NOT NULL, key TEXT NOT NULL, facts TEXT NOT NULL,
    queries TEXT NOT NULL, started TEXT NOT NULL, finished TEXT NOT NULL, UNIQUE (dataset_id, system, key));
CREATE TABLE imported_run (
    id INTEGER PRIMARY KEY, dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
    name TEXT NOT NULL UNIQUE, source TEXT NOT NULL, content TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE imported_ranking (
    run_id INTEGER NOT NULL REFERENCES imported_run(id) ON DELETE CASCADE, qid TEXT NOT NULL,
    docs TEXT NOT NULL, UNIQUE (run_id, qid));
INSERT INTO evidence (candidates_key, system, cold, tokenize_seconds, device, versions)
SELECT candidates_key, system, 0, 0.01, 'cpu', '{}' FROM ranking;
INSERT INTO run (dataset_id, system, system_key, key, facts, queries, started, finished)
VALUES (1, 'minilm-cosine', 'minilm-cosine@1', 'k', '{}', '{}', '2025-01-05', '2025-01-05');
INSERT INTO imported_run (id, dataset_id, name, source, content, at) VALUES (1, 1, 'elsewhere', 'run.txt', 'c', '2025-01-05');
INSERT INTO imported_ranking (run_id, qid, docs) VALUES (1, 'q1', '[["d1",1.0]]');

-- 008_judging
CREATE TABLE judgment_now (
    id INTEGER PRIMARY KEY, dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
    qid TEXT NOT NULL, docid TEXT NOT NULL, judge TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('grade', 'undo', 'skip', 'note')), grade INTEGER,
    undoes INTEGER REFERENCES judgment_now(id), restores INTEGER REFERENCES judgment_now(id),
    source TEXT NOT NULL CHECK (source IN ('human', 'import', 'llm', 'adjudication')),
    note TEXT NOT NULL DEFAULT '', at TEXT NOT NULL, text_hash TEXT NOT NULL DEFAULT '',
    client_id TEXT, seq INTEGER, rule TEXT NOT NULL DEFAULT '', UNIQUE (client_id, seq));
INSERT INTO judgment_now (id, dataset_id, qid, docid, judge, kind, grade, undoes, restores, source, note, at, text_hash,
    client_id, seq) SELECT id, dataset_id, qid, docid, judge, kind, grade, undoes, restores, source, note, at, text_hash,
    client_id, seq FROM judgment ORDER BY id;
DROP TABLE judgment;
ALTER TABLE judgment_now RENAME TO judgment;
CREATE INDEX judgment_pair ON judgment
    (dataset_id, qid, docid, judge, id, kind, source, grade, restores);
CREATE INDEX judgment_judge ON judgment (dataset_id, judge, id);
CREATE INDEX judgment_event ON judgment (dataset_id, id);
CREATE INDEX judgment_undoes ON judgment (undoes) WHERE undoes IS NOT NULL;
CREATE INDEX judgment_restores ON judgment (restores) WHERE restores IS NOT NULL;
CREATE TABLE grade_guideline (
    dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE, grade INTEGER NOT NULL,
    guideline TEXT NOT NULL, PRIMARY KEY (dataset_id, grade)) WITHOUT ROWID;
CREATE TABLE label_plan (
    dataset_id INTEGER PRIMARY KEY REFERENCES dataset(id) ON DELETE CASCADE, plan TEXT NOT NULL);
INSERT INTO judgment (dataset_id, qid, docid, judge, kind, source, note, at, client_id, seq, rule)
VALUES (1, 'q1', 'd1', 'ben', 'skip', 'human', 'cannot say', '2025-01-06', '00000000-0000-4000-8000-000000000002', 1, '');
INSERT INTO grade_guideline (dataset_id, grade, guideline) VALUES (1, 3, 'It names the tern.');
INSERT INTO label_plan (dataset_id, plan) VALUES (1, '{}');

-- 009_llm_grades
CREATE TABLE llm_grade (
    id INTEGER PRIMARY KEY, dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
    qid TEXT NOT NULL, docid TEXT NOT NULL, query_hash TEXT NOT NULL, text_hash TEXT NOT NULL,
    prompt TEXT NOT NULL, model TEXT NOT NULL, grade INTEGER, problem TEXT NOT NULL DEFAULT '',
    reply TEXT NOT NULL DEFAULT '', input_tokens INTEGER, output_tokens INTEGER, at TEXT NOT NULL,
    UNIQUE (query_hash, text_hash, prompt, model), CHECK ((grade IS NULL) = (problem <> '')));
CREATE INDEX llm_grade_text ON llm_grade (text_hash);
CREATE INDEX llm_grade_dataset ON llm_grade (dataset_id);
CREATE INDEX doc_text_hash ON doc (dataset_id, text_hash);
INSERT INTO llm_grade (dataset_id, qid, docid, query_hash, text_hash, prompt, model, grade, at)
VALUES (1, 'q1', 'd1', 'a', 'b', 'p', 'some model', 2, '2025-01-07');

-- 010_votes
CREATE TABLE vote (
    id INTEGER PRIMARY KEY, dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
    qid TEXT NOT NULL, one TEXT NOT NULL, other TEXT NOT NULL, settings TEXT NOT NULL,
    shown INTEGER NOT NULL, left_side TEXT NOT NULL CHECK (left_side IN ('one', 'other')),
    answer TEXT NOT NULL CHECK (answer IN ('one', 'other', 'same')), voter TEXT NOT NULL, at TEXT NOT NULL);
CREATE INDEX vote_pair ON vote (dataset_id, one, other, settings);
INSERT INTO vote (dataset_id, qid, one, other, settings, shown, left_side, answer, voter, at)
VALUES (1, 'q1', 'first-stage', 'minilm-cosine', '{}', 10, 'one', 'other', 'ann', '2025-01-08');

-- 011_score_cache
CREATE TABLE scored_by (id INTEGER PRIMARY KEY, model TEXT NOT NULL UNIQUE);
INSERT INTO scored_by (model) SELECT DISTINCT model FROM score;
CREATE TABLE score_now (
    scored_by INTEGER NOT NULL REFERENCES scored_by(id) ON DELETE CASCADE, query_hash TEXT NOT NULL,
    text_hash TEXT NOT NULL, value REAL NOT NULL, tokens_cut INTEGER NOT NULL, made REAL NOT NULL,
    used REAL NOT NULL, PRIMARY KEY (scored_by, query_hash, text_hash)) WITHOUT ROWID;
INSERT INTO score_now SELECT scored_by.id, query_hash, text_hash, value, tokens_cut,
    strftime('%s', 'now') + 0.0, strftime('%s', 'now') + 0.0 FROM score JOIN scored_by USING (model);
DROP TABLE score;
ALTER TABLE score_now RENAME TO score;
CREATE INDEX score_used ON score (used);

-- 012_idle_events
CREATE TABLE idle_event (
    client_id TEXT NOT NULL, seq INTEGER NOT NULL, at TEXT NOT NULL, PRIMARY KEY (client_id, seq)
    ) WITHOUT ROWID;
INSERT INTO idle_event (client_id, seq, at) VALUES ('00000000-0000-4000-8000-000000000003', 4, '2025-01-09');

-- 013_identity
CREATE TABLE identity (id TEXT NOT NULL);
INSERT INTO identity VALUES (lower(hex(randomblob(16))));

-- 014_attempts
ALTER TABLE job ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
