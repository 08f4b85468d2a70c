"""How the backbones' weights were made: procedural images, two teachers, one distillation. Never part of the wheel."""
