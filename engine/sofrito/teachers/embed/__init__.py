"""Teachers that make vectors of texts and can do nothing else."""
