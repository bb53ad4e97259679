"""The Variants page: what it reads, what it refuses, what it says, what it keeps in the address."""

import gzip
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from app_reading import refuse_traceback, texts
from workspace import train_toy

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.jobs import list_jobs, queue
from scx_core.sequence.alphabet import BASES, CODE_LETTERS, COMPLEMENT
from scx_core.sequence.windows import index_to_position
from scx_core.store import Workspace
from scx_core.ui import variants_reading
from scx_core.variants.orientation import sentence
from scx_core.variants.pipeline import Scorer, ScoringOptions
from scx_core.variants.reading import read_variants
from scx_core.variants.score_file import score_file


@dataclass(frozen=True)
class Site:
    """A letter in the window of a gene that the model may be asked about."""

    gene: str
    symbol: str
    position: int
    letter: str
    other: str

    @property
    def typed(self) -> str:
        return f"chr1:{self.position}:{self.letter}:{self.other}"


@pytest.fixture(scope="module")
def place(toy, tmp_path_factory) -> Path:
    """A workspace of its own: the page keeps lists and what it computed there."""
    folder = tmp_path_factory.mktemp("variants") / "ws"
    shutil.copytree(toy / "datasets", folder / "datasets")
    shutil.copytree(toy / "models", folder / "models")
    return folder


@pytest.fixture(scope="module")
def opened(place) -> tuple[Dataset, Ensemble]:
    return Dataset.open(place / "datasets" / "toy"), Ensemble.open(place / "models" / "toy-model")


@pytest.fixture(scope="module")
def sites(opened) -> list[Site]:
    """One site in each of the first genes of the trained folds, near their starts."""
    dataset, model = opened
    found = []
    for number, gene_id in enumerate(model.predictions.index[:6]):
        gene = dataset.genes.loc[gene_id]
        index = dataset.upstream - 40 - 3 * number
        code = int(dataset.windows[dataset.row_of(str(gene_id)), index])
        letter = CODE_LETTERS[int(COMPLEMENT[code]) if gene["strand"] == "-" else code]
        position = index_to_position(index, int(gene["tss"]), str(gene["strand"]), dataset.upstream)
        other = BASES[(BASES.index(letter) + 1) % 4]
        found.append(Site(str(gene_id), str(gene["gene_name"]), int(position), letter, other))
    return found


@pytest.fixture
def page(open_app, place):
    def visited(**query: str):
        app = open_app("variants", folder=place, **query)
        refuse_traceback(app)
        return app

    return visited


def paste(app, text: str):
    app.text_area(key="variants").set_value(text).run()
    refuse_traceback(app)
    return app


def upload(app, content: bytes, name: str = "list.tsv"):
    app.file_uploader(key="variants_file").set_value((name, content, "text/plain")).run()
    refuse_traceback(app)
    return app


def outcomes(app) -> dict[str, int]:
    """Counts by what came of the rows, as the page shows them."""
    labels = [option.content for option in outcome_pills(app).proto.options]
    return {label.rsplit(" · ", 1)[0]: int(label.rsplit(" · ", 1)[1]) for label in labels}


def outcome_pills(app):
    return next(item for item in app.pills if item.label.startswith("What came of the"))


def ranked(app) -> pd.DataFrame:
    return next(item.value for item in app.dataframe if "effect" in item.value)


def said(app) -> str:
    """The sentence about the chosen variant, as plain text."""
    found = next(item.value for item in app.markdown if "is predicted to" in item.value)
    return found.replace("\\", "")


def gwas_row(site: Site, risk: str) -> str:
    return (
        "SNPS\tCHR_ID\tCHR_POS\tSTRONGEST SNP-RISK ALLELE\tP-VALUE\tOR or BETA\n"
        f"rs1\t1\t{site.position}\trs1-{risk}\t1e-9\t1.2\n"
        f"rs2\t1\t{site.position}\trs2-?\t1e-8\t\n"
    )


# Reading


def test_nothing_given_says_what_to_give(page):
    told = texts(page())
    assert "Give a list: variants or rsIDs one a line" in told


@pytest.mark.parametrize(
    ("form", "read_as"),
    [
        ("typed", "**typed variants**"),
        ("ids", "**rsIDs**"),
        ("vcf", "a **VCF**"),
        ("tsv", "a **table**"),
        ("csv", "a **table**"),
        ("statistics", "**summary statistics**"),
        ("gwas", "a **GWAS catalogue**"),
    ],
)
def test_every_format_that_is_pasted(page, sites, form, read_as):
    first, second = sites[:2]
    text = {
        "typed": f"{first.typed}\n1-{second.position}-{second.letter}-{second.other}",
        "ids": "rs1\nrs2",
        "vcf": "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        f"1\t{first.position}\trs1\t{first.letter}\t{first.other}\t.\t.\t.\n"
        f"1\t{second.position}\trs2\t{second.letter}\t{second.other}\t.\t.\t.",
        "tsv": f"rsid\tchr\tpos\tref\talt\nrs1\t1\t{first.position}\t{first.letter}\t{first.other}\n"
        f"rs2\tchr1\t{second.position}\t\t",
        "csv": f"rsid,chr,pos,ref,alt\nrs1,1,{first.position},{first.letter},{first.other}\n"
        f"rs2,1,{second.position},{second.letter},{second.other}",
        "statistics": f"CHR\tPOS\tRSID\tEffectAllele\tOtherAllele\tB\tP\n1\t{first.position}\trs1\t"
        f"{first.other}\t{first.letter}\t0.1\t1e-8\n1\t{second.position}\trs2\t{second.letter}\t"
        f"{second.other}\t-0.1\t0.5",
        "gwas": gwas_row(first, first.letter),
    }[form]
    app = paste(page(), text)
    assert not app.error
    assert f"**2 rows** of the list, read as {read_as}." in texts(app)
    assert sum(outcomes(app).values()) == 2
    if form == "ids":
        assert outcomes(app) == {"scored": 0, "no position": 2}
        assert "2 rows give only an rsID, which no source is registered to look up" in texts(app)
    else:
        assert outcomes(app)["scored"] >= 1
        assert first.symbol in set(ranked(app)["gene"])


def test_the_example_is_scored_whole(page):
    app = page()
    app.button(key="variants_example").click().run()
    refuse_traceback(app)
    assert len(app.text_area(key="variants").value.splitlines()) == 5
    assert outcomes(app) == {"scored": 5}
    assert app.query_params["variants"] == app.text_area(key="variants").value


def test_uploaded_gzip_under_a_wrong_name(page, sites):
    table = f"rsid\tchr\tpos\nrs1\t1\t{sites[0].position}\nrs2\t1\t5\n".encode()
    app = upload(page(), gzip.compress(table), "../../etc/list.vcf")
    assert "**2 rows** of" in texts(app)
    assert "read as a **table**" in texts(app)
    assert sum(outcomes(app).values()) == 2


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\x7fELF\x02\x01\x01\x00\x00\x00", "mine.vcf is a binary file"),
        ("gène\tchr\tpos\nA\t1\t5\n".encode("latin-1"), "UTF-8"),
        (b"PK\x03\x04rest", "a zip archive that is cut short or damaged"),
        (b"", "There is no variant in mine.vcf"),
        (gzip.compress(b"rs1\nrs2\n" * 5000)[:-20], "mine.vcf is cut short or damaged"),
    ],
)
def test_files_that_cannot_be_read_are_one_sentence(page, content, told):
    app = upload(page(), content, "mine.vcf")
    assert len(app.error) == 1
    assert told in app.error[0].value
    assert "Sources: chain files and rsIDs" in [item.label for item in app.expander]


def test_columns_that_nobody_knows_can_be_chosen(page, sites):
    first, second = sites[:2]
    table = (
        f"wo\twas\tzahl\n1\tx\t{first.position}\n1\ty\t{second.position}\n1\tz\t{first.position}"
    )
    app = paste(page(), table)
    assert len(app.error) == 1
    assert "zahl" in app.error[0].value
    for role, column in (("chromosome", "wo"), ("position", "zahl")):
        box = next(item for item in app.selectbox if (item.key or "").startswith(f"role_{role}_"))
        box.set_value(column).run()
        refuse_traceback(app)
    assert not app.error
    assert outcomes(app) == {"scored": 3}
    assert json.loads(app.query_params["roles"]) == {"chromosome": "wo", "position": "zahl"}
    again = page(**{name: str(value) for name, value in app.query_params.items()})
    assert outcomes(again) == {"scored": 3}


def test_a_column_taken_wrongly_is_corrected(page, sites):
    first, second = sites[:2]
    table = f"chr\tpos\tother\n1\t{first.position}\t{second.position}"
    app = paste(page(), table)
    assert set(ranked(app)["gene"]) == {first.symbol}
    box = next(item for item in app.selectbox if (item.key or "").startswith("role_position_"))
    assert box.value == "pos"
    box.set_value("other").run()
    refuse_traceback(app)
    assert set(ranked(app)["gene"]) == {second.symbol}


# What came of the rows


def effects_of_a1(sites: list[Site]) -> str:
    """A1 is the genome's in all rows: the convention that it is the effect allele is in doubt."""
    rows = [f"1:{s.position}:{s.letter}:{s.other}\t1\t{s.position}\t{s.letter}\t{s.other}\t0.2"
            for s in sites]  # fmt: skip
    return "ID\tCHR\tBP\tA1\tA2\tBETA\n" + "\n".join(rows) + "\n"


def test_the_person_is_asked_which_allele_the_effects_belong_to(page, sites):
    app = paste(page(), effects_of_a1(sites))
    told = texts(app)
    assert "may belong to the allele of" in told
    assert "no row has a direction" in told
    box = next(radio for radio in app.radio if radio.label.startswith("The effects belong to"))
    assert list(box.options) == ["A1", "A2"]
    assert box.value is None
    box.set_value("A2").run()
    refuse_traceback(app)
    told = texts(app)
    assert "may belong to" not in told
    assert "belong to the allele of 'A2': so it was chosen" in told
    assert json.loads(app.query_params["roles"]) == {"effect_allele": "A2"}


def test_a_long_list_is_asked_about_before_it_is_a_job(page, sites, monkeypatch):
    monkeypatch.setattr(variants_reading, "MOST_ROWS", 4)
    app = upload(page(), effects_of_a1(sites).encode(), "many.tsv")
    assert "So long a list is scored as a job" in texts(app)
    assert "may belong to the allele of" in texts(app)
    assert any(radio.label.startswith("The effects belong to") for radio in app.radio)


def test_outcomes_add_up_and_each_lists_its_rows(page, opened, sites):
    dataset, model = opened
    untrained = next(gene for gene in dataset.genes.index if gene not in model.predictions.index)
    near = int(dataset.genes.loc[untrained, "tss"])
    first = sites[0]
    wrong = next(base for base in BASES if base not in (first.letter, first.other))
    table = pd.DataFrame(
        [
            ("1", first.position, first.letter, first.other, "good"),
            ("1", first.position, first.letter, first.other, "twice"),
            ("9", 500, "A", "C", "nowhere"),
            ("1", 300, "", "", "between"),
            ("1", near, "", "", "untrained"),
            ("1", first.position, wrong, wrong, "odd"),
            ("1", 99_999_999, "A", "C", "beyond"),
            ("1", first.position, first.letter, "<DEL>", "symbolic"),
        ],
        columns=["chr", "pos", "ref", "alt", "my own"],
    )  # fmt: skip
    app = paste(page(), table.to_csv(sep="\t", index=False))
    counts = outcomes(app)
    assert sum(counts.values()) == len(table)
    assert counts["scored"] == 2
    assert counts["on a chromosome without genes here"] == 1
    assert counts["gene in no trained fold"] == 1
    assert counts["beyond the chromosome's end"] == 1
    assert counts["symbolic allele"] == 1
    outcome_pills(app).set_value("gene not in a trained fold").run()
    refuse_traceback(app)
    assert "learned from these genes, so it cannot judge them" in texts(app)
    assert app.button(key="missing_train").label == "Train the missing part"
    listed = app.dataframe[-1].value
    assert listed["my own"].tolist() == ["untrained"]
    assert listed["row"].tolist() == [5]
    assert "is tested in fold" in listed["reason"].iloc[0] or "fold" in listed["reason"].iloc[0]


def test_filters_of_the_ranked_table(page, sites):
    rows = "\n".join(
        f"1\t{site.position}\t{site.letter}\t{site.other}\t{10.0**-number:g}\ttrait {number}"
        for number, site in enumerate(sites)
    )
    app = paste(page(), f"chr\tpos\tref\talt\tpvalue\ttrait\n{rows}")
    assert outcomes(app) == {"scored": 6}
    everything = ranked(app)
    assert (everything["effect"].abs().diff().dropna() <= 0).all()
    app.text_input(key="find").set_value("TRAIT 3").run()
    assert ranked(app)["gene"].tolist() == [sites[3].symbol]
    app.text_input(key="find").set_value(f"{sites[2].position:,}").run()
    assert ranked(app)["gene"].tolist() == [sites[2].symbol]
    app.text_input(key="find").set_value("").run()
    app.number_input(key="largest_p").set_value(1e-3).run()
    assert set(ranked(app)["gene"]) == {site.symbol for site in sites[3:]}
    app.number_input(key="largest_p").set_value(None).run()
    app.multiselect(key="in_genes").set_value([sites[0].gene, sites[1].gene]).run()
    assert set(ranked(app)["gene"]) == {sites[0].symbol, sites[1].symbol}
    app.multiselect(key="in_genes").set_value([]).run()
    inside = ranked(app)["region"] != "" if "region" in ranked(app) else pd.Series(False)
    app.selectbox(key="in_region").set_value("in a cCRE").run()
    refuse_traceback(app)
    assert ("No scored variant passes" in texts(app)) == (not inside.any())
    app.selectbox(key="in_region").set_value("anywhere").run()
    app.selectbox(key="effect_in").set_value("Vip").run()
    refuse_traceback(app)
    in_vip = ranked(app)
    assert set(in_vip["population"]) == {"Vip"}
    assert (in_vip["effect"].abs().diff().dropna() <= 0).all()
    assert len(in_vip) == 6
    app.multiselect(key="own_columns").set_value(["trait"]).run()
    assert set(ranked(app)["trait (yours)"]) == {f"trait {number}" for number in range(6)}


# The chosen variant


def test_the_sentence_is_that_of_the_scored_row(page, opened, place, sites):
    dataset, model = opened
    text = gwas_row(sites[0], sites[0].letter)
    app = paste(page(), text)
    scorer = Scorer(Workspace(place), model, dataset, ScoringOptions())
    scored = scorer.score(scorer.place(read_variants(text)).placed)
    chosen = app.session_state["variant"]
    row, gene = chosen.split("@")
    lines = scored[
        (scored["row"].astype(str) + "." + scored["part"].astype(str) == row)
        & (scored["gene_id"] == gene)
    ]
    strongest = lines.loc[lines["largest_effect"].abs().idxmax()]
    assert said(app) == f"{_capital(sentence(strongest.to_dict(), called='risk allele'))}."
    known = page(variants=text, variant=f"1.0@{sites[0].gene}")
    assert f"{sites[0].letter} is predicted to" in said(known)
    assert "allele" in said(known)
    unknown = page(variants=text, variant=f"2.0@{sites[0].gene}")
    assert "the risk allele is not known" in said(unknown)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def test_link_brings_back_list_and_variant(page, sites):
    text = "\n".join(site.typed for site in sites)
    app = paste(page(), text)
    third = ranked(app).iloc[2]
    token = f"{third['row']}.0@" + next(s.gene for s in sites if s.symbol == third["gene"])
    again = page(variants=text, variant=token, variants_view="gene")
    assert third["gene"] in again.header[0].value
    assert (again.session_state["variant"], again.session_state["variants_view"]) == (token, "gene")
    lost = page(variants=text, variant="77.0@nothing")
    assert "is not among those that could be scored" in texts(lost)


def test_long_list_is_kept_and_linked_by_its_digest(page, place, sites):
    text = "\n".join([*(site.typed for site in sites), *(f"chr9:{n}:A:C" for n in range(1, 200))])
    app = paste(page(), text)
    digest = app.query_params["list"]
    assert "variants" not in app.query_params
    assert (place / "lists" / f"{digest}.list").read_text() == text
    again = page(list=digest)
    assert outcomes(again) == outcomes(app)
    assert sum(outcomes(again).values()) == len(sites) + 199
    paste(again, sites[0].typed)
    assert outcomes(again) == {"scored": 1}
    assert "list" not in again.query_params


@pytest.mark.parametrize("digest", ["0" * 64, "../../secret", ""])
def test_link_to_a_list_that_is_not_here(page, digest):
    app = page(list=digest)
    assert "names a list" in texts(app)
    assert not app.error


def test_file_on_the_server_stays_inside_the_import_folder(page, toy, sites):
    (toy / "inputs" / "mine.txt").write_text(sites[0].typed)
    app = page()
    app.text_input(key="variants_path").set_value("mine.txt").run()
    refuse_traceback(app)
    assert "**1 row** of mine.txt" in texts(app)
    app.text_input(key="variants_path").set_value("../models/toy-model/model.json").run()
    refuse_traceback(app)
    assert "lies outside the import folder" in app.error[0].value


@pytest.mark.parametrize("view", ["place", "gene", "genes"])
def test_insertion_deletion_haplotype_in_every_view(page, opened, sites, view):
    dataset, _ = opened
    first = sites[0]
    table = (
        "chr\tpos\tref\talt\thaplotype\n"
        f"1\t{first.position}\t{first.letter}\t{first.letter}ACGT\t\n"
        f"1\t{first.position}\t{first.letter}\t{first.other}\th1\n"
    )
    gene = dataset.genes.loc[first.gene]
    step = 5 if gene["strand"] == "+" else -5
    index = dataset.upstream - 40 + 5
    code = int(dataset.windows[dataset.row_of(first.gene), index])
    letter = CODE_LETTERS[int(COMPLEMENT[code]) if step < 0 else code]
    other = BASES[(BASES.index(letter) + 2) % 4]
    table += f"1\t{first.position + step}\t{letter}\t{other}\th1"
    app = paste(page(variants_view=view), table)
    assert not app.error
    assert outcomes(app) == {"scored": 3}
    assert "haplotype h1" in set(ranked(app)["variant"])
    for row in ranked(app).to_dict("records"):
        end = "+h1" if row["variant"].startswith("haplotype") else ""
        chosen = page(
            variants=table, variants_view=view, variant=f"{row['row']}.0@{first.gene}{end}"
        )
        assert not chosen.error
        assert "is predicted to" in said(chosen)


def test_text_of_the_list_is_shown_as_it_is(page, sites):
    first = sites[0]
    name = "[look](http://a.b)*x*"
    app = paste(page(), f"id\tchr\tpos\n{name}\t1\t{first.position}")
    shown = app.header[0].value
    assert shown.startswith("\\[look\\](http\\:\u2060//a.b)\\*x\\*")
    assert ranked(app)["variant"].tolist() == [name]


# Sources


def test_rsids_are_found_once_a_source_is_registered(page, toy, place, sites):
    first = sites[0]
    source = f"rsid\tchr\tpos\tref\talt\nrs1\t1\t{first.position}\t{first.letter}\t{first.other}\n"
    (toy / "inputs" / "ids.tsv").write_text(source)
    app = paste(page(), "rs1\nrs999")
    assert outcomes(app)["scored"] == 0
    app.text_input(key="rsid_path").set_value("ids.tsv")
    app.button(key="rsid_register").click().run()
    refuse_traceback(app)
    assert "Give the source of rsIDs a name" in app.error[0].value
    app.text_input(key="rsid_path").set_value("ids.tsv")
    app.text_input(key="rsid_name").set_value("mine")
    app.text_input(key="rsid_build").set_value("toy1")
    app.button(key="rsid_register").click().run()
    refuse_traceback(app)
    assert "Registered mine: 1 id on toy1" in texts(app)
    assert outcomes(app) == {"scored": 1, "rsID not found": 1}
    assert "1 row gives only an rsID, which none of the registered sources has" in texts(app)
    app.button(key="remove_source_rsid_mine").click().run()
    refuse_traceback(app)
    assert outcomes(app)["scored"] == 0


def test_chain_files_are_checked_listed_and_removed(page, toy):
    (toy / "inputs" / "bad.chain").write_text("not a chain\n")
    chain = "chain 1000 chr1 81000 + 0 81000 chr1 81000 + 0 81000 1\n81000\n\n"
    (toy / "inputs" / "good.chain").write_text(chain)
    app = page()
    for name in ("bad.chain", "good.chain"):
        app.text_input(key="chain_path").set_value(name)
        app.text_input(key="chain_from").set_value("toy0")
        app.text_input(key="chain_to").set_value("toy1")
        app.button(key="chain_register").click().run()
        refuse_traceback(app)
        assert bool(app.error) == (name == "bad.chain")
    assert "The chain from toy0 to toy1 is registered." in texts(app)
    app.button(key="remove_source_chain_toy0_toy1").click().run()
    refuse_traceback(app)
    assert not list_of_buttons(app, "remove_chain")


def list_of_buttons(app, beginning: str) -> list[str]:
    return [item.key for item in app.button if (item.key or "").startswith(beginning)]


# Comparing


def test_models_and_scores_from_elsewhere_side_by_side(page, opened, place, sites):
    dataset, _ = opened
    if not (place / "models" / "zz-other").exists():
        train_toy(place, dataset, "zz-other")
    text = "\n".join(site.typed for site in sites)
    app = page(variants=text, model="toy-model", variants_compare="true")
    assert app.multiselect(key="compared_models").options == ["zz-other"]
    app.multiselect(key="compared_models").set_value(["zz-other"]).run()
    refuse_traceback(app)
    assert not app.error
    told = texts(app)
    assert "6 changes have an effect in both." in told
    assert "Rank correlation ρ = " in told
    assert "over n = 6 changes of 6 rows" in told
    scores = "chr\tpos\tref\talt\ttrack\tscore\n" + "\n".join(
        f"1\t{site.position}\t{site.other}\t{site.letter}\tliver\t{number}.5"
        for number, site in enumerate(sites)
    )
    app.file_uploader(key="variants_outside").set_value(
        ("enformer.tsv", scores.encode(), "text/plain")
    ).run()
    refuse_traceback(app)
    # Swapped alleles turn the sign; A/T and C/G could as well be those of the other strand.
    unsure = sum({site.letter, site.other} in ({"A", "T"}, {"C", "G"}) for site in sites)
    assert 0 < unsure < 6
    how = f"swapped {6 - unsure}, not joined {unsure}"
    assert f"**enformer**: 6 variants with 1 track, by how they were joined: {how}." in texts(app)
    reasons = [item.value for item in app.dataframe if "reason" in item.value]
    assert (
        reasons[-1]["reason"].str.contains("looks the same on both strands").tolist()
        == [True] * unsure
    )
    app.file_uploader(key="variants_outside").set_value(
        ("mine.tsv", b"\x00\x01\x02", "text/plain")
    ).run()
    refuse_traceback(app)
    assert "mine.tsv is a binary file" in app.error[0].value


# Long lists


def test_long_list_is_offered_as_a_job(page, place, sites, monkeypatch):
    monkeypatch.setattr(variants_reading, "MOST_ROWS", 4)
    monkeypatch.setattr(queue, "_launch", lambda entry: None)
    text = "\n".join([*(site.typed for site in sites), "chr9:1:A:C"])
    app = upload(page(), text.encode(), "many.txt")
    assert "So long a list is scored as a job" in texts(app)
    app.text_input(key="variants_result").set_value("a/b")
    app.button(key="variants_start").click().run()
    refuse_traceback(app)
    assert "cannot name a result" in app.error[0].value
    app.text_input(key="variants_result").set_value("many")
    app.button(key="variants_start").click().run()
    refuse_traceback(app)
    assert "Scoring many waits in the queue" in texts(app)
    (job,) = list_jobs(Workspace(place))
    assert job.kind == "variants"
    assert job.parameters["model"] == "toy-model"
    assert ScoringOptions.from_dict(job.parameters["options"]) == ScoringOptions()
    kept = place / job.parameters["table"]
    assert kept.read_text() == text
    job.cancel()
    job.delete()
    dataset, model = (
        Dataset.open(place / "datasets" / "toy"),
        Ensemble.open(place / "models" / "toy-model"),
    )
    score_file(Workspace(place), model, dataset, kept, place / "results" / "many")
    listed = page()
    assert "**many** · 7 rows: scored 6, on a chromosome without genes here 1" in texts(listed)
    files = [item.label for item in listed.get("download_button")]
    assert {"All rows (TSV)", "Annotated VCF", "Counts by outcome"} <= set(files)


def test_a_list_of_another_organism_says_so_before_anything_else(page):
    app = paste(page(), "II:1200:A:C\nIII:3400:G:T\nX:77:T:A\n")
    drawn = [item.value for item in app.main if item.type in ("warning", "markdown")]
    first = next(text for text in drawn if "do not go together" in text or "**3 rows**" in text)
    assert "none of its chromosomes (II, III, X) is in toy1 (chr1)" in first
    assert "another organism" in first
    assert texts(app).count("do not go together") == 1
