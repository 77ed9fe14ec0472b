"""O que executa, publica e corrige o curso. Nada em `course_lib` depende daqui.

A porta da frente é o comando `curso` (`python -m course_tools`).
"""

import os
import sys
from pathlib import Path

# Com `python -m course_tools` (sys.argv ainda é ["-m", …]), um random.py da pasta corrente seria importado em vez do
# módulo do Python.
if sys.argv[:1] == ["-m"] and sys.path[0] == os.getcwd() != str(Path(__file__).resolve().parent.parent):
    del sys.path[0]
