"""Who owns which name: keys of widgets, and parameters of the address, for each page.

Streamlit holds the values of all pages in one session by these names. A name of two pages is two
widgets with one value: what is a text on one page arrives at a switch of another, which breaks. So
every name is listed here, under one page, or under ``SHARED`` where all pages mean the same by it.
``tests/unit/test_keys.py`` reads the code of all pages and refuses a name that its page does not
own. Add the names of a new widget here, beginning with a word that no other page begins with.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Owned:
    """Names of one page.

    Attributes
    ----------
    modules : tuple of str
        Beginnings of the names of the files in ``scx_core/ui`` that draw the page.
    names : tuple of str
    beginnings : tuple of str
        Names that begin like this are the page's as well.
    """

    modules: tuple[str, ...]
    names: tuple[str, ...] = ()
    beginnings: tuple[str, ...] = ()

    def owns(self, name: str, *, open_end: bool = False) -> bool:
        """Tell whether a name is the page's; with an open end, every name that begins with it."""
        if any(name.startswith(beginning) for beginning in self.beginnings):
            return True
        return not open_end and name in self.names


#: Names that mean the same on every page.
SHARED: Final = "shared"
OWNED: Final[dict[str, Owned]] = {
    SHARED: Owned(
        ("address", "boxes", "choose", "computing", "context", "figure_files", "file_boxes", "frame", "gone",
         "missing_part", "progress", "say", "search", "settling", "show", "trust"),
        ("workspace", "dataset", "model", "gene", "population", "find_gene", "go_on", "missing_part", "missing_use", "missing_train", "open"),
        ("found_", "open_", "cancel_", "compute_", "correct_", "ask_delete_", "delete_", "log_", "resume_"),
    ),
    "home": Owned(("home",), ("make_demo",)),
    "datasets": Owned(
        ("datasets", "importing"),
        ("close_import", "level", "chromosome", "search", "fetch", "import", "population_table", "gene_table",
         "dropped_reasons", "histogram", "histogram_files", "similarity", "similarity_files",
         "download_dropped", "download_populations", "download_provenance", "download_found",
         "download_genes"),
        ("import_", "upload_", "preview_", "fetch_", "datasets_"),
    ),
    "training": Owned(
        ("training", "models", "release", "comparing"),
        ("job", "published", "comparison"),
        ("train_", "adv_", "models_", "release_", "files_", "row_", "losses_", "populations_",
         "validation_"),
    ),
    "predictions": Owned(
        ("predictions",),
        ("view", "scatter", "variation", "one_gene", "folds", "performance", "residuals"),
        ("residual_", "predictions_"),
    ),
    "analyses": Owned(
        ("analyses",),
        ("analysis", "species"),
        ("analysis_", "gene_set", "learning_", "species_", "specific_"),
    ),
    "search": Owned(("search_",), ("architecture_search",), ("search_",)),
    "gene": Owned(
        ("mutagenesis", "region_sets"),
        ("track", "band", "compare", "compare_by", "region", "ccres", "overview", "overview_files", "overview_rows", "strongest", "detail",
         "detail_files", "download_effects", "download_strongest", "what_if", "regions"),
        ("regions_", "remove_regions_", "what_if_"),
    ),
    "scan": Owned(
        ("scan",),
        ("predictor", "output", "genome", "islands", "step", "region_scan", "windows_table"),
        ("scan_", "published_", "table_"),
    ),
    "variants": Owned(
        ("variants",),
        ("variants", "list", "roles", "build", "variant", "find", "effect_in", "in_genes",
         "in_region", "largest_p", "own_columns", "variant_table", "substitutions", "locus",
         "alleles", "genes", "gene_variants", "agreement", "rank_matrix", "side_by_side", "chain", "rsid",
         "download_compared", "download_columns", "download_variants", "download_vcf",
         "download_rejected"),
        ("variants_", "compared_", "outcome_", "ranked_", "result_", "chain_", "rsid_", "remove_source_", "role_"),
    ),
}  # fmt: skip


def page_of(module: str) -> str:
    """Name the page that a file of ``scx_core/ui`` draws; the longest beginning decides."""
    fitting = [
        (len(beginning), page)
        for page, owned in OWNED.items()
        for beginning in owned.modules
        if module.startswith(beginning)
    ]
    return max(fitting)[1] if fitting else SHARED
