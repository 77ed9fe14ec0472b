"""The headline numbers of the series and how far a fresh run may be from them.

The tolerances cover another processor or another version of a library (seen: third digit), not a mistake: a dot product
without its L2, a bias table without damping or a title off by one all fall outside.
"""

from course_lib.headlines import read_headlines

# notebook -> name -> (value, tolerance)
EXPECTED = {
    "00_apoio": {},
    "01_dataset": {
        "avaliações": (100004, 0),
        "usuários": (671, 0),
        "filmes": (9066, 0),
        "densidade (%)": (1.644, 0.001),
        "filmes com uma só avaliação": (3063, 0),
    },
    "02_produto_interno": {
        "RMSE da média global": (1.0646, 0.0005),
        "RMSE da tabela de vieses": (0.8937, 0.0005),
        "RMSE do produto interno, N(0, 1)": (3.35, 0.15),
        "RMSE do modelo final": (0.8765, 0.003),
    },
    "03_rede_neural": {
        "RMSE da rede neural (teste)": (0.8877, 0.004),
        "RMSE da tabela de vieses (teste)": (0.8939, 0.0005),
        "RMSE do produto interno com vieses (teste)": (0.8773, 0.003),
        "parâmetros da rede": (493991, 0),
        "rede menos tabela": (-0.0062, 0.004),
        "RMSE do híbrido (teste da primeira separação)": (0.8276, 0.004),
    },
    "04_matriz_de_avaliacoes": {
        "densidade (%)": (1.644, 0.001),
        "resto, rede neural (%)": (3.3, 1.0),
        "resto, produto interno (%)": (15.2, 2.0),
        "filmes recomendados, rede neural": (37, 25),
        "filmes recomendados, produto interno": (564, 120),
    },
    "05_embeddings": {
        "|r| da dimensão 1 com a nota média, rede": (0.964, 0.03),
        "dimensões que voltam com outra semente (de 5)": (4, 1),
        "dimensões que voltam com outras notas (de 5)": (2, 1),
        "vizinhos que voltam com outra semente (de 10)": (4.66, 0.6),
        "vizinhos que voltam com outras notas (de 10)": (1.83, 0.4),
    },
    "06_listas": {
        "NDCG@10 do híbrido": (0.074, 0.015),
        "NDCG@10 dos mais populares": (0.1494, 0.0005),
        "NDCG@10 dos filmes vizinhos": (0.214, 0.002),
        "NDCG@10 dos cem filmes vizinhos": (0.269, 0.003),
        "NDCG@10 do produto interno, softmax": (0.26, 0.01),
        "NDCG@10 do EASE": (0.309, 0.002),
        "NDCG@10 do EASE + gêneros": (0.322, 0.004),
        "NDCG@10 da reordenação aprendida": (0.342, 0.008),
        "NDCG@10 do EASE recente, as últimas": (0.135, 0.004),
    },
    "08_contexto": {
        "RMSE do ALS": (0.8736, 0.003),
        "RMSE da média bayesiana": (0.8606, 0.006),
        "RMSE da rede com contexto, sem o momento": (0.816, 0.004),
        "RMSE da rede com contexto, com o momento": (0.801, 0.004),
        "ganho do momento ao acaso (kernel de uma página)": (0.022, 0.006),
        "ganho do momento por data": (0.0, 0.006),
    },
    "09_escala": {
        "lista de ml-32m (MB)": (384.0, 0),
        "matriz de ml-32m (GB)": (70.4, 0),
        "pesos do EASE de ml-32m (GB)": (30.7, 0),
        "memória do Adam sobre a do RowAdagrad": (100, 0),
        "diferença de RMSE, de um para dois processos": (0.0, 0.00011),
    },
}


def out_of_tolerance(notebook, name: str) -> list[str]:
    """What is missing, unexpected or too far off in an executed notebook."""
    found, expected = read_headlines(notebook), EXPECTED[name]
    problems = [f"{name}: {key!r} is in {where}" for key, where in _only_in_one(found, expected)]
    for key in found.keys() & expected.keys():
        value, tolerance = expected[key]
        if abs(found[key] - value) > tolerance:
            problems.append(f"{name}: {key} = {found[key]}, expected {value} ± {tolerance}")
    return problems


def _only_in_one(found, expected):
    for key in sorted(found.keys() ^ expected.keys()):
        yield key, "the notebook only" if key in found else "the expectations only"
