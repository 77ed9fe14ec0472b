"""O que executa, publica e corrige o curso. Nada em `course_lib` depende daqui.

A porta da frente é o comando `curso` (`python -m course_tools`).
"""
