"""Which first stages can stand in the rows of the matrix of a dataset."""

from rerank_core.experiment.connected import connect_dataset
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.matrix import first_stages
from rerank_core.retrieval.engines.python_callable import Source
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.systems.composites.spec import OwnFirstStage
from rerank_core.systems.systems import add_composite
from tests.conftest import BIRD_QUERIES


def test_a_row_is_what_the_dataset_can_be_searched_by(workspace, birds):
    source = Source(lambda query, k: [("a", "Terns dive.", 1.0)], "shop")
    connect_dataset(workspace, "shop", source.definition, source.templates, BIRD_QUERIES[:1])
    words, asked = RetrievalSettings(("bm25",), depth=20), RetrievalSettings(("engine:ask",), depth=20)
    add_composite(workspace, "by words", OwnFirstStage("first-stage", words))
    add_composite(workspace, "by the shop", OwnFirstStage("first-stage", asked))

    def rows(name):
        experiment = Experiment.of(workspace, name, ["first-stage"], depth=10)
        return [(one.retrievers, one.depth) for one in first_stages(experiment)]

    assert rows("birds") == [(("bm25", "dense"), 10), (("bm25",), 10), (("dense",), 10), (("bm25",), 20)]
    assert rows("shop") == [(("engine:ask",), 10), (("engine:ask",), 20)]
