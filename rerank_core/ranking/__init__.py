"""Makes rankings: the only room that loads a model. The web process never imports it."""
