"""Run all measurements."""

from time import perf_counter

from benchmarks import app, atlas, import_worm, mutagenesis, read_vcf, training_step, variants

started = perf_counter()
for benchmark in (import_worm, training_step, mutagenesis, variants, read_vcf, atlas, app):
    benchmark.main()
print(f"all measurements: {(perf_counter() - started) / 60:.1f} min")
