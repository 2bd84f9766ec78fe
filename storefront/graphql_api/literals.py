"""Literals of a GraphQL document: lift them into variables, so that what is left is the same again.

A storefront writes the id it asks for into its document, so that no two are the same text. Without
its literals it is one of a few. One pass over the text finds them: no parser's work, and so it
lifts the plainest alone, a string or a whole number that stands behind a colon.
"""

import re
from typing import NamedTuple

from graphql import GraphQLError, Source

PREFIX = "lifted_"
# A document with more is none that a storefront sends again and again.
MAX_LITERALS = 50
# Comments and strings come whole, so that nothing inside them is taken for anything else. Behind a
# quotation mark that begins neither, nothing is certain any more. Each alternative begins with a
# letter: the search looks for those alone.
_LITERALS = re.compile(
    r"""
      \# [^\n\r]*+
    | ""\" (?: \\""\" | (?!""\") . )*+ ""\"
    | : [\x20\t\n\r]*+ (?:
        (?P<string> " [^"\\\x00-\x1f\ud800-\udfff]*+ " (?!") )
      | (?P<number> (?: 0 | -?[1-9][0-9]{0,17}+ ) (?![\w.]) )
      )
    | " (?!"") (?: [^"\\\n\r] | \\. )*+ "
    | " (?P<unclear>)
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)


class Literal(NamedTuple):
    """A literal that was lifted: the variable in its place, and where that stands.

    `growth` is by how much the literal is longer than the variable.
    """

    name: str
    value: str
    is_number: bool
    place: int
    growth: int


class Lifted(NamedTuple):
    """A document without its plain literals. Without any it is as it was sent."""

    sent: str
    text: str
    literals: tuple[Literal, ...] = ()

    def errors_as_sent(self, errors: list[GraphQLError]) -> list[GraphQLError]:
        """Return errors of the lifted document with their places in the one that was sent."""
        return [self._error_as_sent(error) for error in errors] if self.literals else errors

    def _error_as_sent(self, error: GraphQLError) -> GraphQLError:
        places = [self._place_as_sent(place) for place in error.positions or ()]
        return GraphQLError(
            error.message,
            source=Source(self.sent) if places else None,
            positions=places or None,
            path=error.path,
            original_error=error.original_error,
            extensions=error.extensions,
        )

    def _place_as_sent(self, place: int) -> int:
        return place + sum(each.growth for each in self.literals if each.place < place)


def lift(text: str) -> Lifted | None:
    """Replace the plain literals of a document by variables, which it does not declare yet.

    The variable's name says what it stands for, so that a text is never taken for a number. None
    where it is not clear what is a literal, or where a name like ours is somebody else's.
    """
    if PREFIX in text:
        return None
    literals: list[Literal] = []
    parts: list[str] = []
    end = length = 0
    for match in _LITERALS.finditer(text):
        kind = match.lastgroup
        if kind is None:
            continue
        if kind == "unclear" or len(literals) == MAX_LITERALS:
            return None
        name = f"{PREFIX}{kind}_{len(literals)}"
        start, is_number = match.start(kind), kind == "number"
        parts += [text[end:start], "$", name]
        length += start - end
        end = match.end()
        value = match[kind] if is_number else match[kind][1:-1]
        growth = end - start - len(name) - 1
        literals.append(Literal(name, value, is_number, length, growth))
        length += len(name) + 1
    return Lifted(text, "".join([*parts, text[end:]]), tuple(literals))
