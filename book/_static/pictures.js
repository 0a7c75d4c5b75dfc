// SPDX-License-Identifier: GPL-2.0-only
// A picture that is wider than its box begins with its first box in view, not with an empty corner; and what it
// folds into a number can be opened below it. window.vkPicture(object) does both for a picture that comes later.
(() => {
  const make = (parent, tag, text) => Object.assign(parent.appendChild(document.createElement(tag)), { textContent: text });

  const begin = (box, first) => {
    if (!first || box.scrollWidth <= box.clientWidth) return;
    const { left, width } = first.getBoundingClientRect();
    box.scrollLeft = left + width / 2 - box.clientWidth / 2;
  };

  const open = (box, nodes) => {
    const rows = nodes.map((node) => [node, node.getAttribute("xlink:title")?.split("folded: ")[1]]).filter(([, names]) => names);
    if (!rows.length || box.nextElementSibling?.matches(".vk-folded")) return;
    const fold = document.createElement("details");
    fold.className = "vk-words vk-folded";
    make(fold, "summary", "What is folded");
    const list = make(fold, "ul", "");
    for (const [node, names] of rows) make(list, "li", `${node.querySelector("text").textContent.trim()}: ${names}`);
    box.after(fold);
  };

  window.vkPicture = (object) => {
    const svg = object.contentDocument?.querySelector("svg");
    if (!svg) return;
    begin(object.parentElement, svg.querySelector("g.cluster path, g.node polygon"));
    open(object.parentElement, [...svg.querySelectorAll("g.node a")]);
  };
  for (const object of document.querySelectorAll(".vk-picture object")) {
    object.addEventListener("load", () => window.vkPicture(object));
    window.vkPicture(object);
  }
})();
