"""Works that the methods of a model rest on."""

from collections.abc import Mapping
from typing import Final

SCXPRESSO: Final = "Michielsen et al. 2024"
XPRESSO: Final = "Agarwal & Shendure 2020"
ADAM: Final = "Kingma & Ba 2015"
HYBRID: Final = "Mittal 2025"
#: In full, by the short form, in the order of the alphabet. Of the hybrid loss author and year are
#: all that is known here.
REFERENCES: Final[Mapping[str, str]] = {
    XPRESSO: (
        "Agarwal V, Shendure J (2020). Predicting mRNA abundance directly from genomic sequence "
        "using deep convolutional neural networks. Cell Reports 31(7):107663. "
        "https://doi.org/10.1016/j.celrep.2020.107663"
    ),
    ADAM: (
        "Kingma DP, Ba J (2015). Adam: a method for stochastic optimization. International "
        "Conference on Learning Representations. https://arxiv.org/abs/1412.6980"
    ),
    SCXPRESSO: (
        "Michielsen L, Reinders MJT, Mahfouz A (2024). Predicting cell population-specific gene "
        "expression from genomic sequence. Frontiers in Bioinformatics 4:1347276. "
        "https://doi.org/10.3389/fbinf.2024.1347276"
    ),
    HYBRID: "Mittal (2025): the hybrid loss of correlation across populations and squared error.",
}
