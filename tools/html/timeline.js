/*
 * Events over time: how many, in columns whose colour is the worst level in them, and a row of ticks for each thread, with its spans below,
 * one row for each depth. A drag picks a stretch of time, the wheel and the keys zoom, a click on a span selects its event.
 */
const BAR_HEIGHT = 56, LANE_HEIGHT = 16, LANES_MAX = 12, LABEL_WIDTH = 128, SPAN_HEIGHT = 12, SPANS_DEEP = 5;

class Timeline {
  constructor(canvas, model, onRange, onEvent) {
    this.canvas = canvas;
    this.model = model;
    this.onRange = onRange;
    this.onEvent = onEvent;
    this.first = model.count ? model.time[0] : -1;
    this.last = Math.max(model.count ? model.time[model.count - 1] : 0, 0);
    if (this.last === this.first)
      this.first -= 1e6;
    this.all();
    this.lanes = this.busiestThreads();
    this.tops = []; /* of the lanes, and of what is below them */
    let top = BAR_HEIGHT + 2;
    for (const tid of this.lanes) {
      this.tops.push(top);
      top += LANE_HEIGHT + SPAN_HEIGHT * Math.min(model.spans.deepest.get(tid) || 0, SPANS_DEEP);
    }
    this.tops.push(top);
    canvas.style.height = top + 18 + "px";
    this.listen();
  }

  all() {
    this.from = this.first;
    this.to = this.last;
  }

  busiestThreads() {
    const counts = new Map();
    for (const tid of this.model.tid)
      counts.set(tid, (counts.get(tid) || 0) + 1);
    return [...counts].sort((a, b) => b[1] - a[1]).slice(0, LANES_MAX).map(([tid]) => tid);
  }

  x(time) {
    return LABEL_WIDTH + (time - this.from) / (this.to - this.from) * (this.width - LABEL_WIDTH);
  }

  timeAt(x) {
    const share = Math.min(1, Math.max(0, (x - LABEL_WIDTH) / (this.width - LABEL_WIDTH)));
    return this.from + share * (this.to - this.from);
  }

  zoom(factor, around) {
    const span = Math.max(1000, Math.min(this.last - this.first, (this.to - this.from) * factor));
    const share = (around - this.from) / (this.to - this.from);
    this.from = Math.max(this.first, Math.min(this.last - span, around - share * span));
    this.to = this.from + span;
    this.report();
  }

  move(share) {
    const span = this.to - this.from;
    this.from = Math.max(this.first, Math.min(this.last - span, this.from + share * span));
    this.to = this.from + span;
    this.report();
  }

  reset() {
    this.all();
    this.report();
  }

  report() {
    const whole = this.from <= this.first && this.to >= this.last;
    this.draw();
    this.onRange(whole ? -Infinity : this.from, whole ? Infinity : this.to);
  }

  listen() {
    const canvas = this.canvas;
    let start = null;
    const at = (event) => event.clientX - canvas.getBoundingClientRect().left;
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(event.deltaY > 0 ? 1.25 : 0.8, this.timeAt(at(event)));
    }, {passive: false});
    canvas.addEventListener("pointerdown", (event) => {
      start = at(event);
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      const bar = start === null ? this.barAt(event) : null;
      canvas.title = bar ? this.model.spanName(bar.index) + "  " + (bar.open ? "open for " : "") + duration(bar.to - bar.from) : "";
      if (start !== null)
        this.draw([start, at(event)]);
    });
    canvas.addEventListener("pointerup", (event) => {
      const ends = [this.timeAt(start), this.timeAt(at(event))].sort((a, b) => a - b);
      const dragged = start !== null && Math.abs(at(event) - start) > 4;
      start = null;
      if (!dragged)
        this.click(event);
      if (dragged) {
        [this.from, this.to] = [ends[0], Math.max(ends[1], ends[0] + 1000)];
        this.report();
      } else {
        this.draw();
      }
    });
    canvas.addEventListener("dblclick", () => this.reset());
    canvas.addEventListener("keydown", (event) => {
      const middle = (this.from + this.to) / 2;
      const keys = {"+": () => this.zoom(0.5, middle), "=": () => this.zoom(0.5, middle), "-": () => this.zoom(2, middle),
        "ArrowLeft": () => this.move(-0.2), "ArrowRight": () => this.move(0.2)};
      if (keys[event.key]) {
        event.preventDefault();
        keys[event.key]();
      }
    });
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  /* The span under the pointer. */
  barAt(event) {
    const box = this.canvas.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
    const lane = this.lanes.findIndex((tid, i) => y >= this.tops[i] + LANE_HEIGHT && y < this.tops[i + 1]);
    if (lane < 0 || x < LABEL_WIDTH)
      return null;
    const depth = Math.floor((y - this.tops[lane] - LANE_HEIGHT) / SPAN_HEIGHT);
    return this.model.spans.at(this.lanes[lane], depth, this.timeAt(x - 1.5), this.timeAt(x + 1.5)) || null;
  }

  click(event) {
    const bar = this.barAt(event);
    if (bar)
      this.onEvent(bar.index);
  }

  colours() {
    const style = getComputedStyle(document.documentElement);
    return (name) => style.getPropertyValue("--" + name).trim();
  }

  /* The events that are shown, by column of one pixel each: how many, and the worst level. */
  columns() {
    const width = Math.max(1, Math.floor(this.width - LABEL_WIDTH));
    const counts = new Uint32Array(width), worst = new Uint8Array(width);
    const lanes = this.lanes.map(() => new Uint8Array(width));
    const laneOf = new Map(this.lanes.map((tid, i) => [tid, i]));
    const {time, level, tid, shown} = this.model;
    for (const i of shown) {
      const column = Math.floor((time[i] - this.from) / (this.to - this.from) * (width - 1));
      if (column < 0 || column >= width)
        continue;
      counts[column]++;
      worst[column] = Math.max(worst[column], level[i]);
      const lane = laneOf.get(tid[i]);
      if (lane !== undefined)
        lanes[lane][column] = Math.max(lanes[lane][column], level[i] + 1);
    }
    return {width, counts, worst, lanes};
  }

  draw(selection) {
    const canvas = this.canvas, scale = window.devicePixelRatio || 1, colour = this.colours();
    this.width = canvas.clientWidth;
    canvas.width = Math.round(this.width * scale);
    canvas.height = Math.round(canvas.clientHeight * scale);
    const paint = canvas.getContext("2d");
    paint.scale(scale, scale);
    paint.font = "11px ui-monospace, monospace";
    const {width, counts, worst, lanes} = this.columns();
    const most = counts.reduce((a, b) => Math.max(a, b), 1);
    for (let x = 0; x < width; x++) {
      if (!counts[x])
        continue;
      const height = Math.max(2, counts[x] / most * (BAR_HEIGHT - 8));
      paint.fillStyle = worst[x] >= 3 ? colour(LEVELS[worst[x]]) : colour("bar");
      paint.fillRect(LABEL_WIDTH + x, BAR_HEIGHT - height, 1.4, height);
    }
    this.drawLanes(paint, colour, lanes, width);
    this.drawSpans(paint, colour);
    this.drawScale(paint, colour);
    if (selection) {
      paint.fillStyle = colour("accent");
      paint.globalAlpha = 0.2;
      paint.fillRect(Math.min(...selection), 0, Math.abs(selection[1] - selection[0]), canvas.clientHeight);
      paint.globalAlpha = 1;
    }
  }

  drawLanes(paint, colour, lanes, width) {
    lanes.forEach((lane, i) => {
      const top = this.tops[i];
      paint.fillStyle = colour("dim");
      paint.fillText(safe(this.model.threadName(this.lanes[i])).slice(0, 18), 0, top + 11);
      paint.fillStyle = colour("line");
      paint.fillRect(LABEL_WIDTH, top + LANE_HEIGHT / 2, width, 1);
      for (let x = 0; x < width; x++) {
        if (lane[x]) {
          paint.fillStyle = colour(LEVELS[lane[x] - 1]);
          paint.fillRect(LABEL_WIDTH + x, top + 3, 1.6, LANE_HEIGHT - 5);
        }
      }
    });
  }

  drawSpans(paint, colour) {
    const laneOf = new Map(this.lanes.map((tid, i) => [tid, i]));
    for (const bar of this.model.spans.bars) {
      const lane = laneOf.get(bar.tid);
      if (lane !== undefined && bar.depth < SPANS_DEEP && bar.to >= this.from && bar.from <= this.to)
        this.drawSpan(paint, colour, bar, this.tops[lane] + LANE_HEIGHT + bar.depth * SPAN_HEIGHT);
    }
  }

  /* What is open at the end is of the colour of an error. */
  drawSpan(paint, colour, bar, top) {
    const left = this.x(Math.max(bar.from, this.from)), width = Math.max(1, this.x(Math.min(bar.to, this.to)) - left);
    paint.fillStyle = colour(bar.open ? "error" : "accent");
    paint.globalAlpha = 0.35;
    paint.fillRect(left, top + 1, width, SPAN_HEIGHT - 2);
    paint.globalAlpha = 1;
    paint.fillRect(left, top + 1, 1, SPAN_HEIGHT - 2);
    if (width < 30)
      return;
    paint.save();
    paint.beginPath();
    paint.rect(left, top, width - 2, SPAN_HEIGHT);
    paint.clip();
    paint.fillStyle = colour("text");
    paint.font = "10px ui-monospace, monospace";
    paint.fillText(safe(this.model.spanName(bar.index)), left + 4, top + SPAN_HEIGHT - 3);
    paint.restore();
  }

  drawScale(paint, colour) {
    const bottom = this.canvas.clientHeight - 5;
    paint.fillStyle = colour("dim");
    for (let i = 0; i <= 4; i++) {
      const text = relativeTime(this.from + (this.to - this.from) * i / 4) + " s";
      const x = LABEL_WIDTH + (this.width - LABEL_WIDTH) * i / 4;
      paint.fillText(text, i === 0 ? x : x - paint.measureText(text).width / (i === 4 ? 1 : 2), bottom);
    }
  }
}
