"""Run all measurements."""

from benchmarks import import_worm, mutagenesis, training_step

for benchmark in (import_worm, training_step, mutagenesis):
    benchmark.main()
