/* Stacks: of the thread that crashed in full, of the others on demand. */
const SYSTEM = /\/(lib(c|pthread|m|dl|rt|stdc\+\+|c\+\+|c\+\+abi|gcc_s)[.-][^/]*|ld-linux[^/]*|ld[.-][^/]*)$|^\[/;
const SYSTEM_HEADER = /^\/(usr\/(include|lib|local\/include\/c\+\+)|rustc)\//;

function shortPath(path, cwd) {
  path = path.replace(/^\/rustc\/[^/]+\//, "");
  return cwd && cwd.length > 1 && path.startsWith(cwd + "/") ? path.slice(cwd.length + 1) : path;
}

function placeOf(item, cwd) {
  return item.file ? element("span", "place", shortPath(item.file, cwd) + ":" + item.line) : null;
}

/* The whole name stands there when the pointer does. */
function frameRow(number, name, system, place, note) {
  const shown = element("span", "function", shortName(name));
  if (name.length > 72)
    shown.title = safe(name);
  return element("div", system ? "frame system" : "frame", element("span", "number", number), shown,
    element("span", "where", place, place ? " " : null, element("span", "module", note)));
}

function moduleNote(frame, states) {
  const module = frame.module;
  if (!module)
    return "(no module)";
  const state = states.get(module);
  const guess = frame.found ? " [guessed: " + frame.found.replace("_", " ") + "]" : "";
  return "(" + baseName(module) + (frame.function ? "" : "+0x" + frame.offset.toString(16)) + (state ? ", " + state : "") + ")" + guess;
}

/* As the text view chooses its line: the innermost function there that is not from a header of the system. */
function sourceLine(frame) {
  const places = [...(frame.inlined || []), frame];
  return (places.find((place) => place.file && !SYSTEM_HEADER.test(place.file)) || places[0]).line;
}

function sourceOf(frame) {
  if (!frame.source)
    return null;
  const line = sourceLine(frame);
  return element("div", "source", ...frame.source.map((text, i) => {
    const number = frame.source_line + i;
    const row = element("div", number === line ? "here" : "", element("span", "", String(number)), element("span", "", text));
    if (number === line)
      row.setAttribute("aria-current", "location");
    return row;
  }));
}

function frameItem(thread, at, number, snapshot, states, withSource) {
  const frame = thread.frames[at];
  const next = thread.frames[at + 1];
  const trampoline = frame.exact && next && next.exact;
  const name = trampoline ? "signal handler called"
    : frame.function ? frame.function + "+0x" + (frame.function_offset || 0).toString(16) : "0x" + frame.pc.toString(16);
  const item = element("li");
  let label = "#" + number;
  for (const inlined of frame.inlined || []) {
    item.append(frameRow(label, inlined.function || "?", SYSTEM_HEADER.test(inlined.file || ""), placeOf(inlined, snapshot.cwd), "[inlined]"));
    label = "";
  }
  item.append(frameRow(label, name, SYSTEM.test(frame.module || "") || SYSTEM_HEADER.test(frame.file || ""), placeOf(frame, snapshot.cwd), moduleNote(frame, states)));
  if (withSource && frame.source)
    item.append(sourceOf(frame));
  return item;
}

/* How many frames from `at` on are the same few again and again, and how few. */
function cycleAt(frames, at) {
  for (let period = 1; period <= 8; period++) {
    let end = at + period;
    while (end < frames.length && frames[end].pc === frames[end - period].pc)
      end++;
    if (end - at >= 3 * period)
      return {period, count: end - at};
  }
  return null;
}

function note(text) {
  return element("li", "dim", text);
}

/* The source of the innermost frame that has any is open; a click on another frame opens its own. */
function stackOf(thread, snapshot, states, withSource) {
  const list = element("ol", "frames");
  const frames = thread.frames;
  const omitted = thread.frames_omitted || 0;
  if (!frames.length)
    list.append(note("no stack was captured"));
  for (let at = 0; at < frames.length;) {
    if (omitted && at === thread.frames_omitted_at)
      list.append(note("… " + (thread.frames_cut ? "at least " : "") + plural(omitted, "frame") + " left out"));
    const cycle = cycleAt(frames, at);
    for (let i = 0; i < (cycle ? cycle.period : 1); i++) {
      const number = at + i + (omitted && at + i >= thread.frames_omitted_at ? omitted : 0);
      list.append(frameItem(thread, at + i, number, snapshot, states, withSource));
    }
    if (cycle)
      list.append(note("… " + plural(cycle.count - cycle.period, "more frame") + " of the same"));
    at += cycle ? cycle.count : 1;
  }
  if (thread.frames_cut && !omitted)
    list.append(note("… outer frames are not known"));
  return list;
}

function threadTitle(thread) {
  return "Thread " + thread.tid + (thread.name ? " " + thread.name : "") + (thread.state ? ", " + thread.state : "");
}

function innermostOf(thread) {
  const frame = thread.frames.find((one) => one.function && !SYSTEM.test(one.module || "")) || thread.frames.find((one) => one.function);
  return frame ? shortName(frame.function) + (frame.file ? "  " + baseName(frame.file) + ":" + frame.line : "") : "";
}

function showStacks(data) {
  const snapshot = data.snapshot;
  const states = new Map(snapshot.modules.filter((module) => module.state).map((module) => [module.path, module.state]));
  const crashed = snapshot.threads.find((thread) => thread.crashed) || (snapshot.threads.length === 1 ? snapshot.threads[0] : null);
  if (crashed) {
    const title = element("h2", "", threadTitle(crashed) + (crashed.crashed ? ", crashed" : ""));
    title.id = "t" + crashed.tid;
    byId("stack").append(title, stackOf(crashed, snapshot, states, true));
  }
  const others = snapshot.threads.filter((thread) => thread !== crashed);
  if (!others.length)
    return;
  byId("threads").append(element("h2", "", plural(others.length, crashed ? "other thread" : "thread")));
  for (const thread of others) {
    const summary = element("summary", "", threadTitle(thread), element("span", "dim", "  " + innermostOf(thread)));
    const details = element("details", "", summary);
    details.id = "t" + thread.tid;
    details.addEventListener("toggle", () => {
      if (details.open && details.children.length === 1)
        details.append(stackOf(thread, snapshot, states, true));
    });
    byId("threads").append(details);
  }
}
