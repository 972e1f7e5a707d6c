"""The one table that a reader sees."""
import textwrap

WIDTH = 118
LEGEND = (
    "ratio = row / baseline within one round: median over the rounds, then the smallest and the largest. row, baseline and the "
    "difference are medians too. Rounds of all rows of a section take turns. Of one and two threads those rounds count in which the "
    "cores were not shared with others (a fixed loop tells), if there were enough of them."
)


def number(value):
    if value is None:
        return ""
    if value < 0:
        return "-" + number(-value)
    if value >= 10000:
        return f"{value:,.0f}"
    return f"{value:.2f}" if value < 100 else f"{value:.1f}"


def proportion(value):
    return f"{value:.2f}" if value >= 0.1 else f"{value:.4f}"


def show_head(machine_line):
    for paragraph in (machine_line, LEGEND):
        print(textwrap.fill(paragraph, WIDTH))


def show_section(section, rows):
    print()
    rounds = next((f"{row['rounds']} of {row['rounds_taken']} rounds" for row in rows if "rounds" in row), "no rounds")
    print(f"{section.title}; baseline: {section.baseline}; {rounds}")
    columns = [f"{name}, {section.unit}" for name in ("row", "baseline", "difference")]
    print(f"  {'':<50} {columns[0]:>12} {columns[1]:>15} {columns[2]:>17}    ratio   min - max")
    for row in rows:
        if "refused" in row:
            print(f"  {row['name']:<50} not measured: {row['refused']}")
            continue
        ratio = row["ratio"]
        spread = f"{proportion(ratio['min'])} - {proportion(ratio['max'])}"
        print(
            f"  {row['name']:<50} {number(row['row']['median']):>12} {number(row['baseline']['median']):>15} "
            f"{number(row['difference']['median']):>17} {proportion(ratio['median']):>8}   {spread}",
            flush=True,
        )
