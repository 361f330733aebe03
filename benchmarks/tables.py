"""Tables for the documentation."""

import csv
import io


def csv_table(title, header, rows):
    """A reStructuredText table, its first line the header."""
    cells = io.StringIO()
    csv.writer(cells, lineterminator="\n").writerows([header, *rows])
    body = "".join(f"   {line}\n" for line in cells.getvalue().splitlines())
    return f".. csv-table:: {title}\n   :header-rows: 1\n\n{body}"
