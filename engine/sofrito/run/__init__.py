"""Running a plan: candidates, calls, the journal, ordered acceptance."""
