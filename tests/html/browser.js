/*
 * One page in a real browser: browser.js PAGE CHECK. Prints what is wrong, one line each; status 1 then. The browser is Debian's chromium;
 * TTLOG_SHOTS=DIR keeps a picture of how each check ends.
 */
"use strict";
const {chromium} = require("playwright-core");
const assert = require("node:assert");

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

const count = (page) => page.textContent("#count");
const rows = (page) => page.locator("#rows .row").count();
const selected = (page) => page.locator("#rows .row[aria-selected='true'] .number").textContent();

const checks = {
  /* The page of tests/programs/orders. */
  async shows(page) {
    assert.match(await page.textContent("#title"), /orders died of SIGSEGV: address not mapped/);
    assert.match(await page.textContent("#stack"), /#0\s*price.*orders\.c:\d+/);
    assert.match(await page.textContent("#stack .source .here"), /customer->discount/);
    assert.strictEqual(await count(page), "8 events");
    assert.strictEqual(await rows(page), 8);
    assert.strictEqual(await page.locator("#threads summary").count(), 1);
    await page.click("#threads summary");
    assert.match(await page.textContent("#threads .frames"), /pthread_clockjoin|main/);
    await page.click("#process summary:has-text('Registers')");
    assert.match(await page.textContent("#process"), /rip0x[0-9a-f]+/);
  },

  async search(page) {
    await page.keyboard.press("/");
    await page.keyboard.type("ORDER 1002");
    assert.strictEqual(await count(page), "2 of 8 events");
    assert.strictEqual(await page.textContent("#rows mark"), "order 1002");
    await page.fill("#search", "/order 100[13]: .*\\d$/");
    assert.strictEqual(await count(page), "2 of 8 events");
    await page.fill("#search", "/(/");
    assert.strictEqual(await page.isVisible("#search-error"), true);
    await page.fill("#search", "nothing like this");
    assert.strictEqual(await count(page), "0 of 8 events");
    await page.click("#clear");
    await page.waitForFunction(() => document.querySelector("#count").textContent === "8 events");
    assert.strictEqual(await page.isVisible("#search-error"), false);
  },

  async filters(page) {
    await page.selectOption("#level", {label: "warn and above"});
    assert.strictEqual(await count(page), "1 of 8 events");
    assert.match(await page.textContent("#rows"), /no customer/);
    await page.selectOption("#level", {label: "all"});
    await page.selectOption("#source", {label: "syslog"});
    assert.strictEqual(await count(page), "3 of 8 events");
    await page.selectOption("#source", {label: "all"});
    await page.selectOption("#thread", {index: 1});
    assert.strictEqual(await count(page), "1 of 8 events");
  },

  async keys(page) {
    await page.keyboard.press("g");
    assert.strictEqual(await selected(page), "1");
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    assert.strictEqual(await selected(page), "2");
    await page.keyboard.press("n");
    assert.strictEqual(await selected(page), "8");
    assert.match(await page.textContent("#detail"), /warning: no customer 'ken'/);
    assert.match(page.url(), /#e8$/);
    await page.keyboard.press("Escape");
    assert.strictEqual(await page.isVisible("#detail"), false);
    await page.keyboard.press("?");
    assert.strictEqual(await page.locator("#help").evaluate((dialog) => dialog.open), true);
    await page.keyboard.press("Escape");
    await page.focus("#grid");
    await page.keyboard.press("End");
    assert.strictEqual(await selected(page), "8");
  },

  /* Tab reaches everything that can be done, and something is always seen to have the focus. */
  async tabs(page) {
    const reached = new Set();
    for (let i = 0; i < 30; i++) {
      await page.keyboard.press("Tab");
      reached.add(await page.evaluate(() => document.activeElement.id || document.activeElement.tagName));
    }
    for (const id of ["copy-report", "theme", "help-button", "timeline", "search", "level", "thread", "source", "clear", "grid", "SUMMARY"])
      assert.ok(reached.has(id), id + " cannot be reached");
  },

  async addresses(page, open) {
    await open("#e3");
    assert.strictEqual(await selected(page), "3");
    assert.match(await page.textContent("#detail"), /order 1001 done/);
    const other = await page.getAttribute("#threads details", "id");
    await open("#" + other);
    assert.strictEqual(await page.locator("#" + other).evaluate((details) => details.open), true);
    for (const bad of ["#e0", "#e99999", "#ex", "#t1", "#<b>"]) {
      await open(bad);
      assert.strictEqual(await page.isVisible("#detail"), false, bad);
    }
  },

  async themes(page) {
    const theme = () => page.getAttribute("html", "data-theme");
    const back = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.strictEqual(await theme(), "light");
    const light = await back();
    await page.keyboard.press("t");
    assert.strictEqual(await theme(), "dark");
    assert.notStrictEqual(await back(), light);
    await page.click("#theme");
    assert.strictEqual(await theme(), "light");
  },

  /* A drag picks a stretch of time, the wheel zooms, 0 shows all. */
  async timeline(page) {
    const box = await page.locator("#timeline").boundingBox();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 2, box.y + 20);
    await page.mouse.up();
    assert.match(await count(page), /^\d of 8 events$/);
    assert.strictEqual(await page.isVisible("#range"), true);
    await page.click("#range");
    assert.strictEqual(await count(page), "8 events");
    await page.focus("#timeline");
    for (let i = 0; i < 6; i++)
      await page.keyboard.press("+");
    assert.match(await count(page), /^\d of 8 events$/);
    await page.keyboard.press("0");
    assert.strictEqual(await count(page), "8 events");
    await page.dispatchEvent("#timeline", "wheel", {deltaY: -100, clientX: box.x + 140});
    assert.strictEqual(await page.isVisible("#range"), true);
  },

  /* The page of tests/programs/spans that died in two of them: a bar each, below the thread that was in them. */
  async spans(page) {
    const bars = await page.evaluate("model.spans.bars");
    assert.deepStrictEqual(bars.filter((bar) => bar.open).map((bar) => bar.depth), [0, 1]);
    assert.ok(bars.filter((bar) => !bar.open).every((bar) => bar.to >= bar.from), "a span that took less than nothing");
    assert.match(await page.locator("#rows .row", {hasText: "} inner"}).first().textContent(), /\} inner \d+(\.\d)? (ns|µs|ms)/);
    assert.match(await page.locator("#rows .row", {hasText: "{ outer"}).last().textContent(), /open for \d/);
    const depths = await page.evaluate("model.spans.depth[model.count - 1]");
    assert.strictEqual(depths, 2, "what was printed last stood in both");
    await page.locator("#timeline").scrollIntoViewIfNeeded();
    const box = await page.locator("#timeline").boundingBox();
    const at = await page.evaluate("[timeline.x(-1) - 2, timeline.tops[0] + LANE_HEIGHT + SPAN_HEIGHT * 1.5]");
    await page.mouse.click(box.x + at[0], box.y + at[1]);
    assert.match(await page.textContent("#detail"), /\{ inner/);
    assert.match(await page.textContent("#detail dl"), /tookopen for/);
    assert.strictEqual(await page.getAttribute("#timeline", "title").then((title) => /^inner  open for/.test(title)), true);
  },

  /* As the text view shortens them. */
  async names(page) {
    const short = (name) => page.evaluate("shortName(" + JSON.stringify(name) + ")");
    const type = "std::basic_string<char, std::char_traits<char>, std::allocator<char> >";
    assert.strictEqual(await short("main"), "main");
    assert.strictEqual(await short("std::map<" + type + ", int>::at(" + type + " const&) const"), "std::map<…>::at(…) const");
    assert.strictEqual(await short("A<" + type + ">::operator()(" + type + ")"), "A<…>::operator()(…)");
    assert.strictEqual(await short("A<" + type + ">::operator<<(" + type + ")"), "A<…>::operator<<(…)");
    assert.strictEqual(await short("(anonymous namespace)::f<" + type + ">(int)"), "(anonymous namespace)::f<…>(…)");
  },

  async narrow(page) {
    await page.setViewportSize({width: 380, height: 800});
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 380, "the page is " + wide + " wide");
    assert.strictEqual(await page.isVisible("#rows .row .message"), true);
  },

  /* 200,000 events of tests/programs/chatter's kind: only the rows that are seen exist. */
  async many(page) {
    assert.strictEqual(await count(page), "200,000 events");
    assert.ok(await rows(page) < 60);
    await page.keyboard.press("g");
    assert.strictEqual(await selected(page), "1");
    await page.keyboard.press("G");
    assert.strictEqual(await selected(page), "200000");
    await page.fill("#search", "number 123456 ");
    assert.strictEqual(await count(page), "1 of 200,000 events");
    await page.fill("#search", "");
    await page.selectOption("#level", {label: "error and above"});
    assert.strictEqual(await count(page), "200 of 200,000 events");
    await page.selectOption("#level", {label: "all"});
    await page.locator("#scroll").evaluate((box) => box.scrollTop = box.scrollHeight / 2);
    await page.waitForFunction(() => { /* the browser tells of a scroll with its next picture */
      const middle = Number(document.querySelector("#rows .row .number").textContent);
      return middle > 90000 && middle < 110000;
    });
  },

  /* What a hostile program said stands there as text, and nothing of it ran. */
  async hostile(page) {
    assert.strictEqual(await page.evaluate(() => window.ran), undefined);
    assert.strictEqual(await page.locator("main img, main iframe, main b, main a, main script").count(), 0);
    const shown = await page.textContent("#rows");
    for (const text of ["</script><script>window.ran=1</script>", "<img src=x onerror=window.ran=2>", "<!--<script>", "\\u001b[31m", "\\u202e", "&amp;", "\ufffd"])
      assert.ok(shown.includes(text), "not shown as it is: " + text);
    assert.strictEqual(await page.locator("script").count(), 2);
  },
};

async function main() {
  const [file, name] = process.argv.slice(2);
  const wrong = [];
  const browser = await chromium.launch({executablePath: "/usr/bin/chromium", args: FLAGS});
  const page = await browser.newPage({viewport: {width: 1300, height: 900}, colorScheme: "light"});
  page.setDefaultTimeout(100000); // of 120 s that there are: a busy machine takes its time
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && wrong.push("console: " + message.text()));
  page.on("pageerror", (error) => wrong.push("error: " + error.message));
  page.on("request", (request) => !request.url().startsWith("file://" + file) && wrong.push("asked for " + request.url()));
  const open = async (hash) => {
    await page.goto("about:blank");
    await page.goto("file://" + file + hash);
    await page.waitForFunction(() => document.documentElement.dataset.ready === "true");
  };
  try {
    await open("");
    await checks[name](page, open);
  } catch (error) {
    wrong.push(name + ": " + error.message);
  }
  if (process.env.TTLOG_SHOTS)
    await page.screenshot({path: process.env.TTLOG_SHOTS + "/" + name + ".png", fullPage: true});
  await browser.close();
  wrong.forEach((text) => console.log(text));
  process.exitCode = wrong.length ? 1 : 0;
}

main();
