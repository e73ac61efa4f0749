"""Code laid over code: without the patch it is the old one, with it the new one."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector_app.domain.errors import Invalid
from inspector_app.domain.patching import difference, guarded, laid_over

HEAD = """from __future__ import annotations

from temporalio import workflow


@workflow.defn
class Order:
    @workflow.run
    async def run(self, order: str) -> str:
"""


def module(*lines, head=HEAD):
    return head + "\n".join(f"        {line}" for line in lines) + "\n"


class _Chosen(ast.NodeTransformer):
    """Takes one branch of every `if workflow.patched("p")`."""

    def __init__(self, *, patched):
        self.patched = patched

    def visit_If(self, node):
        self.generic_visit(node)
        test, positive = node.test, True
        if isinstance(test, ast.UnaryOp):
            test, positive = test.operand, False
        if ast.unparse(test) != "workflow.patched('p')":
            return node
        return node.body if positive is self.patched else node.orelse


def chosen(text, *, patched):
    return ast.unparse(_Chosen(patched=patched).visit(ast.parse(text)))


def plain(text):
    return ast.unparse(ast.parse(text))


STATEMENTS = st.sampled_from(
    [
        "await does('reserve')",
        "await does('charge')",
        "await workflow.sleep(5)",
        "total = await does('sum')",
        "for each in range(3):\n            await does('look')",
        "for each in range(3):\n            await does('ship')\n            await does('look')",
        "while self.open:\n            await does('wait')",
        "if order:\n            return 'early'",
        "text = '''several\nlines'''",
        "await gather(\n            does('a'),\n            does('b'),\n        )",
    ]
)
BODIES = st.lists(STATEMENTS, min_size=1, max_size=7)


@given(BODIES, BODIES)
@settings(max_examples=1000, deadline=None)
def test_it_is_the_old_code_where_the_patch_is_refused_and_the_new_one_where_it_is_not(was, now):
    old, new = module(*was), module(*now)
    found = laid_over(old, new, "p", workflow="Order")
    assert chosen(found, patched=True) == plain(new)
    assert chosen(found, patched=False) == plain(old)


@given(BODIES)
@settings(deadline=None)
def test_what_has_not_changed_stays_as_it_is_written(body):
    text = module(*body, "return order  # as it was")
    assert laid_over(text, text, "p", workflow="Order") == text


def test_only_what_has_changed_stands_under_the_patch():
    old = module("await does('a')", "await does('b')", "return order")
    new = module("await does('a')", "# why", "await does('c')", "return order")
    found = laid_over(old, new, "p", workflow="Order")
    assert difference(new, found, "orders.py").splitlines()[3:] == [
        "     async def run(self, order: str) -> str:",
        "         await does('a')",
        "         # why",
        "-        await does('c')",
        '+        if workflow.patched("p"):',
        "+            await does('c')",
        "+        else:",
        "+            await does('b')",
        "         return order",
    ]


def test_a_loop_whose_inside_changed_is_not_doubled():
    old = module("for each in order:", "    await does(each)")
    new = module("for each in order:", "    await does(each)", "    await workflow.sleep(1)")
    found = laid_over(old, new, "p", workflow="Order")
    assert found.count("for each") == 1
    assert (
        '            if workflow.patched("p"):\n                await workflow.sleep(1)' in found
    )


def test_what_the_old_path_needs_comes_back():
    imports = "from temporalio import workflow\nfrom steps import charge, SOON\n\n"
    body = HEAD.partition("\n\n\n")[2]
    old = module("await does(charge, SOON)", "return order", head=imports + "\n" + body)
    old += (
        "\n    @workflow.signal\n    def say(self, word: str) -> None:\n        self.said = word\n"
    )
    new = module("return order")
    found = laid_over(old, new, "p", workflow="Order")
    assert "from steps import charge, SOON" in found
    assert "def say(self, word: str)" in found
    ast.parse(found)


def test_a_module_that_knows_workflow_by_another_name_or_by_none_gets_on_with_it():
    bare = "class Order:\n    async def run(self):\n        {}\n"
    old, new = bare.format("await does('a')"), bare.format("await does('b')")
    found = laid_over(old, new, "p", workflow="Order")
    assert found.startswith("from temporalio import workflow\n")
    known = "from temporalio import workflow as w\n" + new
    assert 'if w.patched("p"):' in laid_over(old, known, "p", workflow="Order")


def test_one_new_statement_is_guarded_with_no_code_from_before():
    new = module("await does('a')", "await gather(", "    does('b'),", ")", "return order")
    line = 1 + new.splitlines().index("            does('b'),")
    found = guarded(new, line, "p")
    assert chosen(found, patched=True) == plain(new)
    assert chosen(found, patched=False) == plain(module("await does('a')", "return order"))


def test_what_is_no_code_or_has_no_such_class_is_said():
    with pytest.raises(Invalid, match="no Python"):
        laid_over("def of", module("pass"), "p", workflow="Order")
    with pytest.raises(Invalid, match="no class 'Bill'"):
        laid_over(module("pass"), module("pass"), "p", workflow="Bill")
    with pytest.raises(Invalid, match="no statement at line 99"):
        guarded(module("pass"), 99, "p")
