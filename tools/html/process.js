/* What else is known: the head's rows, registers, modules, limits, how the capture went. */

/* "  when     2026-..." of the text view: a label, and what continues in the lines below it. */
function showHead(data) {
  const list = byId("head");
  let last = null;
  for (const line of data.head.split("\n").slice(1)) {
    const label = line.slice(2, 11).trim();
    if (label)
      list.append(element("dt", "", label), last = element("dd", "", line.slice(11).trim()));
    else if (last && line.trim())
      last.append("\n" + safe(line.trim()));
  }
  byId("title").classList.toggle("died", data.died);
  byId("foot").append(safe(data.foot.trim()));
}

function facts(title, rows, open) {
  const body = element("dl", "facts");
  for (const [name, value] of rows)
    body.append(element("dt", "", name), element("dd", "", String(value)));
  return fold(title, body, open);
}

function fold(title, body, open) {
  const details = element("details", "", element("summary", "", title), element("div", "scrolls", body));
  details.open = Boolean(open);
  return details;
}

function tableOf(head, rows) {
  const table = element("table", "", element("thead", "", element("tr", "", ...head.map((text) => element("th", "", text)))));
  const body = element("tbody");
  for (const row of rows)
    body.append(element("tr", "", ...row.map((text) => element("td", "", text === undefined ? "" : String(text)))));
  table.append(body);
  return table;
}

function showProcess(data) {
  const snapshot = data.snapshot;
  const system = snapshot.system || {};
  const limits = (system.limits || []).map((limit) => [limit.name, limit.soft ?? "unlimited", limit.hard ?? "unlimited"]);
  const machine = Object.entries(system).filter(([, value]) => typeof value !== "object");
  const agent = Object.entries(snapshot.agent || {}).filter(([, value]) => typeof value !== "object");
  const section = byId("process");
  section.append(element("h2", "", "Process"));
  if (data.registers.length)
    section.append(facts("Registers", data.registers));
  section.append(fold(plural(snapshot.modules.length, "module"), tableOf(["base", "size", "build-id", "path"],
    snapshot.modules.map((module) => ["0x" + module.base.toString(16), module.size, module.build_id, module.path + (module.state ? " (" + module.state + ")" : "")]))));
  if (limits.length)
    section.append(fold("Limits", tableOf(["limit", "soft", "hard"], limits)));
  section.append(facts("Machine", machine));
  section.append(facts("Recorder", [...Object.entries(snapshot.stats), ...agent,
    ...(snapshot.agent.degradations || []).map((text) => ["went without", text]),
    ...Object.entries(snapshot.agent.stages || {}).map(([name, ns]) => ["stage " + name, duration(ns)])],
    (snapshot.agent.degradations || []).length > 0));
}
