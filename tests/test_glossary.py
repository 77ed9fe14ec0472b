"""Terms of the glossary in a text: which, and where to read them."""

import pytest
from IPython.core.formatters import format_display_data

from course_lib import glossary
from course_lib.exercises import check
from course_lib.exercises.visible import HIDDEN_NOTICE
from course_lib.glossary import Reading, read_terms, terms_in


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Falta a raiz: esse é o MSE.", ["MSE"]),
        ("O RMSE, a raiz do MSE. De novo, o RMSE.", ["RMSE", "MSE"]),
        ("Os Vieses somam-se ao produto  interno.", ["viés", "produto interno"]),
        ("a tabela de vieses, e não o viés", ["tabela de vieses", "viés"]),
        ("os minibatches", ["minibatch"]),
        ("perda, função de perda: um verbete só", ["perda"]),
        ("época, perda, minibatch e semente", ["época", "perda", "minibatch"]),  # three at most
        ("chame `kernel`, e não `epoch`", []),  # code
        ("enviesado, epocal, RMSEs2", []),  # whole words
        ("devolva `index, unique_ids`.", []),
    ],
)
def test_terms_of_a_text_are_found_in_the_order_of_their_first_use(text, names):
    assert [term.name for term in terms_in(text)] == names


def test_every_name_of_the_glossary_is_found_and_defined():
    terms = read_terms()
    assert len({term.anchor for term in terms}) == glossary.GLOSSARY.read_text("utf-8").count("\n  ") > 50
    assert all(term.definition and term.anchor.isascii() for term in terms)
    assert all([found.name for found in terms_in(term.name)] == [term.name] for term in terms)


def test_reading_is_a_link_in_the_notebook_and_a_line_in_the_terminal():
    shown, _ = format_display_data(Reading(terms_in("a função de perda e o RMSE")))
    assert shown["text/plain"] == "No glossário (glossario.md): função de perda, RMSE."
    assert "[função de perda](glossario.md#term-funcao-de-perda " in shown["text/markdown"]
    assert (
        '"A raiz do MSE, em estrelas: 0,90 quer dizer \\"erra, tipicamente, quase uma estrela\\"."'
        in shown["text/markdown"]
    )


def test_hint_with_a_term_is_followed_by_where_to_read_it(capsys):
    check("epoch_loss", lambda losses, sizes: sum(losses) / len(losses))
    assert capsys.readouterr().out.endswith(f"\n\nNo glossário (glossario.md): minibatch.\n{HIDDEN_NOTICE}\n")


@pytest.mark.parametrize("answer", [lambda ids: ids, lambda ids: ids + "", lambda ids: None])
def test_hint_without_a_term_is_followed_by_nothing(answer, capsys):
    check("reindex", answer)
    shown = capsys.readouterr().out
    assert "glossário" not in shown and "  → `reindex`" in shown


def test_without_the_glossary_there_is_nothing_to_read(tmp_path, monkeypatch):
    monkeypatch.setattr(glossary, "read_terms", lambda: read_terms(tmp_path / "glossario.md"))
    assert terms_in("RMSE") == []
