"""Executar os notebooks da série, limpá-los e resumir seus números."""
