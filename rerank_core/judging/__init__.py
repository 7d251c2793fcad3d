"""What to grade next, how far judges agree, and language models as judges. Pure: no store, no screen."""
