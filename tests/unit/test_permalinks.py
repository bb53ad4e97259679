"""Links: what they hold, and what is said of what differs."""

import pytest

from scx_core import __version__
from scx_core.permalinks import LinkedState, differences

HERE = LinkedState("brain", "a" * 64, "first", "b" * 64, __version__)


def test_a_link_holds_twelve_digits_and_reads_back():
    stamps = HERE.stamps()
    assert stamps == {
        "dataset_digest": "a" * 12,
        "model_digest": "b" * 12,
        "version": __version__,
    }
    linked = LinkedState.of({"dataset": "brain", "model": "first", **stamps})
    assert differences(linked, HERE) == []


def test_an_old_link_has_nothing_to_compare():
    assert differences(LinkedState.of({"dataset": "brain", "gene": "X"}), HERE) == []
    assert LinkedState().stamps() == {}


def test_capitals_and_a_whole_digest_are_the_same():
    linked = LinkedState.of({"dataset": "brain", "dataset_digest": "A" * 64})
    assert differences(linked, HERE) == []


@pytest.mark.parametrize("kind", ["dataset", "model"])
def test_another_content_under_the_same_name(kind):
    (sentence,) = differences(LinkedState.of({f"{kind}_digest": "0" * 12}), HERE)
    assert f"another {kind} under the name" in sentence
    assert "000000000000" in sentence
    assert getattr(HERE, f"{kind}_digest")[:12] in sentence


def test_everything_differs():
    linked = LinkedState("brain", "0" * 12, "first", "1" * 12, "0.0.1")
    assert len(differences(linked, HERE)) == 3


def test_another_name_is_not_compared():
    linked = LinkedState("elsewhere", "0" * 12, "other", "1" * 12, __version__)
    assert differences(linked, HERE) == []


def test_what_cannot_be_opened_is_not_compared():
    linked = LinkedState("brain", "0" * 12, "first", "1" * 12, __version__)
    assert differences(linked, LinkedState("brain", "", "first", "", __version__)) == []
