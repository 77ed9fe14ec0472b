"""As páginas da série, a partir dos notebooks executados."""
