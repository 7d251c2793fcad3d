import pytest

from rerank_core.errors import BadInputError
from rerank_core.evaluation.names import KINDS, OFFERED, Measure, parse_measure


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("nDCG@10", "nDCG@10"),
        ("ndcg_cut_10", "nDCG@10"),
        ("ndcg_cut.10", "nDCG@10"),
        ("NDCG@10", "nDCG@10"),
        (" nDCG@10 ", "nDCG@10"),
        ("ndcg", "nDCG"),
        ("nDCG_exp@10", "nDCG_exp@10"),
        ("ndcg_burges@10", "nDCG_exp@10"),
        ("nDCG(dcg='exp-log2')@10", "nDCG_exp@10"),
        ("nDCG(dcg='log2')@10", "nDCG@10"),
        ("nDCG(judged_only=True)@10", "nDCG_condensed@10"),
        ("recip_rank", "RR"),
        ("MRR", "RR"),
        ("mrr@10", "RR@10"),
        ("map", "AP"),
        ("MAP@100", "AP@100"),
        ("map_cut_100", "AP@100"),
        ("AP(rel=2)", "AP(rel=2)"),
        ("P_5", "P@5"),
        ("precision@5", "P@5"),
        ("recall_100", "R@100"),
        ("R(rel=2)@100", "R(rel=2)@100"),
        ("hit_rate@10", "Success@10"),
        ("hits@10", "Success@10"),
        ("success_1", "Success@1"),
        ("judged@10", "Judged@10"),
        ("Judged", "Judged"),
        ("bpref", "Bpref"),
    ],
)
def test_an_alias_means_the_canonical_name(written, canonical):
    assert str(parse_measure(written)) == canonical
    assert parse_measure(canonical) == parse_measure(written)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "nDGC@10",
        "nDCG@",
        "nDCG@0",
        "nDCG@ten",
        "nDCG@1٠",
        "nDCG@9999999",
        "P",
        "R",
        "Success",
        "Bpref@10",
        "nDCG(rel=2)@10",
        "Judged(rel=2)@10",
        "R(rel=0)@10",
        "R(rel=-1)@10",
        "R(rel=x)@10",
        "R(depth=2)@10",
        "P@5@10",
        "R(rel=2@10",
        "nDCG(gains={0:1})@10",
    ],
)
def test_what_is_no_measure_is_refused_with_what_would_be_right(name):
    with pytest.raises(BadInputError) as caught:
        parse_measure(name)
    assert caught.value.expected


def test_an_unknown_name_is_answered_with_the_names_offered():
    with pytest.raises(BadInputError, match="nDCG@10, RR@10, AP"):
        parse_measure("Rprec")


def test_every_name_offered_is_understood_and_every_kind_is_offered():
    offered = [parse_measure(name) for name in OFFERED.split(", ")]
    assert [str(measure) for measure in offered] == OFFERED.split(", ")
    assert {measure.kind for measure in offered} == set(KINDS)


def test_ir_measures_writes_the_shared_names_the_same_way():
    import ir_measures

    for name in ("nDCG@10", "nDCG", "RR", "RR@10", "AP", "AP(rel=2)@100", "P@5", "R(rel=2)@100", "Judged@10", "Bpref"):
        assert str(ir_measures.parse_measure(name)) == name == str(parse_measure(name))


def test_the_level_is_written_into_the_name_only_where_it_matters():
    assert str(parse_measure("R@100").at_level(2)) == "R(rel=2)@100"
    assert str(parse_measure("R@100").at_level(1)) == "R@100"
    assert str(parse_measure("R(rel=3)@100").at_level(2)) == "R(rel=3)@100"
    assert str(parse_measure("nDCG@10").at_level(2)) == "nDCG@10"


def test_a_measure_can_be_a_key():
    assert {Measure("nDCG", 10): 1}[parse_measure("ndcg@10")] == 1
