"""Formulas as MathML, which browsers draw by themselves, without a script."""

import re

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util.math import get_node_equation_number


def to_mathml(tex, **options):
    """A formula as MathML; norm bars are as high as a letter, unless to stretch."""
    mathml = tex2mathml(tex, **options)
    if r"\left\|" in tex:
        return mathml
    return re.sub("<mo[^>]*>(?=[\u2016\u2225])", '<mo stretchy="false">', mathml)


def visit_inline(writer, node):
    """Write a formula within a line, which no punctuation behind it leaves."""
    writer.body.append(to_mathml(node.astext()) + "&#8288;")
    raise nodes.SkipNode


def visit_display(writer, node):
    """Write a formula on lines of its own, with its number where it has a label.

    Formulas parted by ``\\qquad`` stand below each other where there is no room.
    """
    writer.body.append(writer.starttag(node, "div", CLASS="formula"))
    writer.body.append('<div class="formula-parts">')
    for part in node.astext().split(r"\qquad"):
        writer.body.append(to_mathml(part, as_block=True))
    writer.body.append("</div>")
    if node["number"]:
        number = get_node_equation_number(writer, node)
        writer.body.append(f'<span class="eqno">({number})')
        writer.add_permalink_ref(node, "Link to this equation")
        writer.body.append("</span>")
    writer.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app):
    """Make this the renderer of formulas in HTML."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_display, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
