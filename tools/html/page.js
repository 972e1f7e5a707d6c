/* Puts the parts together: filters, detail, keys, addresses, colours. */
const data = JSON.parse(byId("data").textContent);
const model = new Model(data);

function text(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/* Copying --------------------------------------------------------------------------------------------------------------------- */

function say(message) {
  const note = element("div", "", message);
  note.id = "copied";
  note.setAttribute("role", "status");
  byId("copied")?.remove();
  document.body.append(note);
  setTimeout(() => note.remove(), 1500);
}

/* A page that was opened from a file may have no clipboard of the modern kind. */
async function copy(content) {
  try {
    await navigator.clipboard.writeText(content);
  } catch {
    const area = element("textarea");
    area.value = content;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  say("copied");
}

/* Detail ---------------------------------------------------------------------------------------------------------------------- */

function eventObject(i) {
  return {number: i + 1, seconds: relativeTime(model.time[i]), level: LEVELS[model.level[i]], tid: model.tid[i], thread: model.names.get(model.tid[i]),
    source: model.sources[model.source[i]], where: model.strings[model.place[i]] || undefined, message: model.strings[model.text[i]],
    took: model.took(i), kv: model.values[i]};
}

function showDetail(i) {
  const event = eventObject(i), list = element("dl");
  const when = new Date(data.created_ms + model.time[i] / 1e6).toISOString();
  for (const [name, value] of [["event", "#" + event.number], ["time", event.seconds + " s, " + when], ["level", event.level],
    ["thread", model.threadName(event.tid)], ["source", event.source], ["where", event.where], ["took", event.took], ...Object.entries(event.kv || {})]) {
    if (value !== undefined)
      list.append(element("dt", "", name), element("dd", "", text(value)));
  }
  const button = element("button", "", "Copy as JSON");
  button.type = "button";
  button.addEventListener("click", () => copy(JSON.stringify(event, null, 2)));
  byId("detail").replaceChildren(list, element("pre", "", event.message), button);
  byId("detail").hidden = false;
}

function hideDetail() {
  byId("detail").hidden = true;
  grid.selected = -1;
  history.replaceState(null, "", location.pathname + location.search);
  grid.draw();
}

const grid = new Grid(model, (i) => {
  showDetail(i);
  history.replaceState(null, "", "#e" + (i + 1));
});
const timeline = new Timeline(byId("timeline"), model, (from, to) => {
  model.filter.from = from;
  model.filter.to = to;
  byId("range").hidden = from === -Infinity;
  byId("range").textContent = from === -Infinity ? "" : relativeTime(from) + " … " + relativeTime(to) + " s ✕";
  refresh(false);
}, (i) => grid.select(i));

/* Filters --------------------------------------------------------------------------------------------------------------------- */

function option(label, value) {
  const made = element("option", "", label);
  made.value = value;
  return made;
}

function fillFilters() {
  byId("level").append(option("all", "0"), ...LEVELS.slice(1).map((name, i) => option(name + " and above", String(i + 1))));
  byId("thread").append(option("all", ""), ...[...new Set(model.tid)].map((tid) => option(model.threadName(tid), String(tid))));
  byId("source").append(option("all", ""), ...[...new Set(model.source)].map((source) => option(model.sources[source], String(source))));
}

function readFilters() {
  const query = byId("search").value;
  const error = byId("search-error");
  error.hidden = true;
  try {
    model.filter.match = matcher(query);
  } catch (wrong) {
    error.textContent = wrong.message;
    error.hidden = false;
    return false;
  }
  grid.mark = query && !/^\/.+\/[a-z]*$/.test(query) ? query.toLowerCase() : null;
  model.filter.level = Number(byId("level").value);
  model.filter.tid = byId("thread").value === "" ? null : Number(byId("thread").value);
  model.filter.source = byId("source").value === "" ? null : Number(byId("source").value);
  return true;
}

function refresh(draw) {
  if (!readFilters())
    return;
  model.apply();
  byId("count").textContent = model.shown.length === model.count ? plural(model.count, "event")
    : model.shown.length.toLocaleString("en") + " of " + plural(model.count, "event");
  grid.refresh();
  if (draw !== false)
    timeline.draw();
}

/* Keys ------------------------------------------------------------------------------------------------------------------------ */

const KEYS = {
  "j": ["next event", () => grid.step(1)],
  "k": ["previous event", () => grid.step(-1)],
  "n": ["next warning or worse", () => grid.stepToTrouble(1)],
  "N": ["previous warning or worse", () => grid.stepToTrouble(-1)],
  "g": ["first event", () => grid.step(-Infinity)],
  "G": ["last event", () => grid.step(Infinity)],
  "/": ["search", () => byId("search").focus()],
  "0": ["all times", () => timeline.reset()],
  "t": ["dark or light", () => switchTheme()],
  "Escape": ["close, clear the selection", () => hideDetail()],
  "?": ["these keys", () => byId("help").showModal()],
};
const ALSO = {"ArrowDown": "j", "ArrowUp": "k", "Home": "g", "End": "G"};

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, select, textarea");
  if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open || event.target === byId("timeline") && event.key !== "0" && event.key !== "?")
    return;
  if (typing) {
    if (event.key === "Escape" || event.key === "Enter" && event.target === byId("search")) {
      event.preventDefault();
      byId("grid").focus();
    }
    return;
  }
  const inGrid = event.target.closest("#grid");
  const key = KEYS[event.key] || (inGrid && KEYS[ALSO[event.key]]);
  if (key) {
    event.preventDefault();
    key[1]();
  }
});

/* Colours and addresses ------------------------------------------------------------------------------------------------------- */

function stored(value) {
  try { /* a file may have no storage */
    if (value)
      localStorage.setItem("ttlog-theme", value);
    return localStorage.getItem("ttlog-theme");
  } catch {
    return null;
  }
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  timeline.draw();
}

function switchTheme() {
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  stored(theme);
  setTheme(theme);
}

function followAddress() {
  const event = /^#e(\d+)$/.exec(location.hash), thread = /^#t\d+$/.exec(location.hash);
  if (event && Number(event[1]) >= 1 && Number(event[1]) <= model.count) {
    grid.select(Number(event[1]) - 1);
    byId("events").scrollIntoView();
  } else if (thread) {
    const target = byId(location.hash.slice(1));
    if (target?.tagName === "DETAILS")
      target.open = true;
    target?.scrollIntoView();
  }
}

function reportText() {
  const stack = [...document.querySelectorAll("#stack h2, #stack .frame")].map((node) =>
    node.tagName === "H2" ? "\n" + node.textContent : [...node.children].map((part) => part.textContent).join("  ")).join("\n");
  const last = Array.from(model.shown.slice(-50), (i) => relativeTime(model.time[i]) + " " + LEVELS[model.level[i]] + " " + model.tid[i] + " "
    + model.strings[model.text[i]].trimEnd()).join("\n");
  return data.head.trim() + "\n" + stack + "\n\n" + last + "\n";
}

/* Begin ----------------------------------------------------------------------------------------------------------------------- */

showHead(data);
showStacks(data);
showProcess(data);
fillFilters();
byId("filters").addEventListener("submit", (event) => event.preventDefault());
byId("filters").addEventListener("input", () => refresh());
byId("filters").addEventListener("reset", () => setTimeout(() => timeline.reset()));
byId("range").addEventListener("click", () => timeline.reset());
byId("theme").addEventListener("click", switchTheme);
byId("help-button").addEventListener("click", () => byId("help").showModal());
byId("copy-report").addEventListener("click", () => copy(reportText()));
for (const [key, [meaning]] of Object.entries(KEYS))
  byId("keys").append(element("dt", "", key), element("dd", "", meaning));
byId("keys").append(element("dt", "", "+ - ← →"), element("dd", "", "in the time line: zoom, move; a drag picks a stretch of time"));
setTheme(stored() || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
refresh();
grid.end();
addEventListener("hashchange", followAddress);
followAddress();
document.documentElement.dataset.ready = "true";
