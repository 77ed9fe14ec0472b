"""Medir, recomendar, olhar: métricas, recomendações, embeddings e figuras."""
