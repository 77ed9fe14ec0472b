"""O site da série: páginas do Sphinx e do myst-nb, que abrem sem servidor e sem rede.

`site.py` reúne as fontes e chama o Sphinx; `lesson.py` prepara cada notebook para a página; `conf.py` é a configuração,
e `extension.py`, o pouco que o Sphinx e o tema não fazem. Uma página nova em `content/`, em Markdown, entra no site e
no menu; o que ela usa (figuras, scripts, dados) vai em `static/`.
"""
