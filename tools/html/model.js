/* The events as columns of numbers and one table of texts, and what of them is shown. */
const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"];

class Model {
  constructor(data) {
    const events = data.events;
    this.count = events.time.length;
    this.time = Float64Array.from(events.time); /* ns, relative to the end */
    this.level = Uint8Array.from(events.level);
    this.source = Uint8Array.from(events.source);
    this.tid = Float64Array.from(events.tid);
    this.text = Uint32Array.from(events.text);
    this.place = Uint32Array.from(events.place);
    this.strings = events.strings;
    this.sources = events.sources;
    this.values = events.kv;
    this.names = new Map(events.threads);
    this.lower = new Map();
    this.spans = new Spans(this, events.spans);
    this.ends = events.spans;
    this.filter = {match: null, level: 0, tid: null, source: null, from: -Infinity, to: Infinity};
    this.shown = new Uint32Array(0);
    this.apply();
  }

  threadName(tid) {
    const name = this.names.get(tid);
    return name ? tid + " " + name : String(tid);
  }

  /* "request", of the event that begins or ends it. */
  spanName(index) {
    return this.strings[this.text[index]].slice(2);
  }

  /* How long the span took that the event ends, or how long the one that it begins was open at the end; undefined: of no other. */
  took(index) {
    const end = this.ends[index];
    if (this.spans.open.has(index))
      return "open for " + duration(Math.max(0, -this.time[index]));
    return end && end[3] !== undefined ? duration(end[3]) : undefined;
  }

  valuesText(index) {
    const values = this.values[index];
    return values ? Object.entries(values).map(([key, value]) => key + "=" + (typeof value === "string" ? value : JSON.stringify(value))).join(" ") : "";
  }

  /* Each text is asked once, however many events have it. */
  apply() {
    const {match, level, tid, source, from, to} = this.filter;
    const known = new Map();
    const matches = (text) => {
      let answer = known.get(text);
      if (answer === undefined)
        known.set(text, answer = match(this.strings[text]));
      return answer;
    };
    const shown = new Uint32Array(this.count);
    let used = 0;
    for (let i = 0; i < this.count; i++) {
      if (this.level[i] < level || (tid !== null && this.tid[i] !== tid) || (source !== null && this.source[i] !== source))
        continue;
      if (this.time[i] < from || this.time[i] > to)
        continue;
      if (match && !matches(this.text[i]) && !matches(this.place[i]) && !(this.values[i] && match(this.valuesText(i))))
        continue;
      shown[used++] = i;
    }
    this.shown = shown.subarray(0, used);
  }

  /* Place of event `index` among those that are shown, or -1. */
  find(index) {
    let low = 0, high = this.shown.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.shown[middle] < index)
        low = middle + 1;
      else
        high = middle;
    }
    return this.shown[low] === index ? low : -1;
  }
}

/* What a search is asked for: a function of a text; throws what is wrong with a regular expression. Small letters match great ones, too. */
function matcher(query) {
  const pattern = /^\/(.+)\/([a-z]*)$/.exec(query);
  if (!query)
    return null;
  if (pattern) {
    const flags = new Set(pattern[2].replace(/[gy]/g, ""));
    if (!/[A-Z]/.test(pattern[1]))
      flags.add("i");
    const expression = new RegExp(pattern[1], [...flags].join(""));
    return (text) => expression.test(text);
  }
  const wanted = query.toLowerCase();
  return (text) => text.toLowerCase().includes(wanted);
}
