"""Os subcomandos de `curso`.

Cada módulo traz `SUMMARY` (uma linha para a ajuda), `configure(parser)` (seus argumentos) e `main(options) -> int`
(o que faz; o inteiro é o código de saída). O que demora a importar é importado dentro de `main`, para que a ajuda
apareça na hora.
"""
