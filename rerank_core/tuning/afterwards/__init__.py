"""What follows from a search or its figures: a score floor, when to rerank, what two winners rank."""
