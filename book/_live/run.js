// SPDX-License-Identifier: GPL-2.0-only
// Run in the page: buttons at each cell. Python comes from this site alone, when it is first asked for; see worker.js.
(() => {
  const script = document.currentScript;
  const here = new URL("./", script.src);

  const make = (tag, text, className) => {
    const element = document.createElement(tag);
    if (text) element.textContent = text;
    if (className) element.className = className;
    return element;
  };
  const button = (text, label, title, press) => {
    const made = make("button", text);
    Object.assign(made, { type: "button", title, onclick: press });
    if (label) made.setAttribute("aria-label", label);
    return made;
  };

  // --- Python, in a worker

  let worker, ready, hear, interrupt, number = 0;

  const fetched = async (name) => {
    const answer = await fetch(new URL(name, here), { cache: "no-cache" });
    if (!answer.ok) throw new Error(`_live/${name}: ${answer.status}`);
    return answer.json();
  };

  const boot = (mine) => {
    ready ||= fetched("live.json").then(async (list) => {
      functions = list.functions ? await fetched(list.functions) : {};
      return list;
    }).then((list) => new Promise((good, bad) => {
      if (mine !== turn) throw new Stopped();
      interrupt = bad;
      worker = new Worker(new URL(`worker.js?${list.code}`, here), { type: "module" });
      worker.onerror = (event) => bad(new Error(event.message || "_live/worker.js"));
      worker.onmessage = ({ data }) => hear(data);
      hear = (data) => data.ready ? good() : bad(new Error(data.missing));
      worker.postMessage({ start: list, base: here.href });
    }));
    return ready;
  };

  const endPython = () => {
    worker?.terminate();
    worker = ready = undefined;
    for (const cell of cells) cell.ran = null;
  };

  // --- what cells give back

  // An output without anything that could act of itself: its words come from programs, names and packets.
  const harmless = (text, type) => {
    const root = new DOMParser().parseFromString(text, type).documentElement;
    for (const element of root.querySelectorAll("*")) {
      const data = element.localName === "script" && element.type === "application/json";
      if (/^(script|iframe|object|embed|base|meta|link|form)$/.test(element.localName) && !data) element.remove();
      for (const { name, value } of [...element.attributes]) {
        const acts = /^(javascript|vbscript|data:text)/i.test(value.replace(/[\s\0-\x1f]/g, ""));
        if (/^on|^srcdoc$/i.test(name) || acts) element.removeAttribute(name);
      }
    }
    return root;
  };

  // Where the site has the source appendix, functions lead there as on the built page: in listings, and in pictures, which
  // for that become objects.
  let functions = {};
  const SVG = "http://www.w3.org/2000/svg", XLINK = "http://www.w3.org/1999/xlink";
  const placeOf = (key) => new URL(`../${functions[key]}#${key.split(":").pop()}`, here).href;

  const leading = (image) => {
    const svg = harmless(decodeURIComponent(image.src.slice(image.src.indexOf(",") + 1)), "image/svg+xml");
    if (svg.localName !== "svg") return;
    const lead = (anchor, name) => {
      anchor.setAttributeNS(XLINK, "xlink:href", placeOf(name));
      anchor.setAttribute("target", "_parent");
    };
    for (const node of svg.querySelectorAll("g.node")) {
      const anchor = node.querySelector("a"), texts = [...node.querySelectorAll("text")];
      const name = texts[0]?.textContent.match(/^\s*(\w+)/)?.[1];
      if (anchor && name in functions) lead(anchor, name);
      if (anchor) continue;
      for (const text of texts.filter((each) => each.textContent.trim() in functions)) {
        const around = document.createElementNS(SVG, "a");
        lead(around, text.textContent.trim());
        text.replaceWith(around);
        around.append(text);
      }
    }
    svg.setAttribute("role", "group");
    for (const size of ["width", "height"]) svg.removeAttribute(size); // or it would not grow and shrink with its object
    const style = document.createElementNS(SVG, "style");
    style.textContent = "a[*|href]:hover text, a[*|href]:focus text { text-decoration: underline; }";
    svg.querySelector("title").after(style);
    const object = Object.assign(make("object"), { type: "image/svg+xml", onload: () => window.vkPicture?.(object) });
    object.setAttribute("aria-label", image.alt);
    object.style.setProperty("--w", image.getAttribute("style").match(/\d+px/)[0]);
    object.data = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(svg)], { type: "image/svg+xml" }));
    image.replaceWith(object);
  };

  const withLinks = (body) => {
    for (const code of body.querySelectorAll("figcaption > code:first-child")) {
      const name = code.textContent, path = code.nextElementSibling?.textContent;
      const key = [name, `${path}:${name}`].find((each) => each in functions);
      if (!key) continue;
      const anchor = Object.assign(make("a"), { href: placeOf(key) });
      code.replaceWith(anchor);
      anchor.append(code);
    }
    if (Object.keys(functions).length) body.querySelectorAll(".vk-picture > img").forEach(leading);
    return body.childNodes;
  };

  const add = (box, { html, stream, text }) => {
    const last = box.lastElementChild;
    if (stream && last?.dataset.stream === stream) {
      last.querySelector("pre").append(text);
      return;
    }
    box.append(...withLinks(harmless(html, "text/html").querySelector("body")));
    if (stream) box.lastElementChild.dataset.stream = stream;
    if (box.querySelector(".vk-journey:not(.vk-on)")) { // it becomes a stepper by its script, which the site has as a file
      document.head.append(Object.assign(make("script"), { src: new URL("journey.js", here) }));
    }
  };

  // --- the page's own bar: what happens, and what concerns all cells

  const bar = make("div", "", "vk-bar");
  bar.setAttribute("role", "region");
  bar.setAttribute("aria-label", "Run");
  const status = make("span");
  status.setAttribute("role", "status");
  const progress = make("span"); // for the eye: read out, it would never end
  progress.setAttribute("aria-hidden", "true");
  const halt = button("■ Stop", "", "End what runs; Python then starts anew", () => stop());
  const restart = button("Restart Python", "", "Forget all variables; the cells run anew when you press Run", () => {
    stop("Python will start anew at the next Run.");
  });
  const resetAll = button("Reset page", "", "The chapter's own code and outputs everywhere, and a new Python", () => {
    stop("The page is as it was.");
    for (const cell of cells) if (cell.buttons) cell.reset();
  });
  const close = button("×", "Hide this bar", "Hide this bar", () => { bar.hidden = true; });
  bar.append(status, progress, halt, restart, resetAll, close);
  bar.hidden = halt.hidden = true;
  const say = (text) => {
    bar.hidden = false;
    status.textContent = text;
    progress.textContent = "";
  };

  const FROM_FILE = "Run needs the pages to come from a web server: type “make serve” in the book's folder and open "
    + "http://127.0.0.1:8000/.";
  const sorry = (error) => {
    loading = null;
    stop(location.protocol === "file:" ? FROM_FILE : "Run is not available in this copy of the book: a part of it is missing "
      + `(${error.message}). “make book”, with the network there, adds it. All else on this page is whole.`, "");
  };

  // --- running

  class Stopped extends Error {}
  class Ended extends Error {}
  let cells = [], loading = null, turn = 0, queue = Promise.resolve();
  const waiting = new Set();

  // The chapter's cells with their text; also those that the page does not show.
  const load = () => {
    loading ||= fetched(`pages/${script.dataset.page}.json`).then((texts) => {
      const shown = cells.filter((cell) => cell.root);
      cells = texts.map((text) => Object.assign(text.shown ? shown.shift() : new Cell(null), { original: text.code }));
    });
    return loading;
  };

  const runCell = (cell) => new Promise((good, bad) => {
    const mine = ++number, { code } = cell, began = performance.now();
    const box = make("div", "", "cell_output docutils container vk-live");
    cell.mark("running", "running …");
    interrupt = bad;
    hear = (data) => {
      if (data.run !== mine) return;
      if (data.html !== undefined) {
        add(box, data);
        cell.show(box);
        return;
      }
      if (!box.firstChild) cell.show(null);
      cell.ran = data.done ? code : null;
      const seconds = (performance.now() - began) / 1000;
      cell.mark(data.done ? "ran" : "failed", !data.done ? "failed" : seconds < 0.1 ? "ran" : `ran in ${seconds.toFixed(1)} s`);
      if (data.ended) bad(new Ended(data.ended)); else good(data.done);
    };
    worker.postMessage({ run: mine, code, name: cell.label });
  });

  // A cell, and before it those above that this Python has not run as they now stand.
  const runWithAbove = async (cell, mine) => {
    if (!ready) say("Starting Python in this page. The first time, that loads some 10 MB from this site.");
    await load();
    await boot(mine);
    const due = [...cells.slice(0, cells.indexOf(cell)).filter((above) => above.ran !== above.code), cell];
    const first = due.length > 2 ? `${due.length - 1} cells` : "one cell";
    say(due.length > 1 ? `Running ${cell.label}, and ${first} above first …` : `Running ${cell.label} …`);
    for (const [done, next] of due.entries()) {
      if (due.length > 1) progress.textContent = `${done + 1} of ${due.length}`;
      if (!await runCell(next)) {
        say(next === cell ? `Failed: ${cell.label}. Its output says why.` : `Stopped at ${next.label}, which failed.`);
        if (next !== cell) next.buttons?.scrollIntoView({ block: "center" });
        return;
      }
    }
    say(`Done: ${cell.label}${due.length > 1 ? `, after ${due.length - 1} above` : ""}.`);
  };

  const runTo = (cell) => {
    const mine = turn;
    if (waiting.has(cell)) return;
    waiting.add(cell);
    cell.mark("waiting", "waiting …");
    halt.hidden = false;
    queue = queue.then(async () => {
      if (mine !== turn) return;
      try {
        await runWithAbove(cell, mine);
      } catch (error) {
        if (mine !== turn || error instanceof Stopped) return;
        if (error instanceof Ended) stop(`Python came to an end (${error.message}). The next Run starts it anew.`);
        else sorry(error);
      }
      if (mine !== turn) return;
      waiting.delete(cell);
      if (cell.busy) cell.mark("", "");
      halt.hidden = waiting.size === 0;
    });
  };

  const STOPPED = "Stopped. Python was ended for that, and its variables are gone: the next Run starts it anew.";
  const stop = (words = STOPPED, mark = "stopped") => {
    turn += 1;
    interrupt?.(new Stopped());
    waiting.clear();
    endPython();
    for (const cell of cells) if (cell.busy) cell.mark("", mark);
    halt.hidden = true;
    say(words);
  };

  // --- cells

  class Cell {
    constructor(root) {
      this.root = root; // null: the page has nothing of it
      this.label = "a cell that the page does not show";
      this.ran = null; // the code that this Python has run of it
      this.field = null; // where its code is edited
      if (root?.firstElementChild) this.dress();
    }

    get code() { return this.field ? this.field.value : this.original; }

    dress() {
      this.input = this.root.querySelector(".cell_input");
      this.stored = this.output = this.root.querySelector(".cell_output");
      this.label = `code cell ${1 + cells.length}`;
      this.run = button("▶ Run", `Run ${this.label}`, "Run this cell, and before it those above that did not run yet",
        () => this.busy ? stop() : runTo(this));
      const above = button("Run all above", `Run all above and ${this.label}`,
        "Start Python anew, and run every cell from the first to this one", () => { stop(""); runTo(this); });
      const edit = button(this.input ? "Edit" : "Code", `Edit ${this.label}`, "Change the code, here in the page", () => this.edit());
      this.back = button("Reset", `Reset ${this.label}`, "The chapter's own code and output again", () => {
        this.reset();
        this.run.focus();
      });
      this.back.hidden = true;
      this.state = make("span", "", "vk-state");
      this.buttons = make("div", "", "vk-buttons");
      this.buttons.append(this.run, above, edit, this.back, this.state);
      const fold = this.input?.closest("details");
      if (!this.input) this.root.prepend(this.buttons);
      else if (fold && this.stored && !fold.contains(this.stored)) fold.after(this.buttons);
      else this.input.after(this.buttons);
      this.place = document.createComment(""); // where the output stands, if there is one
      if (this.stored) this.stored.before(this.place); else this.buttons.after(this.place);
      this.source = this.input?.firstElementChild;
      const pre = this.source?.querySelector("pre");
      if (pre) pre.onclick = (event) => { if (getSelection().isCollapsed) this.edit(clicked(pre, event)); };
    }

    async edit(at = 0) {
      try { await load(); } catch (error) { sorry(error); return; }
      if (!this.field) {
        this.field = Object.assign(make("textarea", "", "vk-code"), {
          value: this.original, spellcheck: false, autocapitalize: "off", wrap: "off", oninput: () => this.fit(),
          onkeydown: (event) => typed(event, this), onblur: ({ relatedTarget }) => { // a button must not move away from under the mouse that presses it
            if (this.code === this.original && !this.buttons.contains(relatedTarget)) this.plain();
          },
        });
        this.field.setAttribute("aria-label", `${this.label}. Tab indents, Escape leaves, Control Enter runs.`);
        if (this.source) {
          this.source.hidden = true;
          this.source.after(this.field);
        } else this.buttons.before(this.field);
        this.fit();
        this.field.setSelectionRange(at, at);
      }
      this.field.focus();
    }

    plain() { // the chapter's code, in its colours
      const { field } = this;
      this.field = null; // first: a field that is removed loses the focus, and would come here again
      field?.remove();
      if (this.source) this.source.hidden = false;
    }

    fit() {
      if (this.field) this.field.rows = this.field.value.split("\n").length + 1;  // a line more: a bar to scroll takes one
      this.back.hidden = this.code === this.original && this.output === this.stored;
    }

    show(box) { // that output, or none, in the place of what was shown
      if (!this.buttons || box === this.output) return;
      this.output?.remove();
      if (box) this.place.after(box);
      this.output = box;
      this.fit();
    }

    reset() {
      this.plain();
      this.show(this.stored);
      this.mark("", "");
      this.fit();
    }

    mark(kind, words) {
      this.busy = kind === "running" || kind === "waiting";
      if (!this.buttons) return;
      this.root.dataset.vk = kind;
      this.state.textContent = words;
      this.run.textContent = this.busy ? "■ Stop" : "▶ Run";
    }
  }

  // Which character of a text was clicked.
  const clicked = (pre, { clientX, clientY }) => {
    const hit = document.caretPositionFromPoint?.(clientX, clientY);
    if (!hit || !pre.contains(hit.offsetNode)) return 0;
    const range = document.createRange();
    range.setStart(pre, 0);
    range.setEnd(hit.offsetNode, hit.offset);
    return range.toString().length;
  };

  const typed = (event, cell) => {
    const insert = (text) => { event.preventDefault(); document.execCommand("insertText", false, text); }; // may be undone
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey || event.shiftKey)) {
      event.preventDefault();
      runTo(cell);
    } else if (event.key === "Escape") {
      event.preventDefault();
      cell.run.focus();
    } else if (event.key === "Tab" && !event.shiftKey && !event.ctrlKey && !event.altKey) {
      insert("    ");
    } else if (event.key === "Enter") {
      const line = cell.field.value.slice(0, cell.field.selectionStart).split("\n").pop();
      insert(`\n${line.match(/^ */)[0]}${/:\s*$/.test(line) ? "    " : ""}`);
    }
  };

  const start = () => {
    document.head.append(Object.assign(make("link"), { rel: "stylesheet", href: new URL("run.css", here) }));
    for (const root of document.querySelectorAll("div.cell")) cells.push(new Cell(root));
    document.body.append(bar);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start); else start();
})();
