// A página "O que eu veria?": tudo se calcula aqui, e nada sai daqui. As contas são as de FewWeights.score, em inteiros.
(function () {
  const root = document.getElementById("vitrine");
  const LIST_LENGTH = 10, MAX_FOUND = 8, FIRST_RATING = 8, MAX_REASONS = 2, TYPING = 1000; // o último, em milissegundos

  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
  const models = VITRINE.modelos.map((model) => ({
    nome: model.nome,
    pesosPorFilme: model.pesosPorFilme,
    origens: new Uint16Array(bytes(model.origens)),
    pesos: new Int8Array(bytes(model.pesos)),
  }));
  const POPULAR = models.length; // a escolha que vem depois dos modelos
  const find = titleSearch(VITRINE.filmes);
  const ratings = new Map(); // posição do filme -> nota, em meias estrelas
  let chosen = 0;

  // As parcelas dos pontos de um filme: uma de cada filme avaliado que diz algo dele.
  function parts(given, model, film) {
    const found = [], start = film * model.pesosPorFilme;
    for (let k = start; k < start + model.pesosPorFilme; k++) {
      const halves = given.get(model.origens[k]);
      if (halves !== undefined) found.push({ film: model.origens[k], halves, points: halves * model.pesos[k] });
    }
    return found;
  }

  function score(given, choice, film) {
    if (choice === POPULAR) return VITRINE.vistos[film];
    return parts(given, models[choice], film).reduce((sum, part) => sum + part.points, 0);
  }

  function recommend(given, choice) {
    const candidates = [...VITRINE.filmes.keys()].filter((film) => !given.has(film));
    const points = candidates.map((film) => ({ film, points: score(given, choice, film) }));
    points.sort((a, b) => b.points - a.points || a.film - b.film);
    return points.slice(0, LIST_LENGTH).map((row) => row.film);
  }

  const stars = (halves) => (halves / 2).toString().replace(".", ",");

  const title = (film, tag = "span") => element(tag, { lang: "en" }, VITRINE.filmes[film]);

  function why(film, choice) {
    if (choice === POPULAR) return [`avaliado por ${VITRINE.vistos[film]} pessoas`];
    const best = parts(ratings, models[choice], film).filter((part) => part.points > 0);
    best.sort((a, b) => b.points - a.points || a.film - b.film);
    if (!best.length) return ["nada do que você avaliou aponta para ele; está aqui para completar os dez"];
    return best.slice(0, MAX_REASONS).flatMap((part, position) => [
      `${position ? " e " : "porque você deu "}${stars(part.halves)} a `, title(part.film),
    ]);
  }

  const matches = () => find(search.value).sort((a, b) => VITRINE.vistos[b] - VITRINE.vistos[a]);

  function rate(film) {
    if (!ratings.has(film)) ratings.set(film, FIRST_RATING);
    search.value = "";
    drawFound();
    drawGiven();
    drawList();
    given.querySelector(`[data-film="${film}"] select`).focus();
  }

  function drawFound() {
    const hits = matches(), shown = hits.slice(0, MAX_FOUND);
    found.replaceChildren(...shown.map((film) => {
      const button = element("button", { type: "button" }, title(film));
      button.addEventListener("click", () => rate(film));
      return element("li", {}, button);
    }));
    if (!search.value.trim()) status.textContent = "";
    else if (!hits.length) status.textContent = "Nenhum dos filmes desta página tem esse título.";
    else if (hits.length > MAX_FOUND) status.textContent = `${hits.length} filmes têm essas palavras no título; eis os mais vistos.`;
    else status.textContent = hits.length === 1 ? "Um filme encontrado." : `${hits.length} filmes encontrados.`;
  }

  // "4" é quatro: por si, o navegador iria de 4 à nota seguinte que começa por 4, que é quatro e meio.
  function typeRating(select, choose) {
    let typed = "", last = -TYPING;
    select.addEventListener("keydown", (event) => {
      if (!/^[0-9.,]$/.test(event.key)) return;
      event.preventDefault();
      typed = (event.timeStamp - last < TYPING ? typed : "") + event.key.replace(",", ".");
      last = event.timeStamp;
      if (![...select.options].some((option) => option.value === String(2 * typed))) return;
      select.value = 2 * typed;
      choose();
    });
  }

  function drawGiven() {
    given.replaceChildren(...[...ratings].map(([film, halves]) => {
      const name = VITRINE.filmes[film];
      const select = element("select", { "aria-label": `Sua nota para ${name}` });
      for (let option = 10; option >= 1; option--) select.append(element("option", { value: option }, `${stars(option)} ★`));
      select.value = halves;
      const choose = () => { ratings.set(film, Number(select.value)); drawList(); };
      select.addEventListener("change", choose);
      typeRating(select, choose);
      const remove = element("button", { type: "button", "aria-label": `Tirar ${name}` }, "tirar");
      remove.addEventListener("click", () => { ratings.delete(film); drawGiven(); drawList(); search.focus(); });
      return element("li", { "data-film": film }, title(film), select, remove);
    }));
    if (!ratings.size) hint.textContent = "Nenhuma ainda. Até a primeira, a lista é a dos mais populares.";
    else hint.textContent = `${ratings.size === 1 ? "Uma nota" : `${ratings.size} notas`}. Com dez a vinte, EASE começa a acertar mais que os mais populares.`;
  }

  function drawList() {
    const choice = ratings.size ? chosen : POPULAR;
    const best = recommend(ratings, choice);
    list.replaceChildren(...best.map((film) =>
      element("li", { "data-film": film }, title(film, "strong"), element("small", {}, ...why(film, choice)))));
    if (ratings.size) status.textContent = `Lista atualizada. Em primeiro: ${VITRINE.filmes[best[0]]}.`;
    else status.textContent = "Sem notas, a lista é a dos mais populares.";
  }

  const search = element("input", { type: "search", id: "vitrine-busca", autocomplete: "off", placeholder: "Toy Story" });
  const found = element("ul", { class: "vitrine-achados", "aria-label": "Filmes encontrados" });
  const status = element("p", { class: "vitrine-aviso", role: "status" });
  const given = element("ul", { class: "vitrine-notas", "aria-label": "Suas notas" });
  const hint = element("p", {});
  const list = element("ol", { class: "vitrine-lista", "aria-label": "Sua lista" });
  const choices = element("fieldset", {}, element("legend", {}, "Quem recomenda"));
  [...models.map((model) => model.nome), "mais populares"].forEach((name, position) => {
    const radio = element("input", { type: "radio", name: "modelo", value: position });
    radio.checked = position === chosen;
    radio.addEventListener("change", () => { chosen = position; drawList(); });
    choices.append(element("label", {}, radio, ` ${name}`));
  });
  search.addEventListener("input", drawFound);
  onEnter(search, matches, rate);
  root.replaceChildren(
    element("div", {},
      element("label", { for: search.id }, "Procure um filme pelo título, em inglês"),
      search, status, found, element("h2", {}, "Suas notas"), hint, given),
    element("div", {}, choices, element("h2", {}, "Sua lista"), list),
  );
  drawGiven();
  drawList();
  drawFound(); // por último: quem acaba de abrir a página não precisa do aviso da lista

  // Para os testes e para quem é curioso: VITRINE_LISTA([[0, 10], [5, 7]], 0), em posições, meias estrelas e modelo.
  window.VITRINE_LISTA = (pairs, choice) => recommend(new Map(pairs), choice);
})();
