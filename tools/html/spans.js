/*
 * Spans: from the events that begin and end them to bars of the time line. How deep each is the page is told; what stands between is as
 * deep as the last of its thread leaves it.
 */
class Spans {
  /* `ends` by event: [is a beginning, depth, id, duration]. */
  constructor(model, ends) {
    this.bars = []; /* {tid, from, to, depth, index, open}, of one thread by their ends */
    this.depth = new Uint8Array(model.count);
    this.deepest = new Map(); /* rows of bars by thread */
    const now = new Map(), open = new Map(), any = Object.keys(ends).length > 0;
    for (let i = 0; any && i < model.count; i++) {
      const tid = model.tid[i], end = ends[i];
      this.depth[i] = end ? end[1] : now.get(tid) || 0;
      if (!end)
        continue;
      const [begins, depth, id, duration] = end, key = tid + " " + id;
      now.set(tid, depth + (begins ? 1 : 0));
      if (begins)
        open.set(key, i);
      else if (duration !== undefined)
        this.add(tid, model.time[i] - duration, model.time[i], depth, open.has(key) ? open.get(key) : i, false);
      if (!begins)
        open.delete(key);
    }
    this.open = new Set(open.values()); /* events whose span did not end */
    for (const i of this.open)
      this.add(model.tid[i], model.time[i], Math.max(0, model.time[i]), ends[i][1], i, true);
  }

  add(tid, from, to, depth, index, open) {
    this.bars.push({tid, from, to, depth, index, open});
    this.deepest.set(tid, Math.max(this.deepest.get(tid) || 0, depth + 1));
  }

  at(tid, depth, from, to) {
    return this.bars.find((bar) => bar.tid === tid && bar.depth === depth && bar.from <= to && bar.to >= from);
  }
}
