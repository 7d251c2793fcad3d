import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rerank_core.corpus.lengths import BINS, Lengths, TokenCounter, _tokenizer, bin_label, fits_surely
from rerank_core.corpus.report import ImportReport, Listed


def whole(texts: list[str]) -> list[int]:
    return [len(_tokenizer().encode(text).ids) for text in texts]


@settings(deadline=None)
@given(st.lists(st.text(max_size=80), max_size=6))
def test_tokens_word_by_word_are_as_many_as_of_the_whole_text(texts: list[str]):
    assert TokenCounter().count(texts) == whole(texts)


@settings(deadline=None, max_examples=30)
@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=510))
def test_a_short_ascii_text_surely_fits(text: str):
    assert fits_surely(text)
    assert whole([text])[0] <= 512


def test_tokens_agree_on_real_passages(collections: Path):
    lines = (collections / "esci-us-150" / "corpus.jsonl").read_text().splitlines()[:300]
    texts = [json.loads(line)["text"] for line in lines]
    counter = TokenCounter()
    assert counter.count(texts[:150]) + counter.count(texts[150:]) == whole(texts)


@pytest.mark.parametrize(("words", "over"), [(510, 0), (511, 1)])
def test_the_window_counts_the_two_tokens_around_the_text(words: int, over: int):
    lengths = Lengths()
    lengths.add(["fish " * words])
    assert lengths.over == over  # "fish" is one token; with [CLS] and [SEP] 510 of them make 512


def test_words_fall_into_fixed_bins():
    lengths = Lengths()
    counts = [0, 1, 24, 25, 1599, 1600, 5000]
    lengths.add([" ".join(["a"] * count) for count in counts])
    wanted = dict.fromkeys(map(bin_label, BINS), 0) | {"0": 1, "1-24": 2, "25-49": 1, "800-1599": 1, "1600+": 2}
    assert lengths.words == wanted
    assert lengths.longest == 5000


def test_a_text_without_spaces_has_more_than_one_word():
    lengths = Lengths()
    lengths.add(["低头思故乡" * 20])
    assert lengths.longest == 50


def test_a_report_survives_json():
    report = ImportReport(
        passages=3, files={"passages": ("a",)}, splits=("test",), grades={-1: 2}, words={"0": 1},
        conflicting_docs=Listed.of(str(n) for n in range(30)),
    )  # fmt: skip
    back = ImportReport.from_dict(json.loads(json.dumps(report.to_dict())))
    assert back == report
    assert back.conflicting_docs.count == 30
    assert back.conflicting_docs.first == tuple(str(n) for n in range(20))


def test_an_empty_dict_is_an_empty_report():
    assert ImportReport.from_dict({}) == ImportReport()
