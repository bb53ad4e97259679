"""A user's text, drawn as it is."""

import re

import hostile
import pytest

from scx_core.one_line import one_line
from scx_core.ui.plain import plain, plain_sentence


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("Sst_Chodl 2/3", "Sst_Chodl 2/3"),
        ("chr22:39,570,400-39,570,600", "chr22:39,570,400-39,570,600"),
        ("1:12345:A:G", r"1:12345\:A\:G"),
        ("-0.3 (-5 to 12.5)", "-0.3 (-5 to 12.5)"),
        ("C>T", r"C\>T"),
        ("_x_ a_b", r"\_x\_ a_b"),
        ("**x** `x` $x$ ~x~", r"\*\*x\*\* \`x\` \$x\$ \~x\~"),
        ("![x](y)", r"!\[x\](y)"),
        ("<b>", r"\<b\>"),
        (r"\*", r"\\\*"),
        ("&lt; & AT&T", r"\&lt; & AT&T"),
        ("1. x", r"1\. x"),
        ("1) x", r"1\) x"),
        ("- x", r"\- x"),
        ("---", r"\---"),
        ("===", r"\==="),
        ("# x", r"\# x"),
        ("a|b", r"a\|b"),
        (":red[x]", r"\:red\[x\]"),
        ("a:red", r"a\:red"),
        ("::x", r"\:\:x"),
        # No backslash helps against what is looked for in the text itself.
        ("http://x.y", "http\\:\u2060//x.y"),
        ("WWW.x.y", "WWW\u2060.x.y"),
        ("a@b.c", "a@\u2060b.c"),
        (":material/x:", "\\:\u2060material/x\\:"),
        (":smile:", "\\:\u2060smile\\:"),
        ("1:100:A:G", "1\\:\u2060100\\:A\\:G"),
    ],
)
def test_markdown_is_escaped_and_nothing_else(text: str, drawn: str) -> None:
    assert plain(text) == drawn


def test_one_line_has_no_breaks_no_controls_and_no_turned_letters() -> None:
    assert one_line(" a\n\n- b\t\x00c\u2028d ") == "a - b c d"
    assert one_line("a\u202eb\u2066c\u200bd\ufeff\u00ade") == "abcde"
    assert one_line("half \ud800") == "half \ufffd"
    assert one_line(None) == "None"
    assert one_line("نمی\u200cدانم") == "نمی\u200cدانم"


def test_a_long_name_keeps_both_ends() -> None:
    cut = one_line("a" * 500 + "1", limit=20)
    assert len(cut) == 20
    assert re.fullmatch(r"a+…a+1", cut)
    assert one_line("a" * 20, limit=20) == "a" * 20
    assert len(one_line("x" * 10_000_000)) == 80


def test_a_sentence_may_be_longer_than_a_name() -> None:
    assert plain_sentence("word " * 100) == ("word " * 100).strip()
    assert len(plain_sentence("x" * 5000)) == 1500


@pytest.mark.parametrize("name", hostile.NAMES)
def test_hostile_names_are_one_encodable_line(name: str) -> None:
    drawn = plain(name)
    drawn.encode()
    assert "\n" not in drawn
    assert not re.search(r"(?i)(https?:|www(?=\.))([-.\w]*//|\.)", drawn)
    assert not re.search(r"(?<!\\)[\[<`$]", re.sub(r"\\\\", "", drawn))
