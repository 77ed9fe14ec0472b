"""Todas as medições: `python -m benchmarks`, ou só algumas, como `python -m benchmarks epocas matriz`."""

import argparse
import time
from pathlib import Path

from benchmarks.grading import measure_grading
from benchmarks.growth import measure_memory, measure_speed
from benchmarks.lists import measure_list_growth, measure_lists
from benchmarks.measure import cpu_seconds, machine
from benchmarks.neighbour import measure_neighbour
from benchmarks.processes import measure_processes
from benchmarks.quality import measure_quality, measure_race
from benchmarks.speed import measure_epochs, measure_matrix
from course_lib.datasets import load_movielens, split_ratings

SECTIONS = {
    "epocas": "Segundos por época",
    "qualidade": "Erro e segundos, ao lado de outras bibliotecas",
    "listas": "Listas e segundos, ao lado de outras bibliotecas",
    "listas-grandes": "Listas, de 100 mil a 32 milhões de avaliações",
    "corrida": "Segundos até RMSE de 0,879",
    "matriz": "A matriz de avaliações inteira",
    "crescimento": "Amostras por segundo, de 100 mil a 25 milhões de avaliações",
    "memoria": "Memória, de 100 mil a 25 milhões de avaliações",
    "correcao": "Segundos e memória da correção de uma turma",
    "vizinho": "Uma entrega ao lado de outra que abre processos e threads sem conta",
    "processos": "Dois processos contra um",
}


def main() -> None:
    """Imprime as tabelas pedidas, em Markdown."""
    parser = argparse.ArgumentParser(description="Mede o curso e outras bibliotecas; imprime tabelas em Markdown.")
    parser.add_argument("partes", nargs="*", metavar="PARTE", help=f"{', '.join(SECTIONS)}; sem nenhuma, todas")
    parser.add_argument("--rodadas", type=int, default=5, metavar="N", help="rodadas intercaladas de cada tempo")
    parser.add_argument("--sementes", type=int, nargs="+", default=[42, 43, 44], metavar="S", help="divisões dos dados")
    parser.add_argument("--entregas", type=int, default=60, metavar="N", help="tamanho da turma que se corrige")
    parser.add_argument("--relogio", action="store_true", help="segundos de relógio, e não de processador, nas épocas")
    parser.add_argument(
        "--figura", type=Path, metavar="PNG", help="grava a figura de qualidade ou de listas contra segundos"
    )
    options = parser.parse_args()
    if unknown := set(options.partes) - SECTIONS.keys():
        parser.error(f"não há {', '.join(unknown)}; as partes são {', '.join(SECTIONS)}")

    data = load_movielens()
    sizes = (data.n_users, data.n_movies)
    train, _ = split_ratings(data.ratings, seed=options.sementes[0])

    clock = time.perf_counter if options.relogio else cpu_seconds

    def compared(measure, chart: str) -> str:
        text, summary = measure(data, options.sementes)
        if options.figura:
            from benchmarks import figure

            getattr(figure, chart)(summary).save(options.figura)
        return text

    measures = {
        "epocas": lambda: measure_epochs(train, sizes, options.rodadas, clock),
        "qualidade": lambda: compared(measure_quality, "quality_chart"),
        "listas": lambda: compared(measure_lists, "lists_chart"),
        "listas-grandes": measure_list_growth,
        "corrida": lambda: measure_race(data, options.sementes, options.rodadas),
        "matriz": lambda: measure_matrix(sizes, options.rodadas),
        "crescimento": lambda: measure_speed(options.rodadas),
        "memoria": measure_memory,
        "correcao": lambda: measure_grading(options.entregas),
        "vizinho": lambda: measure_neighbour(options.rodadas),
        "processos": lambda: measure_processes(options.rodadas),
    }
    print(f"{machine()}", flush=True)
    for part in options.partes or SECTIONS:
        print(f"\n### {SECTIONS[part]}\n\n{measures[part]()}", flush=True)


if __name__ == "__main__":
    main()
