"""What spreadsheets made of gene names: dates and numbers."""

import re
from typing import Final

_DATE: Final = re.compile(
    r"[0-9]{1,2}[-. ]{1,2}(?:mar|mär|mrz|sep|sept|oct|okt|dec|dez|apr|feb|nov)[a-zé]*\.?"
    r"|(?:mar|sep|sept|oct|dec|apr|feb|nov)[a-z]*[- ][0-9]{1,2}"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}(?: 00:00:00)?|[0-9]{1,2}[/.][0-9]{1,2}[/.][0-9]{2,4}",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]{2}")


def name_damage(name: str) -> str:
    """Say what a spreadsheet made of a gene's name, and of which, else ``""``.

    Parameters
    ----------
    name : str
        ``1-Mar`` was MARCHF1 (MARCH1), ``2.31E+19`` was 2310009E13Rik or its like.
    """
    text = name.strip()
    if _DATE.fullmatch(text):
        return "a date that a spreadsheet made of a name such as MARCHF1 or SEPTIN2"
    if _NUMBER.fullmatch(text):
        return "a number that a spreadsheet made of a name such as 2310009E13Rik"
    return ""
