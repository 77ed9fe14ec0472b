const WIDE = '.text_html, .pst-scrollable-table-container, mjx-container[display="true"]';

// Uma tabela ou fórmula que não cabe o diz, e só então se chega a ela pelo teclado.
function markWhatScrolls() {
  for (const box of document.querySelectorAll(WIDE)) {
    box.classList.remove("rola");
    const scrolls = box.scrollWidth > box.clientWidth;
    box.classList.toggle("rola", scrolls);
    if (scrolls) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}

// O sphinx-copybutton não sabe português.
function translateCopyButtons() {
  for (const button of document.querySelectorAll("button.copybtn")) {
    button.dataset.tooltip = button.ariaLabel = "Copiar";
  }
}

// No celular, o sumário é um <dialog> do tema, que ficaria aberto por cima da parte escolhida nele.
document.addEventListener("click", ({ target }) => target.closest("dialog a[href^='#']")?.closest("dialog").close());

// O cinza do tema escuro não se lê no papel.
const page = document.documentElement.dataset;
let onScreen;
addEventListener("beforeprint", () => {
  onScreen = page.theme;
  page.theme = "light";
});
addEventListener("afterprint", () => {
  page.theme = onScreen;
});

addEventListener("load", () => {
  translateCopyButtons();
  markWhatScrolls();
  window.MathJax?.startup?.promise?.then(markWhatScrolls);
});
addEventListener("resize", markWhatScrolls);
addEventListener("toggle", markWhatScrolls, true); // o que estava num <details> fechado não tinha largura

// O que as páginas que calculam têm em comum.
const DRAWN = ["svg", "circle", "title"];

function element(tag, attributes, ...children) {
  const space = DRAWN.includes(tag) ? "http://www.w3.org/2000/svg" : "http://www.w3.org/1999/xhtml";
  const made = document.createElementNS(space, tag);
  for (const [name, content] of Object.entries(attributes)) made.setAttribute(name, content);
  made.append(...children);
  return made;
}

// Uma busca, sem acentos, pelas palavras de um título: devolve as posições dos que as têm todas.
function titleSearch(titles) {
  const plain = (text) => text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "");
  const searchable = titles.map(plain);
  return (query) => {
    const words = plain(query).split(/\s+/).filter(Boolean);
    return words.length ? [...titles.keys()].filter((film) => words.every((word) => searchable[film].includes(word))) : [];
  };
}

function onEnter(search, matches, choose) {
  search.addEventListener("keydown", (event) => {
    const [first] = matches();
    if (event.key !== "Enter" || first === undefined) return;
    event.preventDefault(); // senão, a mesma tecla agiria também onde o foco vai parar
    choose(first);
  });
}
