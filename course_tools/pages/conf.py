"""Configuração do Sphinx para o site da série."""

from importlib.metadata import distribution

project = "Sistemas de recomendação"
html_title = "Sistemas de recomendação"
language = "pt_BR"
extensions = ["myst_nb", "sphinx_copybutton", "course_tools.pages.extension"]
exclude_patterns = ["projeto"]

# Os notebooks chegam executados.
nb_execution_mode = "off"
nb_render_markdown_format = "myst"
nb_merge_streams = True
nb_code_prompt_show = "Ver o resultado"
nb_code_prompt_hide = "Esconder o resultado"
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
suppress_warnings = ["myst.header"]  # um notebook pode começar uma parte por um título de terceiro nível

# O MathJax vem de um pacote do PyPI que só o embala: um arquivo, sem fontes e sem nada a buscar depois.
MATHJAX = distribution("django-static-mathjax").locate_file("mathjax/static/mathjax/es5/tex-svg-full.js")
mathjax_path = "tex-svg-full.js"
mathjax3_config = {"options": {"enableMenu": False}}

html_theme = "sphinx_book_theme"
html_static_path = ["static", str(MATHJAX)]
html_css_files = ["curso.css"]
html_js_files = ["curso.js"]
html_favicon = "static/favicon.svg"
html_show_sourcelink = False
html_use_index = False
html_theme_options = {
    "navbar_persistent": [],
    "use_fullscreen_button": False,
    "show_toc_level": 2,
    "toc_title": "Nesta página",
    "search_bar_text": "Buscar no curso…",
    "footer_content_items": ["extra-footer.html"],
    "extra_footer": "Textos e figuras: CC BY 4.0. Código: MIT. Dados: MovieLens, do GroupLens, nos termos deles.",
}
copybutton_selector = "div.highlight pre"
