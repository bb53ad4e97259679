"""Versions of Ensembl's ids, which change between releases while the gene stays."""

import re
from typing import Final

import pandas as pd

#: An Ensembl gene or transcript id with its version, the number of its mapping to GRCh37 (GENCODE
#: lift37: ``ENSG00000100001.14_5``), and the mark of the copy on Y, which is another gene.
_VERSIONED: Final = r"^(ENS[A-Z]*\d{6,})\.\d+(?:_\d+)?(_PAR_Y)?(?:_\d+)?$"


def strip_version(ids: pd.Series) -> pd.Series:
    """Remove the version of Ensembl ids (``ENSG00000130538.5``); other ids stay as they are."""
    return ids.str.replace(
        _VERSIONED, lambda match: match[1] + (match[2] or ""), regex=True, flags=re.ASCII
    )
