"""Where rsIDs lie, by the sources that the user registers. Nothing is asked on the web."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from scx_core.errors import counted, join_some
from scx_core.store import Workspace
from scx_core.variants.genome import canonical_build
from scx_core.variants.reading.variant_list import ALLELE_COLUMNS, join_notes
from scx_core.variants.rsid_files import Key, Place, ask_merged, ask_places, key_of, text_of
from scx_core.variants.rsid_sources import (
    RsidSource,
    describe_source,
    register,
    registered,
    remove,
)

if TYPE_CHECKING:
    from scx_core.dataset import Dataset

__all__ = [
    "RsidSource",
    "describe_source",
    "fill_places",
    "register",
    "registered",
    "remove",
    "resolve",
]

#: Ids may have been merged again and again.
_MOST_MERGES: Final = 10


def resolve(workspace: Workspace, ids: Iterable[str], build: str = "") -> pd.DataFrame:
    """Look up where ids lie.

    Parameters
    ----------
    workspace : Workspace
    ids : iterable of str
        Each is looked up once.
    build : str
        Only sources on this genome build are asked; by default those on the build of the first.

    Returns
    -------
    DataFrame
        One row for each id and place, ids in the given order: ``id``; ``current_id`` (the same, or
        what it was merged into); ``chromosome``, ``position`` (Int64, 1-based), ``reference``,
        ``alternative`` (``""`` where the source knows none), ``source``, ``build``; ``reason`` (why
        there is no place, without full stop) and ``reason_kind`` (``"unknown id"``, or
        ``"no position"`` where no source could be asked).
    """
    wanted = list(dict.fromkeys(ids))
    sources = registered(workspace)
    build = canonical_build(build) or (sources[0].build if sources else "")
    asked = [source for source in sources if source.build == build]
    places, current = _look_up(asked, {key_of(text): text for text in wanted})
    records: list[tuple[Any, ...]] = []
    for text in wanted:
        key = key_of(text)
        found = places.get(current.get(key, key))
        if found is None:
            reason, kind = _explain(text, asked, sources, build)
            records.append((text, text, "", pd.NA, "", "", "", "", reason, kind))
            continue
        source, known = found
        now = text_of(current[key]) if key in current else text
        records += [(text, now, *place, source.name, source.build, "", "") for place in known]
    columns = ["id", "current_id", "chromosome", "position", "reference", "alternative", "source",
               "build", "reason", "reason_kind"]  # fmt: skip
    table = pd.DataFrame(records, columns=columns, dtype=object)
    return table.astype({"position": "Int64"})


def _look_up(
    sources: Sequence[RsidSource], wanted: Mapping[Key, str]
) -> tuple[dict[Key, tuple[RsidSource, list[Place]]], dict[Key, Key]]:
    """Find places by key, and for merged keys what they are now."""
    places: dict[Key, tuple[RsidSource, list[Place]]] = {}
    current: dict[Key, Key] = {}
    missing = list(wanted)
    for _ in range(_MOST_MERGES):
        for source in sources:
            asked = [key for key in missing if current.get(key, key) not in places]
            found = ask_places(source.path, {current.get(key, key) for key in asked})
            places |= {key: (source, known) for key, known in found.items()}
        missing = [key for key in missing if current.get(key, key) not in places]
        moved: dict[Key, Key] = {}
        for source in sources if missing else ():
            moved = ask_merged(source.path, {current.get(key, key) for key in missing}) | moved
        missing = [key for key in missing if current.get(key, key) in moved]
        current |= {key: moved[current.get(key, key)] for key in missing}
        if not missing:
            break
    return places, {key: now for key, now in current.items() if now in places}


def _explain(
    text: str, asked: Sequence[RsidSource], sources: Sequence[RsidSource], build: str
) -> tuple[str, str]:
    advice = "register a dbSNP VCF, a table or a GWAS catalogue that has it"
    if not sources:
        return (
            f"no position is given, and there is no source of rsIDs to look {text} up; {advice}",
            "no position",
        )
    if not asked:
        others = ", ".join(f"{source.name}: {source.build}" for source in sources)
        return (
            f"no position is given, and no source of rsIDs is on {build} ({others}); {advice}",
            "no position",
        )
    names = join_some(source.name for source in asked)
    return f"{text} is in none of the sources of rsIDs on {build} ({names}); {advice}", "unknown id"


def fill_places(
    workspace: Workspace, alleles: pd.DataFrame, dataset: "Dataset", build: str = ""
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Look up the parts that give only an rsID.

    Parameters
    ----------
    workspace : Workspace
    alleles : DataFrame
        See `VariantList.alleles`.
    dataset : Dataset
        On whose genome build places are looked up, as far as the list has none of its own.
    build : str
        Genome build of the list's other positions, where it is known: places must be on the same.

    Returns
    -------
    alleles : DataFrame
        Every part has a place or a reason. An id with several alternatives or places has a part for
        each.
    notices : tuple of str
    """
    asked = alleles["position"].isna() & (alleles["reason"] == "")
    if not asked.any():
        return alleles, ()
    target = canonical_build(build or str(dataset.metadata["assembly"]))
    alone = not alleles["position"].notna().any()
    if alone and target not in {source.build for source in registered(workspace)}:
        target = ""  # Places on another build can be lifted, if they are all on it.
    found = resolve(workspace, alleles.loc[asked, "id"], target)
    places = dict(tuple(found.groupby("id", sort=False)))
    records = [
        filled
        for part in alleles[asked].to_dict("records")
        for filled in _fill({str(name): value for name, value in part.items()}, places[part["id"]])
    ]
    table = pd.DataFrame(records, columns=list(ALLELE_COLUMNS)).astype(alleles.dtypes.to_dict())
    both = pd.concat([alleles[~asked], table]) if not asked.all() else table
    # Stable, so that parts stay in their order; those that have become several are numbered anew.
    both = both.sort_values(["row", "part"], kind="stable", ignore_index=True)
    both["part"] = both.groupby("row").cumcount().astype("int64")
    n_ids = found["id"].nunique()
    n_found = found.loc[found["reason"] == "", "id"].nunique()
    where = ", ".join(sorted({text for text in found["build"] if text}))
    words = f" on {where}" if where else ""
    return both, (
        f"{n_found:,} of {counted(n_ids, 'rsID')} without position were found in the registered "
        f"sources{words}.",
    )


def _fill(part: dict[str, Any], places: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Give a part for each alternative and place of an id, or the part with its reason."""
    first = places.iloc[0]
    if first["reason"]:
        yield part | {"reason": first["reason"], "reason_kind": first["reason_kind"]}
        return
    note = f"place by {first['source']}"
    if first["current_id"] != part["id"]:
        note = f"{part['id']} was merged into {first['current_id']}; {note}"
    if part["reference"] or part["alternative"]:
        places = places.drop_duplicates(["chromosome", "position"])
    chosen = _matching(part["effect_allele"], places)
    if len(places.drop_duplicates(["chromosome", "position"])) > 1:
        note += f", which has {len(places):,} for it"
    for place in chosen.to_dict("records"):
        changed = {name: place[name] for name in ("chromosome", "position")}
        if not (part["reference"] or part["alternative"]):
            changed |= {name: place[name] for name in ("reference", "alternative")}
            changed["other_allele"] = part["other_allele"] or _other(part["effect_allele"], place)
        yield part | changed | {"note": join_notes(part["note"], note)}


def _matching(effect_allele: str, places: pd.DataFrame) -> pd.DataFrame:
    """Of several alternatives, that which is the effect allele; all if it is none of them."""
    same = places[places["alternative"] == effect_allele] if effect_allele else places
    return same if len(same) else places


def _other(effect_allele: str, place: Mapping[Any, Any]) -> str:
    """Of reference and alternative, that which is not the effect allele; ``""`` if it is neither."""
    pair = (place["reference"], place["alternative"])
    if not effect_allele or effect_allele not in pair:
        return ""
    return pair[1] if effect_allele == pair[0] else pair[0]
