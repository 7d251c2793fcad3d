"""The workspace's schema as numbered migrations: each runs once, in its own transaction."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("rerank_lens")


def _run(db: Database, *statements: str) -> None:
    # executescript would commit the migration's own transaction
    for statement in statements:
        db.execute(statement)


@migrations(name="001_datasets")
def _datasets(db: Database) -> None:
    _run(
        db,
        """CREATE TABLE dataset (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, source TEXT NOT NULL DEFAULT '',
            state TEXT NOT NULL CHECK (state IN ('importing', 'ready')), created_at TEXT NOT NULL,
            scale TEXT NOT NULL, fingerprint TEXT NOT NULL DEFAULT '', n_docs INTEGER NOT NULL DEFAULT 0,
            n_queries INTEGER NOT NULL DEFAULT 0, report TEXT NOT NULL DEFAULT '{}')""",
        """CREATE TABLE doc (
            id INTEGER PRIMARY KEY, dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
            docid TEXT NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL, metadata TEXT NOT NULL,
            text_hash TEXT NOT NULL, UNIQUE (dataset_id, docid))""",
        """CREATE TABLE query (
            id INTEGER PRIMARY KEY, dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
            qid TEXT NOT NULL, text TEXT NOT NULL, note TEXT NOT NULL DEFAULT '', tags TEXT NOT NULL DEFAULT '[]',
            UNIQUE (dataset_id, qid))""",
    )


@migrations(name="002_judgments")
def _judgments(db: Database) -> None:
    # append-only: an undo is one more row that says which row it undoes and which one holds again
    _run(
        db,
        """CREATE TABLE judgment (
            id INTEGER PRIMARY KEY, dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
            qid TEXT NOT NULL, docid TEXT NOT NULL, judge TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('grade', 'undo')), grade INTEGER,
            undoes INTEGER REFERENCES judgment(id), restores INTEGER REFERENCES judgment(id),
            source TEXT NOT NULL CHECK (source IN ('human', 'import', 'llm', 'adjudication')),
            note TEXT NOT NULL DEFAULT '', at TEXT NOT NULL, text_hash TEXT NOT NULL DEFAULT '',
            client_id TEXT, seq INTEGER, UNIQUE (client_id, seq))""",
        "CREATE INDEX judgment_pair ON judgment (dataset_id, qid, docid, judge, id)",
        "CREATE INDEX judgment_undoes ON judgment (undoes) WHERE undoes IS NOT NULL",
        "CREATE INDEX judgment_restores ON judgment (restores) WHERE restores IS NOT NULL",
    )


@migrations(name="003_rankings")
def _rankings(db: Database) -> None:
    _run(
        db,
        """CREATE TABLE candidates (
            key TEXT PRIMARY KEY, dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
            qid TEXT NOT NULL, settings TEXT NOT NULL, docs TEXT NOT NULL, seconds REAL, at TEXT NOT NULL)""",
        """CREATE TABLE ranking (
            candidates_key TEXT NOT NULL REFERENCES candidates(key) ON DELETE CASCADE, system TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('ready', 'failed')), docs TEXT NOT NULL, seconds REAL,
            error TEXT NOT NULL DEFAULT '', at TEXT NOT NULL, PRIMARY KEY (candidates_key, system)) WITHOUT ROWID""",
        """CREATE TABLE system (
            id TEXT PRIMARY KEY, model TEXT NOT NULL, settings TEXT NOT NULL DEFAULT '{}', at TEXT NOT NULL)""",
    )


@migrations(name="004_caches")
def _caches(db: Database) -> None:
    _run(
        db,
        """CREATE TABLE vector (
            model TEXT NOT NULL, text_hash TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (model, text_hash))""",
        """CREATE TABLE score (
            model TEXT NOT NULL, query_hash TEXT NOT NULL, text_hash TEXT NOT NULL, value REAL NOT NULL,
            tokens_cut INTEGER NOT NULL, PRIMARY KEY (model, query_hash, text_hash)) WITHOUT ROWID""",
    )


@migrations(name="005_jobs")
def _jobs(db: Database) -> None:
    _run(
        db,
        """CREATE TABLE job (
            id INTEGER PRIMARY KEY, kind TEXT NOT NULL, params TEXT NOT NULL, urgent INTEGER NOT NULL DEFAULT 0,
            state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
            done INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0, message TEXT NOT NULL DEFAULT '',
            cancel INTEGER NOT NULL DEFAULT 0, result TEXT NOT NULL DEFAULT '{}', created_at TEXT NOT NULL,
            heartbeat REAL NOT NULL DEFAULT 0)""",
        "CREATE INDEX job_open ON job (state, urgent, id)",
    )


@migrations(name="006_usage")
def _usage(db: Database) -> None:
    _run(
        db,
        "ALTER TABLE ranking ADD COLUMN usage TEXT NOT NULL DEFAULT '{}'",
        "ALTER TABLE ranking ADD COLUMN notes TEXT NOT NULL DEFAULT '[]'",
    )


@migrations(name="007_runs")
def _runs(db: Database) -> None:
    # evidence is written ranking by ranking, so that a run that was killed and went on still knows its first half
    _run(
        db,
        """CREATE TABLE evidence (
            candidates_key TEXT NOT NULL REFERENCES candidates(key) ON DELETE CASCADE, system TEXT NOT NULL,
            cold INTEGER, tokenize_seconds REAL, device TEXT NOT NULL, versions TEXT NOT NULL,
            PRIMARY KEY (candidates_key, system)) WITHOUT ROWID""",
        """CREATE TABLE run (
            id INTEGER PRIMARY KEY, dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
            system TEXT NOT NULL, system_key TEXT NOT NULL, key TEXT NOT NULL, facts TEXT NOT NULL,
            queries TEXT NOT NULL, started TEXT NOT NULL, finished TEXT NOT NULL, UNIQUE (dataset_id, system, key))""",
        """CREATE TABLE imported_run (
            id INTEGER PRIMARY KEY, dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
            name TEXT NOT NULL UNIQUE, source TEXT NOT NULL, content TEXT NOT NULL, at TEXT NOT NULL)""",
        """CREATE TABLE imported_ranking (
            run_id INTEGER NOT NULL REFERENCES imported_run(id) ON DELETE CASCADE, qid TEXT NOT NULL,
            docs TEXT NOT NULL, UNIQUE (run_id, qid))""",
    )


@migrations(name="008_judging")
def _judging(db: Database) -> None:
    # SQLite cannot widen a CHECK: the table is built again, every row and its id kept
    columns = """id, dataset_id, qid, docid, judge, kind, grade, undoes, restores, source, note, at, text_hash,
                 client_id, seq"""
    _run(
        db,
        """CREATE TABLE judgment_now (
            id INTEGER PRIMARY KEY, dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
            qid TEXT NOT NULL, docid TEXT NOT NULL, judge TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('grade', 'undo', 'skip', 'note')), grade INTEGER,
            undoes INTEGER REFERENCES judgment_now(id), restores INTEGER REFERENCES judgment_now(id),
            source TEXT NOT NULL CHECK (source IN ('human', 'import', 'llm', 'adjudication')),
            note TEXT NOT NULL DEFAULT '', at TEXT NOT NULL, text_hash TEXT NOT NULL DEFAULT '',
            client_id TEXT, seq INTEGER, rule TEXT NOT NULL DEFAULT '', UNIQUE (client_id, seq))""",
        f"INSERT INTO judgment_now ({columns}) SELECT {columns} FROM judgment ORDER BY id",
        "DROP TABLE judgment",
        "ALTER TABLE judgment_now RENAME TO judgment",  # the references to itself are renamed with it
        # holds all that the qrels rule reads, so that the grades in force are read from the index alone
        """CREATE INDEX judgment_pair ON judgment
           (dataset_id, qid, docid, judge, id, kind, source, grade, restores)""",
        "CREATE INDEX judgment_judge ON judgment (dataset_id, judge, id)",
        "CREATE INDEX judgment_event ON judgment (dataset_id, id)",
        "CREATE INDEX judgment_undoes ON judgment (undoes) WHERE undoes IS NOT NULL",
        "CREATE INDEX judgment_restores ON judgment (restores) WHERE restores IS NOT NULL",
        """CREATE TABLE grade_guideline (
            dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE, grade INTEGER NOT NULL,
            guideline TEXT NOT NULL, PRIMARY KEY (dataset_id, grade)) WITHOUT ROWID""",
        """CREATE TABLE label_plan (
            dataset_id INTEGER PRIMARY KEY REFERENCES dataset(id) ON DELETE CASCADE, plan TEXT NOT NULL)""",
    )


@migrations(name="009_llm_grades")
def _llm_grades(db: Database) -> None:
    # apart from the judgments of people; a grade belongs to texts: dataset, qid and docid say where it was asked first
    _run(
        db,
        """CREATE TABLE llm_grade (
            id INTEGER PRIMARY KEY, dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
            qid TEXT NOT NULL, docid TEXT NOT NULL, query_hash TEXT NOT NULL, text_hash TEXT NOT NULL,
            prompt TEXT NOT NULL, model TEXT NOT NULL, grade INTEGER, problem TEXT NOT NULL DEFAULT '',
            reply TEXT NOT NULL DEFAULT '', input_tokens INTEGER, output_tokens INTEGER, at TEXT NOT NULL,
            UNIQUE (query_hash, text_hash, prompt, model), CHECK ((grade IS NULL) = (problem <> '')))""",
        "CREATE INDEX llm_grade_text ON llm_grade (text_hash)",
        "CREATE INDEX llm_grade_dataset ON llm_grade (dataset_id)",
        "CREATE INDEX doc_text_hash ON doc (dataset_id, text_hash)",
    )


@migrations(name="010_votes")
def _votes(db: Database) -> None:
    _run(
        db,
        """CREATE TABLE vote (
            id INTEGER PRIMARY KEY, dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
            qid TEXT NOT NULL, one TEXT NOT NULL, other TEXT NOT NULL, settings TEXT NOT NULL,
            shown INTEGER NOT NULL, left_side TEXT NOT NULL CHECK (left_side IN ('one', 'other')),
            answer TEXT NOT NULL CHECK (answer IN ('one', 'other', 'same')), voter TEXT NOT NULL, at TEXT NOT NULL)""",
        "CREATE INDEX vote_pair ON vote (dataset_id, one, other, settings)",
    )


@migrations(name="011_score_cache")
def _score_cache(db: Database) -> None:
    # a model's long name is kept once; `made` and `used` are seconds since 1970, so that old and unused ones can go
    _run(
        db,
        "CREATE TABLE scored_by (id INTEGER PRIMARY KEY, model TEXT NOT NULL UNIQUE)",
        "INSERT INTO scored_by (model) SELECT DISTINCT model FROM score",
        """CREATE TABLE score_now (
            scored_by INTEGER NOT NULL REFERENCES scored_by(id) ON DELETE CASCADE, query_hash TEXT NOT NULL,
            text_hash TEXT NOT NULL, value REAL NOT NULL, tokens_cut INTEGER NOT NULL, made REAL NOT NULL,
            used REAL NOT NULL, PRIMARY KEY (scored_by, query_hash, text_hash)) WITHOUT ROWID""",
        """INSERT INTO score_now SELECT scored_by.id, query_hash, text_hash, value, tokens_cut,
            strftime('%s', 'now') + 0.0, strftime('%s', 'now') + 0.0 FROM score JOIN scored_by USING (model)""",
        "DROP TABLE score",
        "ALTER TABLE score_now RENAME TO score",
        "CREATE INDEX score_used ON score (used)",
    )


@migrations(name="012_idle_events")
def _idle_events(db: Database) -> None:
    # events that found nothing to do: sent again later, they must not find something
    _run(
        db,
        """CREATE TABLE idle_event (
            client_id TEXT NOT NULL, seq INTEGER NOT NULL, at TEXT NOT NULL, PRIMARY KEY (client_id, seq)
        ) WITHOUT ROWID""",
    )


@migrations(name="013_identity")
def _identity(db: Database) -> None:
    # which workspace this is, wherever the file lies: see store/served_file.py
    _run(
        db,
        "CREATE TABLE identity (id TEXT NOT NULL)",
        "INSERT INTO identity VALUES (lower(hex(randomblob(16))))",
    )


@migrations(name="014_attempts")
def _attempts(db: Database) -> None:
    # how often a worker took the job up: one that ends its worker each time is not taken up for ever
    _run(db, "ALTER TABLE job ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0")


COUNT = len(migrations.pending(Database(memory=True)))


def apply(db: Database) -> None:
    """Run what is pending and write the number of migrations into the file, where each opening looks for it.

    To be called within a write transaction: then either all of it is there or nothing.
    """
    migrations.apply(db)
    db.execute(f"PRAGMA user_version = {COUNT}")
