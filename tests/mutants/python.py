"""Mutants of Python: mutmut's operators, those of them that say something here, and what SQLAlchemy invites to forget.

Left out are mutants of annotations, decorators, log lines and texts, and the numbers of constants and of parameters
that nobody names: a limit is a decision, and a test that repeats it proves nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import libcst as cst
from libcst import metadata
from mutmut.mutation import mutators

from tests.mutants.edits import Edit

Node = Any  # libcst is not installed where this is only checked
OF_MUTMUT = {
    "operator_number", "operator_name", "operator_augmented_assignment", "operator_remove_unary_ops",
    "operator_symmetric_string_methods_swap", "operator_keywords", "operator_swap_op", "operator_if_exp",
    "operator_match", "operator_arg_removal",
}  # fmt: skip
CHAINED = {
    "where", "with_for_update", "order_by", "limit", "group_by", "having", "distinct", "desc", "join", "outerjoin",
    "on_conflict_do_nothing", "on_conflict_do_update", "execution_options", "lower", "strip",
}  # fmt: skip
CONDITIONS = {"where", "or_", "and_", "filter"}  # each argument is a condition that may be forgotten
ATTRIBUTES = {
    "is_": "is_not", "is_not": "is_", "in_": "not_in", "not_in": "in_", "min": "max", "max": "min",
    "greatest": "least", "is_distinct_from": "is_not_distinct_from", "is_not_distinct_from": "is_distinct_from",
}  # fmt: skip


def edits(source: str) -> Iterator[Edit]:
    wrapper = metadata.MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
    parents: Mapping[Node, Node] = wrapper.resolve(metadata.ParentNodeProvider)
    spans = wrapper.resolve(metadata.ByteSpanPositionProvider)
    data = source.encode()
    for node, span in spans.items():
        if not isinstance(
            node, cst.BaseExpression | cst.BaseSmallStatement | cst.ComparisonTarget | cst.Match
        ):
            continue
        old = wrapper.module.code_for_node(node)
        end = span.start + span.length
        if data[span.start : end].decode() != old or not _is_wanted(node, parents):
            continue
        for operator, new in _replaced(node, parents):
            yield Edit(
                span.start, end, operator, new if isinstance(new, str) else wrapper.module.code_for_node(new)
            )


def _is_wanted(node: Node, parents: Mapping[Node, Node]) -> bool:
    in_function = False
    in_class = False
    node = node.value if isinstance(node, cst.Expr) else node  # of a statement, what is done
    while node is not None:
        if isinstance(node, cst.Annotation | cst.Decorator | cst.Import | cst.ImportFrom):
            return False
        if (
            isinstance(node, cst.Call)
            and isinstance(node.func, cst.Attribute)
            and _name(node.func.value) == "log"
        ):
            return False
        in_function = in_function or isinstance(node, cst.FunctionDef | cst.Lambda)
        in_class = in_class or (isinstance(node, cst.ClassDef) and not in_function)
        node = parents.get(node)
    return in_function and not in_class


def _name(node: Node) -> str:
    return node.value if isinstance(node, cst.Name) else ""


def _replaced(node: Node, parents: Mapping[Node, Node]) -> Iterator[tuple[str, Node | str]]:
    for kind, operator in mutators.mutation_operators:
        is_limit = operator.__name__ == "operator_number" and isinstance(parents.get(node), cst.Param)
        if isinstance(node, kind) and operator.__name__ in OF_MUTMUT and not is_limit:
            for new in operator(node):
                if operator.__name__ != "operator_arg_removal" or _forgets(node, new):
                    yield operator.__name__.removeprefix("operator_").replace("_", " "), new
    for kind, ours in OURS:
        if isinstance(node, kind):
            yield from ours(node, parents)


def _forgets(node: Node, new: Node) -> bool:
    """Whether an argument was dropped that may be missing: a named one, or one condition of several."""
    if len(new.args) == len(node.args):
        return False
    gone = next(one for one in node.args if all(one is not other for other in new.args))
    return gone.keyword is not None or _called(node) in CONDITIONS


def _called(node: Node) -> str:
    return _name(node.func.attr) if isinstance(node.func, cst.Attribute) else _name(node.func)


def _statement(node: Node, parents: Mapping[Node, Node]) -> Iterator[tuple[str, Node | str]]:
    """What is done is not done."""
    value = getattr(node, "value", None)
    done = isinstance(node, cst.Expr) and isinstance(value, cst.Await | cst.Call)
    set_ = isinstance(node, cst.Assign) and isinstance(node.targets[0].target, cst.Attribute | cst.Subscript)
    if done or set_ or isinstance(node, cst.Raise):
        yield "statement gone", "pass"


def _condition(node: Node, parents: Mapping[Node, Node]) -> Iterator[tuple[str, Node | str]]:
    """Of what is neither a comparison nor negated: mutmut has those."""
    parent = parents.get(node)
    if isinstance(parent, cst.If | cst.While) and parent.test is node:
        yield "condition negated", f"not ({cst.Module([]).code_for_node(node)})"


def _operand(node: Node, parents: Mapping[Node, Node]) -> Iterator[tuple[str, Node | str]]:
    yield "right operand gone", f"({cst.Module([]).code_for_node(node.left)})"
    yield "left operand gone", f"({cst.Module([]).code_for_node(node.right)})"


def _chain(node: Node, parents: Mapping[Node, Node]) -> Iterator[tuple[str, Node | str]]:
    called = _called(node)
    if isinstance(node.func, cst.Attribute):
        if called in CHAINED:
            yield f"{called} gone", node.func.value
        if called in ATTRIBUTES:
            yield (
                f"{called} is {ATTRIBUTES[called]}",
                node.with_deep_changes(node.func.attr, value=ATTRIBUTES[called]),
            )
    elif called in ("min", "max"):
        other = "max" if called == "min" else "min"
        yield f"{called} is {other}", node.with_deep_changes(node.func, value=other)


Ours = Callable[[Node, Mapping[Node, Node]], Iterator[tuple[str, Node | str]]]
OURS: list[tuple[Any, Ours]] = [
    (cst.Expr, _statement), (cst.Assign, _statement), (cst.Raise, _statement),
    (cst.Name, _condition), (cst.Attribute, _condition), (cst.Call, _condition), (cst.Await, _condition),
    (cst.BooleanOperation, _operand), (cst.Call, _chain),
]  # fmt: skip
