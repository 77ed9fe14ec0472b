"""Exercícios 12 e 13: o usuário que chega agora, sem avaliações e com uma só."""

from collections.abc import Sequence

import numpy as np

from course_lib.exercises.compare import is_finite, same, shape_of
from course_lib.exercises.marking import SPOILED_NETWORK, Call, Check, Exercise, of_values
from course_lib.exercises.plain import NetworkInput
from course_lib.exercises.recommendations import LIST_HINTS, expect_ranking

FEW_EPOCHS = 2  # tão poucas que a rede mal se afasta da média


def grumpy_ratings(seed: int, n_users: int, n_movies: int) -> np.ndarray:
    """Avaliações em que a qualidade dos filmes é clara, e o primeiro e o último usuários são rabugentos.

    Quem confunde o usuário novo com um dos que já existem cai num rabugento, e as notas denunciam o engano.

    Returns:
        float32 (n, 3), metade das células, mais ou menos.
    """
    rng = np.random.default_rng(seed)
    quality, mood = rng.permutation(np.linspace(-1, 1, n_movies)), rng.normal(0, 0.3, n_users)
    mood[[0, -1]] = -1.5
    users, movies = np.nonzero(rng.random((n_users, n_movies)) < 0.5)
    stars = 2.75 + quality[movies] + mood[users] + rng.normal(0, 0.3, len(users))
    return np.column_stack([users, movies, np.clip(np.round(2 * stars) / 2, 0.5, 5)]).astype(np.float32)


def expect_average_user(train: np.ndarray, n_users: int, n_movies: int, n_epochs: int, seed: int) -> Check:
    """Verificação: as notas previstas para o usuário novo acompanham as médias dos filmes, e com 2 épocas ainda não.

    Não há um só resultado certo: dependem da semente, do otimizador, da rede. Mas quem nada avaliou só pode receber o
    que os filmes têm de seu; os limites deixam passar qualquer treinamento razoável.
    """
    movies, stars = train[:, 1].astype(np.int64), train[:, 2].astype(np.float64)
    count = np.bincount(movies, minlength=n_movies)
    reference = stars.mean() + np.bincount(movies, stars - stars.mean(), n_movies) / (count + 2)

    def diagnose(value: object, early: object) -> str | None:
        return _diagnose_average_user(value, early, reference)

    return _training_check((train, n_users, n_movies), (n_epochs, FEW_EPOCHS), seed, diagnose)


def expect_same_training(train: np.ndarray, n_users: int, n_movies: int, n_epochs: int, seed: int) -> Check:
    """Verificação: a mesma semente, duas vezes, dá as mesmas notas."""

    def diagnose(first: object, second: object) -> str | None:
        return _shape_problem(first, n_movies) or (None if same(second, first) else "not_repeatable")

    return _training_check((train, n_users, n_movies), (n_epochs, n_epochs), seed, diagnose)


def _training_check(data: tuple, epochs: Sequence[int], seed: int, diagnose) -> Check:
    """Uma chamada por número de épocas. O usuário n_users não cabe numa rede, ou matriz, que só vai até n_users − 1."""
    unknown = rf"IdOutOfRangeError: usuário {data[1]}\b"  # outro id fora da faixa é de quem trocou usuários e filmes
    beyond = (unknown, "IndexError: index out of range in self", f"IndexError: index {data[1]} is out of")
    calls = tuple(Call("train_with_new_user", (*data, n_epochs, seed)) for n_epochs in epochs)
    return Check(calls, of_values(diagnose, dict.fromkeys(beyond, "not_enlarged")))


def _shape_problem(value: object, n_movies: int) -> str | None:
    shape = shape_of(value)
    if isinstance(shape, tuple) and len(shape) == 2 and shape[0] > 1 and shape[1] == n_movies:
        return "whole_matrix"
    return None if shape == (n_movies,) else "shape"


def _diagnose_average_user(value: object, early: object, reference: np.ndarray) -> str | None:
    """A chave da dica, das notas depois de todas as épocas e depois de poucas; None se nada há de errado."""
    if problem := _shape_problem(value, len(reference)) or _shape_problem(early, len(reference)):
        return problem
    if not is_finite(value) or not is_finite(early):
        return "not_finite"
    ratings, early_ratings = np.asarray(value, np.float64), np.asarray(early, np.float64)
    level = ratings.mean() - reference.mean()
    if ratings.std() > 1.5:
        return "noise"
    if level < -1.5:
        return "near_zero"
    if level > 0.3:  # o que a rede supõe antes de aprender diz se a média é a dela ou se veio de notas inventadas
        return "default_mean" if abs(early_ratings.mean() - 3.5) < 0.2 else "invented"
    if level < -0.3:
        return "grump"
    if ratings.std() < 0.06:
        return "untrained"
    if np.corrcoef(ratings, reference)[0, 1] <= 0.6:
        return "other"
    return "epochs_ignored" if early_ratings.std() > 0.75 * ratings.std() else None


_NEW_HINTS = {
    "not_enlarged": "a rede não conhece o usuário de índice n_users: uma tabela de n_users linhas vai até "
    "n_users − 1. Crie a rede com `n_users + 1`.",
    "noise": "as notas parecem sorteadas. O vetor do usuário novo nunca recebe gradiente e fica como nasceu; se "
    "nasceu grande (N(0, 1), o padrão da `DotNet`), o produto interno é puro ruído. Use a `BiasedDotNet`, que "
    "começa com vetores pequenos e tem o viés de cada filme.",
    "near_zero": "as notas ficaram perto de zero estrelas. Ou a rede não tem média nem vieses (o produto de um "
    "vetor pequeno é quase nada), ou o usuário novo recebeu notas zero. Não avaliar não é dar zero.",
    "grump": "as notas saíram baixas demais: são de um usuário que já existia? Os índices começam em 0, e o "
    "usuário novo é o de índice n_users. Ou então ele recebeu alguma nota que não deu.",
    "default_mean": "as notas saíram altas demais. A média que a rede usa é a de `train`? Sem `mean=…`, ela supõe "
    "3,5 estrelas; os vieses dos usuários conhecidos compensam o erro, e o novo não tem viés que o compense.",
    "invented": "as notas saíram altas demais, e não por causa da média da rede: o usuário novo recebeu notas que "
    "não deu? Ele nada avaliou: não acrescente linhas a `train`.",
    "epochs_ignored": "com 2 épocas saíram notas tão espalhadas como com 30, e em 2 épocas uma rede mal se afasta "
    "da média. A função treina a rede, e por `n_epochs` épocas? A tabela de médias dos filmes não é o que se pede.",
    "untrained": "todos os filmes têm quase a mesma nota: a rede mal treinou. Treine `n_epochs` épocas e preveja "
    "depois do treinamento, com a rede treinada.",
    "not_repeatable": "com a mesma semente, dois treinamentos deram notas diferentes. Chame "
    "`torch.manual_seed(seed)` antes de criar a rede, e passe `seed` a `make_dataloaders`.",
    "whole_matrix": "você devolveu a matriz inteira; pedimos só a linha do usuário novo.",
    "shape": "devolva uma nota por filme, numa dimensão só: (n_movies,).",
    "other": "as notas não acompanham a qualidade dos filmes. Confira a ordem: a nota da posição j é a do filme j. "
    "E o usuário novo não pode ter avaliações: com notas inventadas, a rede aprende um gosto que não existe.",
}
_NEW_VISIBLE = (
    expect_average_user(grumpy_ratings(1, 30, 40), 30, 40, 30, 42),
    expect_same_training(grumpy_ratings(1, 30, 40), 30, 40, 2, 42),
)
NEW_USER = Exercise(
    12, "new_user", "Um usuário novo, sem avaliações", ("train_with_new_user",), _NEW_HINTS, _NEW_VISIBLE
)


def taste_network(order: np.ndarray, group: int, kept: bool = False) -> NetworkInput:
    """Uma rede com três grupos de filmes, cada um num fator: os de nicho, os populares, e os demais.

    Dentro de um grupo, os vetores são iguais e os vieses decrescem; assim, a ordem dos recomendados depende só do
    sentido em que a nota empurra o usuário novo, e não de quanto. Os vetores dos usuários têm média zero.

    Args:
        order: índices dos filmes, inteiros (n_movies,): primeiro os de nicho, depois os populares, depois os demais.
        group: quantos filmes há em cada um dos dois primeiros grupos.
        kept: se a função que a recebe não pode mudar os pesos.
    """
    n_movies = len(order)
    movie_vectors, movie_bias = np.zeros((n_movies, 3), np.float32), np.zeros((n_movies, 1), np.float32)
    groups = np.split(order, [group, 2 * group])
    for factor, (movies, best) in enumerate(zip(groups, (0.0, 0.02, -0.04), strict=True)):
        movie_vectors[movies, factor] = 2
        movie_bias[movies, 0] = best - 0.001 * np.arange(len(movies))
    user_vectors = np.array([[-1, 0, 2], [1, -1.5, -2], [1, 1.5, -2], [-1, 0, 2]], np.float32)
    return NetworkInput(
        "BiasedDotNet",
        {"n_users": 4, "n_movies": n_movies, "n_factors": 3, "l2": 0.05},
        {
            "user_vectors.weight": user_vectors,
            "movie_vectors.weight": movie_vectors,
            "user_bias.weight": np.zeros((4, 1), np.float32),
            "movie_bias.weight": movie_bias,
            "mean": np.array(3.5, np.float32),
        },
        kept,
    )


def expect_new_taste(order: np.ndarray, group: int, position: int, rating: float, k: int, kept: bool = False) -> Check:
    """Verificação: depois desta nota a um filme de nicho, os k recomendados são estes.

    Args:
        position: posição do filme avaliado entre os de nicho.
        rating: alta (acima de 3,5) leva aos filmes de nicho; baixa, para longe deles.
        kept: apanha também quem muda os pesos da rede que recebe.
    """
    movie = int(order[position])
    niche, popular, others = (list(movies) for movies in np.split(order, [group, 2 * group]))
    liked, disliked = [*niche, *popular, *others], [*popular, *others, *niche]
    before, someone_else = [*popular, *niche, *others], [*others, *popular, *niche]
    ranking = liked if rating > 3.5 else disliked

    def first(ranking: list) -> list[int]:
        return [int(index) for index in ranking if index != movie][:k]

    expected = first(ranking)
    mistakes = {
        "ascending": (first(ranking[::-1]), first(ranking[::-1])[::-1]),
        "ignores_rating": first(before),
        "wrong_user": first(someone_else),
        "likes_what_is_alike": first(liked),
        "shifted": [index - (index > movie) for index in expected],
    }
    call = Call("recommend_after_one_rating", (taste_network(order, group, kept), movie, rating, k))
    errors = {"IdOutOfRangeError": "old_model", f"ValueError: {SPOILED_NETWORK}": "spoils_model"}
    return expect_ranking(call, expected, [movie], mistakes, errors)


_ONE_HINTS = LIST_HINTS | {
    "forbidden": "o filme que ele acabou de avaliar está na lista. Recomende só o que ele ainda não viu.",
    "ignores_rating": "a lista é a mesma de antes da avaliação. A nota entrou no ajuste? `add_user(model, [movie], "
    "[rating])` devolve uma rede nova; a antiga não muda.",
    "wrong_user": "a lista é de um usuário que já existia. O novo é o índice que `add_user` devolve.",
    "old_model": "a rede antiga não conhece o usuário novo: preveja com a rede que `add_user` devolve.",
    "spoils_model": "a função muda os pesos da rede que recebe, e quem a chamou fica com outra. `add_user` devolve uma "
    "rede nova e não toca na antiga; se você treina à mão, treine uma cópia (`copy.deepcopy`).",
    "likes_what_is_alike": "você recomendou os filmes parecidos com o avaliado, mas a nota foi baixa: ele não "
    "gostou. Use as notas previstas, que levam em conta o valor da nota.",
    "ascending": "a ordem está crescente: você recomendou os piores.",
    "shifted": "depois de `np.delete`, as posições já não são os índices dos filmes.",
    "many": "saíram mais de k filmes: o tamanho da lista é o argumento `k`.",
    "unsorted": "os filmes estão certos, mas fora de ordem: do de maior nota prevista para o de menor.",
    "other": "acrescente o usuário com a avaliação dele, preveja todos os filmes e use a função do exercício 8.",
}
_ORDER = np.array([5, 2, 9, 7, 0, 4, 10, 1, 8, 3, 6, 11])
_ONE_VISIBLE = expect_new_taste(_ORDER, 4, 1, 5.0, 5), expect_new_taste(_ORDER, 4, 1, 0.5, 5, kept=True)
_FUNCTIONS = ("recommend_after_one_rating",)
ONE_RATING = Exercise(13, "one_rating", "O mesmo usuário, com uma avaliação", _FUNCTIONS, _ONE_HINTS, _ONE_VISIBLE)
