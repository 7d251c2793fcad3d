"""Why this number: the sum behind one query's nDCG@k as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rerank_core.evaluation.explain import Explanation, OtherValue

if TYPE_CHECKING:
    import pandas as pd


def gains_frame(explanation: Explanation, titles: Mapping[str, str]) -> pd.DataFrame:
    """The ranking's first k places: Rank, Grade, Gain, Discount, Contribution, Passage, Docid.

    The contributions add up to the explanation's `dcg`. Grade is missing where nobody graded. `titles`: docid -> title;
    the docid where there is none.
    """
    import pandas as pd

    rows = [
        [row.rank, row.grade, row.gain, row.discount, row.contribution, titles.get(row.docid) or row.docid, row.docid]
        for row in explanation.rows
    ]
    columns = ["Rank", "Grade", "Gain", "Discount", "Contribution", "Passage", "Docid"]
    return pd.DataFrame(rows, columns=columns).astype({"Grade": "Int64"})


def ideal_frame(explanation: Explanation, titles: Mapping[str, str]) -> pd.DataFrame:
    """The ideal list: Rank, Grade, Gain, Discount, Contribution, Stands at (its real rank), Passage, Docid.

    The contributions add up to the explanation's `ideal_dcg`. Stands at is missing where it was not returned.
    """
    import pandas as pd

    rows = [
        [
            row.rank,
            row.grade,
            row.gain,
            row.discount,
            row.contribution,
            row.found_at,
            titles.get(row.docid) or row.docid,
            row.docid,
        ]
        for row in explanation.ideal
    ]
    columns = ["Rank", "Grade", "Gain", "Discount", "Contribution", "Stands at", "Passage", "Docid"]
    return pd.DataFrame(rows, columns=columns).astype({"Grade": "Int64", "Stands at": "Int64"})


def elsewhere_frame(values: Sequence[OtherValue]) -> pd.DataFrame:
    """The values of the field, ours first: Value, Who, Why."""
    import pandas as pd

    rows = [[other.value, f"here; {other.who}" if other.ours else other.who, other.why] for other in values]
    return pd.DataFrame(rows, columns=["Value", "Who", "Why"])


def sum_line(explanation: Explanation) -> str:
    """The division in words: "DCG@10 4.1309 ÷ ideal DCG@10 7.2612 = 0.5689"."""
    k, value = explanation.k, explanation.value
    if not explanation.ideal_dcg:
        return f"No passage of this query is graded as relevant, so nDCG@{k} is 0."
    return f"DCG@{k} {explanation.dcg:.4f} ÷ ideal DCG@{k} {explanation.ideal_dcg:.4f} = {value:.4f}"
