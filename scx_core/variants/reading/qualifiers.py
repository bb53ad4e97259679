"""Columns that say what a row is about beside its variant: test, trait, cohort, credible set.

Association programs write several rows for a variant: its additive effect (``ADD``), other genetic
models, and the covariates of the regression. Only one kind of test is an effect of the variant that
can be compared, so one is kept; the others have a reason. Rows that differ in trait, cohort or
credible set are rows of their own.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from scx_core.errors import counted, join_some

_OTHER_TEST: Final = "other test"
#: Tests of the variant itself, that which is kept first: PLINK 1.9 and 2 (``--linear``, ``--glm``,
#: ``--model``), REGENIE.
_GENETIC: Final = (
    "ADD", "ADDITIVE", "ADD-CONDTL", "TREND", "ALLELIC", "DOM", "REC", "HET", "HETONLY", "HOM",
    "DOMDEV", "GENO", "GENO_2DF",
)  # fmt: skip
#: The order in which they are told apart from each other.
_QUALIFIERS: Final = ("test", "trait", "cohort", "credible_set")


class KeptTest:
    """Which test's rows are kept, and what was left out so far.

    Parameters
    ----------
    column : str
        ``""`` where no column names a test, or its tests are none that are known.
    kept : str
        In capitals.
    """

    def __init__(self, column: str = "", kept: str = "") -> None:
        self._column, self._kept = column, kept
        self._left_out: Counter[str] = Counter()

    @property
    def notices(self) -> list[str]:
        """A sentence if rows were left out."""
        if not self._left_out:
            return []
        told = join_some([f"{name} ({n:,})" for name, n in self._left_out.most_common()], 6)
        rows = counted(self._left_out.total(), "row is", "rows are")
        return [
            f"Rows of the test {self._kept} are used (column {self._column!r}); {rows} of other "
            f"tests or covariates: {told}."
        ]

    def refuse(self, texts: dict[str, list[str]]) -> None:
        """Give a reason to the rows of other tests.

        Parameters
        ----------
        texts : dict of str to list of str
            With ``test``, ``reason`` and ``reason_kind``.
        """
        if not self._column:
            return
        for place, text in enumerate(texts["test"]):
            name = text.strip()
            if name.upper() == self._kept or texts["reason"][place]:
                continue
            self._left_out[name] += 1
            texts["reason"][place] = (
                f"the row is of {name or 'no test'}, not of the variant's effect {self._kept} "
                f"(column {self._column!r})"
            )
            texts["reason_kind"][place] = _OTHER_TEST


def find_tests(
    columns: Sequence[str], roles: Mapping[str, str], sample: Sequence[Sequence[str]]
) -> KeptTest:
    """Find the test whose rows are kept: the additive one, else the first genetic model there is.

    Parameters
    ----------
    columns : sequence of str
    roles : mapping of str to str
        Column by role.
    sample : sequence of sequence of str
        Cells of some rows.
    """
    column = roles.get("test", "")
    if not column:
        return KeptTest()
    place = columns.index(column)
    there = {cells[place].strip().upper() for cells in sample if place < len(cells)}
    kept = next((name for name in _GENETIC if name in there), "")
    return KeptTest(column, kept) if kept else KeptTest()


def qualify(texts: dict[str, list[str]], n: int) -> list[str]:
    """Join what each row is about beside its variant; the roles are taken out of ``texts``."""
    columns = [texts.pop(role) for role in _QUALIFIERS if role in texts]
    if not columns:
        return [""] * n
    if len(columns) == 1:
        return columns[0]
    return ["; ".join(map(str.strip, cells)) for cells in zip(*columns, strict=True)]
