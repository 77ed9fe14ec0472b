"""Controles para o notebook: escolhe-se um usuário, ou dão-se notas, e a tabela muda; sem eles, ela se lê igual."""

from collections.abc import Mapping

import ipywidgets as widgets
import numpy as np
import pandas as pd
from IPython.display import display

from course_lib.recommend import add_user, top_k

FAVOURITES = "notas mais altas que deu"


def recommendation_table(models: Mapping[str, object], data, user: int, k: int = 10) -> pd.DataFrame:
    """Do que o usuário gostou e o que cada modelo lhe recomenda, lado a lado.

    Args:
        models: nome -> rede ou objeto com `predict`, como em `top_k`.
        data: o `MovieLens` de onde vêm títulos e avaliações.
        user: índice do usuário.
        k: quantos filmes por coluna.

    Returns:
        DataFrame de `k` linhas, posição de 1 em diante, só de textos, para ser lida. Colunas (`notas mais altas que
        deu`, `filme` e `nota`) e, para cada modelo, (nome, `filme` e `nota prevista`, em estrelas, ou `pontos`, se ele
        só ordena); células vazias onde os filmes acabam. Empates nas notas dadas: primeiro a avaliação mais recente.

    Raises:
        IdOutOfRangeError, ArgumentError: como em `top_k`.
    """
    columns = {}
    for name, model in models.items():
        best = top_k(model, data, user, k)
        columns[name, "filme"] = best["title"]
        points = "nota prevista" if hasattr(model, "predict") else "pontos"
        columns[name, points] = best["prediction"].map("{:.2f}".format)
    own = np.flatnonzero(data.ratings[:, 0] == user)
    liked = own[np.lexsort((-data.timestamps[own], -data.ratings[own, 2]))][:k]
    position = pd.RangeIndex(1, len(liked) + 1)
    given = {
        (FAVOURITES, "filme"): pd.Series(data.movie_names[data.ratings[liked, 1].astype(np.int64)], position),
        (FAVOURITES, "nota"): pd.Series(data.ratings[liked, 2], position).map("{:.1f}".format),
    }
    return pd.DataFrame(given | columns, index=pd.RangeIndex(1, k + 1, name="posição"), dtype=object).fillna("")


def recommendation_control(models: Mapping[str, object], data, user: int = 0, k: int = 10) -> widgets.BoundedIntText:
    """Mostra uma caixa com o número do usuário e, abaixo dela, a tabela de `recommendation_table`, que a acompanha.

    A tabela é uma saída comum da célula, e não parte do controle: no notebook salvo e na página HTML, onde controles
    não funcionam, fica a do usuário inicial.

    Args:
        models, data, k: como em `recommendation_table`.
        user: índice do usuário inicial.

    Returns:
        A caixa; mudar seu `value` muda a tabela. Em lugar de um usuário que não existe, fica o mais próximo.

    Raises:
        IdOutOfRangeError, ArgumentError: como em `recommendation_table`.
    """
    first, last = recommendation_table(models, data, user, k), data.n_users - 1
    box = widgets.BoundedIntText(user, min=0, max=last, description="usuário")
    display(widgets.HBox([box, widgets.Label(f"de 0 a {last}; fora daí, mostro o mais próximo")]))
    shown = display(first, display_id=True)
    box.observe(lambda change: _update(shown, recommendation_table(models, data, change["new"], k)), names="value")
    return box


def newcomer_table(models: Mapping[str, object], data, given: Mapping[int, float], k: int = 10) -> pd.DataFrame:
    """O que cada modelo recomenda a quem acaba de chegar e deu estas notas.

    Args:
        models, data, k: como em `recommendation_table`; os modelos devem receber quem chega depois (`add_user`).
        given: índice do filme -> nota, em estrelas; pode ser vazio.

    Returns:
        DataFrame de `k` linhas, uma coluna de títulos por modelo.

    Raises:
        ArgumentError, IdOutOfRangeError, NonFiniteError: como em `add_user`.
    """
    columns = {}
    for name, model in models.items():
        extended, newcomer = add_user(model, list(given), list(given.values()))
        columns[name] = top_k(extended, data, newcomer, k, exclude=list(given))["title"]
    return pd.DataFrame(columns).rename_axis("posição")


def newcomer_control(
    models: Mapping[str, object], data, k: int = 10, given: Mapping[int, float] | None = None
) -> widgets.VBox:
    """“O que eu veria?”: escolhem-se filmes e notas, e a lista de cada modelo acompanha; nada se treina de novo.

    Args:
        models, data, k: como em `newcomer_table`.
        given: notas com que se começa; nenhuma, por padrão.

    Returns:
        O controle; `control.given` é o dicionário das notas dadas até então.
    """
    movie_of = {title: movie for movie, title in reversed(list(enumerate(data.movie_names.tolist())))}
    title = widgets.Combobox(options=sorted(movie_of), placeholder="comece a escrever um título", description="filme")
    stars = widgets.Dropdown(options=[(_in_stars(value), value) for value in np.arange(5, 0, -0.5)])
    add, note, trouble = widgets.Button(description="dar a nota"), widgets.Label(), widgets.Label()
    control = widgets.VBox([widgets.HBox([title, stars, add]), note, trouble])
    control.given = dict(given or {})
    display(control)
    shown = display(newcomer_table(models, data, control.given, k), display_id=True)

    def describe() -> None:
        rated = control.given.items()
        note.value = "; ".join(f"{data.movie_names[movie]}: {_in_stars(value)}" for movie, value in rated)

    def rate(_) -> None:
        if title.value not in movie_of:
            trouble.value = f"não há filme com o título {title.value!r}: escolha um da lista que se abre"
            return
        control.given[movie_of[title.value]] = float(stars.value)
        title.value = trouble.value = ""
        describe()
        _update(shown, newcomer_table(models, data, control.given, k))

    describe()
    add.on_click(rate)
    return control


def _in_stars(value: float) -> str:
    """Uma nota como se lê num controle: "2,5 ★"."""
    return f"{value:g} ★".replace(".", ",")


def _update(shown, table: pd.DataFrame) -> None:
    if shown is not None:  # fora de um notebook não há onde mostrar
        shown.update(table)
