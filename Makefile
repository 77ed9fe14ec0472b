# Curso de sistemas de recomendação. Comece por `make run`; `make help` lista o resto.
#
# Há um ambiente só, .venv, feito quando falta e refeito quando pyproject.toml ou requirements.lock mudam. `make test`
# acrescenta a ele o que os testes pedem, inclusive o nbgrader, do instrutor: um segundo ambiente custaria 2 GB e um
# minuto para esconder três menus, que `make lab` já esconde (course_tools/lab_settings). Quem só usa `run` e `lab`, como
# um aluno, não o recebe.

PYTHON ?= python3
JOBS ?= 2
ARGS ?=
ENTREGAS ?= entregas
NOTAS ?= notas

BIN := .venv/bin
STUDENT := .venv/.pronto
INSTRUCTOR := .venv/.pronto-para-corrigir
DEVELOPER := .venv/.pronto-para-testes
PIP_INSTALL := $(BIN)/python -m pip install --disable-pip-version-check -c requirements.lock
PIP_FAILED := { echo "Não consegui instalar os pacotes. Confira a internet e o espaço em disco, e rode de novo: o que já veio fica."; exit 1; }
SERIES := $(wildcard notebooks/[0-9][0-9]_*.ipynb)
# A versão do aluno dos exercícios não tem saídas a comparar; os testes a executam com o papermill.
COMPARED := $(filter-out %_exercicios.ipynb,$(SERIES))
TEST_MODELS := build/test-models
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --dist=loadfile

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run lab site test notebooks release grade bench bench-peers lint clean

help: ## mostra esta lista
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: $(STUDENT) ## executa a série inteira e deixa as páginas em build/ (opções: ARGS="--somente 01 02")
	$(BIN)/python -m course_tools dados
	$(BIN)/python -m course_tools executar $(ARGS)

lab: $(STUDENT) ## abre o JupyterLab, em português, no primeiro notebook
	$(BIN)/python -m course_tools lab

site: $(STUDENT) ## monta as páginas em build/site a partir dos notebooks como estão, em segundos (ARGS="--endereco URL")
	$(BIN)/python -m course_tools site $(ARGS)

notebooks: $(STUDENT) ## executa a série e grava as saídas em notebooks/, para versionar
	$(BIN)/python -m course_tools executar --opcional --salvar $(ARGS)

# Uma thread por processo: os testes rodam em paralelo, e threads demais num computador ocupado custam várias vezes mais.
test: export OMP_NUM_THREADS := 1
test: export COURSE_MODELS_DIR := $(abspath $(TEST_MODELS))
test: $(DEVELOPER) ## roda tudo: testes de unidade, notebooks com papermill e nbval, navegador
	rm -rf $(TEST_MODELS)
	$(PYTEST) tests $(ARGS)
	$(if $(COMPARED),$(PYTEST) --nbval --nbval-current-env --nbval-cell-timeout=300 \
		--nbval-sanitize-with tests/notebooks/sanitize.cfg $(COMPARED))

release: $(INSTRUCTOR) ## gera a versão do aluno dos exercícios
	$(BIN)/python -m course_tools gerar $(ARGS)

grade: $(INSTRUCTOR) ## corrige as entregas (opções: ENTREGAS=turma.zip NOTAS=notas ARGS="--prazo 2026-11-30")
	$(BIN)/python -m course_tools corrigir "$(ENTREGAS)" --saida "$(NOTAS)" $(ARGS)

# Com .venv-peers (make bench-peers), as outras bibliotecas entram nas tabelas; sem ele, só o curso.
bench: export OMP_NUM_THREADS := 1
bench: export OPENBLAS_NUM_THREADS := 1
bench: export RAYON_NUM_THREADS := 1
bench: $(STUDENT) ## mede segundos, erros, memória, e outras bibliotecas (opções: ARGS="epocas --rodadas 3")
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

lint: $(DEVELOPER) ## confere o estilo do código
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

clean: ## apaga os resultados (build/); dados, modelos e ambiente ficam
	rm -rf build

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "O curso precisa do Python 3.11 ou mais novo. Para usar outro: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv || \
		{ rm -rf .venv; echo "Não consegui criar .venv. No Debian e no Ubuntu, instale o pacote python3-venv."; exit 1; }

$(STUDENT): pyproject.toml requirements.lock | $(BIN)/python
	@echo "Instalando os pacotes do curso em .venv; na primeira vez, leva de um a alguns minutos."
	@$(PIP_INSTALL) --quiet -e . || $(PIP_FAILED)
	@touch $@

$(INSTRUCTOR): $(STUDENT)
	@echo "Instalando os pacotes do instrutor."
	@$(PIP_INSTALL) --quiet -e ".[instrutor]" || $(PIP_FAILED)
	@touch $@

$(DEVELOPER): $(STUDENT)
	@echo "Instalando o que os testes pedem."
	@$(PIP_INSTALL) --quiet -e ".[dev]" || $(PIP_FAILED)
	@touch $@
