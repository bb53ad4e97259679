"""Predictions of published models for windows in a FASTA file, and for the genes of a dataset."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.progress import Progress, no_progress
from scx_core.sequence.alphabet import encode, reverse_complement
from scx_core.sequence.chromosomes import match_names
from scx_core.sequence.windows import window_interval
from scx_core.unpacking import open_unpacked
from scx_core.variants.genome import Letters
from scx_core.xpresso.published import PublishedModel

Codes = NDArray[np.uint8]
_BATCH: Final = 256
_LINE: Final = 1 << 16
_FIRST_BASES: Final = 4


def read_windows(path: Path, length: int) -> Iterator[tuple[str, Codes]]:
    """Read the windows of a FASTA file, one after the other.

    Parameters
    ----------
    path : Path
        FASTA, plain or gzip; each sequence in the direction of its gene.
    length : int
        Letters that each must have. A longer one is refused as soon as it is too long, so that a
        whole genome given by mistake is never in memory.

    Yields
    ------
    name (up to the first space), base codes of shape (length,)

    Raises
    ------
    ScxError
        If the file is no FASTA or cut short, a window has another length, or a letter is no DNA; the
        window is named.
    """
    if not path.is_file():
        raise ScxError(f"There is no file of windows at {path}; check the path.")
    with open_unpacked(path) as file:
        yield from _records(file, path.name, length)


def _records(file: BinaryIO, source: str, length: int) -> Iterator[tuple[str, Codes]]:
    name: str | None = None
    parts: list[bytes] = []
    n_letters, n_records, line_start = 0, 0, True
    while piece := file.readline(_LINE):
        begins, line_start = line_start, piece.endswith(b"\n")
        text = piece.strip()
        if begins and text.startswith(b">"):
            if name is not None:
                yield name, _window(name, parts, source, length)
            n_records += 1
            words = text[1:].decode("utf-8", "replace").split()
            name, parts, n_letters = words[0] if words else f"sequence {n_records}", [], 0
        elif name is not None:
            parts.append(text)
            n_letters += len(text)
            if n_letters > length:
                raise ScxError(
                    f"{source}: the window {name} has more than the {length:,} letters that the "
                    "model reads; give windows of exactly that length."
                )
        elif text:
            raise ScxError(
                f"{source} is not FASTA: it begins with {text[:20].decode('ascii', 'replace')!r} "
                "instead of '>'."
            )
    if name is None:
        raise ScxError(f"{source} holds no window; give a FASTA file.")
    yield name, _window(name, parts, source, length)


def _window(name: str, parts: list[bytes], source: str, length: int) -> Codes:
    text = b"".join(parts)
    if len(text) != length:
        raise ScxError(
            f"{source}: the window {name} has {len(text):,} letters and the model reads {length:,}; "
            "give windows of exactly that length."
        )
    try:
        return encode(text)
    except ScxError as error:
        told = str(error)
        raise ScxError(f"{source}, window {name}: {told[0].lower()}{told[1:]}") from error


def read_all_windows(path: Path, length: int, most: int) -> tuple[list[str], Codes]:
    """Read all windows of a FASTA file at once; see `read_windows`.

    Parameters
    ----------
    path : Path
    length : int
    most : int
        Windows beyond which the file is refused.

    Returns
    -------
    names : list of str
    codes : ndarray of uint8, shape (windows, length)
    """
    names: list[str] = []
    codes: list[Codes] = []
    for name, window in read_windows(path, length):
        names.append(name)
        codes.append(window)
        if len(names) > most:
            raise ScxError(
                f"{path.name} holds more than {most:,} windows, too many for a page; use the command "
                "line: scx predict-windows."
            )
    return names, np.stack(codes)


def predict_windows(
    model: PublishedModel, path: Path, progress: Progress = no_progress
) -> pd.DataFrame:
    """Predict the windows of a FASTA file, half-life inputs at their mean.

    Parameters
    ----------
    model : PublishedModel
    path : Path
        See `read_windows`; the TSS is letter ``model.config.upstream + 1`` of each.
    progress : Progress
        May raise to cancel.

    Returns
    -------
    DataFrame
        One row for each window in the order of the file: ``window``, ``unknown_fraction`` (share of
        letters other than A, C, G, T), and a column for each output, in the model's unit.

    Raises
    ------
    ScxError
        See `read_windows`.
    """
    return predict_read(model, read_windows(path, model.config.length), progress)


def predict_read(
    model: PublishedModel, windows: Iterable[tuple[str, Codes]], progress: Progress = no_progress
) -> pd.DataFrame:
    """Predict windows that were read already; see `predict_windows`."""
    tables = []
    n_done = 0
    for names, codes in _batches(windows):
        tables.append(_predicted(model, names, codes))
        n_done += len(names)
        progress(0.0, f"Predicted {n_done:,} windows")
    progress(1.0, f"Predicted {n_done:,} windows")
    return pd.concat(tables, ignore_index=True)


def _batches(windows: Iterable[tuple[str, Codes]]) -> Iterator[tuple[list[str], Codes]]:
    names: list[str] = []
    codes: list[Codes] = []
    for name, window in windows:
        names.append(name)
        codes.append(window)
        if len(names) == _BATCH:
            yield names, np.stack(codes)
            names, codes = [], []
    if names:
        yield names, np.stack(codes)


def _predicted(model: PublishedModel, names: Sequence[str], codes: Codes) -> pd.DataFrame:
    values = model.predict(codes)
    table = pd.DataFrame(
        {"window": list(names), "unknown_fraction": (codes >= _FIRST_BASES).mean(axis=1)}
    )
    return table.join(pd.DataFrame(values, columns=list(model.outputs)))


def predict_genes(
    model: PublishedModel,
    dataset: Dataset,
    genes: Sequence[str] | None = None,
    letters: Letters | None = None,
    progress: Progress = no_progress,
) -> pd.DataFrame:
    """Predict genes of a dataset with a published model, half-life inputs at their mean.

    Windows are cut out of the dataset's where those hold the model's, else from the genome.

    Parameters
    ----------
    model : PublishedModel
    dataset : Dataset
    genes : sequence of str, optional
        Ids or symbols; all if not given.
    letters : Letters, optional
        The dataset's genome, see `scx_core.variants.genome.open_letters`.
    progress : Progress
        May raise to cancel.

    Returns
    -------
    DataFrame
        By ``gene_id``, columns ``gene_name``, ``unknown_fraction`` and the outputs.

    Raises
    ------
    ScxError
        If a gene is unknown, or its window cannot be had.
    """
    if genes is None:
        ids = [str(gene_id) for gene_id in dataset.genes.index]
    else:
        ids = list(dict.fromkeys(dataset.find_gene(text) for text in genes))
    cut = _Cutter(model, dataset, letters)
    tables = []
    for start in range(0, len(ids), _BATCH):
        part = ids[start : start + _BATCH]
        codes = np.stack([cut(dataset.row_of(gene_id)) for gene_id in part])
        tables.append(_predicted(model, part, codes))
        progress(start / len(ids), f"Predicting genes: {start:,} of {len(ids):,}")
    table = pd.concat(tables, ignore_index=True).rename(columns={"window": "gene_id"})
    table.insert(1, "gene_name", dataset.genes["gene_name"].astype(str).loc[ids].to_numpy())
    return table.set_index("gene_id")


class _Cutter:
    """Cuts the model's window of a gene."""

    def __init__(self, model: PublishedModel, dataset: Dataset, letters: Letters | None) -> None:
        self.config, self.dataset, self.letters = model.config, dataset, letters
        self.first = dataset.upstream - model.config.upstream
        self.inside = self.first >= 0 and dataset.downstream >= model.config.downstream
        self.names: dict[str, str] = {}
        if self.inside:
            return
        if letters is None or not letters.complete:
            raise ScxError(
                f"The windows of {dataset.name!r} ({dataset.upstream:,} + {dataset.downstream:,} "
                f"bases) do not hold those of {model.name!r} ({model.config.upstream:,} + "
                f"{model.config.downstream:,}), and its genome file is not here; put it back where "
                "it was imported from, or import the dataset with wider windows."
            )
        self.names = match_names(dataset.genes["chromosome"].astype(str), letters.chromosomes)

    def __call__(self, row: int) -> Codes:
        config = self.config
        if self.inside:
            return np.array(self.dataset.windows[row, self.first : self.first + config.length])
        gene = self.dataset.genes.iloc[row]
        chromosome = self.names.get(str(gene["chromosome"]))
        if chromosome is None or self.letters is None:
            raise ScxError(
                f"The genome has no chromosome {gene['chromosome']!r}, where {gene.name} lies."
            )
        strand = str(gene["strand"])
        codes = self.letters.fetch(
            window_interval(
                chromosome, int(gene["tss"]), strand, config.upstream, config.downstream
            )
        )
        return reverse_complement(codes) if strand == "-" else codes
