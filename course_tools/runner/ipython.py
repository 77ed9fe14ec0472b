"""O kernel que os notebooks do curso usam, dentro do processo dele."""

from ipykernel.ipkernel import IPythonKernel

from course_tools.runner.metadata import LANGUAGE_INFO


class CourseKernel(IPythonKernel):
    """O do IPython; da linguagem diz só o que os notebooks guardam, para que abrir um não o dê por modificado."""

    language_info = LANGUAGE_INFO
