{% extends "base.html.j2" %}
{% block title %}Correção à mão · {{ assignment_id }}{% endblock %}
{% block main %}
<h1>Correção à mão · {{ assignment_id }}</h1>
<p class="lead" id="summary" role="status">Lendo as entregas…</p>
<p><button type="button" id="names" aria-pressed="false">Mostrar os nomes</button></p>
<table>
<thead><tr><th scope="col">entrega</th><th scope="col" class="number">automático</th><th scope="col" class="number">à mão</th><th scope="col" class="number">total</th><th scope="col">situação</th></tr></thead>
<tbody id="submissions"></tbody>
</table>
<p class="lead">Depois de dar as notas, rode <code>curso corrigir</code> de novo: a planilha e as devolutivas passam a trazê-las.</p>
{% endblock %}
{% block script %}
<script>
const button = document.getElementById("names");
button.addEventListener("click", () => {
  const shown = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", shown);
  button.textContent = shown ? "Esconder os nomes" : "Mostrar os nomes";
  for (const link of document.querySelectorAll("#submissions a")) link.textContent = shown ? link.dataset.name : link.dataset.number;
});
async function list() {
  const found = await api({{ ("submitted_notebooks/" ~ assignment_id ~ "/" ~ notebook_id) | tojson }});
  const body = document.getElementById("submissions");
  for (const one of found) {
    const row = body.insertRow(), link = document.createElement("a");
    link.href = `${base}/formgrader/submissions/${one.id}/`;
    link.dataset.name = one.student;
    link.textContent = link.dataset.number = `entrega ${one.index + 1}`;
    row.insertCell().append(link);
    const pairs = [[one.code_score, one.max_code_score], [one.written_score, one.max_written_score], [one.score, one.max_score]];
    for (const [score, most] of pairs) {
      const cell = row.insertCell();
      cell.className = "number";
      cell.textContent = `${written(score)} / ${written(most)}`;
    }
    const state = row.insertCell();
    state.textContent = one.needs_manual_grade ? "falta corrigir" : "corrigida";
    state.className = one.needs_manual_grade ? "waiting" : "done";
  }
  const waiting = found.filter(one => one.needs_manual_grade).length;
  document.getElementById("summary").textContent = `${found.length} entregas; ${waiting ? `falta corrigir ${waiting}` : "nenhuma por corrigir"}.`;
}
list().catch(error => document.getElementById("summary").textContent = `Não consegui ler as entregas: ${error.message}.`);
</script>
{% endblock %}
