"""Formulas as MathML, which browsers draw by themselves, without a script."""

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util.math import get_node_equation_number


def visit_inline(writer, node):
    """Write a formula within a line."""
    writer.body.append(tex2mathml(node.astext()))
    raise nodes.SkipNode


def visit_display(writer, node):
    """Write a formula on lines of its own, with its number where it has a label.

    Formulas parted by ``\\qquad`` stand below each other where there is no room.
    """
    writer.body.append(writer.starttag(node, "div", CLASS="formula"))
    writer.body.append('<div class="formula-parts">')
    for part in node.astext().split(r"\qquad"):
        writer.body.append(tex2mathml(part, as_block=True))
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
