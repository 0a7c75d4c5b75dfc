// SPDX-License-Identifier: GPL-2.0-only
// Makes a stepper of each list of steps in the page that is not one yet. All words go in as text, never as HTML.
(() => {
  const make = (parent, tag, text, className) => {
    const element = document.createElement(tag);
    if (text) element.textContent = text;
    if (className) element.className = className;
    return parent.appendChild(element);
  };

  // Cells of [words, bytes, key]; those whose key was not there before are marked.
  const cells = (parent, rows, before) => {
    const list = make(parent, "ul", "", "vk-cells");
    for (const [words, bytes, key] of rows) {
      const changed = before && !before.has(key);
      const cell = make(list, "li", words, changed ? "vk-new" : "");
      if (changed) make(cell, "span", " (changed)", "vk-say");
      if (bytes) make(cell, "code", bytes);
    }
  };

  const start = (root) => {
    const data = JSON.parse(root.querySelector("script").textContent);
    const items = [...root.querySelector(".vk-steps").children];
    const functions = [...root.querySelectorAll(".vk-functions figure")];
    const last = items.length - 1;
    let now = 0;
    if (last < 0) return;

    const lanes = document.createElement("div");
    lanes.className = "vk-lanes";
    let row;
    const lamps = data.lanes.map((name, index) => {
      const side = index === 0 ? "Sending" : index === 5 ? "Between" : index === 6 ? "Receiving" : "";
      if (side) {
        row = make(lanes, "ol");
        row.setAttribute("aria-label", side);
        lanes.insertBefore(document.createElement("span"), row).textContent = side;
      }
      return make(row, "li", name);
    });
    const controls = document.createElement("div");
    controls.className = "vk-controls";
    const buttons = [["|◀", "first step", () => 0], ["◀ Back", "back one step", () => now - 1],
      ["Next ▶", "next step", () => now + 1], ["▶|", "last step", () => last]].map(([text, label, target]) => {
      const button = make(controls, "button", text);
      button.type = "button";
      button.setAttribute("aria-label", label);
      button.onclick = () => show(target());
      return button;
    });
    const slider = make(controls, "input");
    Object.assign(slider, { type: "range", min: 1, max: last + 1, value: 1 });
    slider.setAttribute("aria-label", "step");
    slider.oninput = () => show(slider.value - 1);
    const count = make(controls, "span");
    const whole = make(controls, "button", "Show as a list");
    whole.type = "button";
    whole.setAttribute("aria-pressed", "false");
    whole.onclick = () => whole.setAttribute("aria-pressed", root.classList.toggle("vk-all"));
    const say = document.createElement("p");
    say.className = "vk-say";
    say.setAttribute("role", "status");
    say.setAttribute("aria-live", "polite");
    const panel = document.createElement("div");
    panel.className = "vk-panel";
    const steps = root.querySelector(".vk-steps");
    root.insertBefore(lanes, steps);
    root.insertBefore(controls, steps);
    root.insertBefore(say, steps);
    steps.after(panel);

    const showSource = (number, line) => {
      if (!functions[number]) return;
      const figure = panel.appendChild(functions[number].cloneNode(true));
      const pre = figure.querySelector("pre");
      const lines = pre.textContent.split("\n");
      pre.textContent = "";
      pre.tabIndex = 0;
      let marked;
      lines.forEach((text, index) => {
        const row = make(pre, index === line ? "mark" : "span", text || " ", "vk-line");
        if (index === line) marked = row;
      });
      if (marked) pre.scrollTop = marked.offsetTop - pre.offsetTop - pre.clientHeight / 2;
    };

    const fieldRows = (number) => (data.fields[number] || []).map((value, index) => {
      const words = `${data.names[index]} ${value}`;
      return [words, "", words];
    });
    const frameRows = (number, begins) => (data.frames[number] || []).map(([header, name, at, hex, value]) => {
      const words = `${header}${name ? "." + name : ""} ${value}`.trim();
      return [at === begins ? `skb.data ▸ ${words}` : words, hex, [header, name, at, hex].join()];
    });
    const keys = (rows) => new Set(rows.map((row) => row[2]));

    function show(wanted) {
      now = Math.max(0, Math.min(last, wanted));
      const [lane, number, line, fields, frame, previous] = data.steps[now];
      items.forEach((item, index) => index === now ? item.setAttribute("aria-current", "step")
        : item.removeAttribute("aria-current"));
      lamps.forEach((item, index) => index === lane ? item.setAttribute("aria-current", "step")
        : item.removeAttribute("aria-current"));
      buttons.forEach((button, index) => button.setAttribute("aria-disabled", index < 2 ? now === 0 : now === last));
      slider.value = now + 1;
      const text = `Step ${now + 1} of ${last + 1}`;
      slider.setAttribute("aria-valuetext", text);
      count.textContent = text;
      panel.textContent = "";
      showSource(number, line);
      const skb = make(panel, "div");
      const before = data.steps[previous] || [0, 0, 0, -1, -1];
      if (fields < 0) make(skb, "p", "No skb carries the packet.");
      else {
        make(skb, "p", "The skb (● changed since the packet's last step)");
        cells(skb, fieldRows(fields), keys(fieldRows(before[3])));
        make(skb, "p", "Its bytes, by header field");
        const begins = Number(data.fields[fields][data.names.indexOf("data")]);
        cells(skb, frameRows(frame, begins), keys(frameRows(before[4])));
      }
      const words = [...items[now].querySelectorAll("b, small, li, p:not(:first-child)")].map((e) => e.textContent);
      say.textContent = `${text}: ${words.join(". ")}`;
    }

    root.tabIndex = 0;
    root.addEventListener("keydown", (event) => {
      if (event.target === slider || event.target.closest("pre")) return;
      if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const target = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: last }[event.key];
      if (target === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      show(target);
    });
    root.classList.add("vk-on");
    show(0);
  };

  for (const root of document.querySelectorAll(".vk-journey:not(.vk-on)")) start(root);
})();
