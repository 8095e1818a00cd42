"""What a model can be asked: a file a subject, each method calls who knows."""
