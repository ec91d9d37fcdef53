"""The broken worlds, a module a topic; how to add one is told in `tests.e2e.mutants.mutant`."""
