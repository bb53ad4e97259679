"""Human genome builds: what tells them in a file, and their one name here.

RefSeq accessions and lengths are those of the assembly reports of GRCh37 (GCF_000001405.13) and
GRCh38 (GCF_000001405.26).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

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

CHROMOSOMES: Final = (*(str(number) for number in range(1, 23)), "X", "Y")
#: Version of NC_000001 ... NC_000024 in each build.
_VERSIONS: Final[Mapping[str, tuple[int, ...]]] = {
    "hg19": (10, 11, 11, 11, 9, 11, 13, 10, 11, 10, 9, 11, 10, 8, 9, 9, 10, 9, 9, 10, 8, 10, 10, 9),
    "hg38": (
        11, 12, 12, 12, 10, 12, 14, 11, 12, 11, 10, 12, 11, 9, 10, 10, 11, 10, 10, 11, 9, 11, 11, 10,
    ),
}  # fmt: skip
_LENGTHS: Final[Mapping[str, tuple[int, ...]]] = {
    "hg19": (
        249250621, 243199373, 198022430, 191154276, 180915260, 171115067, 159138663, 146364022,
        141213431, 135534747, 135006516, 133851895, 115169878, 107349540, 102531392, 90354753,
        81195210, 78077248, 59128983, 63025520, 48129895, 51304566, 155270560, 59373566,
    ),
    "hg38": (
        248956422, 242193529, 198295559, 190214555, 181538259, 170805979, 159345973, 145138636,
        138394717, 133797422, 135086622, 133275309, 114364328, 107043718, 101991189, 90338345,
        83257441, 80373285, 58617616, 64444167, 46709983, 50818468, 156040895, 57227415,
    ),
}  # fmt: skip
_ACCESSION: Final = re.compile(r"(NC_0000(\d\d))\.(\d+)")


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
    """Give chromosome and build of a human RefSeq accession.

    Returns
    -------
    tuple of str or None
        Such as ``("chr22", "hg38")`` for ``NC_000022.11``; the build is ``""`` for a version that
        is of neither build. None for what is no accession of a human chromosome.
    """
    match = _ACCESSION.fullmatch(accession)
    if match is None or not 1 <= int(match[2]) <= len(CHROMOSOMES):
        return None
    number = int(match[2]) - 1
    version = int(match[3])
    build = next((name for name, all_ in _VERSIONS.items() if all_[number] == version), "")
    return f"chr{CHROMOSOMES[number]}", build


def build_of_length(chromosome: str, length: int) -> str:
    """Name the human build in which a chromosome has this length, ``""`` if there is none."""
    core = chromosome.removeprefix("chr")
    if core not in CHROMOSOMES:
        return ""
    number = CHROMOSOMES.index(core)
    return next((name for name, all_ in _LENGTHS.items() if all_[number] == length), "")


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
