/* The table of events. Only the rows that can be seen exist; 200,000 others are the height of a box. */
const ROW_HEIGHT = 22, SPACE_MAX = 8e6; /* browsers cannot scroll higher boxes */
const COLUMNS = ["number", "time", "level", "thread", "source-name", "message", "place"];
const TITLES = ["#", "seconds", "level", "thread", "source", "message", "where"];

/* The line of a library that a stream of C++ or Rust writes from tells nothing. */
function shownPlace(place) {
  return SYSTEM_HEADER.test(place) ? "" : baseName(place);
}

class Grid {
  constructor(model, onSelect) {
    this.model = model;
    this.onSelect = onSelect;
    this.selected = -1; /* index of the event */
    this.mark = null;
    this.scroll = byId("scroll");
    this.rows = byId("rows");
    COLUMNS.forEach((name, i) => {
      const head = element("span", name, TITLES[i]);
      head.setAttribute("role", "columnheader");
      byId("grid-head").append(head);
    });
    this.scroll.addEventListener("scroll", () => this.draw());
    this.rows.addEventListener("click", (event) => {
      const row = event.target.closest(".row");
      if (row)
        this.select(Number(row.dataset.index));
    });
    new ResizeObserver(() => this.draw()).observe(this.scroll);
  }

  refresh() {
    const height = this.model.shown.length * ROW_HEIGHT;
    this.ratio = height > SPACE_MAX ? height / SPACE_MAX : 1;
    byId("space").style.height = Math.min(height, SPACE_MAX) + "px";
    byId("grid").setAttribute("aria-rowcount", String(this.model.shown.length));
    this.draw();
  }

  visible() {
    return Math.ceil(Math.max(this.scroll.clientHeight, ROW_HEIGHT) / ROW_HEIGHT) + 1;
  }

  draw() {
    const first = Math.max(0, Math.floor(this.scroll.scrollTop * this.ratio / ROW_HEIGHT));
    const last = Math.min(this.model.shown.length, first + this.visible());
    const rows = [];
    for (let at = first; at < last; at++)
      rows.push(this.row(at));
    this.rows.style.top = this.ratio === 1 ? first * ROW_HEIGHT + "px" : this.scroll.scrollTop + "px";
    this.rows.replaceChildren(...rows);
  }

  row(at) {
    const model = this.model, i = model.shown[at], level = LEVELS[model.level[i]] || "";
    const message = element("span", "message" + (model.level[i] >= 4 ? " " + level : ""));
    message.append("\u00a0".repeat(2 * Math.min(model.spans.depth[i], 16)));
    this.fill(message, model.strings[model.text[i]].trimEnd().replace(/^[\r\n]+/, "").replace(/\r?\n/g, " ⏎ "));
    const values = model.values[i];
    for (const [key, value] of Object.entries(values || {}))
      message.append(" ", element("span", "key", key), safe("=" + (typeof value === "string" ? value : JSON.stringify(value))));
    if (model.took(i))
      message.append(element("span", "took", " " + model.took(i)));
    const row = element("div", "row", element("span", "number", String(i + 1)), element("span", "time", relativeTime(model.time[i])),
      element("span", "level " + level, level), element("span", "thread", model.threadName(model.tid[i])),
      element("span", "source-name", model.sources[model.source[i]]), message, element("span", "place", shownPlace(model.strings[model.place[i]])));
    row.dataset.index = String(i);
    row.setAttribute("role", "row");
    row.setAttribute("aria-rowindex", String(at + 1));
    row.setAttribute("aria-selected", String(i === this.selected));
    for (const cell of row.children)
      cell.setAttribute("role", "gridcell");
    return row;
  }

  /* What was searched for is marked; regular expressions mark nothing. */
  fill(cell, text) {
    const from = this.mark ? text.toLowerCase().indexOf(this.mark) : -1;
    if (from < 0) {
      cell.append(safe(text.slice(0, 2000)));
      return;
    }
    const to = from + this.mark.length;
    cell.append(safe(text.slice(0, from)), element("mark", "", text.slice(from, to)), safe(text.slice(to, to + 2000)));
  }

  select(index) {
    const at = this.model.find(index);
    this.selected = index;
    if (at >= 0)
      this.reveal(at);
    this.draw();
    this.onSelect(index);
  }

  reveal(at) {
    const first = this.scroll.scrollTop * this.ratio / ROW_HEIGHT, fits = Math.floor(this.scroll.clientHeight / ROW_HEIGHT);
    if (at < first)
      this.scroll.scrollTop = at * ROW_HEIGHT / this.ratio;
    else if (at >= first + fits)
      this.scroll.scrollTop = (at - fits + 1) * ROW_HEIGHT / this.ratio;
  }

  /* By so many rows; from the end where nothing is selected. */
  step(by) {
    const shown = this.model.shown;
    if (!shown.length)
      return;
    const at = this.selected < 0 ? -1 : this.model.find(this.selected);
    const next = at < 0 && by !== -Infinity ? shown.length - 1 : Math.min(shown.length - 1, Math.max(0, at + by));
    this.select(shown[next]);
  }

  /* To the next event of level warn or above, in that direction. */
  stepToTrouble(direction) {
    const {shown, level} = this.model;
    let at = this.selected < 0 ? (direction > 0 ? -1 : shown.length) : this.model.find(this.selected);
    for (at += direction; at >= 0 && at < shown.length; at += direction) {
      if (level[shown[at]] >= 3) {
        this.select(shown[at]);
        return;
      }
    }
  }

  end() {
    this.scroll.scrollTop = this.scroll.scrollHeight;
  }
}
