"""The index of exercises says what the sources say, and what the notebooks hold."""

import json

import pytest

from tools.course import EDITIONS, ROOT
from tools.generated_pages import exercise_index

SOURCES = sorted((ROOT / "exercises/source").glob("*.py"))


@pytest.mark.parametrize("lang", EDITIONS)
@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_questions_and_points_are_those_of_the_notebook(source, lang):
    cells = json.loads((ROOT / f"exercises/{lang}/{source.stem}.ipynb").read_text("utf8"))["cells"]
    points = [cell["metadata"].get("nbgrader", {}).get("points") for cell in cells]
    topic = exercise_index.topic(source, lang)
    assert [each for *_, each in topic.questions] == [each for each in points if each]
    titles = "".join("".join(cell["source"]) + "\n" for cell in cells)
    assert all(f"{title} ({minutes} min" in titles for title, minutes, _ in topic.questions)


def test_both_editions_agree():
    for source in SOURCES:
        es, en = (exercise_index.topic(source, lang) for lang in EDITIONS)
        assert [question[1:] for question in es.questions] == [q[1:] for q in en.questions]


@pytest.mark.parametrize(
    ("old", "new"), [(" (15 minutos)", ""), ("Usted aprenderá", "Aprenderá"), ("# # Ej", "# ## Ej")]
)
def test_a_source_without_its_words_is_refused(tmp_path, old, new):
    text = SOURCES[0].read_text("utf8")
    assert old in text
    (tmp_path / "x.py").write_text(text.replace(old, new), "utf8")
    with pytest.raises(ValueError, match=r"x\.py \(es\)"):
        exercise_index.topic(tmp_path / "x.py", "es")
