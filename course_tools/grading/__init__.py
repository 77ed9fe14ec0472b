"""A sala do instrutor: gerar a versão do aluno, guardar as verificações escondidas, corrigir. Alunos não a importam."""
