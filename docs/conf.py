"""Settings of the documentation, built by ``make docs``."""

import re
import sys
from pathlib import Path

import matplotlib.pyplot as plt
from sphinx_gallery.directives import (
    depart_imgsg_html,
    imgsgnode,
    visit_imgsg_html,
)

import skrnn

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

project = "skrnn"
author = "the skrnn developers"
copyright = author
version = release = skrnn.__version__

extensions = [
    "mathml",
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.extlinks",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "**/*.ipynb", "auto_examples/*.py", "*_table.rst"]
templates_path = ["_templates"]
# A name between single backticks, as docstrings have it, is code.
default_role = "literal"
html_math_renderer = "mathml"
smartquotes = False
toc_object_entries_show_parents = "hide"
suppress_warnings = ["config.cache"]  # functions in sphinx_gallery_conf

# -- the reference ---------------------------------------------------------------------

autosummary_generate = True
autodoc_typehints = "none"
add_module_names = False
numpydoc_show_class_members = False
numpydoc_validation_checks = set()

# -- the examples ----------------------------------------------------------------------


def larger_letters(gallery_conf, script):
    """Draw pictures with letters that can be read where a page shrinks them."""
    plt.rcParams["font.size"] = 12


sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"/plot_",
    "ignore_pattern": r"^_",
    "within_subsection_order": "FileNameSortKey",
    "backreferences_dir": "generated/backreferences",
    "doc_module": ("skrnn",),
    "abort_on_example_error": True,
    "reset_modules": ("matplotlib", "seaborn", larger_letters),
    "show_signature": False,
    "write_computation_times": False,
}

# -- links -----------------------------------------------------------------------------

extlinks = {
    "sklearn": ("https://scikit-learn.org/stable/modules/generated/%s.html", "%s")
}
extlinks_detect_hardcoded_links = True
linkcheck_timeout = 20
linkcheck_retries = 2
linkcheck_anchors = False

# -- pages -----------------------------------------------------------------------------

html_theme = "pydata_sphinx_theme"
html_title = "skrnn"
html_static_path = ["_static"]
html_css_files = ["skrnn.css"]
html_logo = "_static/logo.svg"
html_favicon = "_static/logo.svg"
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "logo": {"text": "skrnn"},
    "show_prev_next": True,
    "show_toc_level": 2,
    "header_links_before_dropdown": 5,
    "navbar_align": "left",
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
}
# Pages without pages below them have nothing to show beside them.
html_sidebars = {
    page: []
    for page in (
        "index",
        "getting_started",
        "mathematics",
        "performance",
        "extending",
        "changes",
    )
}
copybutton_prompt_text = r">>> |\.\.\. ?|\$ "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = True


def without_foreign_references(app, what, name, obj, options, lines):
    """Turn references of docstrings inherited from scikit-learn into plain text."""
    if (getattr(obj, "__module__", None) or "").startswith("sklearn."):
        reference = re.compile(r":ref:`([^`<]+?)( <[^`]*)?`")
        lines[:] = [reference.sub(r"\1", line) for line in lines]


def visit_picture(writer, node):
    """Write a picture of the gallery into a box that can scroll."""
    writer.body.append('<div class="wide-picture">')
    visit_imgsg_html(writer, node)


def depart_picture(writer, node):
    """Close the box."""
    depart_imgsg_html(writer, node)
    writer.body.append("</div>")


def setup(app):
    """Connect what belongs to this documentation only."""
    app.connect("autodoc-process-docstring", without_foreign_references)
    app.add_node(imgsgnode, html=(visit_picture, depart_picture), override=True)
