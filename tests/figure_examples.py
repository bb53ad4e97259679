"""An example, or several, of every public figure function, in the light theme."""

from collections.abc import Callable

import figure_examples_models
import numpy as np
import pandas as pd
import plotly.graph_objects as go

from scx_core.figures.base_level import detail_figure
from scx_core.figures.compare import comparison_figure
from scx_core.figures.dataset import (
    correlation_figure,
    population_correlation,
    pseudobulk_histogram,
)
from scx_core.figures.exons import exons_in_window
from scx_core.figures.gene_what_if import compared_predictions, what_if_figure
from scx_core.figures.overview import overview_figure
from scx_core.figures.predictions import scatter_figure
from scx_core.figures.predictions_genes import residual_figure, variation_figure
from scx_core.figures.predictions_populations import (
    folds_figure,
    gene_figure,
    performance_figure,
)
from scx_core.figures.region_scan import region_scan_figure
from scx_core.figures.style import empty_figure
from scx_core.figures.training import loss_figure
from scx_core.figures.validation import population_figure, validation_figure
from scx_core.figures.variant_alleles import alleles_figure
from scx_core.figures.variant_genes import dot_plot_figure, gene_variants_figure
from scx_core.figures.variant_loci import locus_figure
from scx_core.figures.variant_models import (
    agreement_figure,
    rank_matrix_figure,
    side_by_side_figure,
)
from scx_core.figures.variants import substitution_figure

POPULATIONS = [
    f"L{layer} IT {kind}" for layer in (2, 4, 5, 6) for kind in ("a", "b", "c", "d", "e")
]
CLASSES = {name: name.split()[0] for name in POPULATIONS}


def window(length: int = 10_500) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Effects (length x 4), positions and base codes of a gene."""
    random = np.random.default_rng(0)
    codes = random.integers(0, 4, length).astype(np.uint8)
    effects = random.normal(0, 0.01, (length, 4))
    middle = 2 * length // 3
    effects[middle - 12 : middle + 8] += random.normal(0, 0.2, (20, 4))
    effects[np.arange(length), codes] = 0
    return effects, np.arange(length) - middle, codes


def regions() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "start": [-500, 1000, -3000, 20], "end": [-200, 1400, -2600, 60],
            "name": ["EH1", "EH2", "EH3", "EH4"],
            "region_class": ["PLS", "dELS", "dELS", "PLS"],
            "where": ["chr1:1-2", "chr1:3-4", "chr1:5-6", "chr1:7-8"],
        }
    )  # fmt: skip


def places(tss: int) -> pd.DataFrame:
    """Exons of one transcript, 0-based half-open; the last reaches out of the window."""
    start = tss + np.array([-1, 249, 500])
    return pd.DataFrame(
        {
            "gene_id": "G", "transcript_id": "T", "start": start, "end": start + np.array([100, 100, 9000]),
            "part": ["utr5", "cds", "utr3"],
        }
    )  # fmt: skip


def overviews() -> list[go.Figure]:
    effects, positions, _ = window()
    random = np.random.default_rng(1)
    columns = np.arange(1050) * 10 + positions[0] + 4.5
    pooled = pd.DataFrame(random.normal(0, 0.05, (20, 1050)), POPULATIONS, columns)
    genome = 1_000_000 + positions
    none = regions().iloc[:0]
    return [
        overview_figure(
            effects, positions, genome, pooled, regions(), "light", (-60, 60), kind=kind,
            spread=np.full(effects.shape, 0.02), groups=list(CLASSES.values()), chromosome="chr1",
        )
        for kind in ("strongest", "all", "mean")
    ] + [
        overview_figure(
            effects, positions, genome, pooled.iloc[:0], beneath, "light",
            exons=exons_in_window(places(1_000_000), "G", positions, genome),
        )
        for beneath in (none, regions())
    ] + [
        overview_figure(
            np.abs(effects), positions, genome, pooled, regions(), "light",
            decreases=-np.abs(effects), groups=list(CLASSES.values()), chromosome="chr1",
        )
    ]  # fmt: skip


def details() -> list[go.Figure]:
    return [
        detail_figure(*_cut(length), "light", chromosome=chromosome)
        for length, chromosome in ((60, "chr1"), (900, ""))
    ]


def _cut(length: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    effects, positions, codes = window(length)
    return effects, positions, 10_000 + positions, codes


def expression(count: int = 3000) -> tuple[pd.Series, pd.Series, pd.Series]:
    random = np.random.default_rng(2)
    ids = [f"G{number}" for number in range(count)]
    truth = pd.Series(random.normal(0, 1, count), ids)
    return (
        truth,
        0.7 * truth + random.normal(0, 0.5, count),
        pd.Series([f"Gene{n}" for n in ids], ids),
    )


def scatters() -> list[go.Figure]:
    observed, predicted, names = expression()
    return [scatter_figure(observed, predicted, names, "log10 CPM", "light", "G3")]


def residuals() -> list[go.Figure]:
    observed, _, _ = expression()
    return [
        residual_figure(observed, "light", ("GeneG3", -1.2)),
        residual_figure(observed, "light"),
    ]


def variations() -> list[go.Figure]:
    random = np.random.default_rng(3)
    _, _, names = expression()
    genes = pd.DataFrame(
        {
            "variance": 10 ** random.uniform(-3, 1, len(names)),
            "pearson_across_populations": random.uniform(-1, 1, len(names)),
        },
        names.index,
    )
    return [variation_figure(genes, names, "light", "G3")]


def by_population() -> list[go.Figure]:
    random = np.random.default_rng(4)
    many = [f"p{number}" for number in range(60)]
    figures = []
    for names, classes in ((POPULATIONS, CLASSES), (many, {n: f"class {n[1]}" for n in many})):
        observed = pd.Series(random.normal(0, 1, len(names)), names)
        figures.append(
            gene_figure(observed, observed + 0.2, names, "log10 CPM", "light", names[3], classes)
        )
    return figures


def performances() -> list[go.Figure]:
    random = np.random.default_rng(5)
    scores = pd.DataFrame(
        random.uniform(0.3, 0.7, (20, 4)), POPULATIONS, ["model", "5-mers", "half-life", "mean"]
    )
    return [
        performance_figure(scores, POPULATIONS, "light", POPULATIONS[2], CLASSES),
        performance_figure(scores.iloc[:4], POPULATIONS, "light"),
    ]


def folds() -> list[go.Figure]:
    random = np.random.default_rng(6)
    many = [f"p{number}" for number in range(60)]
    figures = []
    for names, classes in ((POPULATIONS, CLASSES), (many, {}), (many[:3], {})):
        table = pd.DataFrame(
            [
                {"population": name, "fold": fold, "pearson": random.uniform(0.4, 0.7), "n": 900}
                for name in names for fold in range(10 if len(names) > 3 else 2)
            ]
        )  # fmt: skip
        figures.append(folds_figure(table, names, "light", names[1], classes))
    return figures


def comparisons() -> list[go.Figure]:
    random = np.random.default_rng(7)
    table = pd.DataFrame(
        [
            {"population": name, "model": model, "pearson": random.uniform(0.4, 0.7),
             "pearson_difference": 0.1, "pearson_low": random.normal(), "pearson_high": 1.0}
            for name in POPULATIONS for model in ("first", "second", "third")
        ]
    )  # fmt: skip
    return [
        comparison_figure(table, ["first", "second"], "light", POPULATIONS[0]),
        comparison_figure(table, ["first", "second", "third"], "light", POPULATIONS[0]),
    ]


def histograms() -> list[go.Figure]:
    observed, _, _ = expression()
    return [pseudobulk_histogram(observed.clip(lower=-1), -1.0, "log10 CPM", "light")]


def correlations() -> list[go.Figure]:
    random = np.random.default_rng(8)
    table = pd.DataFrame(random.normal(size=(200, 20)), columns=POPULATIONS)
    few = population_correlation(table.iloc[:, :5])
    return [
        correlation_figure(population_correlation(table), "light", pd.Series(CLASSES)),
        correlation_figure(few, "light"),
    ]


def what_ifs() -> list[go.Figure]:
    effects, positions, _ = window(3000)
    return [what_if_figure(effects, 1.2 * effects, positions, 10_000 + positions, "light")]


def compared() -> list[go.Figure]:
    table = pd.DataFrame({"as_it_is": np.linspace(0, 1, 20)}, POPULATIONS)
    table["changed"] = table["as_it_is"] + np.resize([0.1, -0.1], 20)
    return [compared_predictions(table, "log10 CPM", "light")]


def histories() -> pd.DataFrame:
    random = np.random.default_rng(9)
    rows = []
    for fold in range(3):
        for run in range(2):
            for epoch in range(1, 12):
                loss = 1 / epoch + 0.02 * random.normal()
                rows.append(
                    {"fold": fold, "run": run, "attempt": int(fold == 0 and epoch > 3),
                     "epoch": epoch, "train_loss": loss, "validation_loss": loss + 0.1,
                     "learning_rate": 5e-4 if epoch < 8 else 5e-5, "validation_pearson": 1 - loss}
                )  # fmt: skip
    return pd.DataFrame(rows)


def losses() -> list[go.Figure]:
    units = [(fold, run) for fold in range(3) for run in range(2)]
    dense = [(fold, run) for fold in range(20) for run in range(5)]
    return [
        loss_figure(histories(), units, 20, "light"),
        loss_figure(histories(), dense, 20, "light"),
        loss_figure(histories().iloc[:0], units, 20, "light"),
    ]


def validations() -> list[go.Figure]:
    return [validation_figure(histories(), 20, "light")]


def validated() -> list[go.Figure]:
    few = dict(zip(POPULATIONS[:6], np.linspace(0.3, 0.8, 6), strict=True))
    return [
        population_figure(few, "light"),
        population_figure({f"p{n}": n / 50 for n in range(50)}, "light"),
    ]


def alleles() -> list[go.Figure]:
    effects, positions, codes = window(41)
    effects, letters = effects + 0.01, "ACGT"
    at, other = letters[codes[20]], letters[(codes[20] + 1) % 4]
    longer = np.vstack([effects, effects[:2]])
    place = (effects, codes, positions, 1000 + positions, 20)
    return [
        alleles_figure(*place, at, other, "light"),
        alleles_figure(*place, at, f"{at}GG", "light", longer),
    ]


def scored() -> pd.DataFrame:
    lines = [
        {
            "row": row, "part": 0, "gene_id": f"E{row % 3}", "gene_name": f"GENE{row % 3}",
            "relative_to_tss": 100 - 10 * row, "genome_reference": "A", "substitution": base,
            "given": place == 0, "largest_effect": 0.1 * row * (-1) ** row / (place + 1),
            "largest_population": POPULATIONS[0],
        }
        | {f"effect: {name}": 0.1 * row * (-1) ** row / (n + 1) for n, name in enumerate(POPULATIONS)}
        for row in range(1, 10) for place, base in enumerate("CGT")
    ]  # fmt: skip
    return pd.DataFrame(lines)


def gene_variants() -> list[go.Figure]:
    labels = {row: f"rs{1000 + row}" for row in range(1, 10)}
    return [
        gene_variants_figure(scored(), labels, POPULATIONS, "light", CLASSES, highlight=3),
        gene_variants_figure(scored(), labels, POPULATIONS, "light", most=3),
    ]


def dot_plots() -> list[go.Figure]:
    return [dot_plot_figure(scored(), {3: "rs3"}, "light", highlight=3)]


def loci() -> list[go.Figure]:
    effects, positions, _ = window(2000)
    variants = pd.DataFrame(
        {
            "row": [1, 2, 3, 4, 5], "label": ["rs1", "rs2", "rs3", "rs4", "rs5"],
            "relative_to_tss": [-400, -300, 0, 100, 200], "position": [600, 700, 1000, 1100, 1200],
            "p_value": [1e-10, 0.01, 1e-7, np.nan, 1.0],
            "largest_effect": [0.2, -0.1, np.nan, 0.3, 0.0],
        }
    )  # fmt: skip
    return [
        locus_figure(
            variants, effects, positions, 1000 + positions, regions().iloc[[0, 3]], "light", "GENE",
            exons_in_window(places(1000), "G", positions, 1000 + positions), highlight=1,
        ),
        locus_figure(
            variants.assign(p_value=np.nan), effects, positions, 1000 + positions,
            regions().iloc[:0], "light",
        ),
    ]  # fmt: skip


def agreements() -> list[go.Figure]:
    count = 60
    index = pd.MultiIndex.from_arrays(
        [np.arange(1, count + 1), np.zeros(count, int), ["E1"] * count, ["A"] * count],
        names=["row", "part", "gene_id", "substitution"],
    )
    random = np.random.default_rng(10)
    first = random.normal(0, 0.1, count)
    pair = pd.DataFrame({"first": first, "second": first + random.normal(0, 0.1, count)}, index)
    return [agreement_figure(pair, {4: "rs4"}, "one, Sst", "two, Sst", "light", highlight=4)]


def tracks() -> pd.MultiIndex:
    return pd.MultiIndex.from_product(
        [["one", "two"], POPULATIONS[:8]], names=["model", "population"]
    )


def rank_matrices() -> list[go.Figure]:
    values = np.random.default_rng(11).uniform(-1, 1, (16, 16))
    values[3, 4] = np.nan
    counts = pd.DataFrame(5, tracks(), tracks())
    return [rank_matrix_figure(pd.DataFrame(values, tracks(), tracks()), counts, "light")]


def side_by_sides() -> list[go.Figure]:
    values = np.random.default_rng(12).normal(0, 0.1, (30, 16))
    table = pd.DataFrame(values, columns=tracks())
    labels = [f"rs{number}" for number in range(30)]
    return [side_by_side_figure(table, labels, "light", {"two": "SAD"}, most=20)]


def substitutions() -> list[go.Figure]:
    table = pd.DataFrame(
        np.random.default_rng(14).normal(0, 0.1, (20, 3)), POPULATIONS, list("CGT")
    )
    return [
        substitution_figure(table, "G", POPULATIONS, "light", "gene strand", CLASSES),
        substitution_figure(table.iloc[:4], "G", POPULATIONS, "light", "gene strand"),
    ]


def scans() -> list[go.Figure]:
    random = np.random.default_rng(15)
    table = pd.DataFrame({"chromosome": "chr1", "tss": 1_000_001 + 100 * np.arange(1000)})
    for column in ("plus", "minus"):
        table[column] = random.normal(0, 0.3, 1000).cumsum()
    table.loc[300:340, "plus"] = np.nan
    genes = pd.DataFrame(
        {
            "gene_name": [f"GENE{number}" for number in range(20)],
            "tss": random.integers(1_000_001, 1_100_000, 20),
            "strand": ["+", "-"] * 10,
        }
    )
    islands = pd.DataFrame(
        {
            "start": [999_000, 1_050_000],
            "end": [1_000_500, 1_052_000],
            "name": ["CpG: 40", "CpG: 90"],
        }
    )
    exons = pd.DataFrame(
        {
            "start": [1_000_500, 1_000_500, 1_002_000, 1_050_000],
            "end": [1_009_000, 1_000_900, 1_009_000, 1_052_000],
            "part": ["transcript", "utr5", "cds", "exon"],
            "strand": ["+", "+", "+", "-"],
        }
    )
    unit = "predicted expression (z-score)"
    return [
        region_scan_figure(table, genes, islands, unit, "light", exons),
        region_scan_figure(table, genes.iloc[:0], islands.iloc[:0], unit, "light"),
    ]  # fmt: skip


#: By module and name of the function.
EXAMPLES: dict[str, Callable[[], list[go.Figure]]] = {
    "base_level.detail_figure": details,
    "compare.comparison_figure": comparisons,
    "dataset.correlation_figure": correlations,
    "dataset.pseudobulk_histogram": histograms,
    "gene_what_if.compared_predictions": compared,
    "gene_what_if.what_if_figure": what_ifs,
    "overview.overview_figure": overviews,
    "predictions.scatter_figure": scatters,
    "predictions_genes.residual_figure": residuals,
    "predictions_genes.variation_figure": variations,
    "predictions_populations.folds_figure": folds,
    "predictions_populations.gene_figure": by_population,
    "predictions_populations.performance_figure": performances,
    "region_scan.region_scan_figure": scans,
    "style.empty_figure": lambda: [empty_figure("light", "There is nothing to draw.")],
    "training.loss_figure": losses,
    "validation.population_figure": validated,
    "validation.validation_figure": validations,
    "variant_alleles.alleles_figure": alleles,
    "variant_genes.dot_plot_figure": dot_plots,
    "variant_genes.gene_variants_figure": gene_variants,
    "variant_loci.locus_figure": loci,
    "variant_models.agreement_figure": agreements,
    "variant_models.rank_matrix_figure": rank_matrices,
    "variant_models.side_by_side_figure": side_by_sides,
    "variants.substitution_figure": substitutions,
    **figure_examples_models.EXAMPLES,
}
