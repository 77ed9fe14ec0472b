"""Os erros do curso: cada um diz o que houve, onde, e o que fazer.

Todos descendem de `CourseError` e também da exceção padrão de Python mais próxima; quem já escreve
`except ValueError` continua a pegá-los.
"""


def counted(n: int, what: str) -> str:
    """Um número e o que ele conta, no plural se for o caso: "1 época completa", "2 épocas completas"."""
    return " ".join([str(n), *(word + "s" * (n != 1) for word in what.split())])


class CourseError(Exception):
    """Raiz de todos os erros que o curso levanta de propósito."""


class ArgumentError(CourseError, ValueError):
    """Um argumento tem valor que não faz sentido (fração negativa, nome desconhecido, zero épocas…)."""


class DataError(CourseError, ValueError):
    """O conteúdo de um arquivo ou de uma tabela de avaliações está errado; a mensagem traz arquivo e linha."""


class DataFileNotFoundError(DataError, FileNotFoundError):
    """Falta um arquivo de dados."""


class ChecksumError(DataError):
    """O arquivo existe, mas não é o que se esperava: o resumo criptográfico (sha256) difere."""


class DownloadError(CourseError, OSError):
    """O download não terminou; nada pela metade ficou no disco."""


class ShapeMismatchError(CourseError, ValueError):
    """Previsão e alvo têm formas diferentes; transmitir (broadcast) daria um número errado."""


class IdOutOfRangeError(CourseError, IndexError):
    """Um usuário ou filme tem índice que o modelo não conhece."""


class NonFiniteError(CourseError, ArithmeticError):
    """Apareceu NaN ou infinito onde devia haver um número."""


class DeviceError(CourseError, RuntimeError):
    """O dispositivo pedido não existe nesta máquina, ou modelo e dados estão em dispositivos diferentes."""


class CheckpointError(CourseError, RuntimeError):
    """O checkpoint não pôde ser lido ou escrito."""


class ForeignCheckpointError(CheckpointError):
    """O checkpoint existe, mas é de outro modelo, de outro otimizador ou de outros dados."""


class CallbackError(CourseError, RuntimeError):
    """Um callback falhou; a causa original vem encadeada."""


class PlainDataError(CourseError, ValueError):
    """O resultado de um exercício não é feito de dados simples, ou é grande demais."""


class TrainingInterrupted(KeyboardInterrupt):
    """Ctrl-C, ou o botão de parar, no treinamento de uma receita; no notebook, uma linha, e não um traceback."""

    def __init__(self, recipe: str, epochs: int):
        super().__init__(
            f"Interrompido: a receita {recipe!r} parou com {counted(epochs, 'época completa')}. Com reuse=True, "
            "isso fica guardado, e a mesma chamada continua daí; sem ele, recomeça."
        )

    def _render_traceback_(self) -> list[str]:  # o IPython pergunta por este nome
        return [str(self)]
