"""How providers of variant lists spell their columns: the one table of names.

`KNOWN_COLUMNS` holds names that mean the same wherever they stand. `PROVIDERS` holds what a name
means in the files of one program or portal, by that provider's own description: which allele its
effects belong to above all, since ``Allele1`` is the effect allele of METAL and not that of SAIGE.
`BARE_FORMATS` holds formats without a header.

All names are written as `plain_name` gives them: letters and digits only, small.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

#: Names by role; the first name that a table has wins. A name may also carry a build:
#: ``POS_hg19``. One that ends with ``*`` stands for all names that begin so.
KNOWN_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "chromosome": (
        "hmchrom", "hmchr", "chromosome", "chrom", "chr", "chrid", "chromid", "chromosomeid",
        "chrname", "chromosomename", "chromosomescaffoldname", "seqname", "seqnames", "seqid", "contig", "sequencename",
    ),
    "position": (
        "hmpos", "position", "pos", "bp", "chrpos", "chrposition", "basepairlocation",
        "basepairposition", "basepair", "bppos", "bpposition", "genpos", "physpos",
        "physicalposition", "start1based", "chromosomescaffoldpositionstartbp",
    ),
    "end": ("end", "chromend", "stop", "endposition", "genomestop"),
    "id": (
        "hmrsid", "rsid", "rsids", "snp", "snps", "snpid", "rs", "rsnumber", "dbsnp", "dbsnpid",
        "id", "variantid", "markername", "marker", "markerid", "name", "snpname", "variant",
        "uploadedvariation", "identifier", "variantname",
    ),
    "variant": (
        "hmvariantid", "variant", "variantid", "hgvs", "hgvsg", "variants", "locations",
        "chrposrefalt", "chrposid", "cptid", "uniqid", "location", "locus", "leadvariant",
    ),
    "reference": (
        "reference", "ref", "referenceallele", "refallele", "refbase", "allelereference",
    ),
    "alternative": (
        "alternative", "alternate", "alt", "altallele", "alternativeallele", "alternateallele",
        "mut", "mutant", "variantallele", "tumorseqallele2",
    ),
    "effect_allele": (
        "hmeffectallele", "effectallele", "effallele", "riskallele", "testedallele", "codedallele",
        "inceffectallele", "ea", "assessedallele", "increasingallele",
    ),
    "other_allele": (
        "hmotherallele", "otherallele", "noneffectallele", "noncodedallele", "nonriskallele", "nea",
        "oa", "omitted",
    ),
    "alleles": (
        "alleles", "allele", "change", "substitution", "basechange", "variantalleles", "observed",
    ),
    "genotype": ("genotype",),
    "first_allele": (),
    "second_allele": (),
    "reference_is": (),
    "strand": (),
    "beta": (
        "hmbeta", "beta", "b", "effect", "effects", "effectsize", "logor", "logodds", "lnor",
        "estimate", "slope", "effectweight", "betameta", "allinvvarmetabeta", "betaa1", "betaa2",
        "betaallele1", "betaallele2", "effecta1", "effecta2", "frequentistaddbeta1*",
    ),
    "odds_ratio": ("hmoddsratio", "oddsratio", "or", "ora1", "ora2"),
    "z_score": ("z", "zscore"),
    "p_value": (
        "hmpvalue", "p", "pvalue", "pval", "pvalues", "gwasp", "pbolt", "pboltlmm", "pboltlmminf",
        "plinreg", "pwald", "plrt", "pscore", "pvalnominal", "pvaluenominal", "pvalmeta",
        "allinvvarmetap", "frequentistaddpvalue", "frequentistaddwaldpvalue1", "pvaluemantissa",
    ),
    "p_exponent": ("pvalueexponent",),
    "minus_log10_p": (
        "minuslog10p", "neglog10pvalue", "neglog10p", "mlog10p", "mlogp", "log10p", "pvaluemlog",
        "nlogp", "nlog10p", "logp", "neglog10pvalmeta",
    ),
    "haplotype": ("haplotype", "haplotypeid", "phaseset"),
    "test": ("test", "model"),
    "trait": (
        "trait", "phenotype", "pheno", "phenocode", "diseasetrait", "disease", "outcome",
        "phenotypeid", "moleculartraitid", "tissue",
    ),
    "cohort": (
        "cohort", "study", "studyid", "studyaccession", "studylocusid", "dataset", "ancestry",
        "population",
    ),
    "credible_set": ("credibleset", "credset", "csid", "cs"),
    "gene": (
        "gene", "genes", "genename", "genesymbol", "symbol", "nearestgene", "nearestgenes",
        "mappedgene", "hgnc", "generefgene",
    ),
    "build": ("build", "genomebuild", "assembly", "ncbibuild", "genomeassembly"),
    "current_id": ("snpidcurrent", "rscurrent", "currentid", "currentrsid", "mergedinto"),
}  # fmt: skip
STARTS: Final = ("start", "chromstart", "startposition", "genomestart")


@dataclass(frozen=True)
class Provider:
    """What the columns of one provider's files mean.

    Attributes
    ----------
    name : str
    source : str
        Where the provider describes its format.
    needs : frozenset of str
        Columns by which its files are known.
    roles : mapping of str to str
        Role of a column, where `KNOWN_COLUMNS` does not say it or says otherwise; ``""`` for a
        column that is none of them, whatever its name.
    effect, other : str
        Columns of the allele to which effects belong, and of the other one. ``""`` where there are
        no effects, or the names of the columns say it.
    exact : bool
        Whether its files have no other columns.
    """

    name: str
    source: str
    needs: frozenset[str]
    roles: Mapping[str, str] = field(default_factory=dict)
    effect: str = ""
    other: str = ""
    exact: bool = False

    def fits(self, plain: frozenset[str]) -> bool:
        """Say whether a table with these columns may be one of its files."""
        return plain == self.needs if self.exact else plain >= self.needs


def _columns(names: str) -> frozenset[str]:
    return frozenset(names.split())


#: The provider with the most needed columns is taken; of equal ones the first.
PROVIDERS: Final = (
    Provider(
        "SAIGE", "https://saigegit.github.io/SAIGE-doc/docs/single_step2.html",
        _columns("allele1 allele2 acallele2 afallele2"), {}, "allele2", "allele1",
    ),
    Provider(
        "REGENIE", "https://rgcgithub.github.io/regenie/options/#output",
        _columns("chrom genpos id allele0 allele1 test"), {}, "allele1", "allele0",
    ),
    Provider(
        "BOLT-LMM", "https://alkesgroup.broadinstitute.org/BOLT-LMM/BOLT-LMM_manual.html",
        _columns("snp chr bp genpos allele1 allele0 a1freq"),
        # Its GENPOS is a place on the genetic map, in centimorgans.
        {"genpos": ""}, "allele1", "allele0",
    ),
    Provider(
        "GEMMA", "https://github.com/genetics-statistics/GEMMA/blob/master/doc/manual.pdf",
        _columns("chr rs ps allele1 allele0"), {"ps": "position"}, "allele1", "allele0",
    ),
    Provider(
        "SNPTEST", "https://www.well.ox.ac.uk/~gav/snptest/",
        _columns("alternateids rsid position allelea alleleb"),
        {"alternateids": "", "index": ""}, "alleleb", "allelea",
    ),
    Provider(
        "METAL", "https://genome.sph.umich.edu/wiki/METAL_Documentation",
        _columns("markername allele1 allele2 pvalue direction"), {}, "allele1", "allele2",
    ),
    Provider(
        "PLINK 1.9", "https://www.cog-genomics.org/plink/1.9/formats#assoc",
        _columns("chr snp bp a1 fa fu a2 p or"), {}, "a1", "a2",
    ),
    Provider(
        "PLINK 1.9", "https://www.cog-genomics.org/plink/1.9/formats#assoc_linear",
        _columns("chr snp bp a1 test nmiss stat p"), {}, "a1", "a2",
    ),
    Provider(
        "PLINK 1.9", "https://www.cog-genomics.org/plink/1.9/formats#assoc_dosage",
        _columns("snp a1 a2 frq info se p"), {}, "a1", "a2",
    ),
    Provider(
        "PLINK 1.9", "https://www.cog-genomics.org/plink/1.9/formats#model",
        _columns("chr snp a1 a2 test aff unaff p"), {}, "a1", "a2",
    ),
    Provider(
        "PLINK 1.9", "https://www.cog-genomics.org/plink/1.9/formats#qassoc",
        _columns("chr snp bp nmiss beta r2 t p"),
    ),
    Provider(
        "PLINK 2", "https://www.cog-genomics.org/plink/2.0/formats#glm_linear",
        _columns("chrom pos id ref a1 test obsct"), {"alt1": "", "ax": "other_allele"},
        "a1", "omitted",
    ),
    Provider(
        "FinnGen", "https://finngen.gitbook.io/documentation/data-description",
        _columns("chrom pos ref alt rsids nearestgenes pval beta"), {}, "alt", "ref",
    ),
    Provider(
        "FinnGen fine-mapping", "https://finngen.gitbook.io/documentation/data-description",
        _columns("trait region v rsid chromosome position allele1 allele2"), {"region": "", "v": "id"},
        "allele2", "allele1",
    ),
    Provider(
        "Neale lab", "https://www.nealelab.is/uk-biobank",
        _columns("variant minorallele beta tstat pval"), {}, "variant", "variant",
    ),
    Provider(
        "GTEx", "https://gtexportal.org/home/downloads",
        _columns("variantid geneid tssdistance pvalnominal slope"), {"geneid": "trait"},
        "variantid", "variantid",
    ),
    Provider(
        "GTEx", "https://gtexportal.org/home/downloads",
        _columns("variantid geneid genename slope ref alt"),
        {"geneid": "trait", "genestart": "", "geneend": "", "genechr": "", "numvar": ""},
        "alt", "ref",
    ),
    Provider(
        "eQTL Catalogue", "https://www.ebi.ac.uk/eqtl/Data_access/",
        _columns("moleculartraitid chromosome position ref alt variant beta pvalue"),
        {"type": ""}, "alt", "ref",
    ),
    Provider(
        "Open Targets", "https://platform-docs.opentargets.org/data-access/datasets",
        _columns("variantid studylocusid beta"), {"studyid": "", "locus": ""},
        "variantid", "variantid",
    ),
    Provider(
        "Open Targets", "https://platform-docs.opentargets.org/variant",
        _columns("leadvariant pvalue beta"), {}, "leadvariant", "leadvariant",
    ),
    Provider(
        "Open Targets Genetics", "https://genetics-docs.opentargets.org/data-access",
        _columns("leadchrom leadpos leadref leadalt tagchrom tagpos tagref tagalt"),
        {
            "tagchrom": "chromosome", "tagpos": "position", "tagref": "reference",
            "tagalt": "alternative", "tagpval": "p_value", "tagbeta": "beta",
        },
        "tagalt", "tagref",
    ),
    Provider(
        "GWAS-SSF", "https://github.com/EBISPOT/gwas-summary-statistics-standard",
        _columns("chromosome basepairlocation effectallele otherallele"),
        # Not an allele: which of the two is the reference, as EA or OA.
        {"refallele": "reference_is", "type": ""},
    ),
    Provider(
        "LDSC", "https://github.com/bulik/ldsc/wiki/Summary-Statistics-File-Format",
        _columns("snp a1 a2 z n"), {}, "a1", "a2",
    ),
    Provider(
        "GCTA", "https://yanglab.westlake.edu.cn/software/gcta/#fastGWA",
        _columns("snp a1 a2 freq b se p n"), {}, "a1", "a2",
    ),
    Provider(
        "GCTA-COJO", "https://yanglab.westlake.edu.cn/software/gcta/#COJO",
        # Whatever its name: "the effect allele".
        _columns("chr snp bp refa freq b se p n"), {"refa": "effect_allele"}, "refa",
    ),
    Provider(
        "VEP", "https://www.ensembl.org/info/docs/tools/vep/vep_formats.html#default",
        _columns("start end allele strand"),
        {"start": "position", "end": "end", "strand": "strand", "allele": "alleles"},
    ),
    Provider(
        "Mutation Annotation Format",
        "https://docs.gdc.cancer.gov/Data/File_Formats/MAF_Format/",
        _columns("chromosome startposition endposition referenceallele tumorseqallele2"),
        {"startposition": "position", "endposition": "end", "tumorseqallele1": ""},
    ),
    Provider(
        "23andMe", "https://customercare.23andme.com/hc/en-us/articles/115004459928",
        _columns("rsid chromosome position genotype"),
    ),
    Provider(
        "AncestryDNA", "https://support.ancestry.com/s/article/Downloading-DNA-Data",
        _columns("rsid chromosome position allele1 allele2"),
        {"allele1": "first_allele", "allele2": "second_allele"}, exact=True,
    ),
)  # fmt: skip

#: Share of the rows that must look right.
_ENOUGH: Final = 0.9
_CHROMOSOME: Final = r"(?:chr)?(?:[0-9]{1,2}|X|Y|XY|MT?|[IVX]{1,5}|[A-Za-z]{2}_?[0-9]+\.[0-9]+)"
_LETTERS: Final = r"[ACGTN]+"
_CENTIMORGANS: Final = r"-?[0-9]+(?:\.[0-9]*)?(?:e-?[0-9]+)?"


@dataclass(frozen=True)
class BareFormat:
    """A format without a header.

    Attributes
    ----------
    name : str
    source : str
        Where it is described.
    cells : tuple of pattern
        What the first columns hold.
    roles : tuple of str
        What they are, ``""`` for none.
    exact : bool
        Whether there are no more columns.
    """

    name: str
    source: str
    cells: tuple[re.Pattern[str], ...]
    roles: tuple[str, ...]
    exact: bool = False

    def fits(self, sample: Sequence[Sequence[str]]) -> bool:
        """Say whether nearly all of some rows look like this."""
        fitting = sum(map(self._fits_row, sample))
        return bool(sample) and fitting >= _ENOUGH * len(sample)

    def _fits_row(self, cells: Sequence[str]) -> bool:
        wanted = len(self.cells)
        if len(cells) < wanted or (self.exact and len(cells) > wanted):
            return False
        looks = zip(self.cells, cells, strict=False)
        if not all(pattern.fullmatch(cell.strip()) for pattern, cell in looks):
            return False
        if "end" not in self.roles:
            return True
        first, last = int(cells[1]), int(cells[2])
        return last >= first or (last == first - 1 and cells[3].strip().startswith("-"))


def _cells(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)


BARE_FORMATS: Final = (
    BareFormat(
        "VEP", "https://www.ensembl.org/info/docs/tools/vep/vep_formats.html#default",
        _cells(_CHROMOSOME, "[0-9]+", "[0-9]+", rf"(?:{_LETTERS}|-)(?:/(?:{_LETTERS}|-))+",
               r"[+-]|-?1"),
        ("chromosome", "position", "end", "alleles", "strand"),
    ),
    BareFormat(
        "ANNOVAR", "https://annovar.openbioinformatics.org/en/latest/user-guide/input/",
        _cells(_CHROMOSOME, "[0-9]{3,}", "[0-9]{3,}", rf"{_LETTERS}|[-0]", rf"{_LETTERS}|[-0]"),
        ("chromosome", "position", "end", "reference", "alternative"),
    ),
    BareFormat(
        "PLINK .map", "https://www.cog-genomics.org/plink/1.9/formats#map",
        _cells(_CHROMOSOME, r"\S+", _CENTIMORGANS, "[0-9]{1,10}"),
        ("chromosome", "id", "", "position"), exact=True,
    ),
    BareFormat(
        "PLINK .bim", "https://www.cog-genomics.org/plink/1.9/formats#bim",
        _cells(_CHROMOSOME, r"\S+", _CENTIMORGANS, "[0-9]{1,10}",
               *[rf"{_LETTERS}|[0ID*.-]|<\S+>"] * 2),
        ("chromosome", "id", "", "position", "first_allele", "second_allele"), exact=True,
    ),
)  # fmt: skip


def plain_name(name: str) -> str:
    """Give letters and digits of a column's name, in small letters."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def is_name(plain: str, known: str) -> bool:
    """Say whether a plain name is a known one; ``*`` at its end stands for anything."""
    return plain.startswith(known[:-1]) if known.endswith("*") else plain == known


def find_provider(plain: frozenset[str]) -> Provider | None:
    """Find whose files have these columns, None if that is not known."""
    fitting = [provider for provider in PROVIDERS if provider.fits(plain)]
    return max(fitting, key=lambda provider: len(provider.needs), default=None)
