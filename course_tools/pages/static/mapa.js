// O mapa da lição 05: um ponto por filme, que se acha com o mouse, com as setas ou pelo título.
(function () {
  const root = document.getElementById("mapa");
  const WIDTH = 1000, HEIGHT = 800, MARGIN = 15, RADIUS = 5;
  const COLORS = ["#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838"]; // cividis

  // Leva os valores, em ordem, ao intervalo de 0 a 1.
  function unit(values) {
    const low = Math.min(...values), high = Math.max(...values);
    return values.map((value) => (value - low) / (high - low));
  }

  const across = unit(MAPA.x).map((x) => MARGIN + x * (WIDTH - 2 * MARGIN));
  const down = unit(MAPA.y).map((y) => HEIGHT - MARGIN - y * (HEIGHT - 2 * MARGIN));
  const shade = unit(MAPA.notas).map((part) => COLORS[Math.min(COLORS.length - 1, Math.floor(part * COLORS.length))]);
  const described = MAPA.filmes.map((name, film) => `${name}, nota média ${MAPA.notas[film].toLocaleString("pt-BR")}`);

  const points = MAPA.filmes.map((name, film) => element("circle", {
    cx: across[film].toFixed(1), cy: down[film].toFixed(1), r: RADIUS, fill: shade[film],
    role: "img", "aria-label": described[film], tabindex: film ? -1 : 0,
  }, element("title", {}, described[film])));
  const svg = element("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group", "aria-label": `Mapa de ${points.length} filmes` }, ...points.toReversed());
  const search = element("input", { type: "search", id: "mapa-busca", autocomplete: "off", placeholder: "Star Wars" });
  const status = element("p", { class: "vitrine-aviso", role: "status" });
  const name = element("p", { class: "mapa-nome" }, "Nenhum filme escolhido.");
  let current = 0;

  // Só o filme escolhido é parada do Tab: duas mil paradas prenderiam quem usa o teclado.
  function choose(film) {
    points[current].tabIndex = -1;
    points[current].classList.remove("escolhido");
    current = film;
    points[film].tabIndex = 0;
    points[film].classList.add("escolhido");
    name.textContent = described[film];
  }

  function go(film) {
    svg.append(points[film]); // por cima dos outros; antes do foco, que a mudança de lugar tiraria
    points[film].focus();
  }

  // Um dedo é maior que um ponto: o toque escolhe o filme mais próximo.
  svg.addEventListener("click", (event) => {
    const box = svg.getBoundingClientRect(), scale = WIDTH / box.width;
    const x = (event.clientX - box.left) * scale, y = (event.clientY - box.top) * scale;
    const distance = (film) => Math.hypot(across[film] - x, down[film] - y);
    go([...points.keys()].reduce((best, film) => (distance(film) < distance(best) ? film : best)));
  });

  // O mais próximo dentro de um ângulo de 45 graus para cada lado da seta.
  function towards(right, below) {
    let best = current, nearest = Infinity;
    for (let film = 0; film < points.length; film++) {
      const dx = across[film] - across[current], dy = down[film] - down[current];
      const ahead = dx * right + dy * below, aside = Math.abs(dx * below) + Math.abs(dy * right);
      if (ahead > 0 && aside <= ahead && ahead + aside < nearest) [best, nearest] = [film, ahead + aside];
    }
    return best;
  }

  const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
  svg.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow) return;
    event.preventDefault(); // senão, a página rolaria
    go(towards(...arrow));
  });
  points.forEach((point, film) => {
    point.addEventListener("focus", () => choose(film));
    point.addEventListener("mouseenter", () => { name.textContent = described[film]; });
  });

  const find = titleSearch(MAPA.filmes);
  const matches = () => find(search.value);
  search.addEventListener("input", () => {
    const hits = matches(), found = new Set(hits);
    points.forEach((point, film) => point.classList.toggle("achado", found.has(film)));
    svg.classList.toggle("com-achados", hits.length > 0);
    hits.forEach((film) => svg.append(points[film]));
    if (!search.value.trim()) status.textContent = "";
    else if (!hits.length) status.textContent = "Nenhum dos filmes do mapa tem esse título.";
    else status.textContent = `${hits.length === 1 ? "Um filme" : `${hits.length} filmes`} no mapa; Enter leva ao mais avaliado.`;
  });
  onEnter(search, matches, go);
  root.replaceChildren(element("label", { for: search.id }, "Procure um filme pelo título, em inglês"), search, status, svg, name);
})();
