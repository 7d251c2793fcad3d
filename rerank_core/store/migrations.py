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


@migrations(name="015_invitations")
def _invitations(db: Database) -> None:
    # a vote that was taken back stays; `opens`: what the link opens, as JSON
    _run(
        db,
        """CREATE TABLE invitation (
            id TEXT PRIMARY KEY, token_hash TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('judge', 'voter', 'reader')),
            dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE, name TEXT NOT NULL DEFAULT '',
            opens TEXT NOT NULL, made TEXT NOT NULL, used TEXT NOT NULL DEFAULT '',
            withdrawn TEXT NOT NULL DEFAULT '') WITHOUT ROWID""",
        "CREATE INDEX invitation_dataset ON invitation (dataset_id)",
        """CREATE TABLE vote_taken_back (
            vote_id INTEGER PRIMARY KEY REFERENCES vote(id) ON DELETE CASCADE, at TEXT NOT NULL)""",
        """CREATE TABLE shown_name (
            dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE, system TEXT NOT NULL,
            name TEXT NOT NULL, PRIMARY KEY (dataset_id, system)) WITHOUT ROWID""",
    )


@migrations(name="016_scratch_queries")
def _scratch_queries(db: Database) -> None:
    # a typed query counts once somebody keeps it; a removed one stays for the history of its grades.
    # grades_after: judgments up to this id belong to another text that the query had before it was removed
    _run(
        db,
        """ALTER TABLE query ADD COLUMN state TEXT NOT NULL DEFAULT 'kept'
           CHECK (state IN ('kept', 'scratch', 'removed'))""",
        "ALTER TABLE query ADD COLUMN grades_after INTEGER NOT NULL DEFAULT 0",
        "CREATE INDEX query_set_aside ON query (dataset_id) WHERE state <> 'kept' OR grades_after > 0",
    )


@migrations(name="017_margin")
def _margin(db: Database) -> None:
    # the smallest difference that matters; a dataset without a row has the default
    _run(
        db,
        """CREATE TABLE margin (
            dataset_id INTEGER PRIMARY KEY REFERENCES dataset(id) ON DELETE CASCADE,
            margin REAL NOT NULL CHECK (margin > 0 AND margin <= 1))""",
    )


@migrations(name="018_tuning")
def _tuning(db: Database) -> None:
    # by name, as the system's own row may be replaced: then the mark goes with it
    _run(
        db,
        """CREATE TABLE tuned_system (
            system TEXT PRIMARY KEY REFERENCES system(id) ON DELETE CASCADE,
            queries TEXT NOT NULL, found TEXT NOT NULL DEFAULT '{}', at TEXT NOT NULL)""",
    )


@migrations(name="019_waiting")
def _waiting(db: Database) -> None:
    # so that whoever waits can be told for what: `doing` is '', 'standing' or 'preparing'
    _run(
        db,
        "ALTER TABLE job ADD COLUMN doing TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE job ADD COLUMN seconds_left REAL",
    )


@migrations(name="020_busy")
def _busy(db: Database) -> None:
    # what others had of the machine while something was timed; unknown for all that was timed before
    _run(db, "ALTER TABLE ranking ADD COLUMN busy REAL", "ALTER TABLE candidates ADD COLUMN busy REAL")


@migrations(name="021_engines")
def _engines(db: Database) -> None:
    # what engines elsewhere answered; candidates are made of it, and it is not asked again within an epoch
    _run(
        db,
        """CREATE TABLE engine_source (
            dataset_id INTEGER PRIMARY KEY REFERENCES dataset(id) ON DELETE CASCADE, source TEXT NOT NULL,
            epoch INTEGER NOT NULL DEFAULT 1, at TEXT NOT NULL)""",
        """CREATE TABLE engine_template (
            dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE, name TEXT NOT NULL,
            template TEXT NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (dataset_id, name)) WITHOUT ROWID""",
        """CREATE TABLE engine_answer (
            id INTEGER PRIMARY KEY, dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
            epoch INTEGER NOT NULL, template TEXT NOT NULL, query TEXT NOT NULL, k INTEGER NOT NULL,
            docs TEXT NOT NULL, request TEXT NOT NULL, seconds REAL, at TEXT NOT NULL,
            UNIQUE (dataset_id, epoch, template, query, k))""",
    )


@migrations(name="022_refreshes")
def _refreshes(db: Database) -> None:
    # what a refresh found, for people
    _run(
        db,
        """CREATE TABLE engine_refresh (
            id INTEGER PRIMARY KEY, dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
            epoch INTEGER NOT NULL, found TEXT NOT NULL, at TEXT NOT NULL)""",
        "CREATE INDEX engine_refresh_dataset ON engine_refresh (dataset_id)",
    )


@migrations(name="025_dense_models")
def _dense_models(db: Database) -> None:
    # what people added to choose from; `settings` as retrieval.dense_model.DenseModel has them, never a key
    _run(db, "CREATE TABLE dense_model (name TEXT PRIMARY KEY, settings TEXT NOT NULL, at TEXT NOT NULL)")


@migrations(name="027_queries")
def _queries(db: Database) -> None:
    # of the queries that count; '' until they change next
    _run(db, "ALTER TABLE dataset ADD COLUMN queries_fingerprint TEXT NOT NULL DEFAULT ''")


@migrations(name="030_traffic")
def _traffic(db: Database) -> None:
    # what was logged elsewhere. A request is there once, by its id, system and role, whatever file it came in; its list
    # lies apart, so that figures over many requests do not read it. `at`: seconds since 1970. `scores`: float32.
    # click_grade is apart from the judgments of people, and from the grades of language models
    _run(
        db,
        """CREATE TABLE traffic_log (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL, form TEXT NOT NULL, schema TEXT NOT NULL DEFAULT '',
            state TEXT NOT NULL DEFAULT 'importing' CHECK (state IN ('importing', 'ready')),
            report TEXT NOT NULL DEFAULT '{}', at TEXT NOT NULL)""",
        """CREATE TABLE traffic_request (
            id INTEGER PRIMARY KEY, log_id INTEGER NOT NULL REFERENCES traffic_log(id) ON DELETE CASCADE,
            request TEXT NOT NULL, system TEXT NOT NULL, role TEXT NOT NULL CHECK (role IN ('served', 'shadow')),
            at REAL NOT NULL, query TEXT NOT NULL, query_key TEXT NOT NULL, made_of TEXT NOT NULL, outcome TEXT NOT NULL
            CHECK (outcome IN ('reranked', 'skipped', 'failed', 'listed')), ms REAL, pairs INTEGER, kept INTEGER,
            moved INTEGER, listed INTEGER NOT NULL, scores BLOB NOT NULL, UNIQUE (request, system, role))""",
        "CREATE INDEX traffic_request_log ON traffic_request (log_id)",
        "CREATE INDEX traffic_request_at ON traffic_request (at)",
        "CREATE INDEX traffic_request_query ON traffic_request (query_key)",
        """CREATE TABLE traffic_list (
            request_id INTEGER PRIMARY KEY REFERENCES traffic_request(id) ON DELETE CASCADE, docs TEXT NOT NULL)""",
        """CREATE TABLE traffic_click (
            id INTEGER PRIMARY KEY, log_id INTEGER NOT NULL REFERENCES traffic_log(id) ON DELETE CASCADE,
            request TEXT NOT NULL, docid TEXT NOT NULL, at REAL NOT NULL, UNIQUE (request, docid, at))""",
        "CREATE INDEX traffic_click_log ON traffic_click (log_id)",
        """CREATE TABLE click_grade (
            dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE, qid TEXT NOT NULL,
            docid TEXT NOT NULL, method TEXT NOT NULL, shown INTEGER NOT NULL, clicks INTEGER NOT NULL,
            attraction REAL NOT NULL, text_hash TEXT NOT NULL, at TEXT NOT NULL,
            PRIMARY KEY (dataset_id, qid, docid, method)) WITHOUT ROWID""",
        """CREATE TABLE canary (
            id INTEGER PRIMARY KEY, system TEXT NOT NULL UNIQUE, made_of TEXT NOT NULL, noise REAL NOT NULL,
            pairs TEXT NOT NULL, at TEXT NOT NULL)""",
        """CREATE TABLE canary_check (
            id INTEGER PRIMARY KEY, canary_id INTEGER NOT NULL REFERENCES canary(id) ON DELETE CASCADE,
            scores TEXT NOT NULL, at TEXT NOT NULL)""",
        "CREATE INDEX canary_check_canary ON canary_check (canary_id)",
    )


@migrations(name="031_trained_models")
def _trained_models(db: Database) -> None:
    # dense models that were trained here, by folder: a first stage has no row in `system`. `queries` as of tuned_system
    _run(
        db,
        """CREATE TABLE trained_model (
            model TEXT PRIMARY KEY, queries TEXT NOT NULL, found TEXT NOT NULL, at TEXT NOT NULL)""",
    )


@migrations(name="034_query_variants")
def _query_variants(db: Database) -> None:
    # `query_variant`: what people added to choose from, as retrieval.query_variants.QueryVariant has it, never a key.
    # `written_query`: what a language model wrote, under the variant's key and the query's hash: paid for once
    _run(
        db,
        "CREATE TABLE query_variant (name TEXT PRIMARY KEY, settings TEXT NOT NULL, at TEXT NOT NULL)",
        """CREATE TABLE written_query (
            variant TEXT NOT NULL, query TEXT NOT NULL, texts TEXT NOT NULL, input_tokens INTEGER,
            output_tokens INTEGER, at TEXT NOT NULL, PRIMARY KEY (variant, query)) WITHOUT ROWID""",
    )


@migrations(name="036_found_languages")
def _found_languages(db: Database) -> None:
    # by a dataset's fingerprint: the same passages are in the same language. `found_by`: the way that it was found
    _run(
        db,
        """CREATE TABLE found_language (
            fingerprint TEXT PRIMARY KEY, code TEXT NOT NULL, found_by TEXT NOT NULL) WITHOUT ROWID""",
    )


COUNT = len(migrations.pending(Database(memory=True)))


def apply(db: Database) -> None:
    """Run what is pending and write the number of migrations into the file, where each opening looks for it.

    To be called within a write transaction: then either all of it is there or nothing.
    """
    migrations.apply(db)
    db.execute(f"PRAGMA user_version = {COUNT}")
