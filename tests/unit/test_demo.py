"""The demonstration: what is written is what the truth says, and the same for the same seed."""

import dataclasses
import itertools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from scx_core.demo.grammar import (
    MOTIFS,
    PARTNER_BONUS,
    PARTNERS,
    POPULATION_NAMES,
    POPULATIONS,
    PROMOTER_ZONE,
    Motif,
    find_motif,
    motif_effects,
)
from scx_core.demo.settings import DOWNSTREAM, N_CELLS, N_VARIANTS, UPSTREAM
from scx_core.demo.simulate import DemoFiles, simulate, write_inputs
from scx_core.demo.transcripts import SyntheticGene, Transcript
from scx_core.errors import ScxError
from scx_core.sequence.alphabet import CODE_LETTERS, encode

N_GENES = 80
COMPLEMENT = str.maketrans("ACGT", "TGCA")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> DemoFiles:
    return write_inputs(tmp_path_factory.mktemp("demo"), seed=0, n_genes=N_GENES)


@pytest.fixture(scope="module")
def genome(files: DemoFiles) -> dict[str, str]:
    chromosomes = {}
    for record in files.genome.read_text().split(">")[1:]:
        header, *lines = record.splitlines()
        chromosomes[header.split()[0]] = "".join(lines)
    return chromosomes


@pytest.fixture(scope="module")
def annotation(files: DemoFiles) -> pd.DataFrame:
    columns = ["chromosome", "source", "kind", "start", "end", "score", "strand", "frame", "more"]
    table = pd.read_csv(files.annotation, sep="\t", comment="#", names=columns)
    for key in ("gene_id", "gene_type", "transcript_id"):
        table[key] = table["more"].str.extract(rf'{key} "([^"]+)"')
    table["canonical"] = table["more"].str.contains('tag "Ensembl_canonical"')
    return table


def read_truth(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t", keep_default_na=False, na_values={"window_index": ""})


def gene_strand(genome: dict[str, str], row: Mapping[str, Any]) -> str:
    letters = genome[row["chromosome"]][row["start"] : row["end"]]
    return letters if row["strand"] == "+" else letters.translate(COMPLEMENT)[::-1]


def contents(files: DemoFiles) -> dict[str, bytes]:
    return {name: path.read_bytes() for name, path in dataclasses.asdict(files).items()}


def test_same_seed_same_bytes_and_another_seed_other_bytes(files: DemoFiles, tmp_path: Path):
    first = contents(files)
    again = contents(write_inputs(tmp_path / "again", seed=0, n_genes=N_GENES))
    other = contents(write_inputs(tmp_path / "other", seed=1, n_genes=N_GENES))
    assert first == again
    assert all(first[name] != other[name] for name in first)


def test_planted_motifs_stand_in_the_genome_on_both_strands(
    files: DemoFiles, genome: dict[str, str]
):
    truth = pd.concat([read_truth(files.true_motifs), read_truth(files.true_decoys)])
    assert set(truth["strand"]) == {"+", "-"}
    assert set(truth["motif"]) == {motif.name for motif in MOTIFS}
    iupac = {"R": "[AG]", "S": "[CG]", "W": "[AT]", "Y": "[CT]", "K": "[GT]", "M": "[AC]"}
    for _, row in truth.iterrows():
        pattern = "".join(iupac.get(letter, letter) for letter in row["consensus"])
        assert re.fullmatch(pattern, gene_strand(genome, row.to_dict())), row


def test_no_motif_stands_in_a_window_where_none_was_planted(
    files: DemoFiles, genome: dict[str, str], annotation: pd.DataFrame
):
    truth = pd.concat([read_truth(files.true_motifs), read_truth(files.true_decoys)])
    planted = set(zip(truth["gene_id"], truth["motif"], truth["window_index"], strict=True))
    found = set()
    for gene_id, window in windows_by_annotation(genome, annotation).items():
        for motif in MOTIFS:
            for index in np.flatnonzero(find_motif(encode(window)[None], motif)[0]):
                found.add((gene_id, motif.name, int(index)))
    assert found == planted


def test_motifs_act_in_their_zone_and_decoys_do_not(files: DemoFiles):
    motifs, decoys = read_truth(files.true_motifs), read_truth(files.true_decoys)
    names = list(POPULATION_NAMES)
    assert (motifs[names].abs().max(axis=1) > 0.2).all()
    assert set(motifs["zone"]) == {"promoter", "downstream", "distal"}
    assert (decoys[names] == 0).all(axis=None)
    assert set(decoys["zone"]) == {"none"}


def windows_by_annotation(genome: dict[str, str], annotation: pd.DataFrame) -> dict[str, str]:
    """Cut windows around the first transcript's start, from the files alone."""
    transcripts = annotation[annotation["kind"] == "transcript"].drop_duplicates("gene_id")
    windows = {}
    for _, row in transcripts.iterrows():
        plus = row["strand"] == "+"
        tss = row["start"] - 1 if plus else row["end"] - 1
        start = tss - UPSTREAM if plus else tss - DOWNSTREAM + 1
        place = row.to_dict() | {"start": start, "end": start + UPSTREAM + DOWNSTREAM}
        windows[row["gene_id"].removesuffix(".1")] = gene_strand(genome, place)
    return windows


def test_windows_lie_inside_their_chromosomes_and_apart_from_each_other():
    simulation = simulate(seed=3, n_genes=N_GENES, n_cells=50)
    places = sorted(
        (gene.chromosome, *gene.to_genome(-UPSTREAM, DOWNSTREAM)) for gene in simulation.genes
    )
    for chromosome, start, end in places:
        assert start >= 0
        assert end <= len(simulation.chromosomes[chromosome])
    for before, after in itertools.pairwise(places):
        assert before[0] != after[0] or before[2] <= after[1]


def test_annotation_rows_fit_together(annotation: pd.DataFrame):
    assert set(annotation["kind"]) == {"gene", "transcript", "exon", "CDS", "stop_codon"}
    assert (annotation["start"] >= 1).all()
    assert (annotation["end"] >= annotation["start"]).all()
    spans = annotation[annotation["kind"] == "transcript"].set_index("transcript_id")
    for transcript_id, rows in annotation.dropna(subset="transcript_id").groupby("transcript_id"):
        exons, coding, stop = (rows[rows["kind"] == kind] for kind in ("exon", "CDS", "stop_codon"))
        assert exons["start"].min() == spans.loc[transcript_id, "start"]
        assert exons["end"].max() == spans.loc[transcript_id, "end"]
        if (rows["gene_type"] != "protein_coding").any():
            assert coding.empty
            continue
        length = coding["end"] - coding["start"] + 1
        assert length.sum() % 3 == 0
        assert (stop["end"] - stop["start"] + 1).tolist() == [3]
        # Frame: bases to skip before the first whole codon of the piece.
        done = np.concatenate([[0], np.cumsum(length)[:-1]])
        assert coding["frame"].astype(int).tolist() == (-done % 3).tolist()
        for _, piece in coding.iterrows():
            inside = (exons["start"] <= piece["start"]) & (piece["end"] <= exons["end"])
            assert inside.sum() == 1


def test_annotation_holds_what_an_import_must_choose_among(annotation: pd.DataFrame):
    genes = annotation[annotation["kind"] == "gene"]
    assert {"chr1", "chr2", "chr3", "chr4", "chrM", "chrY"} == set(genes["chromosome"])
    assert set(genes["strand"]) == {"+", "-"}
    assert (genes["gene_type"] == "lncRNA").sum() == 2
    assert (genes["gene_type"] == "protein_coding").sum() == N_GENES + 2
    transcripts = annotation[annotation["kind"] == "transcript"]
    by_gene = transcripts.groupby("gene_id")["canonical"]
    assert set(by_gene.size()) == {1, 2}
    assert by_gene.sum()[by_gene.size() == 2].eq(1).all()
    assert set(by_gene.sum()) == {0, 1}
    first_start = transcripts["start"].where(transcripts["strand"] == "+", transcripts["end"])
    starts = first_start.groupby(transcripts["gene_id"]).nunique()
    assert (starts[by_gene.size() == 2] == 2).all()


def test_gene_places_and_half_life_by_hand():
    # 10 bp 5'UTR, 9 bp ORF with its stop codon, 4 bp 3'UTR; introns of 20 and 5 bp.
    transcript = Transcript("T", ((0, 12), (32, 38), (43, 48)), (10, 19), True)
    plus = SyntheticGene("G", "N", "protein_coding", "chr1", "+", 100, (transcript,))
    minus = dataclasses.replace(plus, strand="-")
    assert plus.half_life == (10, 4, 9, 25, 3000 / 9)
    assert transcript.spliced_to_gene(10, 19) == [(10, 12), (32, 38), (43, 44)]
    assert plus.to_genome(0, 12) == (100, 112)
    assert minus.to_genome(0, 12) == (89, 101)
    assert minus.to_genome(-5, 0) == (101, 106)


def test_effect_of_a_motif_depends_on_its_place_and_its_population():
    letters = next(motif.consensus for motif in MOTIFS if motif.name == "neuron-activator")
    zone = PROMOTER_ZONE
    windows = [window_with({offset: letters}) for offset in (zone.peak, zone.start, -400)]
    backwards = window_with({zone.peak: letters[::-1]})
    effects = motif_effects(np.stack([*windows, backwards]), UPSTREAM)
    is_neuron = np.array([row[1] == "Neuron-like" for row in POPULATIONS])
    np.testing.assert_allclose(effects[0], np.where(is_neuron, 1.0, 0.0))
    np.testing.assert_allclose(effects[1], np.where(is_neuron, 0.7, 0.0))
    assert not effects[2:].any()


def test_partners_add_their_bonus():
    first, second = (next(motif for motif in MOTIFS if motif.name == name) for name in PARTNERS)
    places = {motif.zone.peak: motif.consensus for motif in (first, second)}
    alone = sum(
        motif_effects(window_with({motif.zone.peak: motif.consensus})[None], UPSTREAM)
        for motif in (first, second)
    )
    together = motif_effects(window_with(places)[None], UPSTREAM)
    np.testing.assert_allclose(together - alone, PARTNER_BONUS)


def window_with(places: dict[int, str]) -> np.ndarray:
    window = np.zeros(UPSTREAM + DOWNSTREAM, dtype=np.uint8)
    for offset, letters in places.items():
        window[UPSTREAM + offset : UPSTREAM + offset + len(letters)] = encode(letters)
    assert window.max() < CODE_LETTERS.index("N")
    return window


def test_variants_name_the_letters_of_the_genome(files: DemoFiles, genome: dict[str, str]):
    variants = read_truth(files.variants)
    assert len(variants) == N_VARIANTS
    assert variants["id"].is_unique
    assert not variants.duplicated(["chromosome", "position"]).any()
    assert variants["p_value"].between(0, 1, inclusive="neither").all()
    for row in variants.itertuples():
        assert genome[row.chromosome][row.position - 1] == row.reference
        assert row.alternative in "ACGT"
        assert row.alternative != row.reference


def test_true_effects_of_variants_hold_for_the_genome_with_the_letter_exchanged(
    files: DemoFiles, genome: dict[str, str], annotation: pd.DataFrame
):
    truth = read_truth(files.true_variants)
    before = windows_by_annotation(genome, annotation)
    for row in truth[truth["gene_id"] != ""].itertuples():
        letters = genome[row.chromosome]
        changed = letters[: row.position - 1] + row.alternative + letters[row.position :]
        local = annotation[annotation["gene_id"] == f"{row.gene_id}.1"]
        after = windows_by_annotation({row.chromosome: changed}, local)[row.gene_id]
        wild = before[row.gene_id]
        places = [place for place in range(len(wild)) if wild[place] != after[place]]
        assert places == [row.window_index]
        pair = np.stack([encode(wild), encode(after)])
        reference, alternative = motif_effects(pair, UPSTREAM)
        stated = truth.loc[row.Index, list(POPULATION_NAMES)].to_numpy(dtype=float)
        np.testing.assert_allclose(stated, alternative - reference, atol=6e-5)
        assert stated.any() == (row.kind == "causal")


def test_variants_are_of_every_kind():
    truth = simulate(seed=0, n_genes=600, n_cells=8).variants
    assert len(truth) == N_VARIANTS
    assert set(truth["change"]) == {"breaks", "makes", "none"}
    assert (truth["change"] == "breaks").sum() == 90
    assert (truth["gene_id"] == "").sum() == 15
    assert truth[truth["gene_id"] == ""]["kind"].eq("neutral").all()
    causal = truth[truth["kind"] == "causal"]
    assert causal[list(POPULATION_NAMES)].abs().max(axis=1).min() >= 0.25


def test_variants_and_their_truth_are_the_same_rows(files: DemoFiles):
    shared = ["id", "chromosome", "position", "reference", "alternative"]
    variants, truth = read_truth(files.variants), read_truth(files.true_variants)
    pd.testing.assert_frame_equal(variants[shared], truth[shared])


def test_cells_are_counts_of_every_population(files: DemoFiles):
    cells = anndata.read_h5ad(files.cells)
    assert cells.n_obs == N_CELLS
    assert sparse.issparse(cells.X)
    assert cells.X.format == "csr"
    assert np.issubdtype(cells.X.dtype, np.integer)
    assert cells.X.data.min() >= 1
    assert list(cells.obs.columns) == ["tissue", "class", "subclass"]
    assert cells.obs.nunique().tolist() == [2, 3, 8]
    assert cells.obs.groupby("subclass", observed=True)["class"].nunique().eq(1).all()
    assert cells.obs.groupby("class", observed=True)["tissue"].nunique().eq(1).all()
    assert cells.obs["subclass"].value_counts().min() >= 10
    per_cell = np.asarray(cells.X.sum(axis=1)).ravel()
    assert 5_000 < np.median(per_cell) < 10_000


def test_counts_follow_true_expression(files: DemoFiles):
    cells = anndata.read_h5ad(files.cells)
    truth = read_truth(files.true_expression).set_index("gene_id")
    share = cells.X.toarray() / np.asarray(cells.X.sum(axis=1)) * 1e4
    for population in POPULATION_NAMES:
        mean = pd.Series(
            share[(cells.obs["subclass"] == population).to_numpy()].mean(axis=0), cells.var_names
        )
        expected = truth.loc[truth.index.isin(mean.index), population]
        loud = expected[expected > 0]
        np.testing.assert_allclose(np.log10(mean[loud.index]), loud, atol=0.15)


def test_ccres_hold_the_motifs_of_their_zone(files: DemoFiles):
    regions = pd.read_csv(files.ccres, sep="\t", header=None)
    assert set(regions[9]) == {"PLS", "pELS"}
    assert regions[3].is_unique
    truth = read_truth(files.true_motifs)
    for zone, region_class in (("promoter", "PLS"), ("distal", "pELS")):
        places = regions[regions[9] == region_class]
        for row in truth[truth["zone"] == zone].itertuples():
            inside = (places[0] == row.chromosome) & (places[1] <= row.start)
            assert (inside & (row.end <= places[2])).any(), row


def test_wrong_sizes_and_seeds_are_refused_before_anything_is_written(tmp_path: Path):
    with pytest.raises(ScxError, match="seed is -1"):
        write_inputs(tmp_path / "x", seed=-1)
    with pytest.raises(ScxError, match="at least"):
        write_inputs(tmp_path / "x", n_genes=3)
    assert not (tmp_path / "x").exists()


def test_a_motif_of_an_unknown_population_is_refused():
    with pytest.raises(ScxError, match="Nowhere"):
        Motif("wrong", "ACGTAC", PROMOTER_ZONE, 0.5, {"Nowhere": 1.0})
