"""What a click on the Mutagenesis page chooses; the clicks themselves are in tests/browser."""

import pandas as pd
import pytest

from scx_core.ui import mutagenesis_clicks
from scx_core.ui.mutagenesis_clicks import STRONGEST, _row_clicked, position_clicked

TABLE = pd.DataFrame({"position": [-217, 5, 40]})


@pytest.fixture
def session(monkeypatch) -> dict:
    state: dict = {}
    monkeypatch.setattr(mutagenesis_clicks.st, "session_state", state)
    return state


@pytest.mark.parametrize(
    ("selection", "shown"),
    [({"rows": [0], "cells": []}, "-217"), ({"rows": [], "cells": [(1, "change")]}, "+5"),
     ({"rows": [], "cells": []}, None), ({"rows": [9], "cells": []}, None)],
)  # fmt: skip
def test_a_row_of_the_table_shows_its_position(session, selection, shown):
    session[STRONGEST] = {"selection": selection}
    position_clicked(TABLE, "region")
    assert session.get("region") == shown


@pytest.mark.parametrize(
    ("row", "name"), [(1, "Vip"), (-1, None), (2, None), (None, None), ("1", None)]
)
def test_a_row_of_the_heat_map_chooses_its_population(session, monkeypatch, row, name):
    chosen: list[str] = []
    monkeypatch.setattr(mutagenesis_clicks, "set_population", chosen.append)
    session["overview_rows"] = {"row": row}
    _row_clicked(["Astro", "Vip"])
    assert chosen == ([] if name is None else [name])
