"""What was read of a list: format, columns, genome build; all can be corrected."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd
import streamlit as st

from scx_core.errors import ScxError, counted
from scx_core.isolation import run_isolated
from scx_core.ui.boxes import box_link
from scx_core.ui.computing import ResultStore
from scx_core.ui.plain import plain, plain_sentence
from scx_core.ui.variants_address import BUILD, ROLES, from_address, to_address
from scx_core.ui.variants_input import GivenList
from scx_core.ui.variants_words import format_words
from scx_core.variants.build import BuildReport
from scx_core.variants.pipeline import PlacedList
from scx_core.variants.reading import VariantList, read_variants
from scx_core.variants.reading.beginning import read_beginning, read_header
from scx_core.variants.reading.gwas import GWAS_COLUMNS
from scx_core.variants.reading.spellings import KNOWN_COLUMNS
from scx_core.variants.reading.variant_list import EffectAllele

#: Rows that are scored on the page; longer lists are scored as jobs.
MOST_ROWS: Final = 20_000
_STORE_BYTES: Final = 200_000_000
_NONE: Final = "(none)"
FIND_OUT: Final = "find out"
_CORRECTED: Final = "variants_roles"
_BESIDE: Final = 4

#: Columns of a table, as a person would call them.
_ROLE_WORDS: Final = {
    "id": "rsID or name",
    "variant": "whole variant (chr:pos:ref:alt)",
    "reference": "reference allele",
    "alternative": "alternative allele",
    "effect_allele": "effect (risk) allele",
    "alleles": "both alleles (A/C)",
    "genotype": "genotype (AC)",
    "first_allele": "one of two alleles",
    "second_allele": "the other of two alleles",
    "reference_is": "which allele is the reference (EA, OA)",
    "z_score": "z-score",
    "p_exponent": "exponent of the p-value",
    "test": "test or model (ADD)",
    "cohort": "cohort or study",
    "end": "end of the variant",
    "beta": "effect size (beta)",
    "odds_ratio": "odds ratio",
    "p_value": "p-value",
    "minus_log10_p": "−log10 p-value",
    "build": "genome build",
    "current_id": "current rsID",
    "risk_allele": "SNP and risk allele",
    "effect_size": "odds ratio or beta",
    "interval": "its interval and unit",
}


@dataclass(frozen=True)
class Reading:
    """A list, read.

    Attributes
    ----------
    given : GivenList
    roles : mapping of str to str
        Corrections by the person: column by role.
    variants : VariantList
        All rows, or the first ones of a list that is too long for the page.
    whole : bool
        Whether it is all of them.
    """

    given: GivenList
    roles: Mapping[str, str]
    variants: VariantList
    whole: bool

    @property
    def key(self) -> str:
        """Names what was read and how; the same key, the same rows."""
        return f"{self.given.digest}|{self.roles_text}"

    @property
    def roles_text(self) -> str:
        """The corrections for an address; ``""`` for none."""
        return _as_text(self.roles)


@st.cache_resource(max_entries=1, show_spinner=False)
def _store() -> ResultStore[Reading]:
    """Give the last lists that were read, shared by all sessions."""

    def size(reading: Reading) -> int:
        tables = (reading.variants.rows, reading.variants.alleles)
        return sum(int(table.memory_usage(deep=False).sum()) * 8 for table in tables)

    return ResultStore(_STORE_BYTES, size)


def read_given(given: GivenList) -> Reading:
    """Read a list, with the columns as corrected by the person.

    Raises
    ------
    ScxError
        If it cannot be read; its columns can then be chosen, where it has some.
    """
    roles = _corrected(given)
    key = (given.digest, given.name, _as_text(roles))
    held = _store().get(key)
    if held is not None:
        return held
    try:
        reading = _read(given, roles)
    except ScxError:
        _choose_unknown(given, roles)
        raise
    _store().put(key, reading)
    return reading


def _read(given: GivenList, roles: Mapping[str, str]) -> Reading:
    if given.path is None:
        return Reading(given, roles, read_variants(given.text, roles=roles, name=given.name), True)
    variants, whole = run_isolated(
        read_beginning, given.path, dict(roles), MOST_ROWS, given.name, name=given.name
    )
    return Reading(given, roles, variants, whole)


def _as_text(roles: Mapping[str, str]) -> str:
    return json.dumps(dict(sorted(roles.items())), ensure_ascii=False) if roles else ""


def _corrected(given: GivenList) -> dict[str, str]:
    """Give the person's corrections, or those of a link; of another list they do not count."""
    linked = from_address(ROLES)
    if linked is not None:
        st.session_state[_CORRECTED] = (given.digest, _roles_of(linked))
    of, roles = st.session_state.get(_CORRECTED, ("", {}))
    return roles if of == given.digest else {}


def _roles_of(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: column for name, column in found.items() if isinstance(column, str)}


def _choose_unknown(given: GivenList, roles: Mapping[str, str]) -> None:
    """Offer the columns of a table that could not be read without help."""
    source = given.text if given.path is None else given.path
    try:
        columns = run_isolated(read_header, source, given.name, name=given.name)
    except ScxError:
        return
    if len(columns) > 1:
        with st.expander("Say what the columns are", expanded=True, icon=":material/table:"):
            _role_boxes(given, columns, roles, roles, tuple(KNOWN_COLUMNS))


def chosen_build(assembly: str, known: list[str]) -> str:
    """Give the build that the person says the list is on; ``""`` to find out.

    Parameters
    ----------
    assembly : str
        The dataset's.
    known : list of str
        Those from which a registered chain leads here.
    """
    wanted = st.session_state.get(BUILD) or st.query_params.get(BUILD) or ""
    return wanted if wanted in (assembly, *known) else ""


def reading_view(reading: Reading, placed: PlacedList, builds: list[str]) -> None:
    """Say what was read, and let columns and build be corrected.

    Parameters
    ----------
    reading : Reading
    placed : PlacedList
        With the build that the list was found to be on.
    builds : list of str
        Those that the person may say it is on.
    """
    variants, report = reading.variants, placed.report
    say_apart(placed)
    amount = (
        f"**{counted(len(variants), 'row')}**"
        if reading.whole
        else f"**More than {MOST_ROWS:,} rows**"
    )
    st.markdown(
        f"{amount} of {plain(reading.given.name)}, read as {format_words(variants.format)}. "
        f"{plain_sentence(report.sentences[0])}"
    )
    if len(report.sentences) > 1:
        show = st.info if report.kind in ("same", "lifted", "too few") else st.warning
        said = " ".join(map(plain_sentence, report.sentences[1:]))
        show(said, icon=":material/swap_horiz:")
        if "register it" in said:
            box_link("Register it under Sources", "variants_sources")
    effect_box(reading, placed.effect)
    told = [text for text in beside_effect(placed) if text not in report.sentences]
    label = "How it was read: columns and build"
    if told:
        label = f"How it was read: columns, build, {counted(len(told), 'notice')}"
    with st.expander(label, key="variants_how"):
        if told:
            st.markdown("\n".join(f"- {plain_sentence(sentence)}" for sentence in told))
        correct_columns(reading)
        st.markdown("**Genome build.** How many of the list's alleles are those of the genome:")
        _fits(report)
        build_box(builds)


def beside_effect(placed: PlacedList) -> list[str]:
    """Give the notices but for those that `effect_box` and `say_apart` draw."""
    said = placed.effect.sentence
    return [
        text
        for text in placed.notices
        if text != placed.apart and not (said and text.startswith(said))
    ]


def say_apart(placed: PlacedList) -> None:
    """Say first where a list is of another organism or genome build than the dataset."""
    if placed.apart:
        show = st.info if placed.report.chain is not None else st.warning
        show(plain_sentence(placed.apart), icon=":material/alt_route:")


def effect_box(reading: Reading, effect: EffectAllele) -> None:
    """Say which allele the effects of the list belong to and why; ask where its evidence is split.

    Parameters
    ----------
    reading : Reading
    effect : EffectAllele
        By all evidence; see `scx_core.variants.allele_meaning`.
    """
    if not effect.sentence:
        return
    if not effect.choices:
        st.caption(plain_sentence(effect.sentence))
        return
    st.warning(
        f"{plain_sentence(effect.sentence)} Until then no row has a direction.",
        icon=":material/help:",
    )
    key = f"effect_belongs_{reading.given.digest[:10]}"
    st.radio(
        "The effects belong to the allele of", effect.choices, index=None, key=key, horizontal=True,
        on_change=_correct,
        args=(reading.given.digest, "effect_allele", key, dict(reading.roles)),
    )  # fmt: skip


def correct_columns(reading: Reading) -> None:
    """Draw what the columns of a table were taken for, to be corrected."""
    variants = reading.variants
    if not variants.roles:
        return
    st.markdown("**Columns.** Correct them where they were taken wrongly.")
    known = GWAS_COLUMNS if variants.format == "GWAS catalogue" else KNOWN_COLUMNS
    _role_boxes(
        reading.given, list(variants.rows.columns), variants.roles, reading.roles, tuple(known)
    )


def build_box(builds: list[str]) -> None:
    """Ask for the build of the list, where the person knows better than what is found out."""
    st.selectbox("The list is on", [FIND_OUT, *builds], key=BUILD, bind="query-params", width=260)


def _role_boxes(
    given: GivenList,
    columns: list[str] | tuple[str, ...],
    found: Mapping[str, str],
    corrected: Mapping[str, str],
    roles: tuple[str, ...],
) -> None:
    """Draw a choice of column for each role; those that have one first."""
    options = [_NONE, *columns]
    # A new stamp makes new boxes: a correction may change what other columns are taken for.
    stamp = hashlib.sha256(f"{given.digest}|{dict(found)}".encode()).hexdigest()[:10]
    ordered = [role for role in roles if role in found]
    ordered += [role for role in roles if role not in found]
    for start in range(0, len(ordered), _BESIDE):
        for place, role in zip(st.columns(_BESIDE), ordered[start : start + _BESIDE], strict=False):
            key = f"role_{role}_{stamp}"
            now = found.get(role, _NONE)
            place.selectbox(
                _ROLE_WORDS.get(role, role.replace("_", " ")), options, key=key,
                index=options.index(now) if now in options else 0,
                on_change=_correct, args=(given.digest, role, key, dict(corrected)),
            )  # fmt: skip


def _correct(digest: str, role: str, key: str, corrected: dict[str, str]) -> None:
    column = st.session_state[key]
    corrected[role] = "" if column == _NONE else column
    st.session_state[_CORRECTED] = (digest, corrected)
    to_address({ROLES: _as_text(corrected)})


def _fits(report: BuildReport) -> None:
    table = report.table
    if table.empty:
        st.caption("No row has an allele that could be compared.")
        return
    percent = {name: 100 * table[name].astype(float) for name in ("rate", "low", "high", "chance")}
    shown = pd.DataFrame(
        {
            "On": table["build"].where(table["lifted_from"] == "", table["build"] + ", lifted"),
            "Compared": table["compared"],
            "Strand": table["strand"],
            "Rows": table["n"],
            "Fit": table["matches"],
            "Fit (%)": percent["rate"],
            "from": percent["low"],
            "to (95 %)": percent["high"],
            "By chance (%)": percent["chance"],
        }
    )
    numbers = dict.fromkeys(
        ("Fit (%)", "from", "to (95 %)", "By chance (%)"),
        st.column_config.NumberColumn(format="%.1f"),
    )
    st.dataframe(
        shown, hide_index=True, column_config=numbers,
        alt="How many alleles of the list fit the genome, by build and strand",
    )  # fmt: skip
