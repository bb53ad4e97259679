"""Genome builds: what tells them in a file, and their one name here."""

import re
from collections.abc import Iterable
from typing import Final

from scx_core.sequence.assemblies import ACCESSION, accession_builds, sequences
from scx_core.sequence.chromosomes import core_name, is_main

#: Words by which a build goes, in small letters, with no letter or digit before or after.
_WORDS: Final = (
    ("hg38", r"grch38|hg38|b38|build ?38|hs38\w*"),
    ("hg19", r"grch37|hg19|b37|build ?37|hs37\w*|g1k_v37"),
    ("hg18", r"ncbi36|hg18|b36|build ?36"),
    ("hs1", r"t2t-chm13\w*|chm13\w*|hs1"),
)
_NAMES: Final = tuple(
    (name, re.compile(rf"(?<![a-z0-9])(?:{words})(?![a-z0-9])")) for name, words in _WORDS
)
_ASSEMBLY: Final = re.compile(r"gc([af])_000001405\.(\d+)")
#: First version of the GenBank and of the RefSeq assembly that is GRCh38.
_FIRST_OF_38: Final = {"a": 15, "f": 26}
_STATED: Final = re.compile(
    r"^#+\s*(?:\w+ )?(?:reference|\w*build|\w*assembly|genome\w*)\s*[=:]\s*"
    r"[\"']?([^\"'\s,;]+(?: \d+)?)",
    re.IGNORECASE,
)
_CONTIG: Final = re.compile(r"^##contig=<(.*)>\s*$")
_FIELD: Final = re.compile(r"(ID|length|assembly)=(\"[^\"]*\"|[^,]*)")


def name_of_build(text: str) -> str:
    """Give the UCSC name of a human build that a text names, ``""`` if it names none.

    >>> name_of_build("GRCh37.p13"), name_of_build("chr22_39570542_A_C_b38"), name_of_build("ce10")
    ('hg19', 'hg38', '')
    """
    small = text.lower()
    if match := _ASSEMBLY.search(small):
        return "hg38" if int(match[2]) >= _FIRST_OF_38[match[1]] else "hg19"
    # A name may be followed by a patch: GRCh38.p14, grch38_p14.
    small = re.sub(r"[._]p\d+", "", small)
    return next((name for name, word in _NAMES if word.search(small)), "")


def read_accession(accession: str) -> tuple[str, str] | None:
    """Give chromosome and build of a RefSeq or GenBank accession with its version.

    Returns
    -------
    tuple of str or None
        Such as ``("chr22", "hg38")`` for ``NC_000022.11``; the build is ``""`` for a version that
        is of no well-known assembly. None for what is no accession of a chromosome of one, or is of
        several (the mitochondrial genome of man).
    """
    if not ACCESSION.fullmatch(accession) or "." not in accession or not is_main(accession):
        return None
    builds = accession_builds().get(accession.upper(), frozenset())
    if len(builds) > 1:
        return None
    return f"chr{core_name(accession)}", next(iter(builds), "")


def build_of_length(chromosome: str, length: int) -> str:
    """Name the human build in which a chromosome has this length, ``""`` if there is none."""
    if not is_main(chromosome):
        return ""
    name = f"chr{core_name(chromosome)}"
    builds = [
        build
        for build in ("hg38", "hg19")
        if any((known.name, known.length) == (name, length) for known in sequences(build))
    ]
    return builds[0] if builds else ""


def build_of_comments(lines: Iterable[str]) -> tuple[str, str]:
    """Find the build that comment lines state: of a VCF's header, or above a table.

    Read are ``##reference=``, ``##assembly=``, ``##genome_build=`` and the like, and name, length
    and assembly of ``##contig`` lines.

    Returns
    -------
    build : str
        ``hg19`` or ``hg38`` where it is one of these, else as stated; ``""`` if not stated.
    notice : str
        A sentence if the lines contradict each other (the build is then ``""``), else ``""``.
    """
    named: list[str] = []
    measured: list[str] = []
    for line in lines:
        if contig := _CONTIG.match(line):
            fields = {key: value.strip('"') for key, value in _FIELD.findall(contig[1])}
            named.append(_build_or_text(fields.get("assembly", "")))
            length = fields.get("length", "")
            if length.isascii() and length.isdecimal():
                measured.append(build_of_length(fields.get("ID", ""), int(length)))
        elif stated := _STATED.match(line):
            named.append(_build_or_text(stated[1]))
    human = {*named, *measured} & {name for name, _ in _WORDS}
    if len(human) > 1:
        return "", (
            f"The header names several genome builds ({', '.join(sorted(human))}), so none of them "
            "is believed."
        )
    if human:
        return human.pop(), ""
    return next((name for name in named if name), ""), ""


def _build_or_text(text: str) -> str:
    """Give the build's name; else the text, if it is a short word and no path."""
    known = name_of_build(text)
    if known:
        return known
    return text if re.fullmatch(r"[A-Za-z][A-Za-z0-9._-]{1,29}", text) else ""
