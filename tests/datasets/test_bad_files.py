"""Every bad file: refused with file, line and remedy. The rows of the table of bad inputs come from here."""

import gzip

import pytest

from course_lib.datasets import load_movielens
from course_lib.errors import DataError, DataFileNotFoundError

pytestmark = pytest.mark.filterwarnings("error::ResourceWarning", "error::pytest.PytestUnraisableExceptionWarning")
HEADER = b"userId,movieId,rating,timestamp\n"
GOOD = b"7,20,4.0,964982703\n7,10,3.0,964981247\n"


def ratings(raw):
    """A csv release whose ratings.csv has these bytes."""
    return lambda grouplens: grouplens.write(ratings_csv=raw)


def movies(raw):
    return lambda grouplens: grouplens.write(movies_csv=raw)


def line(text):
    """A csv release whose fourth line is this one."""
    return ratings(HEADER + GOOD + text.encode() + b"\n7,30,5.0,964982931\n")


def old(layout, **replaced):
    return lambda grouplens: grouplens.write(layout, **replaced)


def packed(change):
    """A zip whose bytes were changed."""

    def build(grouplens):
        path = grouplens.write(packed=True)
        path.write_bytes(change(path.read_bytes()))
        return path

    return build


def members(*names):
    files = {"ratings.csv": HEADER + GOOD, "movies.csv": b"movieId,title,genres\n10,Dumbo (1941),Drama\n"}
    return lambda grouplens: grouplens.zip("estranho", {name: files[name.split("/")[-1]] for name in names})


def folder_in_place_of_file(grouplens):
    path = grouplens.write(ratings_csv=None)
    (path / "ratings.csv").mkdir()
    return path


def gzipped(grouplens):
    """A folder where ratings.csv was left compressed."""
    path = grouplens.write(ratings_csv=None)
    (path / "ratings.csv.gz").write_bytes(gzip.compress(HEADER + GOOD))
    return path


def flipped(raw, position):
    return raw[:position] + bytes([raw[position] ^ 0xFF]) + raw[position + 1 :]


MOVIE_HEADER = b"movieId,title,genres\n"
R, M = r"ratings\.csv \(em ", r"movies\.csv \(em "
CASES = {
    # ratings.csv
    "ratings: empty file": (ratings(b""), f"{R}.* está vazio.*\n.*Baixe"),
    "ratings: only blank lines": (ratings(b"\n\r\n  \n"), f"{R}.* está vazio"),
    "ratings: header only": (ratings(HEADER), f"{R}.* não traz nenhuma avaliação"),
    "ratings: no header": (
        ratings(GOOD),
        f"linha 1 de {R}.*o cabeçalho não traz userId.*\n.*acrescente o cabeçalho userId",
    ),
    "ratings: column missing": (
        ratings(b"userId,movieId,rating\n7,20,4\n"),
        f"linha 1 de {R}.*o cabeçalho não traz timestamp",
    ),
    "ratings: column twice": (ratings(b"userId,movieId,rating,timestamp,rating\n"), f"linha 1 de {R}.*mesmo nome"),
    "ratings: semicolons (Excel)": (ratings((HEADER + GOOD).replace(b",", b";")), "ponto e vírgula.*salve .* vírgulas"),
    "ratings: sep=; (Excel)": (
        ratings(b"sep=;\n" + (HEADER + GOOD).replace(b",", b";")),
        f"linha 1 de {R}.*Excel.*apague-a.*vírgulas",
    ),
    "ratings: sep=, (Excel)": (ratings(b'"sep=,"\r\n' + HEADER + GOOD), f"linha 1 de {R}.*Excel.*apague-a"),
    "ratings: rows numbered by R": (
        ratings(HEADER + b'"1",7,20,4,964982703\n"2",7,10,3,964981247\n'),
        rf"linha 2 de {R}.*5 coluna\(s\).*R .*row\.names = FALSE",
    ),
    "ratings: decimal comma": (line("7,31,3,5,964982931"), rf"linha 4 de {R}.*5 coluna\(s\).*vírgula"),
    "ratings: column too many, every row": (ratings(HEADER + b"7,20,4,5,9,9\n" * 3), rf"linha 2 de {R}.*6 coluna\(s\)"),
    "ratings: column too many, after an empty one": (
        ratings(HEADER + b"7,20,4,5,,9\n"),
        rf"linha 2 de {R}.*6 coluna\(s\)",
    ),
    "ratings: column too many, first row": (
        ratings(HEADER + b"7,20,4,5,9\n" + GOOD),
        rf"linha 2 de {R}.*5 coluna\(s\)",
    ),
    "ratings: column too few": (line("7,31,3.5"), rf"linha 4 de {R}.*3 coluna\(s\).*cortado"),
    "ratings: cut within a row": (ratings(HEADER + GOOD + b"7,3"), rf"linha 4 de {R}.*2 coluna\(s\).*cortado"),
    "ratings: cut within the timestamp": (ratings(HEADER + GOOD + b"7,30,4.0,9649"), f"última linha de {R}.*cortada"),
    "ratings: cut after a comma": (ratings(HEADER + GOOD + b"7,30,4.0,"), f"linha 4 de {R}.*data ''"),
    "ratings: UTF-16": (ratings((HEADER + GOOD).decode().encode("utf-16")), f"linha 1 de {R}.*não está em UTF-8"),
    "ratings: latin-1 bytes": (ratings(HEADER + GOOD + b"7,30,4.0,964982931\xe9\n"), f"linha 4 de {R}.*UTF-8"),
    "ratings: null bytes": (ratings(HEADER + GOOD + b"\0" * 512), f"linha 4 de {R}.*bytes nulos"),
    "ratings: a form feed alone": (ratings(HEADER + GOOD + b"\x0c\n"), rf"linha 4 de {R}.*1 coluna\(s\)"),
    "ratings: unbalanced quote": (line('7,"31,3.5,964982931'), f"linha 4 de {R}.*aspas"),
    "ratings: rating off the scale": (
        line("7,31,5.5,964982931"),
        f"linha 4 de {R}.*nota 5.5 .*de 0.5 a 5, em passos de 0.5",
    ),
    "ratings: rating zero": (line("7,31,0,964982931"), f"linha 4 de {R}.*nota 0 está fora"),
    "ratings: rating between steps": (line("7,31,3.7,964982931"), f"linha 4 de {R}.*nota 3.7 está fora"),
    "ratings: rating empty": (line("7,31,,964982931"), f"linha 4 de {R}.*nota ''"),
    "ratings: rating NaN": (line("7,31,NaN,964982931"), f"linha 4 de {R}.*nota 'NaN'"),
    "ratings: rating infinite": (line("7,31,inf,964982931"), f"linha 4 de {R}.*nota 'inf'"),
    "ratings: rating in words": (line("7,31,boa,964982931"), f"linha 4 de {R}.*nota 'boa' não é um número"),
    "ratings: negative user": (line("-7,31,4,964982931"), f"linha 4 de {R}.*usuário -7 é negativo"),
    "ratings: negative movie": (line("7,-31,4,964982931"), f"linha 4 de {R}.*filme -31 é negativo"),
    "ratings: fractional id": (line("7,31.5,4,964982931"), f"linha 4 de {R}.*filme '31.5' não é um número inteiro"),
    "ratings: id with a decimal point": (
        line("7,25.0,4,964982931"),
        f"linha 4 de {R}.*filme '25.0' não é um",
    ),
    "ratings: id in powers of ten": (line("1e3,31,4,964982931"), f"linha 4 de {R}.*usuário '1e3' não é um .*inteiro"),
    "ratings: time with a point": (line("7,31,4,964983235."), f"linha 4 de {R}.*data '964983235.' não é um .*inteiro"),
    "ratings: id in words": (line("ana,31,4,964982931"), f"linha 4 de {R}.*usuário 'ana'"),
    "ratings: id empty": (line(",31,4,964982931"), f"linha 4 de {R}.*usuário ''"),
    "ratings: id beyond 63 bits": (line(f"{2**63},31,4,964982931"), f"linha 4 de {R}.*grande demais"),
    "ratings: id beyond 64 bits": (line(f"{10**30},31,4,964982931"), f"linha 4 de {R}.*grande demais"),
    "ratings: time in milliseconds": (line("7,31,4,964982931000"), f"linha 4 de {R}.*milissegundos"),
    "ratings: negative time": (line("7,31,4,-1"), f"linha 4 de {R}.*1970"),
    "ratings: time as text": (line("7,31,4,2000-07-30"), f"linha 4 de {R}.*data '2000-07-30'"),
    "ratings: pair twice": (line("7,20,2.5,964982931"), f"{R}.*linhas 2 e 4, o usuário 7 avalia o filme 20 .4 e 2.5"),
    "ratings: a web page": (ratings(b"<!DOCTYPE html>\n<html>404</html>\n"), f"linha 1 de {R}.*o cabeçalho não traz"),
    # movies.csv
    "movies: empty file": (movies(b""), f"{M}.* está vazio"),
    "movies: column missing": (movies(b"movieId,title\n10,Dumbo\n"), f"linha 1 de {M}.*o cabeçalho não traz genres"),
    "movies: comma without quotes": (movies(MOVIE_HEADER + b"10,Net, The (1995),Drama\n"), f"linha 2 de {M}.*aspas"),
    "movies: unbalanced quote": (movies(MOVIE_HEADER + b'10,"Net (1995),Drama\n20,A,B\n'), f"linha 2 de {M}.*aspas"),
    "movies: text after a quote": (movies(MOVIE_HEADER + b'10,"Net" (1995),Drama\n'), f"linha 2 de {M}.*aspas"),
    "movies: latin-1": (
        movies(MOVIE_HEADER + b"10,A,B\n20,Am\xe9lie,B\n"),
        f"linha 3 de {M}.*não está em UTF-8.*\nSalve",
    ),
    "movies: null bytes": (movies(MOVIE_HEADER + b"10,A,B\n20,\0\0,B\n"), f"linha 3 de {M}.*bytes nulos"),
    "movies: id twice": (movies(MOVIE_HEADER + b"10,A,B\n10,C,D\n"), f"linha 3 de {M}.*filme 10 já apareceu"),
    "movies: negative id": (movies(MOVIE_HEADER + b"-10,A,B\n"), f"linha 2 de {M}.*filme -10 é negativo"),
    "movies: id in words": (movies(MOVIE_HEADER + b"dez,A,B\n"), f"linha 2 de {M}.*filme 'dez'"),
    "movies: column too few": (movies(MOVIE_HEADER + b"10,A\n"), rf"linha 2 de {M}.*2 coluna\(s\)"),
    "movies: header only": (movies(MOVIE_HEADER), f"{M}.*não traz nenhum filme"),
    "movies: rows numbered by R": (
        movies(MOVIE_HEADER + b'"1",10,"Dumbo (1941)","Drama"\n'),
        rf"linha 2 de {M}.*4 coluna\(s\).*row\.names = FALSE",
    ),
    # 100k and 1m
    "1m: single colons": (old("dat", ratings_dat=b"7:20:4:964982703\n"), r"linha 1 de ratings\.dat.*'::'"),
    "1m: column too few": (old("dat", ratings_dat=b"7::20::4\n"), r"linha 1 de ratings\.dat.*'::'"),
    "1m: half star": (
        old("dat", name="ml-1m", ratings_dat=b"7::20::4.5::964982703\n"),
        r"linha 1 de ratings\.dat.*de 1 a 5, em passos de 1",
    ),
    "1m: NA between colons": (
        old("dat", ratings_dat=b"7::20::4::5\n1:NA:20::4::5\n"),
        r"linha 2 de ratings\.dat.*'::'",
    ),
    "1m: half a separator at the end": (
        old("dat", ratings_dat=b"7::20::4::964982703:\n"),
        r"linha 1 de ratings\.dat.*data '964982703:'",
    ),
    "1m: movies with a column too few": (old("dat", movies_dat=b"10::Dumbo\n"), r"linha 1 de movies\.dat.*'::'"),
    "100k: spaces for tabs": (old("tab", u_data=b"7 20 4 964982703\n"), r"linha 1 de u\.data.*1 coluna\(s\)"),
    "100k: rating zero": (old("tab", u_data=b"7\t20\t0\t964982703\n"), r"linha 1 de u\.data.*nota 0"),
    "100k: genre flags missing": (
        old("tab", u_item=b"10|Dumbo|1941||x|0|1\n"),
        r"linha 1 de u\.item.*marcas de gênero",
    ),
    "100k: genre flag 2": (old("tab", u_item=b"10|A|1941||x" + b"|2" * 19 + b"\n"), r"linha 1 de u\.item.*marcas"),
    # zips
    "zip: empty file": (packed(lambda raw: b""), r"não é um zip completo \(0 bytes\).*\nBaixe"),
    "zip: truncated": (packed(lambda raw: raw[:-40]), "não é um zip completo.*\nBaixe"),
    "zip: a web page": (packed(lambda raw: b"<html>404</html>"), "não é um zip completo.*página de erro"),
    "zip: damaged content": (packed(lambda raw: flipped(raw, 60)), "danificado"),
    "zip: path that climbs out": (members("../../ratings.csv", "movies.csv"), r"sai da pasta: '../../ratings.csv'"),
    "zip: absolute path": (members("/etc/ratings.csv", "movies.csv"), "sai da pasta: '/etc/ratings.csv'"),
    "zip: Windows path": (members("C:/ratings.csv", "movies.csv"), "sai da pasta: 'C:/ratings.csv'"),
    "zip: two releases in one": (members("a/ratings.csv", "b/ratings.csv", "a/movies.csv"), "mais de um arquivo"),
    # folders
    "folder: folder in place of a file": (folder_in_place_of_file, "devia ser um arquivo, mas é uma pasta"),
    "path: one file, gzipped": (
        lambda grouplens: gzipped(grouplens) / "ratings.csv.gz",
        "comprimido em gzip.*Descomprima-o",
    ),
    "path: one file of the release": (lambda grouplens: grouplens.write() / "ratings.csv", "Aponte para a pasta"),
}
MISSING = {
    "folder: empty": (
        lambda grouplens: grouplens.write(ratings_csv=None, movies_csv=None),
        "nenhum formato do MovieLens",
    ),
    "folder: ratings.csv gzipped": (gzipped, r"falta ratings\.csv .*Descomprima ratings\.csv\.gz"),
    "folder: no movies.csv": (lambda grouplens: grouplens.write(movies_csv=None), r"falta movies\.csv"),
    "folder: no ratings.csv": (lambda grouplens: grouplens.write(ratings_csv=None), r"falta ratings\.csv"),
    "zip: without the files": (lambda grouplens: grouplens.zip("vazio", {}), "nenhum formato do MovieLens"),
    "path: does not exist": (lambda grouplens: grouplens.root / "não existe.zip", "não existe"),
    "path: below a file": (lambda grouplens: grouplens.write() / "ratings.csv" / "a.zip", "não existe"),
}


@pytest.mark.parametrize("case", [*CASES, *MISSING])
def test_a_bad_file_is_refused_with_place_and_remedy(case, grouplens, tmp_path, refused):
    build, message = (CASES | MISSING)[case]
    path = build(grouplens)
    with refused(case, DataFileNotFoundError if case in MISSING else DataError, match=f"(?s){message}") as caught:
        load_movielens(path, tmp_path / "dados")
    assert str(grouplens.root) in str(caught.value)
    assert not list((tmp_path / "dados").glob("*")), "nothing may be stored of a refused source"


@pytest.mark.parametrize("source", ["x" * 5000 + ".zip", "~ninguém/ml.zip", "a\0b.zip"], ids=["long", "tilde", "null"])
def test_a_strange_path_is_refused_like_any_other(source, tmp_path, refused):
    with refused(f"path: {source[:12]!r}…", DataError, match="não existe|não consegui ler"):
        load_movielens(source, tmp_path)


def test_a_zip_whose_member_names_are_no_text_is_refused(grouplens, tmp_path, refused):
    path = grouplens.zip("nomes", {"é/ratings.csv": b"", "movies.csv": b""})
    path.write_bytes(path.read_bytes().replace("é".encode(), b"\xff\xff"))
    with refused("zip: names that are no text", DataError, match="danificado"):
        load_movielens(path, tmp_path)


def test_formats_mixed_in_one_folder_are_refused(grouplens, tmp_path, refused):
    grouplens.write("csv")
    with refused("folder: two formats", DataError, match="mistura formatos"):
        load_movielens(grouplens.write("dat"), tmp_path)


def test_the_line_is_right_far_down_and_across_blank_lines(grouplens, tmp_path, refused):
    """Far: in a file larger than the blocks in which pandas reads, where a column is first seen as of integers."""
    good = b"".join(b"%d,20,4.0,964982703\r\n\r\n" % user for user in range(40_000))
    with refused("ratings: id with a decimal point, far down", DataError, match="linha 80003 de ratings.*'25.0'"):
        load_movielens(grouplens.write(ratings_csv=HEADER + b"\r\n" + good + b"7,25.0,4,964982703"), tmp_path)
