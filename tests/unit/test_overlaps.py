"""Genes whose windows share bases of the genome."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from scx_core.dataset import Dataset
from scx_core.training.architecture import architecture_for
from scx_core.training.families import families_of
from scx_core.training.overlaps import MOST_SHARED, largest_overlap, overlapping_neighbours
from scx_core.training.plan import make_plan
from scx_core.training.settings import TrainingSettings

UP, DOWN = 70, 35
genes = st.lists(
    st.tuples(st.sampled_from(["chr1", "chr2"]), st.integers(1, 600), st.sampled_from("+-")),
    min_size=1, max_size=20,
)  # fmt: skip


def dataset_of(rows) -> SimpleNamespace:
    table = pd.DataFrame(rows, columns=["chromosome", "tss", "strand"])
    windows = np.zeros((len(rows), UP + DOWN), np.uint8)
    return SimpleNamespace(genes=table, windows=windows, upstream=UP, downstream=DOWN)


def bases_of(row) -> set[tuple[str, int]]:
    """The bases of a window, as the design page has it; 0-based."""
    chromosome, tss, strand = row
    first = tss - 1 - UP if strand == "+" else tss - DOWN
    return {(chromosome, position) for position in range(first, first + UP + DOWN)}


def share(one, other) -> float:
    return len(bases_of(one) & bases_of(other)) / (UP + DOWN)


@given(genes, st.sampled_from([0.3, 0.5, 0.8]))
def test_linked_genes_are_those_that_share_bases_one_by_one(rows, least):
    one, other = overlapping_neighbours(dataset_of(rows), least)
    n = len(rows)
    linked = coo_matrix((np.ones(len(one)), (one, other)), shape=(n, n))
    pairs = [(i, j) for i in range(n) for j in range(i) if share(rows[i], rows[j]) > least]
    expected = coo_matrix(
        (np.ones(len(pairs)), tuple(np.array(pairs).T.reshape(2, -1))), shape=(n, n)
    )
    first, second = (connected_components(graph, directed=False)[1] for graph in (linked, expected))
    np.testing.assert_array_equal(np.equal.outer(first, first), np.equal.outer(second, second))


@given(genes, st.randoms(use_true_random=False))
def test_largest_overlap_equals_a_loop_over_all_pairs(rows, random):
    folds = np.array([random.randrange(3) for _ in rows])
    expected = max(
        (
            share(a, b)
            for i, a in enumerate(rows)
            for j, b in enumerate(rows[:i])
            if folds[i] != folds[j]
        ),
        default=0.0,
    )
    assert largest_overlap(dataset_of(rows), folds) == pytest.approx(expected)


def test_neighbours_of_unlike_sequence_are_one_family(toy_dataset: Dataset) -> None:
    settings = TrainingSettings(split="family", n_folds=4, folds=(0,), runs=1)
    families, _ = families_of(toy_dataset, settings)
    assert families is not None
    one, other = overlapping_neighbours(toy_dataset)
    assert (families.to_numpy()[one] == families.to_numpy()[other]).all()
    plan = make_plan(toy_dataset, architecture_for(toy_dataset), settings)
    left = largest_overlap(toy_dataset, plan.folds["fold"].to_numpy())
    assert left <= MOST_SHARED
    assert any(f"share at most {left:.0%} of their bases" in notice for notice in plan.notices)
