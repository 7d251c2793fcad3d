"""The options of the verb that trains on the grades."""

from __future__ import annotations

from rerank_core.evaluation.equivalence import DEFAULT_MARGIN
from rerank_core.shell.option_groups import Parser, Verbs, add_level, add_systems, add_verb, add_view, one_measure
from rerank_core.training.folds import FOLDS
from rerank_core.training.models.extras import LEARNING_CURVE, OUT_OF_FOLD
from rerank_core.training.record import BLEND, KINDS

_MORE = """It learns a blend from your grades: a weight for the score and the rank of each system, for the words and
numbers that query and passage share, for the length. Queries are split in folds; the first stage, the way to fit and
the weights are chosen without the queries that are then measured. Or it trains a model on three quarters of the queries
(minutes to an hour), and measures it on the others: the bundled encoder, a cross-encoder that is here (--start), or the
bundled model as a cross-encoder that one of the systems teaches first (--teacher). It can be stopped, and goes on where
it was. What is missing is ranked first. Needs libraries: pip install "rerank-lens[train]"."""


def add_training(verbs: Verbs[Parser]) -> None:
    """Add train."""
    verb = add_verb(
        verbs, "train", "learn a blend or a model from your grades, and say what it reaches on queries not seen", _MORE
    )
    add_view(verb)
    add_systems(verb)
    what = f"{', '.join(KINDS)} (default: %(default)s)"
    verb.add_argument("--model", choices=tuple(KINDS), default=BLEND, help=what)
    what = "of a cross-encoder: the system it goes on from, or cross-encoder:FOLDER"
    verb.add_argument("--start", metavar="SYSTEM", default="", help=what)
    what = "of a distillation: the system, out of --systems, whose scores are learned first"
    verb.add_argument("--teacher", metavar="SYSTEM", default="", help=what)
    what = "of a model: a learning curve too, from a quarter, a half and three quarters of the grades"
    verb.add_argument("--curve", dest="extras", action="append_const", const=LEARNING_CURVE, help=what)
    what = "of a model: measure every query, each by a model that has not seen it"
    verb.add_argument("--out-of-fold", dest="extras", action="append_const", const=OUT_OF_FOLD, help=what)
    verb.add_argument("--measure", type=one_measure, default="nDCG@10", help="default: %(default)s")
    add_level(verb)
    verb.add_argument("--folds", type=int, default=FOLDS, metavar="N", help="of a blend (default: %(default)s)")
    verb.add_argument("--seed", type=int, default=0, help="of the folds (default: %(default)s)")
    verb.add_argument(
        "--margin",
        type=float,
        default=DEFAULT_MARGIN,
        help="the smallest difference that matters to you (default: %(default)s)",
    )
    what = "train nothing: say what the raw scores of this system mean as probabilities, from its kept rankings"
    verb.add_argument("--calibrate", metavar="SYSTEM", help=what)
    verb.add_argument("--save-as", metavar="NAME", help="keep it as a system of this name")
    verb.add_argument("--strict", action="store_true", help="exit 1 unless it is worth it")
