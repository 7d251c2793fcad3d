"""Language models as judges, and the answers that they give from what was retrieved."""
