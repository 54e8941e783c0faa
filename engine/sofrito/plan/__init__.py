"""From a recipe to what runs: vocabulary, cells, segments, fingerprint."""
