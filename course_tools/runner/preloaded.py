"""O que importa o processo de que nascem os kernels; só ele importa este módulo.

São as bibliotecas de contas. O pandas, o matplotlib e o tqdm perguntam, ao ser importados, se estão num notebook: ficam
para o kernel, e com eles quem os importa, como o scikit-learn.
"""

import gc
import os
import signal
from importlib import import_module

signal.signal(signal.SIGINT, signal.SIG_IGN)  # um Ctrl-C no terminal é para quem o iniciou
os.environ |= {
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # um aviso, em inglês
    "PYTORCH_NVML_BASED_CUDA_CHECK": "1",  # saber se há uma GPU sem a iniciar: um fork de quem a iniciou não a usa
}
for name in (
    "course_tools.runner.forked",
    "course_tools.runner.ipython",
    "ipykernel.debugger",
    "IPython.extensions.storemagic",
    "scipy.stats",
    "torch._dynamo",  # o que todo otimizador do PyTorch importa ao ser criado
):
    import_module(name)
gc.freeze()  # a coleta de lixo de um fork não precisa visitar nem copiar o que é de todos
