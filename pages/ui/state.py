"""The only session_state keys, and the functions that read and write them.

Keys of widgets that make up a view are also its query parameters, so they are short: a view is a link.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

# the view: on every page that shows results, and in the address of each page, see `address.py`
DATASET = "ds"
QUERY = "q"
SYSTEMS = "sys"
BASELINE = "base"
DEPTH = "depth"
SHOWN = "top"
LEVEL = "rel"
RETRIEVERS = "ret"
FUSION = "fuse"
DENSE_WEIGHT = "w"
DENSE_MODEL = "dm"
QUERY_VARIANT = "qv"
LANGUAGE = "lang"
CUTTING = "cut"
FILTER_FIELD = "ff"
FILTER_VALUES = "fv"

ALWAYS = (DATASET, QUERY, SYSTEMS)
"""Said in every address; the other keys of the view only where they are not at their defaults."""
OF_A_DATASET = (QUERY, LEVEL, FILTER_FIELD, FILTER_VALUES)
"""What means nothing in another dataset."""
VIEW = (
    *ALWAYS,
    *(
        BASELINE,
        DEPTH,
        SHOWN,
        LEVEL,
        RETRIEVERS,
        FUSION,
        DENSE_WEIGHT,
        DENSE_MODEL,
        QUERY_VARIANT,
        LANGUAGE,
        CUTTING,
        FILTER_FIELD,
        FILTER_VALUES,
    ),
)
"""The keys of the view, in the order of the address."""

# who judges, and a query that was typed
JUDGE = "judge"
WAITING = "waiting"  # how many grades wait for a name
NOT_SAID = "not_said"  # how many did when the question was closed without an answer
TYPED = "typed_query"
TRIED = "tried_queries"  # the ids of what this session typed

# the dialog that removes queries
REMOVAL_WORDS = "removal_words"
REMOVAL_WHICH = "removal_which"
REMOVAL_SURE = "removal_sure"

# Compare
BOARD = "board"
AWAITED = "awaited_system"
NO_OFFER = "no_offer"

# Evaluate
SECTION = "part"
MEASURES = "m"
PRICE = "usd"
COMPARED = "of"
EXPLAINED = "why"
EXPLAINED_QUERY = "wq"
DEEPENED = "deep"
EXPORTED = "out"
OWN_LEFT_OUT = "noself"
SLICES = "only"
ORDER = "by_difference"
HEAT = "heat"
HEAT_ORDER = "heat_by"
SCORED = "scored"
FIRST = "first"
MARGIN = "margin"
DECIDING = "deciding"
SWITCH_FROM = "sfrom"
SWITCH_TO = "sto"
SWITCH_HOW = "sby"
SWITCH_FLOOR = "sfloor"
SWITCH_PRECISION = "sprec"
SWITCH_K = "sk"
WHEN_SYSTEM = "when"
WHEN_NAME = "when_name"
WHEN_SAID = "when_said"
MATRIX_ROWS = "matrix_rows"
MATRIX_SHOWN = "matrix_shown"

# Data
UPLOADS = "uploads"  # files that wait to be imported, by the form that they were chosen in
UPLOADED = "uploaded"  # which files these forms had in their fields
ROUND = "round"  # how often a form was emptied
IMPORT_NAME = "import_name"
IMPORT_NAME_FOR = "import_name_for"
CHOICES = "choices"
PREVIEWS = "previews"
ADDED_FILES = "added_files"
KEPT = "kept"  # what was done with a dataset, or why not
IMPORT_JOB = "import_job"
CHANGE_JOB = "change_job"
LOOK_JOB = "look_job"
REFRESH_JOB = "refresh_job"
CONNECTED = "connected"  # the dataset that was just connected

# the dense models to choose from
DENSE_KIND = "dense_kind"
DENSE_SAID = "dense_said"

# the query variants to choose from
VARIANT_SAID = "variant_said"

# Rerankers
VARIANT_OF = "variant_of"
FAMILY = "new_family"
MODEL = "new_model"
ADDED = "added"
KIND = "kind"
SAVED = "saved"
TAKEN = "taken"
WORDS = "find"
NEEDS = "needs"
KINDS = "kinds"
LANGUAGES = "languages"
DOWNLOADED = "downloaded"

# Inspect
INSPECTED = "by"  # in the address of Compare too: the card that somebody comes back to
PASSAGE = "doc"
PAIR_TAKEN = "pair_taken"
READS = "reads"
READ_BY = "reader"
TOP_K = "tk"
TARGET = "tp"

# Label
LABEL = "label"
NEW_JUDGE = "new_judge"
SHOW_RANK = "rank"
SETUP = "setup"

# by invitation
INVITATION = "invitation"
VOTER = "voter"
NEW_VOTER = "new_voter"
MADE = "invitation_made"
INVITING = "inviting"  # whose dialog is open
NEW_GUEST = "new_guest"
NEW_GOAL = "new_goal"
NEW_QUESTIONS = "new_questions"

# Agreement
AGREEING = "who"
AGREEMENT_PART = "agree"
SETTLED_TOO = "settled"
REASON = "reason"
HISTORY_JUDGES = "hist_by"
HISTORY_KINDS = "hist_what"
HISTORY_SOURCES = "hist_from"
HISTORY_WORDS = "hist_has"

# LLM grades
LLM_PART = "llm"
LLM_ADDRESS = "llm_address"
LLM_MODEL = "llm_model"
LLM_KEY = "llm_key"
LLM_RETRY = "llm_retry"
LLM_FIRST = "llm_first"
LLM_GRADED = "llm_graded"
LLM_WORDS = "llm_words"
LLM_ANSWER = "llm_answer"
LLM_PARALLEL = "llm_parallel"
LLM_PRICE_IN = "llm_price_in"
LLM_PRICE_OUT = "llm_price_out"
LLM_JUDGE = "llm_judge"
LLM_PAIRS = "llm_pairs"

# Tune
TUNED_MEASURE = "tm"
TUNED_DEPTH = "td"
TUNED_MARGIN = "tmin"
TUNED_SYSTEM = "tuned_system"
TUNED_NAME = "tuned_name"
TUNED_SAID = "tuned_said"
TUNED_PRECISION = "tprec"
TUNED_LIMIT = "tms"
TUNED_VARIANTS = "tqv"
TUNED_FLOOR = "tuned_floor"
TUNED_GRADED = "tuned_graded"
TRAINED_MODEL = "trm"
TRAINED_MEASURE = "trq"
TRAINED_MARGIN = "trmin"
TRAINED_START = "trs"
TRAINED_TEACHER = "trt"
TRAINED_NAME = "trained_name"
TRAINED_SAID = "trained_said"
MEANT_SYSTEM = "meant_system"
MEANT_FOR = "meant_for"
MEANT_NAME = "meant_name"
MEANT_SAID = "meant_said"

# Present
STORY = "story"
PRESENTED = "present"
COUNTED = "counted"
TALLY = "tally"

# Traffic
TRAFFIC_PART = "traffic"
TRAFFIC_UPLOAD = "traffic_upload"
TRAFFIC_ROUND = "traffic_round"
TRAFFIC_SAID = "traffic_said"
TRAFFIC_LAST = "traffic_last"
TRAFFIC_REFERENCE = "traffic_reference"
TRAFFIC_BUDGET = "traffic_budget"
TRAFFIC_RATE = "traffic_rate"
TRAFFIC_SYSTEM = "traffic_system"
TRAFFIC_QUERY = "traffic_query"
TRAFFIC_PAIR = "traffic_pair"
TRAFFIC_DRAWN = "traffic_drawn"
TRAFFIC_SEED = "traffic_seed"
TRAFFIC_APART = "traffic_apart"
TRAFFIC_CANARY = "traffic_canary"

# the address, see `address.py`
PAGE = "page"
RUNS_HERE = "runs_here"
FAILED = "failed"
TOLD = "told"
ASKED = "asked"
CARRIED = "carried"
FROM_ELSEWHERE = "from_elsewhere"
LINKED = "linked"
LOST = "lost"
ADDRESS_SENT = "address_sent"
SYSTEMS_MISSING = "systems_missing"
MENU = "menu_slot"
MENU_LINK = "menu_link"


def put(key: str, value: Any) -> None:
    """Set a widget's value from a callback, or a value that only code uses."""
    st.session_state[key] = value


def take(key: str) -> Any:
    """The value of a key (None: not there yet)."""
    return st.session_state.get(key)


def pop(key: str) -> Any:
    """A value, taken out (None: not there)."""
    return st.session_state.pop(key, None)
