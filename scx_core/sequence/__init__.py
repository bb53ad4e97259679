"""From a FASTA file to windows of base codes."""
