"""Which method for which task: at most three questions, asked by the command line and the studio alike.

The questions are a tree; each answer leads to the next question, or to a method with the reason for it and with what
would be better where. The rules for points, instances and features are those of the products' own guides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sightmill.errors import SettingsError

__all__ = ["FIRST", "Advice", "Answer", "Question", "advised", "every_advice"]


@dataclass(frozen=True)
class Advice:
    """A method, and why.

    Parameters
    ----------
    method : its id.
    because : one sentence.
    instead : pairs of a case in words and the id of the method that is better there.
    """

    method: str
    because: str
    instead: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Answer:
    """One answer to a question.

    Parameters
    ----------
    key : a word for programs and flags.
    words : for people.
    leads : the next question, or the advice.
    """

    key: str
    words: str
    leads: Question | Advice


@dataclass(frozen=True)
class Question:
    """A question with its answers, two to four of them."""

    words: str
    answers: tuple[Answer, ...]

    def answered(self, key: str) -> Question | Advice:
        """Where an answer leads; raises `SettingsError` with the answers there are."""
        for answer in self.answers:
            if answer.key == key.strip().lower():
                return answer.leads
        raise SettingsError(
            "this is no answer to the question",
            where=self.words,
            got=key,
            allowed=[answer.key for answer in self.answers],
        )


def advised(keys: Sequence[str]) -> Question | Advice:
    """Where these answers lead from the first question: the next question, or the advice.

    Raises
    ------
    SettingsError : an answer that the question does not have, or one too many.
    """
    here: Question | Advice = FIRST
    for index, key in enumerate(keys):
        if isinstance(here, Advice):
            raise SettingsError("there is no further question", got=key, allowed=list(keys[:index]))
        here = here.answered(key)
    return here


def every_advice(
    question: Question | Advice | None = None, keys: tuple[str, ...] = ()
) -> list[tuple[tuple[str, ...], Advice]]:
    """All ways through the questions, with where they end."""
    here = question or FIRST
    if isinstance(here, Advice):
        return [(keys, here)]
    return [found for answer in here.answers for found in every_advice(answer.leads, (*keys, answer.key))]


_SCRATCHES = ("defects without a countable body, such as scratches and cracks", "semantic_segmentation")
_COUNT_ONLY = ("only positions or counts are needed", "point_location")
_OUTLINE = ("outlines are needed, or things touch", "instance_segmentation")
_UNSEEN = ("defects that nobody has seen yet must be caught too", "anomaly_detection")

_INSTANCES = Advice(
    "instance_segmentation",
    "It gives each thing an outline of its own, also where things touch or overlap.",
    (_SCRATCHES, _COUNT_ONLY),
)
_SEGMENTATION = Advice(
    "semantic_segmentation",
    "It says of every pixel what it shows: right for features without a countable body.",
    (("things have to be told apart one by one", "instance_segmentation"), _UNSEEN),
)
_POINTS = Advice(
    "point_location",
    "It gives position, class and score of each, to fractions of a pixel, and needs only points as labels.",
    (("sizes are needed", "object_detection"), _OUTLINE),
)

#: The first question.
FIRST = Question(
    "What shall the answer be?",
    (
        Answer(
            "quality",
            "good or bad, though nobody can list all the defects",
            Question(
                "What are the defects like?",
                (
                    Answer(
                        "surface",
                        "something is there that should not be, or a place looks different",
                        Question(
                            "What matters more?",
                            (
                                Answer(
                                    "fast",
                                    "training in a minute, short cycle times",
                                    Advice(
                                        "anomaly_detection",
                                        "It learns from good images only, in one pass, and is fast on the line.",
                                        (
                                            ("fine defects need sharp borders", "anomaly_detection_precise"),
                                            ("kinds of defects have to be told apart", "classification"),
                                        ),
                                    ),
                                ),
                                Answer(
                                    "precise",
                                    "fine defects with sharp borders, or some defects are labelled",
                                    Advice(
                                        "anomaly_detection_precise",
                                        "It learns what good images look like, and uses labelled defects where there "
                                        "are some.",
                                        (("training must be a matter of seconds", "anomaly_detection"),),
                                    ),
                                ),
                            ),
                        ),
                    ),
                    Answer(
                        "logic",
                        "all looks fine by itself, but something is missing, too many or in the wrong place",
                        Advice(
                            "global_context_anomaly_detection",
                            "It knows what belongs where and how often, beside what surfaces look like.",
                            (("what is to be counted is known", "point_location"),),
                        ),
                    ),
                ),
            ),
        ),
        Answer(
            "class",
            "what the image shows as a whole",
            Question(
                "How many of the classes can one image show?",
                (
                    Answer(
                        "one",
                        "exactly one",
                        Advice(
                            "classification",
                            "It gives each image one of a closed list of classes, and tells images that are unlike all "
                            "of them.",
                            (
                                ("several classes can be in one image", "multi_label_classification"),
                                ("there are good images, and hardly any of the other classes", "anomaly_detection"),
                            ),
                        ),
                    ),
                    Answer(
                        "several",
                        "none, one or several",
                        Advice(
                            "multi_label_classification",
                            "It decides on each class by itself, with a threshold for each.",
                            (("it matters where things are", "object_detection"), _COUNT_ONLY),
                        ),
                    ),
                ),
            ),
        ),
        Answer(
            "things",
            "where things are, or how many there are",
            Question(
                "What has to be known of each thing?",
                (
                    Answer("position", "its position, or only the count", _POINTS),
                    Answer(
                        "box",
                        "position and size",
                        Question(
                            "Do the things lie at any angle, and does the angle matter?",
                            (
                                Answer(
                                    "no",
                                    "no: upright boxes will do",
                                    Advice(
                                        "object_detection",
                                        "It puts an upright box around each thing.",
                                        (_COUNT_ONLY, _OUTLINE, ("things are long and turned", "oriented_detection")),
                                    ),
                                ),
                                Answer(
                                    "yes",
                                    "yes: boxes turned with the things",
                                    Advice(
                                        "oriented_detection",
                                        "It puts a turned box around each thing, and tells its angle.",
                                        (("all things stand upright", "object_detection"), _COUNT_ONLY),
                                    ),
                                ),
                            ),
                        ),
                    ),
                    Answer(
                        "outline",
                        "its outline",
                        Question(
                            "Can the things be counted, each with a clear boundary?",
                            (
                                Answer("yes", "yes, though they may touch or overlap", _INSTANCES),
                                Answer("no", "no: scratches, cracks, stains, layers", _SEGMENTATION),
                            ),
                        ),
                    ),
                ),
            ),
        ),
        Answer(
            "pixels",
            "which pixels belong to what",
            Question(
                "What is looked for?",
                (
                    Answer("areas", "areas: defects of known kinds, materials, layers", _SEGMENTATION),
                    Answer(
                        "lines",
                        "lines: contours of a kind, to measure or to fit something to",
                        Advice(
                            "edge_extraction",
                            "It learns which edges count, and gives thin lines to fractions of a pixel.",
                            (("lines are wide, and their area matters", "semantic_segmentation"),),
                        ),
                    ),
                    Answer("things", "things, each for itself", _INSTANCES),
                ),
            ),
        ),
    ),
)
