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

addEventListener("load", () => {
  translateCopyButtons();
  markWhatScrolls();
  window.MathJax?.startup?.promise?.then(markWhatScrolls);
});
addEventListener("resize", markWhatScrolls);
addEventListener("toggle", markWhatScrolls, true); // o que estava num <details> fechado não tinha largura
