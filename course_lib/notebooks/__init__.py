"""Tudo o que lida com os notebooks da série: executá-los em ordem, limpá-los, publicá-los e ler seus números.

Dentro de um notebook só se usa `headline`; o resto serve à linha de comando e aos testes, e cada módulo é
importado por quem o usa, para que um notebook não carregue o papermill.
"""

from course_lib.notebooks.headlines import headline, read_headlines

__all__ = ["headline", "read_headlines"]
