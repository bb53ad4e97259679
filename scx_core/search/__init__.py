"""Search for an architecture: which convolutions, pools and dense layers suit a dataset.

After Agarwal & Shendure, Cell Reports 2020 (Xpresso), Table 1, with optuna's tree-structured Parzen
estimator. A search is a folder ``searches/<name>`` of the workspace.
"""

from scx_core.search.reading import Search, list_searches, search_path
from scx_core.search.request import SearchRequest
from scx_core.search.space import Candidate, SearchSpace

__all__ = ["Candidate", "Search", "SearchRequest", "SearchSpace", "list_searches", "search_path"]
