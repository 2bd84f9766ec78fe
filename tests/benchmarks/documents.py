"""What a GraphQL document costs before anything is asked: `python -m tests.benchmarks.documents`.

Milliseconds of CPU until a document is refused or read, for hostile ones and for those of real
clients, nothing remembered between two readings. They depend on the machine, so each median is
also compared with the README's own query in the same run. The largest of each row holds whatever
collection of memory fell into it. Under 100 ms for every refusal is the aim.
"""

import importlib
import itertools
import statistics
import sys
import time

from graphql import get_introspection_query

# Loaded as a server's worker loads it, so that memory is collected here as it is there.
importlib.import_module("config.wsgi")

from storefront.graphql_api.schema import schema  # noqa: E402
from storefront.graphql_api.validation import DocumentRefused, read_document  # noqa: E402

ROUNDS = 21
NUMBERS = itertools.count()
AIM_MILLISECONDS = 100
ONE = "customerDownloadableProduct(id: 1)"
LIST = "customerDownloadableProducts"
FIELDS = (
    "_id productName name fileName type downloadBought downloadUsed status remainingDownloads "
    "createdAt"
)
OWN = f"query {{ {ONE} {{ {FIELDS} }} }}"


def numbered(form: str, count: int) -> str:
    return " ".join(form.format(number, number + 1) for number in range(count))


LEGITIMATE = {
    "the README's query": OWN,
    "the list, a page": f"{{ {LIST}(first: 10) {{ edges {{ cursor node {{ {FIELDS} order "
    "{ _id incrementId status grandTotal } } } pageInfo { endCursor hasNextPage } totalCount } }",
    "twenty fragments of ten fields": f"{{ {ONE} {{ {numbered('...f{}', 20)} }} }} "
    + numbered("fragment f{} on CustomerDownloadableProduct {{ " + FIELDS + " }}", 20),
    "introspection": get_introspection_query(input_value_deprecation=True),
}
HOSTILE = {
    "17 KiB": OWN.ljust(17 * 1024),
    "1,001 tokens": f"{{ {ONE} {{ {'name ' * 992} }} }}",
    "100,000 brackets": "{a" * 50_000,
    "8,000 brackets": "{a" * 8_000,
    "8,180 comments": "{__typename}" + "#\n" * 8_180,
    "101 aliases": f"{{ {ONE} {{ {numbered('a{}: name', 101)} }} }}",
    "11 root fields": f"{{ {'__typename ' * 11} }}",
    "480 root fields": f"{{ {'__typename ' * 480} }}",
    "depth 9": f"{{ {'a {' * 8} name {'}' * 8} }}",
    "depth 190": f"{{ {'a {' * 189} name {'}' * 189} }}",
    "490 directives": f"{{ __typename {'@a ' * 490} }}",
    "a bomb of 2^60 fragments": "{ ...f0 } "
    + numbered("fragment f{0} on Query {{ ...f{1} ...f{1} }}", 60)
    + " fragment f60 on Query { __typename }",
    "a circle of fragments": "{ ...f } fragment f on Query { ...g } fragment g on Query { ...f }",
    "an undefined fragment": "{ ...f }",
    "480 undefined fragments": f"{{ {numbered('...f{}', 480)} }}",
    "900 unknown fields": f"{{ {ONE} {{ {numbered('f{}', 900)} }} }}",
    "900 nearly known fields": f"{{ {ONE} {{ {numbered('downloadUse{}', 900)} }} }}",
    "950 equal fields": f"{{ {ONE} {{ {'name ' * 950} }} }}",
    "245 equal objects": f"{{ {ONE} {{ {'order{_id}' * 245} }} }}",
    "160 equal objects of three": f"{{ {ONE} {{ {'order{_id status incrementId}' * 160} }} }}",
    "90 quarrelling objects": f"{{ {ONE} {{ {'order{_id status}order{status _id}' * 90} }} }}",
    "85 nested equal objects": f"{{ {LIST} {{ {'edges{node{order{_id}}}' * 85} }} }}",
    "245 inline fragments": f"{{ {ONE} {{ {'...{name}' * 245} }} }}",
    "245 equal introspections": f"{{ __schema {{ {'types{name}' * 245} }} }}",
    "160 differing arguments": f"{{ {ONE} {{ {numbered('name(a: {})', 160)} }} }}",
    "320 unknown arguments": f"{{ {LIST}({numbered('a{}: 1', 320)}) {{ totalCount }} }}",
    "180 nested lists": f"{{ {LIST}(first: {'[' * 180}1{']' * 180}) {{ totalCount }} }}",
    "480 lists": f"{{ {LIST}(first: [{'[] ' * 480}]) {{ totalCount }} }}",
    "240 unused variables": f"query ({numbered('$v{}: Int', 240)}) {{ __typename }}",
    "480 undefined variables": f"{{ {LIST}(after: [{numbered('$v{}', 480)}]) {{ totalCount }} }}",
    "320 nameless operations": "{__typename}" * 320,
    "490 definitions of types": numbered("scalar A{}", 490),
}
CLUMSY = {
    "105 equal fields": f"{{ {ONE} {{ {'name ' * 105} }} }}",
    "60 inline fragments": f"{{ {ONE} {{ {'...{name}' * 60} }} }}",
    "199 operations": numbered("query q{} {{ __typename }}", 199),
    "60 operations, 49 fragments": numbered("query q{} {{ ...f0 }}", 60)
    + numbered("fragment f{} on Query {{ ...f{} }}", 48)
    + " fragment f48 on Query { __typename }",
}


def milliseconds(text: str) -> tuple[float, str]:
    """Return what one reading took, and the first word about it."""
    told = "read"
    begun = time.process_time()
    try:
        read_document(schema.graphql_schema, text)
    except DocumentRefused as refused:
        told = refused.errors[0].message
    return (time.process_time() - begun) * 1000, told


def readings(text: str) -> tuple[list[float], str]:
    """Return `ROUNDS` readings, each of a text never seen: a remembered one costs nothing."""
    found = [milliseconds(f"{text}#{next(NUMBERS)}") for _ in range(ROUNDS)]
    return [taken for taken, _told in found], found[-1][1]


def rows(title: str, documents: dict[str, str], own: float) -> float:
    """Print a row for each document and return the dearest median."""
    sys.stdout.write(f"\n{title:32}{'median ms':>10}{'max ms':>8}{'ratio':>8}\n")
    dearest = 0.0
    for name, text in documents.items():
        taken, told = readings(text)
        if (told == "read") is (title == "Refused"):
            raise SystemExit(f"{name}: {told}")
        median = statistics.median(taken)
        dearest = max(dearest, median)
        row = f"{name:32}{median:10.1f}{max(taken):8.1f}{median / own:8.1f}"
        sys.stdout.write(f"{row}  {told[:60]}\n")
    return dearest


def main() -> None:
    """Print a row for each document, the gain of remembering one, and the dearest refusal."""
    milliseconds(OWN)
    own = statistics.median(readings(OWN)[0])
    rows("Read", LEGITIMATE, own)
    rows("Read, though clumsy", CLUMSY, own)
    dearest = rows("Refused", HOSTILE, own)
    again = statistics.median(milliseconds(OWN)[0] for _ in range(ROUNDS))
    sys.stdout.write(f"\nThe README's query, remembered: {again:.3f} ms, {again / own:.4f}\n")
    sys.stdout.write(f"The dearest refusal: {dearest:.0f} ms, the aim {AIM_MILLISECONDS} ms\n")


if __name__ == "__main__":
    main()
