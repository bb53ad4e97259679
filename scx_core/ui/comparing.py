"""Models side by side on the Training page."""

from collections.abc import Mapping

import plotly.graph_objects as go
import streamlit as st

from scx_core.compare import Comparison, compare_models
from scx_core.compare.common import MEETING_LEVELS, MeetingLevel
from scx_core.ensemble import Ensemble
from scx_core.figures.compare import comparison_figure
from scx_core.figures.style import Theme
from scx_core.progress import Progress
from scx_core.ui.computing import ResultStore, computed
from scx_core.ui.context import PageContext
from scx_core.ui.figure_files import figure_downloads
from scx_core.ui.gone import say_if_gone
from scx_core.ui.loading import model_key, open_dataset
from scx_core.ui.plain import plain_sentence
from scx_core.ui.say import errors_as_sentences
from scx_core.ui.show import chart

_BYTES = 100_000_000
_MEETING_WORDS = {
    "finest": "the finest level: the coarse model is asked about each fine population (Δc,p,t)",
    "coarsest": "the coarsest level: predictions of the fine model are averaged",
}


@st.cache_resource(max_entries=1, show_spinner=False)
def _store() -> ResultStore[Comparison]:
    """Give the last comparisons, shared by all sessions."""
    return ResultStore(
        _BYTES,
        lambda found: int(found.by_gene.memory_usage().sum()) + 1000 * len(found.by_population),
    )


def compare_view(context: PageContext, models: Mapping[str, Ensemble]) -> None:
    """Let two or more models be chosen, and hold them against the first.

    Parameters
    ----------
    context : PageContext
    models : mapping
        Finished models by name.
    """
    with st.expander("Compare models", icon=":material/compare_arrows:", key="models_compare"):
        say_if_gone("models_compared", "model", context.workspace.models())
        names = st.multiselect(
            "Models", list(models), key="models_compared", placeholder="Choose two or more",
            help="The others are held against the first.",
        )  # fmt: skip
        if len(names) < 2:
            st.caption("Choose two or more; the others are held against the first.")
            return
        chosen = [models[name] for name in names]
        level = _choose_level() if len({model.level for model in chosen}) > 1 else "finest"
        with errors_as_sentences():
            found = _compare(context, chosen, level)
            if found is not None:
                _show(context, found)


def _choose_level() -> MeetingLevel:
    """Ask where models of several levels meet."""
    return st.radio(
        "Models of several levels meet at",
        MEETING_LEVELS,
        format_func=_MEETING_WORDS.__getitem__,
        key="models_compared_level",
        help="Averaged up, a fine model has an easier question; its lead looks larger.",
    )


def _compare(
    context: PageContext, models: list[Ensemble], level: MeetingLevel
) -> Comparison | None:
    pairs = [
        (model, open_dataset(context.workspace.dataset_path(model.dataset_name)))
        for model in models
    ]
    key = (level, *(model_key(dataset, model, "compare") for model, dataset in pairs))

    def compute(progress: Progress) -> Comparison:
        return compare_models(pairs, level=level, progress=progress)

    sentence = f"Comparing {len(models)} models on the genes that all of them predict."
    return computed(_store(), key, "comparison", sentence, compute)


def _show(context: PageContext, found: Comparison) -> None:
    for sentence in found.headlines():
        st.markdown(plain_sentence(sentence))

    def make(theme: Theme) -> go.Figure:
        return comparison_figure(found.by_population, found.models, theme)

    told = f"Correlation of {len(found.models)} models in {len(found.populations)} populations"
    chart(make(context.theme), "comparison", told)
    st.caption("  \n".join(map(plain_sentence, found.statements)))
    figure_downloads(
        lambda: make("light"), key="files_comparison", name="comparison_of_models",
        table=lambda: found.by_population, index=False,
        header={"models": ", ".join(found.models), "genes": found.n_genes},
        caption=f"{told}. {' '.join(found.statements)}",
    )  # fmt: skip
