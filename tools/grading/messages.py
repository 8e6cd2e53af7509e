"""What the grader says, in both languages."""

from __future__ import annotations

from nflib.course.check.result import VERDICTS, Text

UNREADABLE = {
    "empty": Text("el archivo está vacío", "the file is empty"),
    "json": Text(
        "no es un cuaderno de Jupyter: no es JSON ({})", "not a Jupyter notebook: not JSON ({})"
    ),
    "notebook": Text(
        "es JSON, pero no un cuaderno con celdas", "it is JSON, but not a notebook with cells"
    ),
    "long": Text("tiene {} celdas: no se corrige", "it has {} cells: not graded"),
    "large": Text("el archivo pasa de {}: no se lee", "the file is larger than {}: not read"),
    "other": Text(
        "no responde a ningún ejercicio de este curso", "it answers no exercise of this course"
    ),
    "exercise": Text(
        "responde al ejercicio {}, no al pedido",
        "it answers exercise {}, not the one asked for",
    ),
    "link": Text("es un enlace simbólico: no se lee", "it is a symbolic link: not read"),
    "open": Text("no se puede leer ({})", "it cannot be read ({})"),
    "grader": Text(
        "el corrector falló con este archivo ({}): para que lo mire una persona",
        "the grader failed with this file ({}): for a person to look at",
    ),
}
NOTES = {
    "raised": Text("celda {cell}: {what}", "cell {cell}: {what}"),
    "suspect": Text(
        "celda {cell}: usa `{what}`, para que lo mire una persona",
        "cell {cell}: uses `{what}`, for a person to look at",
    ),
    "patched": Text(
        "cambió `{what}` (se repuso), para que lo mire una persona",
        "patched `{what}` (put back), for a person to look at",
    ),
    "twice": Text(
        "`{what}` está definida más de una vez: vale la última",
        "`{what}` is defined more than once: the last one counts",
    ),
    "skipped": Text(
        "la celda {cell} se dejó sin ejecutar: {what}", "cell {cell} was left out: {what}"
    ),
    "forged": Text(
        "escribió en el canal del corrector: no se corrige, para que lo mire una persona",
        "wrote on the grader's channel: not graded, for a person to look at",
    ),
    "lost": Text("no se pudo corregir: {what}", "could not be graded: {what}"),
    "unsafe": Text("corregido sin aislamiento", "graded without a sandbox"),
}
CAUSES = {
    "time": Text("tardó demasiado", "it took too long"),
    "memory": Text("usó demasiada memoria", "it used too much memory"),
    "processes": Text("abrió demasiados procesos", "it started too many processes"),
    "answers": Text("inundó el canal del corrector", "it flooded the grader's channel"),
    "exit": Text(
        "terminó el proceso (estado {status})", "it ended the process (exit status {status})"
    ),
}
WORD = {name: word for name, (_, word) in VERDICTS.items()} | {
    "missing": Text("falta", "missing"),
    "skipped": Text("sin entregar", "not handed in"),
}
SYMBOL = {name: symbol for name, (symbol, _) in VERDICTS.items()} | {"missing": "–", "skipped": "–"}
STEPS = {
    "patched": Text(
        "La respuesta cambia la biblioteca con la que se la revisa: `{what}`.",
        "The answer changes the library that checks it: `{what}`.",
    ),
    "stopped": Text(
        "La revisión se detuvo: `{what}`, o demasiado tiempo.",
        "The check stopped: `{what}`, or too much time.",
    ),
    "ended": Text("La respuesta no deja terminar: {what}.", "The answer did not end: {what}."),
    "missing": Text("No hay ninguna función `{what}`.", "There is no function `{what}`."),
}
REPORT = {
    "title": Text("Corrección de {}", "Grades of {}"),
    "exercise": Text("Ejercicio {}", "Exercise {}"),
    "points": Text("{} de {} puntos", "{} of {} points"),
    "notes": Text("Notas", "Notes"),
    "hint": Text("Pista", "Hint"),
    "foot": Text(
        "Corregido por un programa, con nflib {}. Si algo no le parece correcto, "
        "consulte a su docente. Huella del archivo: {}.",
        "Graded by a program, with nflib {}. If something seems wrong to you, "
        "ask your lecturer. Fingerprint of the file: {}.",
    ),
}
INSTALL = """\
error: grading runs students' code, and needs bubblewrap to keep it away from your files{why}.
  Debian, Ubuntu:  sudo apt install bubblewrap        Fedora:  sudo dnf install bubblewrap
  Elsewhere, in a container of this repository:
    docker run --rm --privileged -v "$PWD:/course" -w /course python:3.12 sh -c \\
      "apt-get update && apt-get install -y bubblewrap make git && \\
       make environment && .venv/bin/python -m tools.grading SUBMISSIONS --out grades.csv"
  --unsafe grades without it: see what that means in `--help`."""
UNSAFE = """\
warning: --unsafe runs students' code as you. It can read and change your files, see the other
submissions, use the network and start programs that stay. Only limits of time and memory hold.
Use it in a machine or container that holds nothing else, and that you throw away afterwards."""


def fill(text: Text, **values: object) -> list[str]:
    """A text in both languages with values, each a Text or anything that `str` shows."""
    filled = []
    for lang in Text._fields:
        shown = {n: getattr(v, lang) if isinstance(v, Text) else v for n, v in values.items()}
        filled.append(getattr(text, lang).format(**shown))
    return filled
