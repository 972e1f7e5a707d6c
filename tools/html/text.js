/* Text of unknown origin, times and numbers, as people read them. Nothing here, or elsewhere in this page, makes markup of text. */

/* Control characters, and those that turn the direction of writing, are shown by their number. */
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

function safe(text) {
  return text.replace(UNSAFE, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
}

/* element("td", "warn", "text", child, ...) */
function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className)
    made.className = className;
  for (const child of children) {
    if (child !== null && child !== undefined)
      made.append(typeof child === "string" ? safe(child) : child);
  }
  return made;
}

function byId(id) {
  return document.getElementById(id);
}

function baseName(path) {
  return path.slice(path.lastIndexOf("/") + 1);
}

/* "-0.001234" seconds before the end, as the text view says it. */
function relativeTime(ns) {
  const sign = ns > 0 ? "+" : "-";
  const micros = Math.floor(Math.abs(ns) / 1000);
  return sign + Math.floor(micros / 1e6) + "." + String(micros % 1e6).padStart(6, "0");
}

function plural(count, word) {
  return count.toLocaleString("en") + " " + word + (count === 1 ? "" : "s");
}

function duration(ns) {
  const units = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"]];
  for (const [size, name] of units) {
    if (ns >= size)
      return (ns / size).toFixed(ns >= 100 * size ? 0 : 1) + " " + name;
  }
  return ns + " ns";
}

/* A name of C++ or Rust as the text view shortens it: what is in brackets goes, but for what is a name itself. */
function shortName(name) {
  const named = /operator(\(\))?[<>=\-!+*/%^&|~,[\]]*|\(anonymous namespace\)/y;
  let short = "", depth = 0;
  for (let i = 0; name.length > 72 && i < name.length; i++) {
    named.lastIndex = i;
    const whole = depth || /\w$/.test(short) ? null : named.exec(name);
    const opens = !whole && "<(".includes(name[i]);
    const closes = depth > 0 && (name[i] === ")" || name[i] === ">" && name[i - 1] !== "-");
    depth -= closes ? 1 : 0;
    if (depth === 0)
      short += whole ? whole[0] : name[i] + (opens ? "…" : "");
    depth += opens ? 1 : 0;
    i += whole ? whole[0].length - 1 : 0;
  }
  return short || name;
}
