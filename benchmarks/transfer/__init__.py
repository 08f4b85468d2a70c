"""What frozen and fine-tuned features are worth on small industrial sets: random, the teachers', ours."""
