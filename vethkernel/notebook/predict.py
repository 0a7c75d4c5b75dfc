# SPDX-License-Identifier: GPL-2.0-only
"""A question to the reader, with the answer folded away: computed by the model when the page is made, never typed.

predict("Which counter of veth1 moves?", ["RX packets", "TX packets", "none"], lambda: counter_that_moved(),
        {"RX packets": "veth_xmit counts ...", "TX packets": "...", "none": "..."})
"""

from collections.abc import Callable, Mapping, Sequence
from html import escape

LETTERS = "ABCDEFGH"


class Prediction:
    """A question, its options, the right one, and why each is right or wrong."""

    def __init__(self, question: str, options: Sequence[str], answer: str, explanations: Mapping[str, str]) -> None:
        self.question = question
        self.options = list(options)
        self.answer = answer
        self.explanations = dict(explanations)

    def _verdicts(self) -> list[tuple[str, bool, str]]:
        """(the option with its letter, whether it is right, why), the right one first."""
        named = [(f"{LETTERS[n]}. {o}", o == self.answer, self.explanations[o]) for n, o in enumerate(self.options)]
        return sorted(named, key=lambda verdict: not verdict[1])

    def __repr__(self) -> str:
        lines = [f"Predict: {self.question}"]
        lines += [f"  {LETTERS[number]}. {option}" for number, option in enumerate(self.options)]
        lines += [f"{'Right' if right else 'Not'}: {option} {why}" for option, right, why in self._verdicts()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        options = "".join(f"<li>{escape(option)}</li>" for option in self.options)
        verdicts = "".join(
            f"<dt>{'<strong>✓ Right</strong>' if right else '✗ Not'}: {escape(option)}</dt><dd>{escape(why)}</dd>"
            for option, right, why in self._verdicts()
        )
        return (
            f'<div class="vk-predict"><p><strong>Predict:</strong> {escape(self.question)}</p>'
            f'<ol type="A">{options}</ol>'
            f"<details><summary>Decide first, then open the answer</summary><dl>{verdicts}</dl></details></div>"
        )


def predict(
    question: str, options: Sequence[str], answer: Callable[[], object], explanations: Mapping[str, str]
) -> Prediction:
    """Ask; `answer()` runs the model and gives the right option. Every option needs its explanation."""
    missing = [option for option in options if option not in explanations]
    if missing:
        raise ValueError(f"no explanation for {', '.join(missing)}")
    right = str(answer())
    if right not in options:
        raise ValueError(f"the model answers {right!r}, which is none of the options")
    return Prediction(question, options, right, explanations)
