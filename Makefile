# Curso de sistemas de recomendação. Comece por `make run`; `make help` lista o resto.
#
# Há um ambiente só, .venv, feito quando falta e acertado quando muda pyproject.toml, requirements.lock, o Python ou a
# pasta em que está (course_tools/environment.py). `make test` acrescenta a ele o que os testes pedem, inclusive o nbgrader,
# do instrutor: um segundo ambiente custaria 2 GB e um minuto para esconder uns menus, que `make lab` já esconde
# (course_tools/lab_settings). Quem só usa `run` e `lab`, como um aluno, não o recebe.

PYTHON ?= python3
JOBS ?= 2
ARGS ?=
ENTREGAS ?= entregas
NOTAS ?= notas

BIN := .venv/bin
CURSO := $(BIN)/python -m course_tools
TEST_MODELS := build/test-models

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run lab site test notebooks release grade bench bench-peers lint clean

help: ## mostra esta lista
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: student ## executa a série inteira e deixa as páginas em build/ (opções: ARGS="--somente 01 02")
	$(CURSO) dados
	$(CURSO) executar $(ARGS)

lab: student ## abre o JupyterLab, em português, no primeiro notebook (para ver as soluções: ARGS=--instrutor)
	$(CURSO) lab $(ARGS)

site: student ## monta as páginas em build/site a partir dos notebooks como estão, em segundos (ARGS="--endereco URL")
	$(CURSO) site $(ARGS)

notebooks: student ## executa a série e grava as saídas em notebooks/, para versionar
	$(CURSO) executar --opcional --salvar $(ARGS)

# Uma thread por processo: os testes rodam em paralelo, e threads demais num computador ocupado custam várias vezes mais.
test: export OMP_NUM_THREADS := 1
test: export COURSE_MODELS_DIR := $(abspath $(TEST_MODELS))
test: developer ## roda tudo: testes de unidade, notebooks com papermill e nbval, navegador
	rm -rf $(TEST_MODELS)
	$(BIN)/python -m pytest -n $(JOBS) --dist=loadfile --no-loadscope-reorder --nbval --nbval-cell-timeout=300 \
		--nbval-sanitize-with tests/notebooks/sanitize.cfg tests notebooks $(ARGS)

release: instructor ## gera a versão do aluno dos exercícios
	$(CURSO) gerar $(ARGS)

grade: instructor ## corrige as entregas (opções: ENTREGAS=turma.zip NOTAS=notas ARGS="--prazo 2026-11-30")
	$(CURSO) corrigir "$(ENTREGAS)" --saida "$(NOTAS)" $(ARGS)

# Com .venv-peers (make bench-peers), as outras bibliotecas entram nas tabelas; sem ele, só o curso.
bench: export OMP_NUM_THREADS := 1
bench: export THP_MEM_ALLOC_ENABLE := 1
bench: export OPENBLAS_NUM_THREADS := 1
bench: export RAYON_NUM_THREADS := 1
bench: student ## mede segundos, erros, memória, e outras bibliotecas (opções: ARGS="epocas --rodadas 3")
	$(or $(wildcard .venv-peers/bin/python),$(BIN)/python) -W ignore -m benchmarks $(ARGS)

# Um pacote de cada vez: o que não se instala fica de fora, e o nome aparece. O torchvision que o fastai traz é feito
# para outro torch, e impede até o Lightning de ser importado; nada aqui usa imagens.
bench-peers: benchmarks/peers.txt ## faz .venv-peers, com as outras bibliotecas que `make bench` mede
	$(PYTHON) -m venv .venv-peers
	@grep -v '^ *#' $< | while read package; do \
		.venv-peers/bin/python -m pip install --disable-pip-version-check --quiet -c $< "$$package" \
			|| echo "Não instalado: $$package"; \
	done
	-.venv-peers/bin/python -m pip uninstall --quiet --yes torchvision

lint: developer ## confere o estilo do código
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .

clean: ## apaga os resultados (build/); dados, modelos e ambiente ficam
	rm -rf build

.PHONY: student instructor developer
student instructor developer:
	@command -v $(PYTHON) >/dev/null || { echo "Não encontrei o $(PYTHON). Instale o Python 3.11 ou mais novo."; exit 1; }
	@$(PYTHON) course_tools/environment.py $(EXTRA)

instructor: EXTRA := instrutor
developer: EXTRA := dev
