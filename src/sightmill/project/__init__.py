"""A project's verbs: train, evaluate, predict, report, deploy."""
