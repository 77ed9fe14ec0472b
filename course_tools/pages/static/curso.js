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
