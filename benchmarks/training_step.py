"""One training step of the published architecture, with and without the tuned allocator."""

import sys

from benchmarks.measure import peak_of_this_process, run_python, time_call
from scx_core.memory import TUNED


def step() -> None:
    import numpy as np
    import torch
    from torch import nn

    from scx_core.models import build_model, preset
    from scx_core.training.data import one_hot_batch

    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (128, 10_500)).astype(np.uint8)
    model = build_model("cnn", preset("scxpresso", 20))
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-4)
    half_life, truth = torch.randn(128, 5), torch.randn(128, 20)

    def once() -> None:
        optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.mse_loss(model(one_hot_batch(codes), half_life), truth)
        loss.backward()
        optimizer.step()

    print(time_call(once), peak_of_this_process())


def main() -> None:
    words = ["-m", "benchmarks.training_step", "--step"]
    plain = run_python(words, dict.fromkeys(TUNED)).output.split()
    tuned = run_python(words, dict(TUNED)).output.split()
    ratio = float(plain[0]) / float(tuned[0])
    print(
        f"training_step: batch 128, 10,500 bp, plain PyTorch: {float(plain[0]):.3f} s with the default "
        f"allocator ({int(plain[1]) / 1e9:.2f} GB), {float(tuned[0]):.3f} s tuned "
        f"({int(tuned[1]) / 1e9:.2f} GB): {ratio:.2f} x"
    )


if __name__ == "__main__":
    if "--step" in sys.argv:
        step()
    else:
        main()
