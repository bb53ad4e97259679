"""One table of the names of chromosomes, for every room that compares them.

The same chromosome goes by many names: 22, chr22, CHR22, NC_000022.11 (RefSeq), CM000684.2
(GenBank); MT, chrM, NC_012920.1; KI270728.1, chrUn_KI270728v1, NT_187496.1. `core_name` gives the one
name that a name means wherever it stands. What a name means only beside others (23 is X where the
genome has no chromosome 23; 4 is IV in a genome of Roman numerals) is for `match_names`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Final

from scx_core.errors import ScxError, join_some
from scx_core.sequence.assemblies import ACCESSION, all_sequences, runs

MITOCHONDRIAL: Final = "M"
SEX_Y: Final = "Y"

_PREFIX: Final = re.compile(r"chr(?:omosome)?[_ ]?(?=.)", re.IGNORECASE)
_MITOCHONDRIAL: Final = frozenset(
    {
        "m", "mt", "mtdna", "mito", "mitochondrion", "mitochondria", "mitochondrion_genome",
        "mitochondrial", "mitochondrial_genome", "dmel_mitochondrion_genome", "chrm", "chrmt",
    }
)  # fmt: skip
#: chr1_KI270706v1_random, chrUn_gl000211, chr6_GL000250v2_alt, KI270706v1_random, chr17_ctg5_hap1
_SCAFFOLD: Final = re.compile(
    r"(?:\w+?_)?(?P<stem>[A-Z]{2}_?\d{5,9}|[A-Z]{4,6}\d{8,12})(?:v\d{1,2})?"
    r"(?:_(?:random|alt|fix|hap\d*))?",
    re.IGNORECASE,
)
#: A name so short that its case says nothing: 2l is 2L, iv is IV, x is X.
_SHORT: Final = re.compile(r"[0-9A-Za-z]{1,5}")
#: Chromosomes as against scaffolds, patches and decoys: 1 to 99, X Y Z W, 2L, IV, 2LHet, 1A.
_MAIN: Final = re.compile(r"\d{1,2}[A-Z]?|[XYZWU]|[IVX]+|\d[LR](?:HET)?|[XY]HET")
#: PLINK's numbers of the chromosomes that have none, where a genome has 22 autosomes.
_PLINK: Final[Mapping[str, str]] = {"23": "X", "24": "Y", "25": "X", "26": MITOCHONDRIAL}
#: Names of the pseudoautosomal part, whose positions are those of X.
_PSEUDOAUTOSOMAL: Final[Mapping[str, str]] = {"XY": "X", "PAR1": "X", "PAR2": "X", "PAR": "X"}
_ROMAN: Final = (
    "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV", "XV",
    "XVI", "XVII", "XVIII", "XIX", "XX", "XXI", "XXII", "XXIII", "XXIV", "XXV",
)  # fmt: skip
_NUMBER_OF: Final = {name: number for number, name in enumerate(_ROMAN, 1)}
#: I, V and X may be names, as X is in most animals.
_SURELY_ROMAN: Final = frozenset(_ROMAN) - {"I", "V", "X"}
#: From so many Roman numerals on, that they are the numbers of a genome is no chance.
_ENOUGH_ROMAN: Final = 3
_MOST_OF_MAN: Final = 26
#: No name of a main chromosome is longer without ``chr``, but nearly every accession.
_LONGEST_PLAIN: Final = 5
#: From so many numbered chromosomes on, their count says whether they are the 22 of man.
_ALMOST_ALL: Final = 15
_AUTOSOMES: Final = 22


@lru_cache(maxsize=65_536)
def core_name(name: str) -> str:
    """Give the one name of a chromosome or scaffold that a name means, whoever wrote it.

    Without ``chr`` and, for accessions, without version; the mitochondrial genome is M.

    >>> core_name("chr22"), core_name("NC_000022.11"), core_name("CM000684.2"), core_name("022")
    ('22', '22', '22', '22')
    >>> core_name("chrMT"), core_name("NC_000024.10"), core_name("chrUn_KI270728v1")
    ('M', 'Y', 'KI270728')
    """
    plain = _plain(name)
    return _known_sequences().get(plain.upper(), plain) if len(plain) > _LONGEST_PLAIN else plain


def _plain(name: str) -> str:
    """Name without ``chr``, version and the words around an accession; not looked up."""
    name = name.strip()
    bare = without_prefix(name)
    if bare.lower() in _MITOCHONDRIAL:
        return MITOCHONDRIAL
    if accession := ACCESSION.fullmatch(bare):
        return accession["stem"].upper()
    if scaffold := _SCAFFOLD.fullmatch(bare):
        return scaffold["stem"].upper()
    if bare.isascii() and bare.isdecimal():
        return bare.lstrip("0") or bare
    return bare.upper() if _SHORT.fullmatch(bare) else bare


def without_prefix(name: str) -> str:
    """Name without ``chr``, in any case."""
    prefix = _PREFIX.match(name)
    return name[prefix.end() :] if prefix else name


@cache
def _known_sequences() -> Mapping[str, str]:
    """Core name by every other name of the sequences of well-known assemblies, in capitals."""
    known: dict[str, str] = dict(runs())
    unsure: set[str] = set()
    for _, sequence in all_sequences():
        core = _plain(sequence.name)
        for alias in sequence.aliases:
            plain = _plain(alias)
            if plain == core or len(plain) <= _LONGEST_PLAIN:
                continue
            if known.setdefault(plain.upper(), core) != core:
                unsure.add(plain.upper())  # HSCHRUN_RANDOM_CTG1 is another one in each build
    return {alias: core for alias, core in known.items() if alias not in unsure}


def is_main(name: str) -> bool:
    """Say whether a name is that of a chromosome, not of a scaffold or the mitochondrial genome."""
    return _MAIN.fullmatch(core_name(name)) is not None


def match_names(given: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Match names of chromosomes one by one, whoever wrote them.

    In this order: the same name; the name with or without ``chr``; another name of the same
    sequence (`core_name`); a name that means the sequence beside the known ones: PLINK's 23 to 26
    and XY where these are of 22 autosomes and have no such chromosome, Roman numerals for Arabic.

    Parameters
    ----------
    given : iterable of str
        As a list of variants has them; a mixture does no harm there.
    known : iterable of str
        As a genome has them.

    Returns
    -------
    dict
        Known name by given name; those that match none are left out.
    """
    wanted = list(dict.fromkeys(given))
    lookup = _Lookup(list(dict.fromkeys(known)), wanted)
    found = {name: lookup.find(name) for name in wanted}
    return {name: match for name, match in found.items() if match}


def same_chromosome(given: str, known: str) -> bool:
    """Say whether a name means the chromosome that is known under another; see `match_names`."""
    return given in match_names([given], [known])


def _numbers(cores: Iterable[str]) -> set[int]:
    return {int(core) for core in cores if core.isascii() and core.isdecimal()}


def _roman_numbers(cores: set[str]) -> set[int]:
    """Numbers of a set of Roman numerals; none where it is not sure that they are numerals."""
    if _numbers(cores) or not cores & _SURELY_ROMAN:
        return set()
    # In a worm X is no number: 10 is X only beside IX.
    return {
        _NUMBER_OF[core] for core in cores if core in _NUMBER_OF and (core != "X" or "IX" in cores)
    }


class _Lookup:
    """The known names, by each way to find them; `given` is all that is asked for."""

    def __init__(self, names: list[str], given: list[str]) -> None:
        self.exact = frozenset(names)
        self.by_bare = {without_prefix(name): name for name in reversed(names)}
        counts = Counter(core_name(name) for name in names)
        # Two sequences of one core name (a patch beside its chromosome) are told by their own names
        # alone; the mitochondrial genome of hg19 stands in some files twice (chrM, chrMT).
        self.by_core = {
            core_name(name): name
            for name in reversed(names)
            if counts[core_name(name)] == 1 or core_name(name) == MITOCHONDRIAL
        }
        cores, asked = set(counts), {core_name(name) for name in given}
        numbers, wanted = _numbers(cores), _numbers(asked)
        roman, wanted_roman = _roman_numbers(cores), _roman_numbers(asked)
        most = max(numbers, default=0)
        self.like_man = (
            not roman
            and most <= _AUTOSOMES
            and (len(numbers) < _ALMOST_ALL or most == _AUTOSOMES)
            and max(wanted, default=0) <= _MOST_OF_MAN
        )
        # A list of another organism must find nothing, so all numbers have to have their numeral.
        self.to_roman = bool(roman) and wanted <= roman
        self.to_arabic = len(numbers) >= _ENOUGH_ROMAN and wanted_roman == numbers

    def find(self, name: str) -> str:
        """Find the known name that a name means; "" if there is none."""
        if name in self.exact:
            return name
        core = core_name(name)
        return (
            self.by_bare.get(without_prefix(name))
            or self.by_core.get(core)
            or self.by_core.get(self._beside(core), "")
        )

    def _beside(self, core: str) -> str:
        """Give what a core name that is not known means beside the known ones."""
        if core in _PSEUDOAUTOSOMAL:
            return _PSEUDOAUTOSOMAL[core]
        if core in _PLINK and self.like_man:
            return _PLINK[core]
        if self.to_roman and core.isascii() and core.isdecimal():
            return _ROMAN[int(core) - 1]
        return str(_NUMBER_OF.get(core, "")) if self.to_arabic else ""


def require_names(
    names: Iterable[str], known: Iterable[str], place: str, source: str
) -> dict[str, str]:
    """Match names of chromosomes as `match_names`, and refuse what cannot be meant.

    Parameters
    ----------
    names : iterable of str
        As in an annotation, a BED file or a variant list.
    known : iterable of str
        As in a genome file, or a dataset.
    place, source : str
        What the known and the given names come from, for a message.

    Returns
    -------
    dict
        Known name by the given name; names that are not known are left out.

    Raises
    ------
    ScxError
        If no name matches, or if chromosomes with and without ``chr`` are mixed; scaffolds and the
        mitochondrial genome have several names even in tidy files, so they are never a mixture.
    """
    wanted = sorted(set(names))
    there = list(known)
    matched = match_names(wanted, there)
    main = {given: match for given, match in matched.items() if is_main(given)}
    exact = [given for given, match in main.items() if given == match]
    toggled = [
        given
        for given, match in main.items()
        if given != match and without_prefix(given) == without_prefix(match)
    ]
    if exact and toggled:
        raise ScxError(
            "Chromosome names with and without 'chr' are mixed: "
            f"{join_some(exact, 3)} match {place} as they are, {join_some(toggled, 3)} only "
            "without or with 'chr'; write them all one way."
        )
    if not matched:
        raise ScxError(
            f"No chromosome name matches: the {source} has {join_some(wanted)}; {place} has "
            f"{join_some(there)}."
        )
    return matched
