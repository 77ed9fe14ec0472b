"""O argparse em português.

O argparse passa cada texto seu por `gettext`, mas a biblioteca padrão não traz traduções; aqui o lugar do catálogo
é tomado por um dicionário.
"""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

TRANSLATIONS = {
    "usage: ": "uso: ",
    "positional arguments": "argumentos",
    "options": "opções",
    "show this help message and exit": "mostra esta ajuda e sai",
    "%(prog)s: error: %(message)s\n": "%(prog)s: erro: %(message)s\n",
    "argument %(argument_name)s: %(message)s": "argumento %(argument_name)s: %(message)s",
    "the following arguments are required: %s": "faltam argumentos obrigatórios: %s",
    "unrecognized arguments: %s": "argumentos desconhecidos: %s",
    "unknown parser %(parser_name)r (choices: %(choices)s)": "comando desconhecido: %(parser_name)r (há: %(choices)s)",
    "invalid choice: %(value)r (choose from %(choices)s)": "valor inválido: %(value)r (escolha entre %(choices)s)",
    "invalid %(type)s value: %(value)r": "não é um número válido: %(value)r",
    "expected one argument": "espera um valor",
    "expected at most one argument": "espera no máximo um valor",
    "expected at least one argument": "espera ao menos um valor",
    "ignored explicit argument %r": "não aceita o valor %r",
    "not allowed with argument %s": "não combina com %s",
    "one of the arguments %s is required": "é preciso um destes argumentos: %s",
    "ambiguous option: %(option)s could match %(matches)s": "opção ambígua: %(option)s pode ser %(matches)s",
}


@contextmanager
def portuguese_argparse() -> Iterator[None]:
    """Enquanto dura o bloco, o argparse fala português; o que o dicionário não tem fica em inglês."""
    original = argparse._
    argparse._ = lambda text: TRANSLATIONS.get(text, text)
    try:
        yield
    finally:
        argparse._ = original


def natural_int(text: str) -> int:
    """Tipo de argumento: inteiro a partir de zero."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"deve ser ao menos 0, e é {value}")
    return value


def positive_int(text: str) -> int:
    """Tipo de argumento: inteiro maior que zero."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"deve ser ao menos 1, e é {value}")
    return value
