"""Medições: o que o curso custa e o que alcança, ao lado de outras bibliotecas. `python -m benchmarks` roda tudo."""
