"""The import form: choosing files, refusals, what came of it."""

import shutil

import anndata
import numpy as np
import pandas as pd
import pytest
from app_reading import refuse_traceback, texts, wait_for_job

from scx_core.jobs import list_jobs
from scx_core.store import Workspace

CONTENT = b">chr1\nACGT\n" * 1000
FILES = {"genome": "toy.fa", "annotation": "toy.tss.tsv", "expression": "toy.h5ad"}


def fill(app, **other):
    """Choose the files and a short window."""
    for use, file in {**FILES, **other}.items():
        app.selectbox(key=f"import_{use}").set_value(str(file))
    app.run()
    app.number_input(key="import_up").set_value(300)
    app.number_input(key="import_down").set_value(200)
    app.text_input(key="import_name").set_value("mine")
    return app


def start(app):
    app.button(key="import_start").click().run()
    refuse_traceback(app)
    return app


def test_import_form_guesses_columns_and_names_what_is_missing(open_app):
    app = open_app("datasets")
    app.selectbox(key="import_expression").set_value("toy.h5ad").run()
    assert app.selectbox(key="import_population").value == "subclass_label"
    assert app.selectbox(key="import_class").value == "class_label"
    app.button(key="import_start").click().run()
    assert [item.value for item in app.error] == ["Choose the genome file."]


def type_path(app, path):
    """Type a path that is not among the choices; AppTest cannot, so the form is filled in."""
    app.session_state["asked_again"] = ("import", {"import_expression": path})
    app.run()
    refuse_traceback(app)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Give the new dataset a name."),
        ("a/b", "cannot name a dataset"),
        ("toy", "exists already"),
    ],
)
def test_import_form_checks_the_name(open_app, name, sentence):
    app = open_app("datasets")
    for use, file in (
        ("genome", "toy.fa"),
        ("annotation", "toy.tss.tsv"),
        ("expression", "toy.h5ad"),
    ):
        app.selectbox(key=f"import_{use}").set_value(file)
    app.text_input(key="import_name").set_value(name)
    app.button(key="import_start").click().run()
    assert sentence in app.error[0].value


def test_import_runs_as_a_job_and_the_dataset_appears(open_app, toy, tmp_path):
    app = open_app("datasets", folder=tmp_path)
    for use, file in (
        ("genome", "toy.fa"),
        ("annotation", "toy.tss.tsv"),
        ("expression", "toy.h5ad"),
    ):
        app.selectbox(key=f"import_{use}").set_value(file)
    app.run()
    app.number_input(key="import_up").set_value(300)
    app.number_input(key="import_down").set_value(200)
    app.text_input(key="import_name").set_value("mine")
    app.button(key="import_start").click().run()
    refuse_traceback(app)
    job = wait_for_job(tmp_path)
    assert (job.state, job.error) == ("finished", "")
    app.run()
    assert app.selectbox(key="dataset").value == "mine"
    told = texts(app)
    assert "The import is finished." in told
    assert "5 at level population, 2 at level class" in told
    assert "from 300 bases before to 200 bases after" in told


def test_import_shows_how_the_files_begin(open_app):
    app = open_app("datasets")
    app.selectbox(key="import_annotation").set_value("toy.tss.tsv")
    app.selectbox(key="import_expression").set_value("toy.h5ad").run()
    refuse_traceback(app)
    assert "60 rows (cells or populations) × 80 genes" in texts(app)
    assert any("SYM0" in table.value.to_numpy() for table in app.dataframe[:2])


def test_import_says_what_is_wrong_with_a_file(open_app, tmp_path):
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "cut.gtf").write_text("chr1\thavana\n")
    app = open_app("datasets", folder=tmp_path)
    app.selectbox(key="import_annotation").set_value(str(tmp_path / "sources" / "cut.gtf")).run()
    refuse_traceback(app)
    assert "cut.gtf does not hold rows of nine columns" in app.error[0].value


def test_uploaded_file_is_chosen(open_app, tmp_path):
    app = open_app("datasets", folder=tmp_path)
    uploader = app.file_uploader(key="upload_genome")
    uploader.set_value(("mine.fa", CONTENT, "text/plain")).run()
    refuse_traceback(app)
    path = app.selectbox(key="import_genome").value
    assert path.startswith(str(tmp_path / "uploads"))
    assert app.dataframe[0].value["First sequence"].tolist() == ["chr1"]


def test_end_of_an_import_says_what_came_and_chooses_the_dataset(open_app, copy):
    app = open_app("datasets", folder=copy, dataset="toy")
    fill(app)
    app.text_input(key="import_build").set_value("toy2")
    start(app)
    wait_for_job(copy)
    app.run()
    refuse_traceback(app)
    assert app.selectbox(key="dataset").value == "mine"
    told = texts(app)
    assert "80 genes × 5 populations on the genome toy2." in told
    assert "Nothing was left out." in told
    assert {"Open", "Train"} <= {link.label for link in app.get("page_link")}
    app.button(key="close_import").click().run()
    assert "The import is finished." not in texts(app)


def test_outcome_tells_what_was_left_out(open_app, toy, tmp_path):
    inputs = tmp_path / "ws" / "uploads"
    inputs.mkdir(parents=True)
    sequence = (toy / "inputs" / "toy.fa").read_text().splitlines()[1]
    (inputs / "holes.fa").write_text(">chr1\n" + "N" * 30_000 + sequence[30_000:] + "\n")
    table = pd.read_csv(toy / "inputs" / "toy.tss.tsv", sep="\t")
    table.loc[70:, "chromosome"] = "chr9"
    table.to_csv(inputs / "some.tss.tsv", sep="\t", index=False)
    app = open_app("datasets", folder=tmp_path / "ws")
    fill(app, genome=inputs / "holes.fa", annotation=inputs / "some.tss.tsv")
    start(app)
    wait_for_job(tmp_path / "ws")
    told = texts(app.run())
    assert "70 genes × 5 populations" in told
    assert "chromosome chr9 is not in the genome file" in told
    assert "29 windows are mostly N" in told


@pytest.mark.parametrize(
    ("use", "name", "content", "sentences"),
    [
        ("annotation", "cells.tsv", "gene\tSst\tVip\nA\t1.5\t2\nB\t0\t3e-4\n",
         ("was given as the annotation", "an expression table", "give it as the expression")),
        ("annotation", "genome.gtf", ">chr1\nACGT\n", ("sequences (FASTA)", "give it as the genome")),
        ("genome", "genes.fa", "chr1\tx\tgene\t1\t9\t.\t+\t.\tgene_id \"a\";\n" * 3,
         ("genes (GTF)", "give it as the annotation")),
        ("expression", "genes.tsv", "gene\tchr\ttss\tstrand\nA\tchr1\t5\t+\n",
         ("a table of TSSs", "give it as the annotation")),
        ("expression", "list.txt", "##fileformat=VCFv4.2\n#CHROM\tPOS\n",
         ("variants (VCF)", "an .h5ad, a 10x matrix or a table")),
    ],
)  # fmt: skip
def test_a_file_in_the_wrong_box_is_refused_before_it_queues(
    open_app, tmp_path, use, name, content, sentences
):
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / name).write_text(content)
    app = open_app("datasets", folder=tmp_path)
    fill(app, **{use: tmp_path / "sources" / name})
    start(app)
    told = app.error[-1].value
    assert name in told
    assert [sentence for sentence in sentences if sentence not in told] == []
    assert list_jobs(Workspace(tmp_path)) == []


def test_what_the_preview_knows_is_refused_before_it_queues(open_app, tmp_path):
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "cells.h5ad").write_bytes(b"nothing")
    app = open_app("datasets", folder=tmp_path)
    fill(app, expression=tmp_path / "sources" / "cells.h5ad")
    start(app)
    assert "cells.h5ad" in app.error[-1].value
    assert list_jobs(Workspace(tmp_path)) == []


def test_a_failed_import_is_corrected_with_what_was_asked(open_app, toy, copy):
    table = pd.read_csv(toy / "inputs" / "toy.tss.tsv", sep="\t")
    (copy / "sources").mkdir()
    wrong = copy / "sources" / "elsewhere.tss.tsv"
    table.assign(chromosome="chr7").to_csv(wrong, sep="\t", index=False)
    app = open_app("datasets", folder=copy)
    fill(app, annotation=wrong)
    app.number_input(key="import_floor").set_value(-5.0)
    app.text_input(key="import_build").set_value("toy2")
    start(app)
    job = wait_for_job(copy)
    assert job.state == "failed"
    app.run()
    keys = [button.key for button in app.button]
    assert f"resume_{job.id}" not in keys
    app.button(key=f"correct_{job.id}").click().run()
    refuse_traceback(app)
    assert not app.warning
    assert app.selectbox(key="import_annotation").value == str(wrong)
    assert app.selectbox(key="import_genome").value == "toy.fa"
    assert app.selectbox(key="import_population").value == "subclass_label"
    assert app.number_input(key="import_up").value == 300
    assert app.number_input(key="import_floor").value == -5.0
    assert app.text_input(key="import_build").value == "toy2"
    assert app.text_input(key="import_name").value == "mine"
    app.selectbox(key="import_annotation").set_value("toy.tss.tsv")
    start(app)
    wait_for_job(copy)
    app.run()
    assert app.selectbox(key="dataset").value == "mine"


def test_a_cancelled_import_can_be_resumed(open_app, tmp_path, toy):
    app = open_app("datasets", folder=tmp_path)
    fill(app)
    start(app)
    job = wait_for_job(tmp_path)
    shutil.rmtree(tmp_path / "datasets")
    from scx_core.jobs.directory import write_state

    write_state(job.path, "cancelled", 0.5, "Stopped")
    app.run()
    assert f"resume_{job.id}" in [button.key for button in app.button]


def test_without_an_import_folder_the_page_says_how_to_set_one(open_app, monkeypatch, tmp_path):
    app = open_app("datasets", folder=tmp_path)
    monkeypatch.delenv("SCX_IMPORT_ROOT")
    app.run()
    refuse_traceback(app)
    assert "No import folder is set" in texts(app)
    assert "scx app --import-root FOLDER" in texts(app)
    assert app.selectbox(key="import_genome").options == []
    for path in ("requirements.txt", "/etc/passwd", ".streamlit/secrets.toml"):
        type_path(app, path)
        assert "no import folder is set" in app.error[0].value


@pytest.mark.parametrize(
    "path", [".streamlit/secrets.toml", ".git/config", "../datasets/toy/expression.h5ad"]
)
def test_secrets_are_not_read(open_app, toy, path):
    app = open_app("datasets")
    type_path(app, path)
    told = app.error[0].value
    assert "hidden" in told or "lies outside the import folder" in told
    assert not [table for table in app.dataframe if table.key == "preview_expression"]


def test_an_upload_is_chosen_and_the_box_asks_again(open_app, tmp_path):
    app = open_app("datasets", folder=tmp_path)
    app.file_uploader(key="upload_genome").set_value(("mine.fa", CONTENT, "text/plain")).run()
    refuse_traceback(app)
    kept = app.selectbox(key="import_genome").value
    assert kept.endswith("/mine.fa")
    assert [box.key for box in app.file_uploader if "genome" in str(box.key)] == ["upload_genome_1"]


def test_an_import_does_not_wait_behind_a_training(open_app, copy, monkeypatch):
    from scx_core.jobs import start_job
    from scx_core.jobs.queue import read_entries

    place = Workspace(copy)
    busy = start_job(place, "train", {"dataset": "toy", "model": "slow", "settings": {}})
    app = open_app("datasets", folder=copy)
    fill(app)
    start(app)
    lanes = {entry.path.name: entry.lane for entry in read_entries(place)}
    assert lanes[busy.id] == ""
    assert sorted(lanes.values()) == ["", "import"]


def test_logged_values_are_asked_about(open_app, tmp_path):
    counts = np.array([[4.0, 0, 4], [2, 3, 2], [0, 4, 3], [6, 4, 0]])
    logs = np.log1p(1e4 * counts / counts.sum(axis=1, keepdims=True))
    obs = pd.DataFrame({"kind": list("aabb")}, index=list("wxyz"))
    cells = anndata.AnnData(X=logs, obs=obs, layers={"counts": counts})
    (tmp_path / "sources").mkdir()
    path = tmp_path / "sources" / "logged.h5ad"
    cells.write_h5ad(path)
    app = open_app("datasets", folder=tmp_path)
    app.selectbox(key="import_expression").set_value(str(path)).run()
    refuse_traceback(app)
    assert any("logarithms cannot be averaged" in item.value for item in app.warning)
    assert app.checkbox(key="import_log1p").value is False
    app.selectbox(key="import_matrix").set_value("counts").run()
    refuse_traceback(app)
    assert not any("logarithms" in item.value for item in app.warning)


def test_columns_that_are_no_population_are_shown_and_may_be_changed(open_app, tmp_path):
    (tmp_path / "sources").mkdir()
    path = tmp_path / "sources" / "table.tsv"
    path.write_text("gene\tlength\tneuron\tglia\nA\t1500\t0.5\t1\nB\t900\t1.5\t2\n")
    app = open_app("datasets", folder=tmp_path)
    app.selectbox(key="import_expression").set_value(str(path)).run()
    refuse_traceback(app)
    box = app.multiselect(key="import_no_population table.tsv")
    assert (box.value, box.options) == (["length"], ["length", "neuron", "glia"])
    box.set_value(["neuron"]).run()
    refuse_traceback(app)
